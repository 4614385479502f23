//! What became of a file, and of its twins: other files of the same content.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shared::asset::{AssetId, AssetState};
use shared::hash::ContentHash;

use crate::client::{Asset, Problem};

/// How a file fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Its bytes were uploaded, and verified.
    Uploaded,
    /// Its content was there already.
    Present,
    /// The system does not want it.
    Refused,
    /// Something went wrong with it.
    Failed,
}

/// What became of a file.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) status: Status,
    pub(super) asset_id: Option<AssetId>,
    pub(super) state: Option<AssetState>,
    pub(super) size_bytes: u64,
    pub(super) reason: Option<String>,
    pub(super) url: Option<String>,
}

impl Verdict {
    pub(super) fn ready(status: Status, asset: &Asset, url: Option<String>) -> Self {
        Self { url, ..Self::of(status, asset) }
    }

    /// The asset itself was refused, as its state says.
    pub(super) fn rejected(asset: &Asset, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::of(Status::Refused, asset) }
    }

    /// The asset was uploaded, but this hindered it.
    pub(super) fn stuck(asset: &Asset, reason: String) -> Self {
        Self { reason: Some(reason), ..Self::of(Status::Failed, asset) }
    }

    /// The API did not take the ask: its refusal if it said no, a failure if it could not say.
    pub(super) fn not_taken(problem: &Problem) -> Self {
        let status = if problem.is_transient() { Status::Failed } else { Status::Refused };
        Self { status, ..Self::failed(problem.to_string()) }
    }

    pub(super) fn failed(reason: String) -> Self {
        let reason = Some(reason);
        Self { status: Status::Failed, asset_id: None, state: None, size_bytes: 0, reason, url: None }
    }

    fn of(status: Status, asset: &Asset) -> Self {
        Self {
            status,
            asset_id: Some(asset.asset_id),
            state: Some(asset.state),
            size_bytes: asset.size_bytes,
            reason: None,
            url: None,
        }
    }

    /// What it means for the twins of the file at `leader`, whose bytes were to come with that file's.
    pub(super) fn for_twins_of(&self, leader: &Path) -> Self {
        let shared = |reason: &String| format!("as {}, whose content it shares: {reason}", leader.display());
        match self.status {
            Status::Uploaded | Status::Present => Self { status: Status::Present, ..self.clone() },
            Status::Refused => self.clone(),
            Status::Failed => Self { reason: self.reason.as_ref().map(shared), ..self.clone() },
        }
    }
}

/// Knows the verdict on the twins of each content, and which of them wait for it.
#[derive(Debug, Default)]
pub(super) struct Twins {
    known: HashMap<ContentHash, Verdict>,
    waiting: HashMap<ContentHash, Vec<PathBuf>>,
}

impl Twins {
    /// Another file of this content turned up: its verdict, if it is known already.
    pub(super) fn join(&mut self, path: PathBuf, hash: ContentHash) -> Option<(PathBuf, Verdict)> {
        if let Some(verdict) = self.known.get(&hash) {
            return Some((path, verdict.clone()));
        }
        self.waiting.entry(hash).or_default().push(path);
        None
    }

    /// The verdict on the twins of a content is known: those that waited for it.
    pub(super) fn settle(&mut self, hash: ContentHash, verdict: Verdict) -> Vec<PathBuf> {
        self.known.insert(hash, verdict);
        self.waiting.remove(&hash).unwrap_or_default()
    }
}

/// Why the twins of a file that changed are not in the portfolio: it was to be uploaded for them too.
pub(super) fn left_behind(leader: &Path) -> Verdict {
    Verdict::failed(format!(
        "its content was to be uploaded from {}, which changed meanwhile; put it again",
        leader.display()
    ))
}
