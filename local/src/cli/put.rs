//! `hashfolio put`: brings files into the portfolio and waits until each is there, or refused.
//!
//! | module | what it does |
//! |---|---|
//! | `gather` | paths → the files that they mean |
//! | `fingerprint` | a file → its hash, size and type |
//! | `ledger` | how far each file has come whose fate is not known |
//! | `pipeline` | runs hashing, asking, uploading and waiting side by side |
//! | `verdict` | what became of a file, and of its twins of the same content |
//! | `resumable` | remembers uploads in parts that were begun |
//! | `report` | prints verdicts, counts them, and keeps the manifest |

use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::mpsc;

mod fingerprint;
mod gather;
mod ledger;
mod manifest;
mod pipeline;
mod progress;
mod report;
mod resumable;
mod verdict;

use super::{CommandError, Console, environment, printable};
use crate::client::Api;
use gather::gather;
use ledger::Ledger;
use manifest::Manifest;
use pipeline::Pipeline;
use progress::Progress;
use report::{News, Report};
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
    /// breaks in a path become \\, \t, \n and \r. An older FILE is replaced, but a file that failed keeps its line; a run
    /// that breaks off or is interrupted keeps the line of every file that it did not come to
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
/// When `interrupt` comes, it ends at once, and so it does when going on is of no use: then what is done is kept, and all
/// other files are reported as failed. Before the files are known, there is nothing to report, and an older manifest is
/// left alone.
///
/// # Errors
/// [`CommandError`] when it ended early: it was interrupted, the API can't be reached or refuses the caller, or the
/// output or the manifest can't be written. What befalls a single file is no error, but part of the report.
pub async fn run(
    args: &PutArgs,
    api: &Api,
    console: &mut Console<'_>,
    interrupt: impl Future<Output = ()>,
) -> Result<PutSummary, CommandError> {
    let started = Instant::now();
    let mut interrupt = pin!(interrupt);
    let begun = unless(interrupt.as_mut(), async {
        api.check().await?;
        let manifest = args.manifest.as_deref().map(Manifest::create).transpose()?;
        Ok((manifest, gather(args.paths.clone()).await))
    });
    let (manifest, gathered) = begun.await?;
    let progress = Arc::new(Progress::new(console.attended, &gathered.files));
    let ledger = Ledger::new(&gathered.files);
    let mut report = Report::new(console, args.json, manifest, ledger, Arc::clone(&progress));
    let (news, mut all_news) = mpsc::unbounded_channel();
    for (path, why) in gathered.unusable {
        news.send(News::Unread { path, verdict: Verdict::failed(why) }).unwrap_or_default();
    }
    let folder = args.resume_dir.clone().or_else(|| resumable::default_folder(environment));
    let resumable = Resumable::open(folder, api.base().as_str());
    let pipeline = Pipeline::new(api, Duration::from_secs(args.wait_seconds), progress, resumable);
    let work = async {
        tokio::try_join!(pipeline.run(gathered.files, news), report.listen(&mut all_news)).map(|_| ())
    };
    let outcome = unless(interrupt, work).await;
    if let Err(fault) = &outcome {
        report.break_off(&mut all_news, fault);
    }
    let summary = report.finish(started.elapsed());
    outcome?;
    summary
}

/// Does something unless an interrupt comes before it is done.
async fn unless<T>(
    interrupt: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    tokio::select! {
        done = work => done,
        () = interrupt => Err(CommandError::Interrupted),
    }
}
