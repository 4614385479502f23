//! Writes to the repository of assets, counted and timed.

use std::time::Instant;

use shared::asset::{Amendment, Asset, AssetChange, AssetEvent, Verification};
use shared::hash::ContentHash;
use shared::ports::{Applied, AssetRepository, LookError, ObjectStore, RepositoryError};
use shared::time::Timestamp;

use crate::decide::is_verified_with;
use crate::verify::Verify;

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Makes an asset READY with the object that was looked at, or finds that it is.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when another writer made it something else meanwhile, or READY with another object.
    pub(crate) async fn write_ready(
        &self,
        hash: &ContentHash,
        verified: Verification,
        now: Timestamp,
    ) -> Result<Asset, LookError> {
        let etag = verified.etag.clone();
        match self.apply(hash, &AssetChange::UploadVerified(verified), now).await? {
            Applied::Changed(asset) => Ok(asset),
            Applied::AlreadyThere(asset) if is_verified_with(&asset, &etag) => Ok(asset),
            Applied::AlreadyThere(_) | Applied::NotAdmitted(_) => Err(LookError::Outpaced),
        }
    }

    /// Carries a transition out, or finds it carried out.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when the asset's state does not admit it, or no longer.
    pub(crate) async fn write(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<(), LookError> {
        match self.apply(hash, change, now).await? {
            Applied::Changed(_) | Applied::AlreadyThere(_) => Ok(()),
            Applied::NotAdmitted(_) => Err(LookError::Outpaced),
        }
    }

    /// Carries a transition out, as the first and only one.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when another writer came first, were it with the same transition.
    pub(crate) async fn write_first(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<(), LookError> {
        match self.apply(hash, change, now).await? {
            Applied::Changed(_) => Ok(()),
            Applied::AlreadyThere(_) | Applied::NotAdmitted(_) => Err(LookError::Outpaced),
        }
    }

    /// Writes what leaves the state as it is.
    ///
    /// # Errors
    /// [`LookError::Outpaced`] when the asset is no longer one that admits it.
    pub(crate) async fn write_amendment(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<(), LookError> {
        let amended = timed(self.assets.amend(hash, amendment, now)).await?;
        amended.map(|_| ()).ok_or(LookError::Outpaced)
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        let applied = timed(self.assets.apply(hash, change, now)).await?;
        if let Applied::Changed(_) = applied {
            count(change.event());
        }
        Ok(applied)
    }
}

async fn timed<T>(write: impl Future<Output = T>) -> T {
    let start = Instant::now();
    let written = write.await;
    metrics::histogram!("metadata_write_ms").record(start.elapsed().as_secs_f64() * 1000.0);
    written
}

fn count(event: AssetEvent) {
    match event {
        AssetEvent::UploadVerified => metrics::counter!("uploads_verified").increment(1),
        AssetEvent::UploadRefused => metrics::counter!("uploads_rejected").increment(1),
        AssetEvent::UploadRequested
        | AssetEvent::ObjectArchived
        | AssetEvent::ObjectRestored
        | AssetEvent::ObjectVanished
        | AssetEvent::ObjectDiffers
        | AssetEvent::TakenDown
        | AssetEvent::TakedownUndone => {}
    }
}
