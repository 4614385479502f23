//! A repository of assets in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::asset::{Amendment, Asset, AssetChange, AssetId, Principal};
use crate::hash::ContentHash;
use crate::ports::{
    Applied, AssetRepository, BadCursor, Consistency, ListError, OwnedPage, PageRequest, RepositoryError,
};
use crate::time::Timestamp;

/// Assets in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryAssetRepository {
    assets: Arc<Mutex<BTreeMap<ContentHash, Asset>>>,
}

impl MemoryAssetRepository {
    /// Puts an asset as it is, past every rule: for a test's starting point.
    pub fn seed(&self, asset: Asset) {
        lock(&self.assets).insert(asset.content_hash, asset);
    }

    /// Every asset there is, sorted by hash.
    pub fn all(&self) -> Vec<Asset> {
        lock(&self.assets).values().cloned().collect()
    }
}

impl AssetRepository for MemoryAssetRepository {
    async fn find(
        &self,
        hash: &ContentHash,
        _consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError> {
        Ok(lock(&self.assets).get(hash).cloned())
    }

    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError> {
        Ok(lock(&self.assets).values().find(|asset| asset.asset_id() == *id).cloned())
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        let mut assets = lock(&self.assets);
        let current = assets.get(hash).cloned();
        if let Some(asset) = change.apply(current.as_ref(), *hash, now) {
            assets.insert(*hash, asset.clone());
            return Ok(Applied::Changed(asset));
        }
        Ok(Applied::without_effect(change.event(), current))
    }

    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError> {
        let mut assets = lock(&self.assets);
        let amended = assets.get(hash).and_then(|asset| amendment.apply(asset, now));
        if let Some(asset) = &amended {
            assets.insert(*hash, asset.clone());
        }
        Ok(amended)
    }

    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError> {
        let mut assets: Vec<Asset> =
            self.all().into_iter().filter(|asset| asset.created_by == *owner).collect();
        assets.sort_by_key(|asset| std::cmp::Reverse((asset.created_at, asset.content_hash)));
        if let Some(cursor) = &page.cursor {
            let last: ContentHash = cursor.parse().map_err(|_| BadCursor)?;
            let at = assets.iter().position(|asset| asset.content_hash == last).ok_or(BadCursor)?;
            assets.drain(..=at);
        }
        let more = assets.len() > page.limit as usize;
        assets.truncate(page.limit as usize);
        let next_cursor = assets.last().filter(|_| more).map(|asset| asset.content_hash.to_string());
        Ok(OwnedPage { assets, next_cursor })
    }
}
