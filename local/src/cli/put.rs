//! `hashfolio put`: brings files into the portfolio and waits until each is there, or refused.
//!
//! | module | what it does |
//! |---|---|
//! | `gather` | paths → the files that they mean |
//! | `fingerprint` | a file → its hash, size and type |
//! | `pipeline` | runs hashing, asking, uploading and waiting side by side |
//! | `verdict` | what became of a file, and of its twins of the same content |
//! | `resumable` | remembers uploads in parts that were begun |
//! | `report` | prints verdicts, counts them, and keeps the manifest |

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

mod fingerprint;
mod gather;
mod manifest;
mod pipeline;
mod progress;
mod report;
mod resumable;
mod verdict;

use super::{CommandError, Console, environment, printable};
use crate::client::Api;
use manifest::Manifest;
use pipeline::Pipeline;
use progress::Progress;
use report::Report;
use resumable::Resumable;
use verdict::Verdict;

pub use verdict::Status;

/// What `hashfolio put` can be told.
#[derive(Debug, Clone, Args)]
pub struct PutArgs {
    /// Files, and folders with everything below them; hidden files in folders are left out
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Write a line with path, tab and SHA-256 for each file that is in the portfolio to FILE. Backslash, tab and line
    /// breaks in a path become \\, \t, \n and \r
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// Print one JSON object per file: path, contentHash, assetId, state, status, reason, url
    #[arg(long)]
    pub json: bool,
    /// How long to wait for each uploaded file to be verified; large ones get a second more for each 16 MiB
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub wait_seconds: u64,
    /// Where uploads of large files are remembered, so that one that breaks off is gone on with [default:
    /// hashfolio/uploads in `XDG_STATE_HOME` or ~/.local/state]
    #[arg(long, value_name = "DIR")]
    pub resume_dir: Option<PathBuf>,
}

/// What a run of `hashfolio put` came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutSummary {
    /// Files whose bytes were uploaded and verified.
    pub uploaded: u64,
    /// Files whose content was there already, or came with another file of the same run.
    pub present: u64,
    /// Files that the system does not want.
    pub refused: u64,
    /// Files that something went wrong with.
    pub failed: u64,
    /// Size of the uploaded files together, in bytes.
    pub uploaded_bytes: u64,
}

impl PutSummary {
    /// Whether every file is in the portfolio.
    pub fn all_ready(&self) -> bool {
        self.refused == 0 && self.failed == 0
    }
}

/// Puts files and folders into the portfolio, and prints what became of each file as soon as it is known.
///
/// # Errors
/// [`CommandError`] when going on is of no use: the API can't be reached or refuses the caller, or the output or the
/// manifest can't be written. What befalls a single file is no error, but part of the report.
pub async fn run(args: &PutArgs, api: &Api, console: &mut Console<'_>) -> Result<PutSummary, CommandError> {
    let started = Instant::now();
    api.check().await?;
    let manifest = args.manifest.as_deref().map(Manifest::create).transpose()?;
    let gathered = gather::gather(args.paths.clone()).await;
    let progress = Arc::new(Progress::new(console.attended, &gathered.files));
    let mut report = Report::new(console, args.json, manifest, Arc::clone(&progress));
    for (path, why) in gathered.unusable {
        report.settle(&path, None, &Verdict::failed(why))?;
    }
    let folder = args.resume_dir.clone().or_else(|| resumable::default_folder(environment));
    let resumable = Resumable::open(folder, api.base().as_str());
    let pipeline = Pipeline::new(api, Duration::from_secs(args.wait_seconds), progress, resumable);
    let outcome = pipeline.run(gathered.files, &mut report).await;
    let summary = report.finish(started.elapsed());
    outcome?;
    summary
}
