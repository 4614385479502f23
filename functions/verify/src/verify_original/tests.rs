use AssetState::*;
use bytes::Bytes;
use shared::asset::AssetState;
use shared::memory::Faults;
use shared::ports::Verifier as _;

use super::*;
use crate::testing::{World, gif, original, page};

/// A world with an original and, if a state is given, its asset.
async fn world(bytes: &Bytes, state: Option<AssetState>) -> World {
    let world = World::default();
    world.put(&original(bytes), bytes).await;
    if let Some(state) = state {
        world.seed(bytes, state).await;
    }
    world
}

/// Puts other bytes under the key of these, as only someone with access to the bucket can.
async fn overwrite(world: &World, bytes: &Bytes, with: &Bytes) {
    world.put(&original(bytes), with).await;
}

fn refused(outcome: &Outcome) -> &str {
    let Outcome::Refused { reason } = outcome else { panic!("{outcome} is no refusal") };
    reason
}

#[tokio::test]
async fn an_upload_becomes_ready_with_what_was_measured() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Pending)).await;
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Verified);
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.media_type, asset.size_bytes), (Ready, MediaType::Gif, 14));
    assert_eq!(asset.dimensions.unwrap().to_string(), "320x240");
    assert_eq!((asset.created_by.as_str(), asset.expires_at), ("alice", None));
    let head = world.store.head(&original(&picture)).await.unwrap().unwrap();
    assert_eq!(asset.etag, Some(head.etag));
}

#[tokio::test]
async fn a_hash_that_the_store_computed_is_not_computed_again() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Pending)).await;
    let faults = Faults::none();
    world.faulty(&faults).look(&original(&picture), crate::testing::now()).await.unwrap();
    // HEAD, the asset, one range, one write.
    assert_eq!(faults.calls(), 4);
}

#[tokio::test]
async fn a_multipart_upload_is_hashed_by_reading_it() {
    let picture = [gif(320, 240), vec![7; 300_000].into()].concat().into();
    let world = World::default();
    let tag = world.store.put_multipart(&original(&picture), picture.clone());
    world.seed(&picture, Pending).await;
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Verified);
    assert_eq!(world.asset(&picture).await.unwrap().etag, Some(tag));
}

#[tokio::test]
async fn an_object_that_nobody_asked_for_is_adopted_as_an_orphan() {
    let picture = gif(320, 240);
    let world = world(&picture, None).await;
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Verified);
    assert_eq!(world.asset(&picture).await.unwrap().created_by, Principal::orphanage());
}

#[tokio::test]
async fn bytes_that_nobody_asked_for_are_kept_under_whatever_name_they_have() {
    let (picture, other) = (gif(320, 240), gif(64, 48));
    let world = World::default();
    world.put(&original(&other), &picture).await;
    assert!(matches!(world.look(&original(&other)).await.unwrap(), Outcome::Left { .. }));
    assert_eq!((world.asset(&other).await, world.store.bytes(&original(&other))), (None, Some(picture)));
}

#[tokio::test]
async fn an_object_that_is_gone_is_no_news() {
    let world = World::default();
    world.seed(&gif(320, 240), Ready).await;
    assert_eq!(world.look(&original(&gif(320, 240))).await.unwrap(), Outcome::Gone);
    assert_eq!(world.state(&gif(320, 240)).await, Some(Ready));
}

#[tokio::test]
async fn a_ready_asset_with_the_objects_tag_is_not_read() {
    for state in [Ready, Archived] {
        let world = world(&gif(320, 240), Some(state)).await;
        let faults = Faults::none();
        let looked = world.faulty(&faults).look(&original(&gif(320, 240)), crate::testing::now()).await;
        assert_eq!((looked.unwrap(), faults.calls()), (Outcome::Unchanged, 2));
    }
}

#[tokio::test]
async fn the_same_bytes_under_another_tag_stay_ready() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Ready)).await;
    let tag = world.store.put_multipart(&original(&picture), picture.clone());
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Refreshed);
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.etag), (Ready, Some(tag)));
}

#[tokio::test]
async fn other_bytes_under_a_ready_assets_key_are_a_mismatch_and_kept() {
    let picture = gif(320, 240);
    for state in [Ready, Archived] {
        let world = world(&picture, Some(state)).await;
        overwrite(&world, &picture, &gif(1, 1)).await;
        assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Differs);
        assert_eq!(world.state(&picture).await, Some(Mismatch));
        assert_eq!(world.store.bytes(&original(&picture)), Some(gif(1, 1)));
        // A second look finds it known.
        assert!(matches!(world.look(&original(&picture)).await.unwrap(), Outcome::Left { .. }));
    }
}

#[tokio::test]
async fn other_bytes_than_promised_are_refused_and_deleted() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Pending)).await;
    overwrite(&world, &picture, &page()).await;
    let outcome = world.look(&original(&picture)).await.unwrap();
    let (promised, found) = (ContentHash::of(&picture), ContentHash::of(&page()));
    let reason = format!("The uploaded bytes have the SHA-256 {found}, not {promised} as promised.");
    assert_eq!(refused(&outcome), reason);
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.reason), (Rejected, Some(reason)));
    assert_eq!(world.store.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_image_is_refused_with_a_reason_and_deleted() {
    for state in [Some(Pending), None, Some(Rejected)] {
        let world = world(&page(), state).await;
        let outcome = world.look(&original(&page())).await.unwrap();
        assert!(refused(&outcome).ends_with("They look like an HTML page."), "{outcome}");
        assert_eq!(world.state(&page()).await, Some(Rejected));
        assert_eq!(world.store.keys(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_rejected_asset_is_judged_again_when_its_bytes_come_again() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Rejected)).await;
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Verified);
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.reason), (Ready, None));
}

#[tokio::test]
async fn a_rejected_or_deleted_assets_wrong_bytes_are_removed() {
    let picture = gif(320, 240);
    for state in [Rejected, Deleted] {
        let world = world(&picture, Some(state)).await;
        overwrite(&world, &picture, &page()).await;
        assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Removed);
        assert_eq!((world.state(&picture).await, world.store.keys()), (Some(state), vec![]));
    }
}

#[tokio::test]
async fn a_deleted_assets_bytes_are_removed_unread() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Deleted)).await;
    let faults = Faults::none();
    let looked = world.faulty(&faults).look(&original(&picture), crate::testing::now()).await;
    assert_eq!((looked.unwrap(), faults.calls()), (Outcome::Removed, 3));
    assert_eq!((world.state(&picture).await, world.store.keys()), (Some(Deleted), vec![]));
}

#[tokio::test]
async fn lost_bytes_that_come_back_are_ready_whatever_is_accepted_today() {
    let too_big_today = gif(2000, 2000);
    for state in [Missing, Mismatch] {
        let world = world(&too_big_today, Some(state)).await;
        assert_eq!(world.look(&original(&too_big_today)).await.unwrap(), Outcome::Verified);
        assert_eq!(world.state(&too_big_today).await, Some(Ready));
    }
}

#[tokio::test]
async fn an_archived_object_that_nobody_verified_is_left_for_a_person() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Pending)).await;
    world.store.archive(&original(&picture));
    assert!(matches!(world.look(&original(&picture)).await.unwrap(), Outcome::Left { .. }));
    assert_eq!(world.state(&picture).await, Some(Pending));
}

#[tokio::test]
async fn an_archived_asset_that_is_readable_again_is_left_to_reconcile() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Archived)).await;
    world.store.put_multipart(&original(&picture), picture.clone());
    assert_eq!(world.look(&original(&picture)).await.unwrap(), Outcome::Thawed);
    assert_eq!(world.state(&picture).await, Some(Archived));
}
