//! `load`: puts a local system of its own under load, on loopback, and says what came of it.
//!
//! ```sh
//! cargo run --release -p tests --bin load -- stampede           # 500 requests at once for one variant
//! cargo run --release -p tests --bin load -- stampede --leave   # the first of them leaves in the middle
//! cargo run --release -p tests --bin load -- hostile            # 100,000 requests that mean no good
//! ```
//!
//! Its exit code is 0 when what it expects held.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for the terminal: what can't go on must say where it stands"
)]

mod hostile;
mod process;
mod random;
mod stampede;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Puts a local system of its own under load.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    /// Many requests at once for one variant that nobody has rendered yet
    Stampede(stampede::StampedeArgs),
    /// Requests, headers, bodies and events that nobody means well with
    Hostile(hostile::HostileArgs),
}

fn main() -> ExitCode {
    // The system under load is this very program in a process of its own: nothing else needs to be built.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return local::cli::main();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let held = runtime.block_on(async {
        match Cli::parse().scenario {
            Scenario::Stampede(args) => stampede::run(&args).await,
            Scenario::Hostile(args) => hostile::run(&args).await,
        }
    });
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
