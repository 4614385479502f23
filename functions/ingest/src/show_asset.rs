//! What is known of an asset, a caller's list of them, and the way to an original.

use std::time::Duration;

use shared::asset::{Asset, AssetId, AssetState};
use shared::hash::ContentHash;
use shared::ports::{
    AssetRepository, CdnInvalidation, Consistency, Download, ListError, ObjectStore, OwnedPage, PageRequest,
    RepositoryError, SignedRequest, SigningError, UploadSigner,
};
use shared::time::Timestamp;

use crate::{Caller, Ingest};

/// How long a link to an original may be used: time to follow a redirect, not to pass it on.
const DOWNLOAD_URL_TTL: Duration = Duration::from_mins(5);

/// How a request names an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssetRef {
    /// By its hash: one read of one item.
    Hash(ContentHash),
    /// By its identifier.
    Id(AssetId),
}

/// Why an asset or its original can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// There is no such asset.
    #[error("there is no such asset")]
    NotFound,
    /// It is there, and its bytes are not.
    #[error("the asset is {0}: its original can't be read")]
    NotReadable(AssetState),
    /// It must be restored first.
    #[error("the original is archived and must be restored first")]
    Archived,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The download could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl<S: ObjectStore, U: UploadSigner, R: AssetRepository, C: CdnInvalidation> Ingest<S, U, R, C> {
    /// The asset that a request names. Read at half price first; only what is not there is looked for again with a
    /// strongly consistent read, so that a caller always finds what it has just made.
    ///
    /// # Errors
    /// [`ShowError::NotFound`]; [`ShowError::Repository`].
    pub async fn show_asset(&self, named: AssetRef) -> Result<Asset, ShowError> {
        let found = match named {
            AssetRef::Id(id) => self.assets.find_by_id(&id).await?,
            AssetRef::Hash(hash) => match self.assets.find(&hash, Consistency::Eventual).await? {
                Some(asset) => Some(asset),
                None => self.assets.find(&hash, Consistency::Strong).await?,
            },
        };
        found.ok_or(ShowError::NotFound)
    }

    /// A request that downloads an asset's original, as it was uploaded.
    ///
    /// # Errors
    /// [`ShowError`].
    pub async fn link_original(&self, named: AssetRef, now: Timestamp) -> Result<SignedRequest, ShowError> {
        let asset = self.show_asset(named).await?;
        match asset.state {
            AssetState::Ready => {}
            AssetState::Archived => return Err(ShowError::Archived),
            AssetState::Pending
            | AssetState::Rejected
            | AssetState::Missing
            | AssetState::Mismatch
            | AssetState::Deleted => return Err(ShowError::NotReadable(asset.state)),
        }
        let download = Download {
            hash: asset.content_hash,
            media_type: asset.media_type,
            file_name: asset.file_name,
            valid_for: DOWNLOAD_URL_TTL,
        };
        Ok(self.signer.sign_download(&download, now).await?)
    }

    /// A page of the caller's assets, newest first.
    ///
    /// # Errors
    /// [`ListError`].
    pub async fn list_assets(&self, caller: &Caller, page: &PageRequest) -> Result<OwnedPage, ListError> {
        self.assets.list_owned(&caller.principal, page).await
    }
}
