//! `incoming/.parts/{hash}/{upload}`, what the parts of an upload make: is it what was promised?
//!
//! S3 holds each part to the SHA-256 that the client gives, but nobody to that of the whole: only here every byte is
//! read. What is right is copied to `raw/{hash}`, whose own event does the rest when this look breaks off behind the
//! copy. What is wrong is refused and deleted, as S3 itself refuses a PUT: whoever sent it has it still.

use shared::asset::{Asset, AssetChange, AssetState, Principal, Refusal, Verification};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::multipart::UploadId;
use shared::ports::{AssetRepository, Consistency, LookError, ObjectHead, ObjectStore, Outcome};
use shared::time::Timestamp;

use crate::decide::{self, PartsDuty};
use crate::judge::{Accepted, Verdict};
use crate::verify::{LOOKS, Verify};

/// What parts made, as one look saw it.
struct Assembled {
    /// What was promised.
    hash: ContentHash,
    key: ObjectKey,
    head: ObjectHead,
}

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Looks at what parts made once.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when other writers came first each time.
    pub(crate) async fn verify_parts(
        &self,
        hash: ContentHash,
        upload: UploadId,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let key = ObjectKey::Parts { hash, upload };
        let Some(head) = self.store.head(&key).await? else { return Ok(Outcome::Gone) };
        let assembled = Assembled { hash, key, head };
        // The bytes are hashed once; only what is known of their asset is looked at again.
        let mut found = None;
        for _ in 1..LOOKS {
            match self.settle(&assembled, &mut found, now).await {
                Err(LookError::Outpaced) => {}
                settled => return settled,
            }
        }
        self.settle(&assembled, &mut found, now).await
    }

    async fn settle(
        &self,
        assembled: &Assembled,
        found: &mut Option<ContentHash>,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let asset = self.assets.find(&assembled.hash, Consistency::Strong).await?;
        match asset {
            Some(asset) if asset.state == AssetState::Deleted => self.discard(assembled).await,
            Some(asset) if matches!(asset.state, AssetState::Ready | AssetState::Archived) => {
                self.must_be_in_place(&asset, now).await?;
                self.take_parts_away(assembled).await?;
                Ok(Outcome::Duplicate)
            }
            asset => self.settle_unready(assembled, asset.as_ref(), found, now).await,
        }
    }

    /// Nobody has the bytes yet, or has them any more.
    async fn settle_unready(
        &self,
        assembled: &Assembled,
        asset: Option<&Asset>,
        found: &mut Option<ContentHash>,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let state = asset.map(|asset| asset.state);
        if let Some(objection) = self.config.criteria.size_objection(assembled.head.size_bytes) {
            return match decide::by_parts(state, false) {
                PartsDuty::Refuse => self.refuse_parts(assembled, objection, now).await,
                PartsDuty::Judge | PartsDuty::Restore | PartsDuty::Remove => self.discard(assembled).await,
            };
        }
        let bytes = match *found {
            Some(bytes) => bytes,
            None => *found.insert(self.hash_of(&assembled.key, &assembled.head).await?),
        };
        match decide::by_parts(state, bytes == assembled.hash) {
            PartsDuty::Judge => self.judge_parts(assembled, now).await,
            PartsDuty::Restore => self.restore_parts(assembled, now).await,
            PartsDuty::Refuse => {
                let promised = assembled.hash;
                let reason =
                    format!("The uploaded parts have the SHA-256 {bytes}, not {promised} as promised.");
                self.refuse_parts(assembled, reason, now).await
            }
            PartsDuty::Remove => self.discard(assembled).await,
        }
    }

    async fn judge_parts(&self, assembled: &Assembled, now: Timestamp) -> Result<Outcome, LookError> {
        let measured = self.measure(&assembled.key, &assembled.head).await?;
        match self.config.criteria.judge(&measured) {
            Verdict::Accept(accepted) => self.adopt_parts(assembled, accepted, now).await,
            Verdict::Refuse { reason, .. } => self.refuse_parts(assembled, reason, now).await,
        }
    }

    /// The bytes were accepted once, so they are not judged again.
    async fn restore_parts(&self, assembled: &Assembled, now: Timestamp) -> Result<Outcome, LookError> {
        match self.measure(&assembled.key, &assembled.head).await?.header {
            Ok(header) => self.adopt_parts(assembled, header.into(), now).await,
            Err(_) => {
                Ok(Outcome::Left { reason: "the bytes were ready once, but their header is unreadable" })
            }
        }
    }

    async fn adopt_parts(
        &self,
        assembled: &Assembled,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let Assembled { hash, key, head } = assembled;
        let copy = self.copy_to_original(key, head, *hash, accepted.media_type).await?;
        let verified = Verification {
            size_bytes: copy.size_bytes,
            media_type: accepted.media_type,
            dimensions: accepted.dimensions,
            etag: copy.etag,
            file_name: None,
            finder: Principal::orphanage(),
        };
        self.write_ready(hash, verified, now).await?;
        self.take_parts_away(assembled).await?;
        Ok(Outcome::Verified)
    }

    /// The state first, then the object: a look that breaks off in between is finished by the next.
    async fn refuse_parts(
        &self,
        assembled: &Assembled,
        reason: String,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let media_type = self.measure(&assembled.key, &assembled.head).await?.media_type();
        let refusal = Refusal {
            reason: reason.clone(),
            size_bytes: assembled.head.size_bytes,
            media_type,
            file_name: None,
            source_key: None,
            finder: Principal::orphanage(),
        };
        self.write(&assembled.hash, &AssetChange::UploadRefused(refusal), now).await?;
        self.take_parts_away(assembled).await?;
        Ok(Outcome::Refused { reason })
    }

    async fn discard(&self, assembled: &Assembled) -> Result<Outcome, LookError> {
        self.take_parts_away(assembled).await?;
        Ok(Outcome::Removed)
    }

    async fn take_parts_away(&self, assembled: &Assembled) -> Result<(), LookError> {
        Ok(self.store.delete(&assembled.key, &assembled.head.etag).await?)
    }
}

#[cfg(test)]
mod tests;
