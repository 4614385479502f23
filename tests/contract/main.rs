//! The AWS adapters keep the promises of their ports, on the real wire protocols.

use std::error::Error;

use harness::Hashfolio;
use shared::aws::S3ObjectStore;
use shared::contract::{
    asset_inventory, asset_repository, object_inventory, object_store, render_leases, report_store,
};

async fn system() -> Hashfolio {
    Hashfolio::start(env!("CARGO_BIN_EXE_hashfolio-under-test")).await
}

/// A bucket without Hashfolio's events: verify must not adopt what the checks put there.
async fn unwatched(system: &Hashfolio) -> Result<S3ObjectStore, Box<dyn Error>> {
    let bucket = "contract";
    system.aws.s3().create_bucket().bucket(bucket).send().await?;
    Ok(system.aws.object_store(bucket))
}

#[tokio::test]
async fn s3_keeps_every_promise_of_an_object_store() {
    let system = system().await;
    object_store::keeps_every_promise(&unwatched(&system).await.unwrap()).await;
}

#[tokio::test]
async fn s3_keeps_every_promise_of_lists_and_reports() {
    let system = system().await;
    let store = unwatched(&system).await.unwrap();
    object_inventory::keeps_every_promise(&store).await;
    report_store::keeps_every_promise(&store).await;
}

#[tokio::test]
async fn dynamodb_keeps_every_promise_of_an_asset_repository() {
    let system = system().await;
    let assets = system.aws.asset_repository(system.variable("ASSETS_TABLE"));
    asset_repository::keeps_every_promise(&assets).await;
    asset_inventory::keeps_every_promise(&assets).await;
}

#[tokio::test]
async fn dynamodb_keeps_every_promise_of_render_leases() {
    let system = system().await;
    let leases = system.aws.render_leases(system.variable("RENDER_LEASES_TABLE"));
    render_leases::keeps_every_promise(&leases).await;
}
