//! A caller asks to upload: is there anything to upload, and how.

mod offer;

use std::time::Instant;

use shared::asset::{Amendment, Asset, AssetChange, AssetState, Declaration, FileName};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::multipart::PartPlanError;
use shared::ports::{
    Applied, AssetRepository, CdnInvalidation, MultipartSigner, MultipartStore, ObjectStore, RepositoryError,
    SigningError, StoreError, UploadSigner,
};
use shared::time::Timestamp;

pub use self::offer::{AskedParts, OfferedParts, Resumption, UploadOffer};
use crate::{Caller, Ingest};

/// How often a decision is taken anew because another writer came first. Each round means that the asset moved on, and
/// no chain of moves is longer than this.
const MAX_ROUNDS: u32 = 5;

/// What a caller asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadAsk {
    /// The hash of what it has.
    pub hash: ContentHash,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its type.
    pub media_type: MediaType,
    /// Its name, for people.
    pub file_name: Option<FileName>,
    /// Whether a takedown is to be undone, if the caller may.
    pub restore: bool,
    /// How it is to be cut, should it be uploaded in parts.
    pub parts: AskedParts,
}

/// What an ask is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issued {
    /// It is there, and S3 has just shown it: nothing to upload.
    Present(Asset),
    /// Upload it so.
    Offer {
        /// The asset that waits for its bytes.
        asset: Asset,
        /// What brings them.
        upload: UploadOffer,
    },
}

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// It is larger than an original may be.
    #[error("an original has at most {limit_bytes} bytes, and this has {size_bytes}")]
    TooLarge {
        /// What was declared.
        size_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// Its type is not accepted.
    #[error("{} is not accepted; accepted are {accepted}", named(*found))]
    UnsupportedType {
        /// What was declared.
        found: MediaType,
        /// The list of those accepted.
        accepted: String,
    },
    /// It was taken down.
    #[error("the asset was taken down")]
    Deleted,
    /// It is larger than what can be cut into parts: the configuration admits more than S3 takes.
    #[error("the usual size of parts {0}")]
    Parts(#[from] PartPlanError),
    /// Other writers came first, time and again.
    #[error("the asset changes too fast")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The upload could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// What the repository's answer calls for.
enum Decision {
    Present(Asset),
    Offer(Asset),
    Again,
}

impl<S, U, R, C> Ingest<S, U, R, C>
where
    S: ObjectStore + MultipartStore,
    U: UploadSigner + MultipartSigner,
    R: AssetRepository,
    C: CdnInvalidation,
{
    /// Answers an ask. The conditional write comes first: an asset that is new, the common case, costs one call, and
    /// of many callers that ask at once one makes it.
    ///
    /// # Errors
    /// [`IssueError`]; nothing is left half-done, and asking again is always safe.
    pub async fn issue_upload(
        &self,
        ask: &UploadAsk,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Issued, IssueError> {
        self.admit(ask)?;
        metrics::counter!("uploads_requested").increment(1);
        let request = AssetChange::UploadRequested(Declaration {
            size_bytes: ask.size_bytes,
            media_type: ask.media_type,
            file_name: ask.file_name.clone(),
            source_key: None,
            caller: caller.principal.clone(),
            expires_at: now.plus(self.config.pending_ttl),
        });
        for _ in 0..MAX_ROUNDS {
            let decision = match self.write(&ask.hash, &request, now).await? {
                Applied::Changed(asset) => Decision::Offer(asset),
                Applied::AlreadyThere(pending) => self.ask_again(pending, caller, now).await?,
                Applied::NotAdmitted(Some(asset)) => self.decide(asset, ask, caller, now).await?,
                // It was there a moment ago: the table's TTL has just taken it.
                Applied::NotAdmitted(None) => Decision::Again,
            };
            match decision {
                Decision::Present(asset) => {
                    metrics::counter!("uploads_deduplicated").increment(1);
                    return Ok(Issued::Present(asset));
                }
                Decision::Offer(asset) => {
                    let upload = self.offer(ask, caller, now).await?;
                    return Ok(Issued::Offer { asset, upload });
                }
                Decision::Again => {}
            }
        }
        Err(IssueError::Contended)
    }

    fn admit(&self, ask: &UploadAsk) -> Result<(), IssueError> {
        let limit_bytes = self.config.max_upload_bytes;
        if ask.size_bytes > limit_bytes {
            return Err(IssueError::TooLarge { size_bytes: ask.size_bytes, limit_bytes });
        }
        let accepted = &self.config.accepted_types;
        if !accepted.contains(&ask.media_type) {
            let accepted = accepted.iter().map(|media_type| media_type.as_str()).collect::<Vec<_>>();
            return Err(IssueError::UnsupportedType { found: ask.media_type, accepted: accepted.join(", ") });
        }
        Ok(())
    }

    /// Somebody asked for it before, and it still waits for its bytes.
    async fn ask_again(
        &self,
        pending: Asset,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Decision, IssueError> {
        self.share(&pending, caller, now).await?;
        let keep = Amendment::KeepPending { expires_at: now.plus(self.config.pending_ttl) };
        let kept = self.assets.amend(&pending.content_hash, &keep, now).await?;
        Ok(kept.map_or(Decision::Again, Decision::Offer))
    }

    /// It is past waiting.
    async fn decide(
        &self,
        asset: Asset,
        ask: &UploadAsk,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Decision, IssueError> {
        match asset.state {
            AssetState::Ready | AssetState::Archived => self.look(asset, caller, now).await,
            AssetState::Missing | AssetState::Mismatch => {
                self.share(&asset, caller, now).await?;
                Ok(Decision::Offer(asset))
            }
            AssetState::Deleted => self.undo_takedown(&asset, ask, caller, now).await,
            AssetState::Pending | AssetState::Rejected => Ok(Decision::Again),
        }
    }

    /// It was taken down: whoever may do that may also bring it back, if that is what they say.
    async fn undo_takedown(
        &self,
        asset: &Asset,
        ask: &UploadAsk,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Decision, IssueError> {
        if !ask.restore || caller.authority_over(asset).is_none() {
            return Err(IssueError::Deleted);
        }
        let undone = self.write(&asset.content_hash, &AssetChange::TakedownUndone, now).await?;
        if let Applied::Changed(asset) = &undone {
            tracing::info!(
                asset.hash = %asset.content_hash,
                asset.owner = %asset.created_by,
                caller.principal = %caller.principal,
                caller.is_admin,
                "a takedown was undone"
            );
        }
        Ok(after(undone))
    }

    /// It should be there: only the store knows whether it is.
    async fn look(&self, asset: Asset, caller: &Caller, now: Timestamp) -> Result<Decision, IssueError> {
        if self.store.head(&ObjectKey::Original(asset.content_hash)).await?.is_some() {
            self.share(&asset, caller, now).await?;
            return Ok(Decision::Present(asset));
        }
        tracing::warn!(asset.hash = %asset.content_hash, "an asset's object is gone: it is MISSING now");
        let vanished = AssetChange::ObjectVanished { seen: asset.updated_at };
        Ok(after(self.write(&asset.content_hash, &vanished, now).await?))
    }

    /// Another caller relies on the asset from now on: its owner alone may no longer delete it.
    async fn share(&self, asset: &Asset, caller: &Caller, now: Timestamp) -> Result<(), IssueError> {
        if !asset.shared && asset.created_by != caller.principal {
            self.assets.amend(&asset.content_hash, &Amendment::Share, now).await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        let started = Instant::now();
        let applied = self.assets.apply(hash, change, now).await;
        metrics::histogram!("metadata_write_ms").record(started.elapsed().as_secs_f64() * 1e3);
        applied
    }
}

/// A type as its declarer knows it: one that Hashfolio does not know has no name here.
fn named(found: MediaType) -> String {
    if found == MediaType::OctetStream { "this type".to_owned() } else { found.to_string() }
}

/// A transition that leads to an upload.
fn after(applied: Applied) -> Decision {
    match applied {
        Applied::Changed(asset) | Applied::AlreadyThere(asset) => Decision::Offer(asset),
        Applied::NotAdmitted(_) => Decision::Again,
    }
}

#[cfg(test)]
mod tests;
