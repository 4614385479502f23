//! The command line: what can be asked for, and who does it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub mod console;
pub mod cost;
pub mod endpoint;
pub mod error;
mod interrupt;
pub mod ls;
pub mod put;
pub mod reconcile;
pub mod render;
pub mod serve;
pub mod show;

use crate::client::Api;
use console::{Console, printable};
use cost::CostCommandError;
use endpoint::{Endpoint, EndpointArgs};
use error::CommandError;
use interrupt::interrupted;

/// A bearer token for a deployed API, which knows its callers by JWT.
const TOKEN_VARIABLE: &str = "HASHFOLIO_TOKEN";

/// Image originals under their SHA-256, and any variant of them on the fly.
///
/// Without a command, `hashfolio` is `hashfolio serve`.
#[derive(Debug, Parser)]
#[command(name = "hashfolio", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole system on this machine
    Serve(serve::ServeArgs),
    /// Upload files and folders, and print the URLs of their pictures
    ///
    /// Exit code 0: every file is in the portfolio. 1: some are not. 130: it was interrupted (Ctrl-C); what was done by
    /// then is kept, all other files are said to have failed, and a second Ctrl-C ends it at once.
    Put(ClientCommand<put::PutArgs>),
    /// List your assets, newest first
    Ls(ClientCommand<ls::LsArgs>),
    /// Show one asset and the URLs of its variants
    Show(ClientCommand<show::ShowArgs>),
    /// Compare S3 with DynamoDB, and mend what disagrees
    ///
    /// Exit code 0: all agrees, now at the latest. 2: some drift is left. 3: very much seems lost, and nothing was
    /// changed.
    Reconcile(reconcile::ReconcileArgs),
    /// Say what it costs, what it saves, and what to change, from measured use
    Cost(cost::CostArgs),
    /// Render a file as the service would, without a server, and say what it took
    Render(render::RenderArgs),
}

/// A command that talks to a running system.
#[derive(Debug, Args)]
pub struct ClientCommand<A: Args> {
    /// What the command itself can be told.
    #[command(flatten)]
    pub args: A,
    /// Which system it talks to.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
}

/// Runs the command that the process was started with, to its exit code: 0 when all is well, 1 when something is not,
/// 2 for a command line that can't be understood, 130 when `put` was interrupted.
pub fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or_else(|| Command::Serve(serve::ServeArgs::default()));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return failed(&fault.to_string()),
    };
    let code = runtime.block_on(dispatch(&command));
    // A command that ended early may have left files being hashed: they are not waited for.
    runtime.shutdown_background();
    code
}

async fn dispatch(command: &Command) -> ExitCode {
    match command {
        Command::Serve(args) => match serve::run(args).await {
            Ok(code) => code,
            Err(fault) => failed(&fault.to_string()),
        },
        Command::Put(put) => {
            client(&put.endpoint, async |api, console| {
                let summary = put::run(&put.args, api, console, interrupted()).await?;
                Ok(summary.all_ready())
            })
            .await
        }
        Command::Ls(ls) => {
            client(&ls.endpoint, async |api, console| ls::run(&ls.args, api, console).await.map(|()| true))
                .await
        }
        Command::Show(show) => {
            let shown =
                async |api: &Api, console: &mut Console<'_>| show::run(&show.args, api, console).await;
            client(&show.endpoint, async |api, console| shown(api, console).await.map(|()| true)).await
        }
        Command::Reconcile(args) => match reconcile::run(args, environment).await {
            Ok(code) => code,
            Err(fault) if fault.is_broken_pipe() => ExitCode::FAILURE,
            Err(fault) => failed(&match args.endpoint.find(environment) {
                Ok(endpoint) if !args.aws => explained(&fault, &endpoint),
                Ok(_) | Err(_) => printable(&fault.to_string()).into_owned(),
            }),
        },
        Command::Cost(args) => cost_report(args).await,
        Command::Render(args) => render::run(args).unwrap_or_else(|fault| failed(&fault.to_string())),
    }
}

async fn cost_report(args: &cost::CostArgs) -> ExitCode {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let fault = match cost::run(args, environment, &mut Console::of_process(&mut out, &mut err)).await {
        Ok(()) => return ExitCode::SUCCESS,
        Err(fault) => fault,
    };
    match (&fault, args.endpoint.find(environment)) {
        (CostCommandError::Command(fault), _) if fault.is_broken_pipe() => ExitCode::FAILURE,
        (CostCommandError::Command(fault), Ok(endpoint)) => failed(&explained(fault, &endpoint)),
        _ => failed(&printable(&fault.to_string())),
    }
}

/// A variable of the process; an empty one counts as not set.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs a client command against the system that it is meant for.
async fn client<F>(args: &EndpointArgs, command: F) -> ExitCode
where
    F: AsyncFnOnce(&Api, &mut Console<'_>) -> Result<bool, CommandError>,
{
    let endpoint = match args.locate(environment).await {
        Ok(endpoint) => endpoint,
        Err(fault) => return failed(&fault.to_string()),
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut console = Console::of_process(&mut out, &mut err);
    let outcome = match Api::new(endpoint.url.clone(), environment(TOKEN_VARIABLE).as_deref()) {
        Ok(api) => command(&api.signed(&environment), &mut console).await,
        Err(fault) => Err(fault.into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) if fault.is_broken_pipe() => ExitCode::FAILURE,
        Err(fault @ CommandError::Interrupted) => {
            failed(&fault.to_string());
            ExitCode::from(interrupt::EXIT_CODE)
        }
        Err(fault) => failed(&explained(&fault, &endpoint)),
    }
}

/// A fault in words, with what to do about it where that is known.
fn explained(fault: &CommandError, endpoint: &Endpoint) -> String {
    let words = fault.to_string();
    let words = printable(&words);
    if fault.is_unreachable() {
        let source = &endpoint.source;
        return format!(
            "{words}\nThis address comes from {source}. Is the system running? Start it with `hashfolio serve`, or say \
             where it is with --api URL."
        );
    }
    words.into_owned()
}

fn failed(why: &str) -> ExitCode {
    // If standard error is closed too, the exit code still tells.
    writeln!(io::stderr(), "hashfolio: {why}").ok();
    ExitCode::FAILURE
}
