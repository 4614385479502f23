//! What every way into `raw/` but the direct one ends with.

use shared::asset::{Asset, AssetChange};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::ports::{AssetRepository, CopyRequest, LookError, ObjectHead, ObjectStore, Outcome};
use shared::time::Timestamp;

use crate::decide::is_verified_with;
use crate::verify::Verify;

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Copies an object with this hash to where it belongs, and makes sure that the copy has it too.
    ///
    /// # Errors
    /// [`LookError::CopyDiffers`] when it has not: then the copy is deleted.
    pub(crate) async fn copy_to_original(
        &self,
        source: &ObjectKey,
        head: &ObjectHead,
        hash: ContentHash,
        media_type: MediaType,
    ) -> Result<ObjectHead, LookError> {
        let original = ObjectKey::Original(hash);
        let request =
            CopyRequest { source, source_tag: &head.etag, target: &original, media_type, reason: None };
        let copy = self.store.copy(&request).await?;
        if self.hash_of(&original, &copy).await? != hash {
            self.store.delete(&original, &copy.etag).await?;
            return Err(LookError::CopyDiffers);
        }
        Ok(copy)
    }

    /// Makes sure that the object is there of an asset that says so.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when it is not, or another: then the asset says so by now.
    pub(crate) async fn must_be_in_place(&self, asset: &Asset, now: Timestamp) -> Result<(), LookError> {
        let hash = asset.content_hash;
        match self.store.head(&ObjectKey::Original(hash)).await? {
            Some(original) if is_verified_with(asset, &original.etag) => Ok(()),
            // Another object than was verified: its own look comes first.
            Some(_) if self.verify_original(hash, now).await? == Outcome::Thawed => Ok(()),
            Some(_) => Err(LookError::Outpaced),
            None => {
                let vanished = AssetChange::ObjectVanished { seen: asset.updated_at };
                self.write(&hash, &vanished, now).await?;
                Err(LookError::Outpaced)
            }
        }
    }
}
