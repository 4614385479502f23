//! The fakes keep the promises that the real adapters keep.

use super::{MemoryAssetRepository, MemoryObjectStore, MemoryRenderLeases};
use crate::contract::{
    asset_inventory, asset_repository, object_inventory, object_store, render_leases, report_store,
};

#[tokio::test]
async fn memory_keeps_every_promise_of_an_object_store() {
    let store = MemoryObjectStore::default();
    object_store::keeps_every_promise(&store).await;
}

#[tokio::test]
async fn memory_keeps_every_promise_of_an_asset_repository() {
    let assets = MemoryAssetRepository::default();
    asset_repository::keeps_every_promise(&assets).await;
}

#[tokio::test]
async fn memory_keeps_every_promise_of_the_inventories_and_of_reports() {
    object_inventory::keeps_every_promise(&MemoryObjectStore::default()).await;
    report_store::keeps_every_promise(&MemoryObjectStore::default()).await;
    asset_inventory::keeps_every_promise(&MemoryAssetRepository::default()).await;
}

#[tokio::test]
async fn memory_keeps_every_promise_of_render_leases() {
    render_leases::keeps_every_promise(&MemoryRenderLeases::default()).await;
}
