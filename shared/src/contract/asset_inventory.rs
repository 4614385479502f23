//! What every [`AssetInventory`] promises.

use std::time::Duration;

use crate::asset::{AssetChange, Declaration, Principal};
use crate::hash::ContentHash;
use crate::media::MediaType;
use crate::ports::{AssetInventory, AssetItem, AssetRepository, Consistency};
use crate::shard::Shard;
use crate::time::Timestamp;

/// Checks every promise of an [`AssetInventory`].
pub async fn keeps_every_promise(repository: &(impl AssetRepository + AssetInventory)) {
    every_asset_of_a_shard_is_listed_once_in_order(repository).await;
}

/// Every asset of a shard is listed once, sorted by hash, as it is found alone, and none of another shard.
async fn every_asset_of_a_shard_is_listed_once_in_order(
    repository: &(impl AssetRepository + AssetInventory),
) {
    let shard = Shard::new(0xc0);
    let hashes = (0_u32..).map(|number| ContentHash::of(format!("listed {number}").as_bytes()));
    let mut ours: Vec<ContentHash> = hashes.filter(|hash| hash.shard() == shard).take(8).collect();
    let others = (0_u32..50).map(|number| ContentHash::of(format!("other {number}").as_bytes()));
    for hash in others.chain(ours.clone()) {
        let now = Timestamp::from_epoch_seconds(4_102_444_800);
        let request = AssetChange::UploadRequested(Declaration {
            size_bytes: 10,
            media_type: MediaType::Jpeg,
            file_name: None,
            source_key: None,
            caller: Principal::new("inventory").unwrap(),
            expires_at: now.plus(Duration::from_hours(1)),
        });
        repository.apply(&hash, &request, now).await.unwrap();
    }
    ours.sort_unstable();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = repository.assets_of_shard(shard, after.as_deref()).await.unwrap();
        assert!(page.half_read_units > 0);
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(listed.is_sorted_by(|a, b| a.sort_key() < b.sort_key()));
    assert!(listed.iter().all(|item| item.sort_key().starts_with("c0")));
    let mut found = Vec::new();
    for item in listed {
        let AssetItem::Asset(asset) = item else { continue };
        if ours.contains(&asset.content_hash) {
            found.push(asset.content_hash);
            let alone = repository.find(&asset.content_hash, Consistency::Strong).await.unwrap();
            assert_eq!(alone, Some(asset));
        }
    }
    assert_eq!(found, ours);
    let behind = ours.last().map(ToString::to_string);
    let rest = repository.assets_of_shard(shard, behind.as_deref()).await.unwrap();
    assert!(rest.items.iter().all(|item| Some(item.sort_key()) > behind));
}
