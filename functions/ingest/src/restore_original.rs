//! An archived original is asked back.

use shared::asset::{Asset, AssetState};
use shared::key::ObjectKey;
use shared::ports::{
    AssetRepository, CdnInvalidation, ObjectArchive, ObjectStore, RepositoryError, Restoration, StoreError,
    UploadSigner,
};

use crate::Ingest;
use crate::show_asset::{AssetRef, ShowError};

/// How long a restored original can be read. Long enough to render what is asked for meanwhile; S3 bills the copy by
/// the day.
const RESTORED_DAYS: u16 = 7;

/// Why an original can't be restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no such asset.
    #[error("there is no such asset")]
    NotFound,
    /// It has no original that could be.
    #[error("the asset is {0}: it has no original to restore")]
    NoOriginal(AssetState),
    /// It can be read as it is.
    #[error("the original can be read as it is: there is nothing to restore")]
    NotArchived,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl<S, U, R, C> Ingest<S, U, R, C>
where
    S: ObjectStore + ObjectArchive,
    U: UploadSigner,
    R: AssetRepository,
    C: CdnInvalidation,
{
    /// Asks the store for an archived original. Hours pass until it can be read; the next reconciliation sees it, and
    /// makes the asset READY until the restored copy ends. Safe to repeat.
    ///
    /// An asset that is READY may be archived all the same, as long as no reconciliation has seen it: the store knows.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub async fn restore_original(&self, named: AssetRef) -> Result<Asset, RestoreError> {
        let asset = self.show_asset(named).await.map_err(|error| match error {
            ShowError::Repository(error) => RestoreError::Repository(error),
            ShowError::NotFound | ShowError::NotReadable(_) | ShowError::Archived | ShowError::Signing(_) => {
                RestoreError::NotFound
            }
        })?;
        match asset.state {
            AssetState::Archived | AssetState::Ready => {}
            AssetState::Pending
            | AssetState::Rejected
            | AssetState::Missing
            | AssetState::Mismatch
            | AssetState::Deleted => return Err(RestoreError::NoOriginal(asset.state)),
        }
        match self.store.restore(&ObjectKey::Original(asset.content_hash), RESTORED_DAYS).await {
            Ok(Restoration::Requested) => Ok(asset),
            Ok(Restoration::NotArchived) => Err(RestoreError::NotArchived),
            Err(StoreError::NotFound(_)) => Err(RestoreError::NoOriginal(AssetState::Missing)),
            Err(error) => Err(RestoreError::Store(error)),
        }
    }
}
