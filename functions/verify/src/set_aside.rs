//! Takes an object out of the drop folder.

use shared::asset::SourceKey;
use shared::key::{DropName, ObjectKey};
use shared::media::MediaType;
use shared::ports::{AssetRepository, CopyRequest, ObjectHead, ObjectStore, StoreError};

use crate::verify::Verify;

/// An object in the drop folder as one look saw it.
pub(crate) struct Dropped<'a> {
    pub(crate) name: &'a DropName,
    pub(crate) key: ObjectKey,
    pub(crate) head: ObjectHead,
}

impl Dropped<'_> {
    /// What whoever dropped it knows it as, if an event can tell that.
    pub(crate) fn source_key(&self) -> Option<SourceKey> {
        SourceKey::new(self.name)
    }
}

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Moves what was refused to `refused/`, with the reason. Copied first, deleted then: a break in between leaves
    /// both, and the next look does the rest.
    pub(crate) async fn set_aside(
        &self,
        dropped: &Dropped<'_>,
        media_type: MediaType,
        reason: &str,
    ) -> Result<(), StoreError> {
        let copy = CopyRequest {
            source: &dropped.key,
            source_tag: &dropped.head.etag,
            target: &ObjectKey::Refused(dropped.name.clone()),
            media_type,
            reason: Some(reason),
        };
        self.store.copy(&copy).await?;
        self.take_away(dropped).await
    }

    /// Deletes what is safely elsewhere, if it is still what was looked at.
    pub(crate) async fn take_away(&self, dropped: &Dropped<'_>) -> Result<(), StoreError> {
        self.store.delete(&dropped.key, &dropped.head.etag).await
    }
}
