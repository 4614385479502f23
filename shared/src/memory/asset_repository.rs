//! A repository of assets in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::asset::{Amendment, Asset, AssetChange, AssetId, Principal};
use crate::hash::ContentHash;
use crate::ports::{
    Applied, AssetInventory, AssetItem, AssetPage, AssetRepository, BadCursor, Consistency, ListError,
    OwnedPage, PageRequest, RepositoryError,
};
use crate::shard::Shard;
use crate::time::Timestamp;

/// How many items a page of a shard has, so that readers meet more than one.
const SHARD_PAGE: usize = 3;

/// What an item that a test spoiled lacks.
const SPOILED: &str = "state";

/// Assets in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryAssetRepository {
    assets: Arc<Mutex<BTreeMap<ContentHash, Asset>>>,
    spoiled: Arc<Mutex<BTreeSet<(Shard, String)>>>,
}

impl MemoryAssetRepository {
    /// Puts an asset as it is, past every rule: for a test's starting point.
    pub fn seed(&self, asset: Asset) {
        lock(&self.assets).insert(asset.content_hash, asset);
    }

    /// Puts an item that is not as Hashfolio writes them, as a person with a console does.
    pub fn spoil(&self, shard: Shard, sort_key: &str) {
        lock(&self.spoiled).insert((shard, sort_key.to_owned()));
    }

    /// Forgets an asset, as a person with a console does.
    pub fn remove(&self, hash: &ContentHash) {
        lock(&self.assets).remove(hash);
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
        let item = hash.to_string();
        if lock(&self.spoiled).contains(&(hash.shard(), item.clone())) {
            return Err(RepositoryError::Corrupt { item, attribute: SPOILED });
        }
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

impl AssetInventory for MemoryAssetRepository {
    async fn assets_of_shard(&self, shard: Shard, after: Option<&str>) -> Result<AssetPage, RepositoryError> {
        let assets = self.all().into_iter().filter(|asset| asset.content_hash.shard() == shard);
        let spoiled = lock(&self.spoiled).clone().into_iter().filter(|(home, _)| *home == shard);
        let spoiled = spoiled.map(|(_, sort_key)| AssetItem::Unreadable { sort_key, attribute: SPOILED });
        let mut items: Vec<AssetItem> = assets.map(AssetItem::Asset).chain(spoiled).collect();
        items.sort_by_key(AssetItem::sort_key);
        items.retain(|item| after.is_none_or(|after| after < item.sort_key().as_str()));
        let more = items.len() > SHARD_PAGE;
        items.truncate(SHARD_PAGE);
        let next = items.last().filter(|_| more).map(AssetItem::sort_key);
        Ok(AssetPage { items, next, half_read_units: 1 })
    }
}
