//! `incoming/…`, the drop folder: any name, any tool. What is accepted moves to `raw/{hash}`.
//!
//! The drop folder asks for its upload as every caller does: before it copies, it makes an asset that nobody knew
//! PENDING, with the drop folder as owner, the file's name and its key. The copy into `raw/` fires an event of its own, and
//! whichever of the two looks comes first, the asset ends READY with that owner and that name. When this look breaks
//! off behind the copy, the copy's own event does the rest.
//!
//! As everywhere, the state is written before what it is about is deleted, and a delete or copy names the tag of what
//! was hashed.

use shared::asset::{
    Amendment, Asset, AssetChange, AssetState, Declaration, FileName, Principal, Refusal, Verification,
};
use shared::hash::ContentHash;
use shared::key::{DropName, ObjectKey};
use shared::media::MediaType;
use shared::ports::{AssetRepository, Consistency, LookError, ObjectStore, Outcome};
use shared::time::Timestamp;

use crate::config::LARGEST_COPY_BYTES;
use crate::judge::{Accepted, Verdict};
use crate::set_aside::Dropped;
use crate::verify::{LOOKS, Verify};

const TAKEN_DOWN: &str = "The picture was taken down, and may not be uploaded again.";

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Looks at an object in the drop folder once.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when other writers came first each time.
    pub(crate) async fn adopt_drop(&self, name: &DropName, now: Timestamp) -> Result<Outcome, LookError> {
        let key = ObjectKey::Incoming(name.clone());
        let Some(head) = self.store.head(&key).await? else { return Ok(Outcome::Gone) };
        if !name.is_upload(head.size_bytes) {
            return Ok(Outcome::Skipped);
        }
        let dropped = Dropped { name, key, head };
        if let Some(objection) = self.config.criteria.size_objection(dropped.head.size_bytes) {
            return self.refuse_unread(&dropped, objection).await;
        }
        let hash = self.hash_of(&dropped.key, &dropped.head).await?;
        // The bytes are hashed once; only what is known of their asset is looked at again.
        for _ in 1..LOOKS {
            match self.place(&dropped, hash, now).await {
                Err(LookError::Outpaced) => {}
                placed => return placed,
            }
        }
        self.place(&dropped, hash, now).await
    }

    /// Without reading it nothing is known of it that an asset could be made of.
    async fn refuse_unread(&self, dropped: &Dropped<'_>, reason: String) -> Result<Outcome, LookError> {
        if dropped.head.size_bytes > LARGEST_COPY_BYTES {
            return Ok(Outcome::Left {
                reason: "the file is over every limit, and too big for S3 to move it",
            });
        }
        self.set_aside(dropped, MediaType::OctetStream, &reason).await?;
        metrics::counter!("uploads_rejected").increment(1);
        Ok(Outcome::Refused { reason })
    }

    /// Puts bytes with this hash where they belong.
    async fn place(
        &self,
        dropped: &Dropped<'_>,
        hash: ContentHash,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let Some(asset) = self.assets.find(&hash, Consistency::Strong).await? else {
            return self.judge_drop(dropped, hash, None, now).await;
        };
        match asset.state {
            AssetState::Pending | AssetState::Rejected => {
                self.judge_drop(dropped, hash, Some(&asset), now).await
            }
            AssetState::Missing | AssetState::Mismatch => self.bring_back(dropped, &asset, now).await,
            // The asset says that the bytes are there already.
            AssetState::Ready | AssetState::Archived => self.drop_duplicate(dropped, &asset, now).await,
            AssetState::Deleted => {
                let media_type = self.measure(&dropped.key, &dropped.head).await?.media_type();
                self.set_aside(dropped, media_type, TAKEN_DOWN).await?;
                Ok(Outcome::Refused { reason: TAKEN_DOWN.to_owned() })
            }
        }
    }

    async fn judge_drop(
        &self,
        dropped: &Dropped<'_>,
        hash: ContentHash,
        asset: Option<&Asset>,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let measured = self.measure(&dropped.key, &dropped.head).await?;
        match self.config.criteria.judge(&measured) {
            Verdict::Accept(accepted) => {
                if let Some(asset) = asset {
                    self.announce(dropped, asset, now).await?;
                } else {
                    let declared = self.declaration(dropped, accepted, now);
                    self.write_first(&hash, &AssetChange::UploadRequested(declared), now).await?;
                }
                self.adopt(dropped, hash, accepted, now).await
            }
            Verdict::Refuse { reason, media_type } => {
                let refusal = Refusal {
                    reason: reason.clone(),
                    size_bytes: dropped.head.size_bytes,
                    media_type,
                    file_name: FileName::from_path(dropped.name.as_str()),
                    source_key: dropped.source_key(),
                    finder: Principal::drop_folder(),
                };
                self.write(&hash, &AssetChange::UploadRefused(refusal), now).await?;
                self.set_aside(dropped, media_type, &reason).await?;
                Ok(Outcome::Refused { reason })
            }
        }
    }

    /// The bytes were accepted once, so they are not judged again.
    async fn bring_back(
        &self,
        dropped: &Dropped<'_>,
        asset: &Asset,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        match self.measure(&dropped.key, &dropped.head).await?.header {
            Ok(header) => {
                self.announce(dropped, asset, now).await?;
                self.adopt(dropped, asset.content_hash, header.into(), now).await
            }
            Err(_) => {
                Ok(Outcome::Left { reason: "the bytes were ready once, but their header is unreadable" })
            }
        }
    }

    async fn drop_duplicate(
        &self,
        dropped: &Dropped<'_>,
        asset: &Asset,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        self.must_be_in_place(asset, now).await?;
        self.share(asset, now).await?;
        self.take_away(dropped).await?;
        Ok(Outcome::Duplicate)
    }

    async fn adopt(
        &self,
        dropped: &Dropped<'_>,
        hash: ContentHash,
        accepted: Accepted,
        now: Timestamp,
    ) -> Result<Outcome, LookError> {
        let Dropped { key, head, .. } = dropped;
        let copy = self.copy_to_original(key, head, hash, accepted.media_type).await?;
        let verified = Verification {
            size_bytes: copy.size_bytes,
            media_type: accepted.media_type,
            dimensions: accepted.dimensions,
            etag: copy.etag,
            file_name: FileName::from_path(dropped.name.as_str()),
            finder: Principal::drop_folder(),
        };
        let asset = self.write_ready(&hash, verified, now).await?;
        self.share(&asset, now).await?;
        self.take_away(dropped).await?;
        Ok(Outcome::Verified)
    }

    /// Writes which file brings the bytes of an asset that was known before, and lacks them.
    async fn announce(&self, dropped: &Dropped<'_>, asset: &Asset, now: Timestamp) -> Result<(), LookError> {
        let source_key = dropped.source_key();
        if asset.source_key == source_key {
            return Ok(());
        }
        self.write_amendment(&asset.content_hash, &Amendment::Drop { source_key }, now).await
    }

    /// The drop folder relies on the asset too: its owner alone may no longer delete it.
    async fn share(&self, asset: &Asset, now: Timestamp) -> Result<(), LookError> {
        if asset.shared || asset.created_by == Principal::drop_folder() {
            return Ok(());
        }
        self.write_amendment(&asset.content_hash, &Amendment::Share, now).await
    }

    fn declaration(&self, dropped: &Dropped<'_>, accepted: Accepted, now: Timestamp) -> Declaration {
        Declaration {
            size_bytes: dropped.head.size_bytes,
            media_type: accepted.media_type,
            file_name: FileName::from_path(dropped.name.as_str()),
            source_key: dropped.source_key(),
            caller: Principal::drop_folder(),
            expires_at: now.plus(self.config.pending_ttl),
        }
    }
}

#[cfg(test)]
mod tests;
