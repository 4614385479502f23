//! Keeps account of the files whose fate is not known yet, so that none is passed over when a run breaks off.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use shared::hash::ContentHash;

use super::gather::Found;
use super::report::News;
use super::verdict::Verdict;

/// How far a file has come that is being put.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// Its bytes are being sent.
    Sending,
    /// The store has taken its bytes.
    Uploaded,
    /// It is in the portfolio, and only its URL is not known yet.
    There(Verdict),
}

/// What is known of a file that is being put.
#[derive(Debug, Clone)]
pub(super) struct Underway {
    /// Its first hash, by which its twins know it.
    pub(super) asked: ContentHash,
    /// The hash that it has now.
    pub(super) hash: ContentHash,
    pub(super) stage: Stage,
}

/// The files whose fate is not known.
#[derive(Debug)]
pub(super) struct Ledger {
    found: BTreeSet<PathBuf>,
    underway: BTreeMap<PathBuf, Underway>,
}

impl Ledger {
    pub(super) fn new(files: &[Found]) -> Self {
        let found = files.iter().map(|file| file.path.clone()).collect();
        Self { found, underway: BTreeMap::new() }
    }

    /// A file has come this far.
    pub(super) fn reached(&mut self, path: PathBuf, underway: Underway) {
        self.found.remove(&path);
        self.underway.insert(path, underway);
    }

    /// A file's fate is known.
    pub(super) fn close(&mut self, path: &Path) {
        self.found.remove(path);
        self.underway.remove(path);
    }

    /// What it means for the files that are being put that the run ends, and why.
    pub(super) fn broken_off(&self, why: &str) -> Vec<News> {
        let settled = |(path, underway): (&PathBuf, &Underway)| {
            let Underway { asked, hash, stage } = underway.clone();
            let verdict = match stage {
                Stage::Sending => Verdict::failed(format!("its upload broke off: {why}")),
                Stage::Uploaded => {
                    Verdict::failed(format!("it was uploaded, but not seen to be verified: {why}"))
                }
                Stage::There(verdict) => verdict,
            };
            News::Settled { path: path.clone(), asked, hash, verdict }
        };
        self.underway.iter().map(settled).collect()
    }

    /// What it means for the files of which nothing was sent that the run ends, and why.
    pub(super) fn not_tried(&self, why: &str) -> Vec<News> {
        let untried = |path: &PathBuf| {
            let verdict = Verdict::failed(format!("not tried: {why}"));
            News::Unread { path: path.clone(), verdict }
        };
        self.found.iter().map(untried).collect()
    }
}
