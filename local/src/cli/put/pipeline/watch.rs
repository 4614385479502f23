//! Waits until an uploaded file is verified.

use std::time::Duration;

use shared::asset::AssetState;
use tokio::time::Instant;

use super::deliver::Job;
use super::{Pipeline, sample_of, verdict_on};
use crate::cli::error::CommandError;
use crate::cli::put::verdict::{Status, Verdict};
use crate::client::{ApiError, Backoff, Shown};

/// The first pause between two looks at an asset. Locally, verifying takes a few milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How many bytes a second are verified at least: those that came in parts are read once more.
const VERIFIED_BYTES_PER_SECOND: u64 = 16 << 20;
/// The longest pause between two looks at an asset.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

impl Pipeline<'_> {
    /// Looks at an uploaded asset until it is verified or refused, or patience ends.
    ///
    /// # Errors
    /// [`CommandError`] when the API can't be reached any more.
    pub(super) async fn watch(&self, job: &Job) -> Result<Verdict, CommandError> {
        let hash = job.hash();
        let patience = self.patience + Duration::from_secs(job.size_bytes() / VERIFIED_BYTES_PER_SECOND);
        let end = Instant::now() + patience;
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let seen = match self.api.show(&hash.to_string()).await {
                Ok(shown) => Some(shown),
                // A reader may be behind the writers for a moment.
                Err(ApiError::Refused(problem)) if problem.status == 404 => None,
                Err(fault) => return verdict_on(fault),
            };
            if let Some(shown) = &seen
                && let Some(verdict) = self.judged(shown).await
            {
                return Ok(verdict);
            }
            let now = Instant::now();
            if now >= end {
                return Ok(unjudged(seen.as_ref(), patience));
            }
            tokio::time::sleep(backoff.pause().min(end - now)).await;
        }
    }

    /// The verdict, once there is one.
    async fn judged(&self, shown: &Shown) -> Option<Verdict> {
        let asset = &shown.asset;
        match asset.state {
            AssetState::Ready | AssetState::Archived => {
                // Knowing one asset is knowing how the variants of all are spelled.
                self.sample.set(sample_of(shown)).ok();
                let url = self.url_of(asset.content_hash).await;
                Some(Verdict::ready(Status::Uploaded, asset, url))
            }
            AssetState::Rejected => {
                let reason = asset.reason.clone().unwrap_or_else(|| "it was rejected".to_owned());
                Some(Verdict::rejected(asset, reason))
            }
            AssetState::Deleted => Some(Verdict::rejected(asset, "it was taken down".to_owned())),
            AssetState::Pending | AssetState::Missing | AssetState::Mismatch => None,
        }
    }
}

fn unjudged(seen: Option<&Shown>, patience: Duration) -> Verdict {
    let seconds = patience.as_secs();
    match seen {
        Some(Shown { asset, .. }) => {
            let state = asset.state;
            Verdict::stuck(asset, format!("it was uploaded, and is still {state} after {seconds} s"))
        }
        None => Verdict::failed(format!("it was uploaded, and is still unknown after {seconds} s")),
    }
}
