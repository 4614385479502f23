//! The `hashfolio` command, as the suites start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::cli::main()
}
