//! The AWS adapters keep the promises of their ports, on the real wire protocols.

use harness::Hashfolio;
use shared::contract::{asset_repository, object_store};

async fn system() -> Hashfolio {
    Hashfolio::start(env!("CARGO_BIN_EXE_hashfolio-under-test")).await
}

#[tokio::test]
async fn s3_keeps_every_promise_of_an_object_store() {
    let system = system().await;
    // A bucket without Hashfolio's events: verify must not adopt what the checks put there.
    let bucket = "contract";
    system.aws.s3().create_bucket().bucket(bucket).send().await.unwrap();
    let store = system.aws.object_store(bucket);
    object_store::keeps_every_promise(&store).await;
}

#[tokio::test]
async fn dynamodb_keeps_every_promise_of_an_asset_repository() {
    let system = system().await;
    let assets = system.aws.asset_repository(system.variable("ASSETS_TABLE"));
    asset_repository::keeps_every_promise(&assets).await;
}
