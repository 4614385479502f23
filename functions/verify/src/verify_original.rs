//! `raw/{hash}`: is it what its key says, and is it accepted?
//!
//! The state is written first and an object deleted after it, so that a look that breaks off in between leaves what the
//! next one mends. A delete names the tag that was looked at: what came in its place meanwhile is kept.

use shared::asset::{Amendment, Asset, AssetChange, Principal, Refusal, Verification};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::ports::{AssetRepository, Consistency, LookError, ObjectHead, ObjectStore, Outcome};
use shared::time::Timestamp;

use crate::decide::{self, Duty, Glance};
use crate::judge::{Accepted, Verdict};
use crate::verify::Verify;

/// An original as one look saw it.
struct Original {
    hash: ContentHash,
    key: ObjectKey,
    head: ObjectHead,
    asset: Option<Asset>,
}

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Looks at an original once.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when another writer came first: then what was seen is no longer so.
    pub(crate) async fn verify_original(
        &self,
        hash: ContentHash,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let key = ObjectKey::Original(hash);
        let Some(head) = self.store.head(&key).await? else { return Ok(Outcome::Gone) };
        let asset = self.assets.find(&hash, Consistency::Strong).await?;
        let original = Original { hash, key, head, asset };
        match decide::at_first_glance(original.asset.as_ref(), &original.head) {
            Glance::Settled => Ok(Outcome::Unchanged),
            Glance::Unwelcome => self.remove(&original).await,
            Glance::Unknown => {
                let found = self.hash_of(&original.key, &original.head).await?;
                self.by_hash(&original, found, now).await
            }
        }
    }

    async fn by_hash(
        &self,
        original: &Original,
        found: ContentHash,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let state = original.asset.as_ref().map(|asset| asset.state);
        match decide::by_hash(state, found == original.hash) {
            Duty::Judge => self.judge(original, now).await,
            Duty::Restore => self.restore(original, now).await,
            Duty::RefreshETag => self.refresh_etag(original, now).await,
            Duty::RefuseBytes => self.refuse_bytes(original, found, now).await,
            Duty::ReportDiffers => self.report_differs(original, now).await,
            Duty::Remove => self.remove(original).await,
            Duty::LeaveToReconcile => Ok(Outcome::Thawed),
            Duty::LeaveToPeople => {
                Ok(Outcome::Left { reason: "the object has other bytes than its key says" })
            }
        }
    }

    async fn judge(&self, original: &Original, now: Timestamp) -> Result<Outcome, LookError> {
        let measured = self.measure(&original.key, &original.head).await?;
        match self.config.criteria.judge(&measured) {
            Verdict::Accept(accepted) => self.ready(original, accepted, now).await,
            Verdict::Refuse { reason, media_type } => self.refuse(original, reason, media_type, now).await,
        }
    }

    async fn restore(&self, original: &Original, now: Timestamp) -> Result<Outcome, LookError> {
        match self.measure(&original.key, &original.head).await?.header {
            Ok(header) => self.ready(original, header.into(), now).await,
            Err(_) => {
                Ok(Outcome::Left { reason: "the bytes are right again, but their header is unreadable" })
            }
        }
    }

    async fn ready(
        &self,
        original: &Original,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let verified = Verification {
            size_bytes: original.head.size_bytes,
            media_type: accepted.media_type,
            dimensions: accepted.dimensions,
            etag: original.head.etag.clone(),
            file_name: None,
            finder: Principal::orphanage(),
        };
        self.write_ready(&original.hash, verified, now).await?;
        Ok(Outcome::Verified)
    }

    async fn refuse(
        &self,
        original: &Original,
        reason: String,
        media_type: MediaType,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let refusal = Refusal {
            reason: reason.clone(),
            size_bytes: original.head.size_bytes,
            media_type,
            file_name: None,
            source_key: None,
            finder: Principal::orphanage(),
        };
        self.write(&original.hash, &AssetChange::UploadRefused(refusal), now).await?;
        self.store.delete(&original.key, &original.head.etag).await?;
        Ok(Outcome::Refused { reason })
    }

    async fn refuse_bytes(
        &self,
        original: &Original,
        found: ContentHash,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let media_type = self.measure(&original.key, &original.head).await?.media_type();
        let reason =
            format!("The uploaded bytes have the SHA-256 {found}, not {} as promised.", original.hash);
        self.refuse(original, reason, media_type, now).await
    }

    async fn refresh_etag(&self, original: &Original, now: Timestamp) -> Result<Outcome, LookError> {
        let Some(from) = original.asset.as_ref().and_then(|asset| asset.etag.clone()) else {
            return Ok(Outcome::Left { reason: "the asset is READY without a tag, as nobody writes it" });
        };
        let refreshed = Amendment::RefreshETag { from, to: original.head.etag.clone() };
        self.write_amendment(&original.hash, &refreshed, now).await?;
        Ok(Outcome::Refreshed)
    }

    async fn report_differs(&self, original: &Original, now: Timestamp) -> Result<Outcome, LookError> {
        let seen = original.asset.as_ref().map_or(now, |asset| asset.updated_at);
        self.write(&original.hash, &AssetChange::ObjectDiffers { seen }, now).await?;
        Ok(Outcome::Differs)
    }

    async fn remove(&self, original: &Original) -> Result<Outcome, LookError> {
        self.store.delete(&original.key, &original.head.etag).await?;
        Ok(Outcome::Removed)
    }
}

#[cfg(test)]
mod tests;
