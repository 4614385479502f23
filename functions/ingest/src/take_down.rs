//! An asset is taken down: DELETED is written, its object goes, and the CDN is told to forget its variants.
//!
//! | step | why there |
//! |---|---|
//! | a reminder is asked for | it comes later and finishes what follows, wherever this run breaks off |
//! | DELETED is written | from now on render serves it no more, and verify removes whatever is uploaded |
//! | the object is removed | if this is where it ends, reconcile and the reminder remove it too |
//! | the CDN is told | and once more by the reminder: a render that read the asset before may still be under way |
//!
//! A reminder of an asset that is not DELETED means nothing, so one that comes without its takedown does no harm.

use std::str::FromStr;

use shared::asset::{Asset, AssetChange, AssetState, Authority, Takedown};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{
    Applied, AssetRepository, CdnError, CdnInvalidation, Consistency, Invalidation, ObjectStore, Occasion,
    RepositoryError, StoreError, TakedownReminder, UploadSigner,
};
use shared::time::Timestamp;

use crate::show_asset::{AssetRef, ShowError};
use crate::{Caller, Ingest};

/// How often the object is looked at anew because another one came in its place. Nothing new may be uploaded any more,
/// so there can only be those that were on their way.
const MAX_REMOVALS: u32 = 5;

/// Why an asset is to be taken down, in the caller's words.
///
/// ```
/// use ingest::take_down::TakedownReason;
/// assert!("copyright claim 17".parse::<TakedownReason>().is_ok());
/// assert!("".parse::<TakedownReason>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakedownReason(String);

/// A text that is no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a text of 1 to {max} bytes without control characters", max = TakedownReason::MAX_BYTES)]
pub struct ParseReasonError;

/// Why an asset was not taken down.
#[derive(Debug, thiserror::Error)]
pub enum TakedownError {
    /// There is no such asset.
    #[error("there is no such asset")]
    NotFound,
    /// Others rely on it, and the caller is no admin.
    #[error("others rely on the asset too: only an admin may take it down")]
    Shared,
    /// It is another's, and the caller is no admin.
    #[error("only the asset's owner or an admin may take it down")]
    NotOwner,
    /// Other writers came first, time and again.
    #[error("the asset changes too fast")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The CDN or its queue of reminders failed.
    #[error(transparent)]
    Cdn(#[from] CdnError),
}

impl TakedownReason {
    /// The longest reason in bytes of UTF-8.
    pub const MAX_BYTES: usize = 500;
}

impl FromStr for TakedownReason {
    type Err = ParseReasonError;

    fn from_str(text: &str) -> Result<Self, ParseReasonError> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(ParseReasonError) }
    }
}

impl Caller {
    /// By what right this caller may take an asset down; `None` when it may not.
    pub fn authority_over(&self, asset: &Asset) -> Option<Authority> {
        let owns = asset.created_by == self.principal && !asset.shared;
        if self.is_admin { Some(Authority::Admin) } else { owns.then_some(Authority::Owner) }
    }

    fn must_have_authority_over(&self, asset: &Asset) -> Result<Authority, TakedownError> {
        let refused = if asset.shared { TakedownError::Shared } else { TakedownError::NotOwner };
        self.authority_over(asset).ok_or(refused)
    }
}

impl<S: ObjectStore, U: UploadSigner, R: AssetRepository, C: CdnInvalidation> Ingest<S, U, R, C> {
    /// Takes an asset down, until an upload is asked for that restores it. Doing so again finishes what an earlier run
    /// left.
    ///
    /// # Errors
    /// [`TakedownError`]; asking again is always safe.
    pub async fn take_down(
        &self,
        named: AssetRef,
        why: Option<&TakedownReason>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Asset, TakedownError> {
        let seen = self.show_asset(named).await.map_err(|error| match error {
            ShowError::Repository(error) => TakedownError::Repository(error),
            ShowError::NotFound | ShowError::NotReadable(_) | ShowError::Archived | ShowError::Signing(_) => {
                TakedownError::NotFound
            }
        })?;
        let authority = caller.must_have_authority_over(&seen)?;
        let hash = seen.content_hash;
        // Should the queue be out of order, everything else is done all the same, and the caller told to come again.
        let reminded = self.cdn.remind(&TakedownReminder { hash }).await;
        let takedown = Takedown { caller: caller.principal.clone(), authority, reason: told(caller, why) };
        let deleted = self.write_takedown(&seen, takedown, caller, now).await?;
        self.clear(&deleted, Occasion::AtOnce, now).await?;
        reminded?;
        Ok(deleted)
    }

    /// Finishes a takedown that a reminder is about, if it still stands.
    ///
    /// # Errors
    /// [`TakedownError`]; the reminder must come again.
    pub async fn finish_takedown(
        &self,
        reminder: &TakedownReminder,
        now: Timestamp,
    ) -> Result<(), TakedownError> {
        match self.assets.find(&reminder.hash, Consistency::Strong).await? {
            Some(asset) if asset.state == AssetState::Deleted => {
                self.clear(&asset, Occasion::Again, now).await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn write_takedown(
        &self,
        seen: &Asset,
        takedown: Takedown,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Asset, TakedownError> {
        match self.assets.apply(&seen.content_hash, &AssetChange::TakenDown(takedown), now).await? {
            Applied::Changed(asset) => {
                tracing::info!(
                    asset.hash = %asset.content_hash,
                    asset.from = %seen.state,
                    asset.owner = %asset.created_by,
                    caller.principal = %caller.principal,
                    caller.is_admin,
                    takedown.at = %asset.updated_at,
                    takedown.reason = asset.reason,
                    "an asset was taken down"
                );
                Ok(asset)
            }
            Applied::AlreadyThere(asset) => {
                caller.must_have_authority_over(&asset)?;
                tracing::info!(
                    asset.hash = %asset.content_hash,
                    caller.principal = %caller.principal,
                    "a takedown is done again"
                );
                Ok(asset)
            }
            Applied::NotAdmitted(Some(asset)) => {
                caller.must_have_authority_over(&asset)?;
                Err(TakedownError::Contended)
            }
            // It was there a moment ago: the table's TTL has just taken it.
            Applied::NotAdmitted(None) => Err(TakedownError::NotFound),
        }
    }

    /// Removes what is left of a DELETED asset.
    async fn clear(&self, asset: &Asset, occasion: Occasion, now: Timestamp) -> Result<(), TakedownError> {
        let hash = asset.content_hash;
        if self.remove_original(asset).await? {
            self.mend_if_undone(&hash, now).await?;
        }
        let invalidation = Invalidation { hash, taken_down_at: asset.updated_at, occasion };
        Ok(self.cdn.invalidate(&invalidation).await?)
    }

    /// Whether there was one.
    async fn remove_original(&self, asset: &Asset) -> Result<bool, TakedownError> {
        let key = ObjectKey::Original(asset.content_hash);
        for _ in 0..MAX_REMOVALS {
            let Some(head) = self.store.head(&key).await? else { return Ok(false) };
            match self.store.delete(&key, &head.etag).await {
                Err(StoreError::Changed(_)) => {}
                deleted => return Ok(deleted.map(|()| true)?),
            }
        }
        Err(TakedownError::Contended)
    }

    /// A delete names the tag of the object that was seen, but the same bytes have the same tag whoever uploads them. If
    /// the takedown was undone and the bytes uploaded anew meanwhile, they are gone now, and the asset must not say that
    /// they are there.
    async fn mend_if_undone(&self, hash: &ContentHash, now: Timestamp) -> Result<(), TakedownError> {
        let Some(asset) = self.assets.find(hash, Consistency::Strong).await? else { return Ok(()) };
        match asset.state {
            AssetState::Ready | AssetState::Archived | AssetState::Mismatch => {
                if self.store.head(&ObjectKey::Original(asset.content_hash)).await?.is_none() {
                    let vanished = AssetChange::ObjectVanished { seen: asset.updated_at };
                    self.assets.apply(hash, &vanished, now).await?;
                }
                Ok(())
            }
            AssetState::Pending | AssetState::Rejected | AssetState::Missing | AssetState::Deleted => Ok(()),
        }
    }
}

/// What the asset says of it from now on.
fn told(caller: &Caller, why: Option<&TakedownReason>) -> String {
    match why {
        Some(TakedownReason(why)) => format!("Taken down by {}: {why}", caller.principal),
        None => format!("Taken down by {}.", caller.principal),
    }
}

#[cfg(test)]
mod tests;
