//! Mends what was found, after looking again: a plan may be hours old, and others write too.

use shared::asset::{Amendment, AssetChange, AssetState};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{
    Applied, AssetRepository, Consistency, LookError, ObjectHead, ObjectStore, Outcome, RepositoryError,
    StoreError, Verifier,
};
use shared::runtime::with_sources;
use shared::time::Timestamp;

use crate::finding::{Action, Finding, Kind};
use crate::plan::{Drift, compare};
use crate::usage::Usage;

/// Mends findings.
#[derive(Debug)]
pub(crate) struct Executor<'a, S, R, V> {
    /// Where the objects are.
    pub(crate) store: &'a S,
    /// Where the records are.
    pub(crate) assets: &'a R,
    /// Who looks at objects.
    pub(crate) verifier: &'a V,
    /// What is younger is left alone.
    pub(crate) youngest: Timestamp,
}

/// What stands under a hash now.
struct Now {
    head: Option<ObjectHead>,
    /// The asset's state, and when it was last written.
    asset: Option<shared::asset::Asset>,
    drift: Option<Drift>,
}

/// Why a finding could not be mended: it stays for the next run.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error("it could not be looked at again: {}", with_sources(.0))]
    Store(#[from] StoreError),
    #[error("it could not be looked at again: {}", with_sources(.0))]
    Repository(#[from] RepositoryError),
    #[error("it could not be looked at again: {}", with_sources(.0))]
    Look(#[from] LookError),
}

impl<S: ObjectStore, R: AssetRepository, V: Verifier> Executor<'_, S, R, V> {
    /// Mends a finding, and says what became of it and what that took. Safe to repeat, and beside others.
    pub(crate) async fn apply(&self, finding: Finding, now: Timestamp) -> (Finding, Usage) {
        let key = finding.key.as_deref().and_then(ObjectKey::parse);
        let (Some(key), action) = (key, finding.action) else { return (finding, Usage::default()) };
        let unmended = finding.clone();
        let applied = match (action, finding.content_hash) {
            (Action::Verify | Action::Remove, _) => self.look(finding, &key, now).await,
            (Action::MarkMissing | Action::MarkArchived | Action::MarkReady, Some(hash)) => {
                self.mark(finding, hash, now).await
            }
            (Action::MarkMissing | Action::MarkArchived | Action::MarkReady, None) | (Action::None, _) => {
                return (finding, Usage::default());
            }
        };
        let applied = applied.unwrap_or_else(|obstacle| unmended.left(&obstacle.to_string()));
        (applied, Usage::OF_A_LOOK)
    }

    /// Writes the state that follows from the object, if what was found is still so: the write holds only for the item
    /// that was just read.
    async fn mark(&self, finding: Finding, hash: ContentHash, now: Timestamp) -> Result<Finding, Obstacle> {
        let found = self.see(hash).await?;
        let (Some(drift), Some(asset)) = (found.drift, found.asset) else { return Ok(finding.settled()) };
        if drift.kind != finding.kind {
            return Ok(finding.settled());
        }
        let seen = asset.updated_at;
        let change = match drift.action {
            Action::MarkMissing => AssetChange::ObjectVanished { seen },
            Action::MarkArchived => AssetChange::ObjectArchived { seen },
            Action::MarkReady => AssetChange::ObjectRestored { seen },
            Action::Verify | Action::Remove | Action::None => return Ok(finding.settled()),
        };
        match self.assets.apply(&hash, &change, now).await? {
            Applied::Changed(asset) => Ok(finding.mended(Some(asset.state), None)),
            Applied::AlreadyThere(_) | Applied::NotAdmitted(_) => Ok(finding.settled()),
        }
    }

    /// Has an object looked at, as if its event had just come.
    async fn look(&self, finding: Finding, key: &ObjectKey, now: Timestamp) -> Result<Finding, Obstacle> {
        match self.verifier.look(key, now).await? {
            Outcome::Gone | Outcome::Skipped => Ok(finding.settled()),
            Outcome::Unchanged => self.unchanged(finding).await,
            Outcome::Verified => Ok(finding.mended(Some(AssetState::Ready), Some("verified"))),
            Outcome::Refreshed => {
                Ok(finding.mended(Some(AssetState::Ready), Some("the same bytes under a new tag")))
            }
            Outcome::Refused { reason } => Ok(finding.mended(Some(AssetState::Rejected), Some(&reason))),
            Outcome::Removed => Ok(finding.mended(None, Some("removed"))),
            Outcome::Differs => {
                let bytes = "the bytes are not those of the hash";
                Ok(finding.mended(Some(AssetState::Mismatch), Some(bytes)))
            }
            Outcome::Duplicate => Ok(finding.mended(None, Some("its bytes are there already"))),
            Outcome::Thawed => self.same_bytes_of_archived(finding, key, now).await,
            Outcome::Left { reason } => Ok(finding.left(reason)),
        }
    }

    /// The verifier sees nothing to do. If the lists still disagree, it is the record that is wrong.
    async fn unchanged(&self, finding: Finding) -> Result<Finding, Obstacle> {
        let Some(hash) = finding.content_hash else { return Ok(finding.settled()) };
        match self.see(hash).await?.drift {
            Some(drift) if drift.kind == finding.kind => {
                Ok(finding.left("the object is the one that was verified, so the record is wrong"))
            }
            Some(_) | None => Ok(finding.settled()),
        }
    }

    /// An ARCHIVED asset's object has another tag, and the right bytes: it was copied over itself, as one does to bring
    /// it back for good. Its new tag is written first; READY follows if it can be read.
    async fn same_bytes_of_archived(
        &self,
        finding: Finding,
        key: &ObjectKey,
        now: Timestamp,
    ) -> Result<Finding, Obstacle> {
        let ObjectKey::Original(hash) = *key else { return Ok(finding.settled()) };
        let found = self.see(hash).await?;
        let (Some(head), Some(asset)) = (found.head, found.asset) else { return Ok(finding.settled()) };
        let Some(from) = asset.etag else { return Ok(finding.left("the record has no tag")) };
        if from != head.etag {
            let refresh = Amendment::RefreshETag { from, to: head.etag };
            let Some(_) = self.assets.amend(&hash, &refresh, now).await? else {
                return Ok(finding.settled());
            };
        }
        // The record is as young as this write: age is no matter here, whose object was looked at just now.
        let found = Self { youngest: now, ..*self }.see(hash).await?;
        let (Some(asset), Some(drift)) = (found.asset, found.drift) else {
            return Ok(finding.mended(Some(AssetState::Archived), Some("the same bytes under a new tag")));
        };
        if drift.kind != Kind::ObjectRestored {
            return Ok(finding.settled());
        }
        let restored = AssetChange::ObjectRestored { seen: asset.updated_at };
        match self.assets.apply(&hash, &restored, now).await? {
            Applied::Changed(_) => {
                Ok(finding.mended(Some(AssetState::Ready), Some("the same bytes, and readable again")))
            }
            Applied::AlreadyThere(_) | Applied::NotAdmitted(_) => Ok(finding.settled()),
        }
    }

    /// What stands under a hash now: a HEAD and a strongly consistent read.
    async fn see(&self, hash: ContentHash) -> Result<Now, Obstacle> {
        let head = self.store.head(&ObjectKey::Original(hash)).await?;
        let asset = self.assets.find(&hash, Consistency::Strong).await?;
        let object = head.clone().map(Into::into);
        let record = asset.clone().map(Into::into);
        let drift = compare(object.as_ref(), record.as_ref(), self.youngest);
        Ok(Now { head, asset, drift })
    }
}
