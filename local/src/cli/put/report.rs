//! Tells what became of each file.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::HumanBytes;
use serde::Serialize;
use shared::asset::AssetState;
use shared::hash::ContentHash;
use tokio::sync::mpsc;

use super::ledger::{Ledger, Underway};
use super::manifest::Manifest;
use super::progress::Progress;
use super::verdict::{Status, Twins, Verdict, left_behind};
use super::{CommandError, Console, PutSummary, printable};

/// What the stages of the pipeline have to tell.
#[derive(Debug)]
pub(super) enum News {
    /// A file's fate is known, and its content is not: it can't be read, or nobody came to it.
    Unread { path: PathBuf, verdict: Verdict },
    /// A file has come this far, and may come no further.
    Reached { path: PathBuf, underway: Underway },
    /// A file has the same content as one before it.
    Twin { path: PathBuf, hash: ContentHash },
    /// A file's fate is known. `asked` is its first hash, by which its twins know it, and `hash` the one it has now.
    Settled { path: PathBuf, asked: ContentHash, hash: ContentHash, verdict: Verdict },
}

/// A file's line for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// Prints verdicts as they come, counts them, and keeps the manifest.
#[derive(Debug)]
pub(super) struct Report<'a, 'b> {
    console: &'a mut Console<'b>,
    json: bool,
    manifest: Option<Manifest>,
    ledger: Ledger,
    progress: Arc<Progress>,
    twins: Twins,
    summary: PutSummary,
    /// Why something could not be printed, until somebody is told.
    unprinted: Option<io::Error>,
}

impl<'a, 'b> Report<'a, 'b> {
    pub(super) fn new(
        console: &'a mut Console<'b>,
        json: bool,
        manifest: Option<Manifest>,
        ledger: Ledger,
        progress: Arc<Progress>,
    ) -> Self {
        let (twins, summary) = (Twins::default(), PutSummary::default());
        Self { console, json, manifest, ledger, progress, twins, summary, unprinted: None }
    }

    /// Reports all news until no stage has any more.
    pub(super) async fn listen(
        &mut self,
        all_news: &mut mpsc::UnboundedReceiver<News>,
    ) -> Result<(), CommandError> {
        while let Some(news) = all_news.recv().await {
            self.hear(news);
            if let Some(fault) = self.unprinted.take() {
                return Err(fault.into());
            }
        }
        Ok(())
    }

    /// The run ends before its work is done: reports the news that nobody has heard, and what has become of all other
    /// files.
    pub(super) fn break_off(&mut self, all_news: &mut mpsc::UnboundedReceiver<News>, fault: &CommandError) {
        // What can't be printed now is counted all the same, and ends nothing any more.
        while let Ok(news) = all_news.try_recv() {
            self.hear(news);
        }
        let why = fault.to_string();
        // These first: their twins share their fate, and would else be taken for files that nobody came to.
        for news in self.ledger.broken_off(&why) {
            self.hear(news);
        }
        for news in self.ledger.not_tried(&why) {
            self.hear(news);
        }
        if let Some(manifest) = &mut self.manifest {
            manifest.keep_the_rest();
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Unread { path, verdict } => self.settle(&path, None, &verdict),
            News::Reached { path, underway } => self.ledger.reached(path, underway),
            News::Twin { path, hash } => {
                if let Some((path, verdict)) = self.twins.join(path, hash) {
                    self.settle(&path, Some(hash), &verdict);
                }
            }
            News::Settled { path, asked, hash, verdict } => {
                self.settle(&path, Some(hash), &verdict);
                let for_twins = if asked == hash { verdict.for_twins_of(&path) } else { left_behind(&path) };
                for twin in self.twins.settle(asked, for_twins.clone()) {
                    self.settle(&twin, Some(asked), &for_twins);
                }
            }
        }
    }

    /// Tells what became of one file.
    fn settle(&mut self, path: &Path, hash: Option<ContentHash>, verdict: &Verdict) {
        self.ledger.close(path);
        self.count(path, hash, verdict);
        self.progress.settled();
        let (print, console) = (if self.json { print_json } else { print_line }, &mut *self.console);
        let printed = self.progress.aside(|| print(console, path, hash, verdict));
        if let Err(fault) = printed {
            self.unprinted.get_or_insert(fault);
        }
    }

    fn count(&mut self, path: &Path, hash: Option<ContentHash>, verdict: &Verdict) {
        let summary = &mut self.summary;
        match verdict.status {
            Status::Uploaded => {
                summary.uploaded += 1;
                summary.uploaded_bytes += verdict.size_bytes;
            }
            Status::Present => summary.present += 1,
            Status::Refused => summary.refused += 1,
            Status::Failed => summary.failed += 1,
        }
        let Some(manifest) = &mut self.manifest else { return };
        match (verdict.status, hash) {
            (Status::Uploaded | Status::Present, Some(hash)) => manifest.add(path, hash),
            (Status::Refused, _) => manifest.remove(path),
            (Status::Uploaded | Status::Present, None) | (Status::Failed, _) => manifest.keep(path),
        }
    }

    /// Puts the manifest in its place and prints the summary.
    pub(super) fn finish(self, elapsed: Duration) -> Result<PutSummary, CommandError> {
        self.progress.finish();
        let placed = self.manifest.map_or(Ok(()), Manifest::finish);
        let flushed = self.console.out.flush();
        let PutSummary { uploaded, present, refused, failed, uploaded_bytes } = self.summary;
        let (bytes, seconds) = (HumanBytes(uploaded_bytes), elapsed.as_secs_f64());
        writeln!(
            self.console.err,
            "{uploaded} uploaded ({bytes}), {present} already there, {refused} refused, {failed} failed, in {seconds:.1} s"
        )?;
        placed?;
        flushed?;
        Ok(self.summary)
    }
}

fn print_line(
    console: &mut Console<'_>,
    path: &Path,
    hash: Option<ContentHash>,
    verdict: &Verdict,
) -> io::Result<()> {
    let path = path.to_string_lossy();
    let path = printable(&path);
    let reason = printable(verdict.reason.as_deref().unwrap_or_default());
    match (verdict.status, hash) {
        (Status::Uploaded | Status::Present, Some(hash)) => {
            let url = printable(verdict.url.as_deref().unwrap_or_default());
            writeln!(console.out, "{path}  {hash}  {url}")
        }
        (Status::Uploaded | Status::Present, None) => writeln!(console.out, "{path}"),
        (Status::Refused, _) => writeln!(console.err, "refused: {path}: {reason}"),
        (Status::Failed, _) => writeln!(console.err, "failed: {path}: {reason}"),
    }
}

fn print_json(
    console: &mut Console<'_>,
    path: &Path,
    hash: Option<ContentHash>,
    verdict: &Verdict,
) -> io::Result<()> {
    let line = Line {
        path: path.to_string_lossy(),
        content_hash: hash.map(|hash| hash.to_string()),
        asset_id: verdict.asset_id.map(|id| id.to_string()),
        state: verdict.state.map(AssetState::as_str),
        status: verdict.status,
        reason: verdict.reason.as_deref(),
        url: verdict.url.as_deref(),
    };
    writeln!(console.out, "{}", serde_json::to_string(&line)?)
}
