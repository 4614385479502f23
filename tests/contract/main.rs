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
    object_store::what_is_put_is_read(&store).await;
    object_store::an_absent_object_is_not_found(&store).await;
    object_store::a_range_is_of_the_object_that_was_seen(&store).await;
    object_store::a_copy_has_the_bytes_and_their_hash(&store).await;
    object_store::a_source_that_changed_is_not_copied(&store).await;
    object_store::only_the_object_that_was_seen_is_deleted(&store).await;
}

#[tokio::test]
async fn dynamodb_keeps_every_promise_of_an_asset_repository() {
    let system = system().await;
    let assets = system.aws.asset_repository(system.variable("ASSETS_TABLE"));
    asset_repository::every_change_is_what_the_table_says(&assets).await;
    asset_repository::what_was_seen_must_still_be_so(&assets).await;
    asset_repository::of_many_that_race_one_wins(&assets).await;
    asset_repository::every_amendment_keeps_the_state(&assets).await;
    asset_repository::an_undone_takedown_is_never_forgotten(&assets).await;
    asset_repository::an_asset_is_found_by_its_id(&assets).await;
    asset_repository::a_callers_assets_are_listed_newest_first(&assets).await;
    asset_repository::a_made_up_cursor_is_refused(&assets).await;
}
