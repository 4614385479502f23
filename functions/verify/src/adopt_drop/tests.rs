use AssetState::*;
use bytes::Bytes;
use shared::memory::{Fault, Faults};
use shared::ports::Verifier as _;

use super::*;
use crate::testing::{World, gif, key, now, original, page};

const SOURCE: &str = "incoming/2026/summer holiday.gif";
const REFUSED: &str = "refused/2026/summer holiday.gif";

/// A world with a file in the drop folder and, if a state is given, the asset of its bytes.
async fn world(bytes: &Bytes, state: Option<AssetState>) -> World {
    let world = World::default();
    // Tools upload in parts, without a SHA-256.
    world.store.put_multipart(&key(SOURCE), bytes.clone());
    if let Some(state) = state {
        world.seed(bytes, state).await;
    }
    world
}

async fn drop_in(world: &World) -> Outcome {
    world.look(&key(SOURCE)).await.unwrap()
}

/// The keys of originals, and nothing else.
fn keys_of(originals: &[&Bytes]) -> Vec<String> {
    let mut keys: Vec<_> = originals.iter().map(|bytes| original(bytes).to_string()).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn a_picture_moves_to_its_hash_and_is_ready() {
    let picture = gif(320, 240);
    let world = world(&picture, None).await;
    assert_eq!(drop_in(&world).await, Outcome::Verified);
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.created_by), (Ready, Principal::drop_folder()));
    assert_eq!(asset.file_name.unwrap().as_str(), "summer holiday.gif");
    assert_eq!(asset.source_key.unwrap().to_string(), SOURCE);
    assert_eq!((asset.size_bytes, asset.dimensions.unwrap().to_string().as_str()), (14, "320x240"));
    assert_eq!((asset.expires_at, asset.shared), (None, false));
    assert_eq!(world.store.keys(), keys_of(&[&picture]));
    assert_eq!(world.store.media_type(&original(&picture)), Some(MediaType::Gif));
    assert_eq!(world.store.bytes(&original(&picture)), Some(picture));
}

#[tokio::test]
async fn what_is_refused_is_set_aside_with_the_reason() {
    for state in [None, Some(Pending), Some(Rejected)] {
        let world = world(&page(), state).await;
        let Outcome::Refused { reason } = drop_in(&world).await else { panic!("it is refused") };
        assert!(reason.ends_with("They look like an HTML page."), "{reason}");
        assert_eq!(world.store.keys(), [REFUSED]);
        assert_eq!(world.store.bytes(&key(REFUSED)), Some(page()));
        assert_eq!(world.store.reason(&key(REFUSED)), Some(reason));
        assert_eq!(world.store.media_type(&key(REFUSED)), Some(MediaType::OctetStream));
        assert_eq!(world.state(&page()).await, Some(Rejected));
    }
    let world = world(&page(), None).await;
    drop_in(&world).await;
    let asset = world.asset(&page()).await.unwrap();
    assert_eq!((asset.created_by, asset.media_type), (Principal::drop_folder(), MediaType::OctetStream));
    assert_eq!(asset.file_name.unwrap().as_str(), "summer holiday.gif");
}

#[tokio::test]
async fn a_file_over_the_limit_is_set_aside_unread() {
    let world = world(&vec![7; 1_000_001].into(), None).await;
    let faults = Faults::none();
    let looked = world.faulty(&faults).look(&key(SOURCE), now()).await.unwrap();
    let reason = "The file has 1000001 bytes, over the limit of 1000000 bytes.".to_owned();
    assert_eq!(looked, Outcome::Refused { reason: reason.clone() });
    assert_eq!(world.store.reason(&key(REFUSED)), Some(reason));
    assert_eq!((world.store.keys(), world.assets.all()), (vec![REFUSED.to_owned()], vec![]));
    // HEAD, COPY, DELETE.
    assert_eq!(faults.calls(), 3);
}

#[tokio::test]
async fn what_is_ready_already_is_dropped_as_a_duplicate() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Ready)).await;
    world.put(&original(&picture), &picture).await;
    assert_eq!(drop_in(&world).await, Outcome::Duplicate);
    assert_eq!(world.store.keys(), keys_of(&[&picture]));
    let asset = world.asset(&picture).await.unwrap();
    assert_eq!((asset.state, asset.created_by.as_str()), (Ready, "alice"));
    // Alice alone may no longer delete it: the drop folder relies on it.
    assert!(asset.shared);
}

#[tokio::test]
async fn an_archived_asset_needs_no_second_copy() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Archived)).await;
    world.put(&original(&picture), &picture).await;
    world.store.archive(&original(&picture));
    assert_eq!(drop_in(&world).await, Outcome::Duplicate);
    assert_eq!((world.store.keys(), world.state(&picture).await), (keys_of(&[&picture]), Some(Archived)));
}

#[tokio::test]
async fn a_ready_asset_without_its_object_gets_it_back() {
    let picture = gif(320, 240);
    for state in [Ready, Archived, Missing] {
        let world = world(&picture, Some(state)).await;
        assert_eq!(drop_in(&world).await, Outcome::Verified);
        assert_eq!((world.state(&picture).await, world.store.keys()), (Some(Ready), keys_of(&[&picture])));
        world.assert_ready_means_there("brought back");
    }
}

#[tokio::test]
async fn a_ready_asset_whose_object_was_overwritten_gets_the_right_bytes_back() {
    let picture = gif(320, 240);
    for state in [Ready, Mismatch] {
        let world = world(&picture, Some(state)).await;
        world.put(&original(&picture), &page()).await;
        assert_eq!(drop_in(&world).await, Outcome::Verified);
        assert_eq!(world.store.bytes(&original(&picture)), Some(picture.clone()));
        world.assert_ready_means_there("overwritten");
    }
}

#[tokio::test]
async fn the_same_bytes_under_another_tag_are_a_duplicate() {
    let picture = gif(320, 240);
    for state in [Ready, Archived] {
        let world = world(&picture, Some(state)).await;
        world.store.put_multipart(&original(&picture), picture.clone());
        assert_eq!(drop_in(&world).await, Outcome::Duplicate);
        assert_eq!(world.state(&picture).await, Some(state));
    }
}

#[tokio::test]
async fn what_was_taken_down_does_not_come_back_through_the_drop_folder() {
    let picture = gif(320, 240);
    let world = world(&picture, Some(Deleted)).await;
    assert!(matches!(drop_in(&world).await, Outcome::Refused { .. }));
    assert_eq!((world.state(&picture).await, world.store.keys()), (Some(Deleted), vec![REFUSED.to_owned()]));
    assert_eq!(world.store.reason(&key(REFUSED)).as_deref(), Some(TAKEN_DOWN));
}

#[tokio::test]
async fn a_pending_or_rejected_asset_keeps_its_owner_and_its_name() {
    let picture = gif(320, 240);
    for state in [Pending, Rejected] {
        let world = world(&picture, Some(state)).await;
        assert_eq!(drop_in(&world).await, Outcome::Verified);
        let asset = world.asset(&picture).await.unwrap();
        assert_eq!((asset.state, asset.created_by.as_str(), asset.shared), (Ready, "alice", true));
        assert_eq!(asset.file_name.unwrap().as_str(), "alice's.gif");
    }
}

/// What the asset of a picture was dropped as.
async fn source_key(world: &World, picture: &Bytes) -> Option<String> {
    world.asset(picture).await.unwrap().source_key.map(|key| key.to_string())
}

#[tokio::test]
async fn who_dropped_a_file_knows_its_asset_by_the_files_key() {
    let picture = gif(320, 240);
    for state in [Pending, Rejected, Missing, Mismatch] {
        let world = world(&picture, Some(state)).await;
        drop_in(&world).await;
        assert_eq!(source_key(&world, &picture).await.as_deref(), Some(SOURCE), "{state}");
    }
    for state in [None, Some(Pending)] {
        let world = world(&page(), state).await;
        drop_in(&world).await;
        assert_eq!(source_key(&world, &page()).await.as_deref(), Some(SOURCE), "refused, {state:?}");
    }
    let world = world(&picture, Some(Ready)).await;
    world.put(&original(&picture), &picture).await;
    drop_in(&world).await;
    assert_eq!(source_key(&world, &picture).await, None, "a duplicate brings nothing");
}

/// The copy's event may be handled before the look at the drop folder goes on.
#[tokio::test]
async fn a_drop_is_named_before_its_copy_can_make_the_asset_ready() {
    let picture = gif(320, 240);
    for state in [None, Some(Pending), Some(Missing)] {
        let intact = world(&picture, state).await;
        let counted = Faults::none();
        intact.faulty(&counted).look(&key(SOURCE), now()).await.unwrap();
        for failing in 0..counted.calls() {
            let world = world(&picture, state).await;
            world.faulty(&Faults::at(failing, Fault::Lost)).look(&key(SOURCE), now()).await.ok();
            world.look(&original(&picture)).await.unwrap();
            let asset = world.asset(&picture).await;
            if let Some(asset) = asset.filter(|asset| asset.state == Ready) {
                assert_eq!(asset.source_key.unwrap().to_string(), SOURCE, "{state:?}, call {failing} fails");
            }
        }
    }
}

/// Events are templates that are filled in without escaping: a name could make them say anything.
#[tokio::test]
async fn a_name_that_no_event_can_tell_is_none() {
    let picture = gif(320, 240);
    let name = "incoming/x\", \"to\": \"DELETED.gif";
    for state in [None, Some(Pending)] {
        let world = World::default();
        if let Some(state) = state {
            world.seed(&picture, state).await;
            let earlier = Amendment::Drop { source_key: "incoming/earlier.gif".parse().ok() };
            world.assets.amend(&ContentHash::of(&picture), &earlier, now()).await.unwrap();
        }
        world.put(&key(name), &picture).await;
        assert_eq!(world.look(&key(name)).await.unwrap(), Outcome::Verified);
        assert_eq!(source_key(&world, &picture).await, None, "{state:?}");
    }
}

#[tokio::test]
async fn what_is_no_upload_stays_where_it_is() {
    let world = World::default();
    for (name, bytes) in [("incoming/2026/", Bytes::new()), ("incoming/.parts/7/1", gif(1, 1))] {
        world.put(&key(name), &bytes).await;
        assert_eq!(world.look(&key(name)).await.unwrap(), Outcome::Skipped);
    }
    assert_eq!(world.store.keys(), ["incoming/.parts/7/1", "incoming/2026/"]);
    assert_eq!(world.look(&key("incoming/never there")).await.unwrap(), Outcome::Gone);
}

#[tokio::test]
async fn an_empty_file_is_refused() {
    let world = world(&Bytes::new(), None).await;
    assert_eq!(drop_in(&world).await, Outcome::Refused { reason: "The file is empty.".to_owned() });
}

#[tokio::test]
async fn a_file_in_the_archive_is_left_for_a_person() {
    let world = world(&gif(320, 240), None).await;
    world.store.archive(&key(SOURCE));
    assert!(matches!(drop_in(&world).await, Outcome::Left { .. }));
    assert_eq!((world.store.keys(), world.assets.all()), (vec![SOURCE.to_owned()], vec![]));
}

#[tokio::test]
async fn an_unreadable_header_does_not_bring_a_missing_asset_back() {
    let world = world(&page(), Some(Missing)).await;
    assert!(matches!(drop_in(&world).await, Outcome::Left { .. }));
    assert_eq!((world.state(&page()).await, world.store.keys()), (Some(Missing), vec![SOURCE.to_owned()]));
}
