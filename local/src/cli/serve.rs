//! `hashfolio serve`: the whole system on this machine.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::endpoint::DEFAULT_DATA_DIR;
use crate::system::{Options, StartError, System};

/// What `hashfolio serve` can be told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ServeArgs {
    /// Port of the ingest API and the edge, on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = ServeArgs::default().port)]
    pub port: u16,
    /// Port of the embedded S3; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = ServeArgs::default().s3_port)]
    pub s3_port: u16,
    /// Port of the embedded DynamoDB; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = ServeArgs::default().dynamodb_port)]
    pub dynamodb_port: u16,
    /// Folder that everything is kept in
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA_DIR)]
    pub data_dir: PathBuf,
    /// Keep everything in a temporary folder and forget it at the end
    #[arg(long)]
    pub ephemeral: bool,
    /// Ask for each variant anew, as if there were no cache in front
    #[arg(long)]
    pub no_edge_cache: bool,
}

impl Default for ServeArgs {
    fn default() -> Self {
        Self {
            port: 8080,
            s3_port: 8081,
            dynamodb_port: 8082,
            data_dir: PathBuf::from(DEFAULT_DATA_DIR),
            ephemeral: false,
            no_edge_cache: false,
        }
    }
}

/// Why the system did not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// It could not say that it is ready, or not learn when to end.
    #[error("the process cannot talk to its surroundings: {0}")]
    Process(#[from] io::Error),
}

/// Runs the system until Ctrl-C or SIGTERM, then ends it cleanly.
///
/// # Errors
/// [`ServeError`].
pub(crate) async fn run(args: &ServeArgs) -> Result<ExitCode, ServeError> {
    log_to_stderr();
    // Before it is ready, so that a signal at any time ends it cleanly.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let system = System::start(&Options {
        port: args.port,
        s3_port: args.s3_port,
        dynamodb_port: args.dynamodb_port,
        data_dir: args.data_dir.clone(),
        ephemeral: args.ephemeral,
        edge_cache: !args.no_edge_cache,
    })
    .await?;
    announce(&system.endpoints().api)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    system.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The one line on standard output that scripts wait for.
fn announce(api: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "hashfolio listening on {api}")?;
    out.flush()
}

/// What is logged unless `RUST_LOG` says otherwise. The embedded servers log every refusal as a failure of theirs,
/// lost races and missing keys among them: what matters of it, the functions log themselves.
const DEFAULT_LOG: &str = "info,dynoxide=off,s3s=off";

/// Logs for a person at a terminal; `RUST_LOG` chooses what.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    // A second system in one process (tests) finds the first one's subscriber in place.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).try_init());
}
