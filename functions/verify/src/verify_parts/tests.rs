use AssetState::*;
use bytes::Bytes;
use shared::memory::Faults;
use shared::ports::Verifier as _;

use super::*;
use crate::testing::{World, gif, key, now, original, page, parts_of};

/// A world with what parts made, under the key of what was promised, and the asset of that in a state.
async fn world(promised: &Bytes, sent: &Bytes, state: Option<AssetState>) -> World {
    let world = World::default();
    if let Some(state) = state {
        world.seed(promised, state).await;
    }
    world.store.put_multipart(&parts_of(promised), sent.clone());
    world
}

#[tokio::test]
async fn parts_that_are_what_was_promised_become_the_original() {
    let picture = gif(320, 240);
    for (state, owner) in [(None, "orphan"), (Some(Pending), "alice"), (Some(Rejected), "alice")] {
        let world = world(&picture, &picture, state).await;
        assert_eq!(world.look(&parts_of(&picture)).await.unwrap(), Outcome::Verified);
        let asset = world.asset(&picture).await.unwrap();
        assert_eq!((asset.state, asset.created_by.as_str(), asset.shared), (Ready, owner, false));
        assert_eq!((asset.dimensions.unwrap().to_string(), asset.reason), ("320x240".to_owned(), None));
        assert_eq!(world.store.keys(), [original(&picture).to_string()]);
        world.assert_ready_means_there("in parts");
    }
}

#[tokio::test]
async fn other_bytes_than_promised_are_refused_with_both_hashes_and_deleted() {
    let (promised, sent) = (gif(320, 240), gif(1, 1));
    for state in [None, Some(Pending)] {
        let world = world(&promised, &sent, state).await;
        let looked = world.look(&parts_of(&promised)).await.unwrap();
        let reason = format!(
            "The uploaded parts have the SHA-256 {}, not {} as promised.",
            ContentHash::of(&sent),
            ContentHash::of(&promised)
        );
        assert_eq!(looked, Outcome::Refused { reason: reason.clone() });
        let asset = world.asset(&promised).await.unwrap();
        assert_eq!((asset.state, asset.reason), (Rejected, Some(reason)));
        assert_eq!(world.store.keys(), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn wrong_parts_harm_nobody_who_is_past_waiting() {
    let (promised, sent) = (gif(320, 240), gif(1, 1));
    for state in [Rejected, Missing, Mismatch, Deleted] {
        let world = world(&promised, &sent, Some(state)).await;
        assert_eq!(world.look(&parts_of(&promised)).await.unwrap(), Outcome::Removed);
        assert_eq!((world.state(&promised).await, world.store.keys()), (Some(state), vec![]));
    }
    for state in [Ready, Archived] {
        let world = world(&promised, &sent, Some(state)).await;
        world.put(&original(&promised), &promised).await;
        assert_eq!(world.look(&parts_of(&promised)).await.unwrap(), Outcome::Duplicate);
        assert_eq!((world.state(&promised).await, world.store.keys().len()), (Some(state), 1));
    }
}

#[tokio::test]
async fn parts_bring_back_what_is_missing_or_was_overwritten() {
    let picture = gif(320, 240);
    for (state, stored) in [
        (Missing, None),
        (Mismatch, Some(page())),
        // Nobody has seen yet that they are.
        (Ready, None),
        (Ready, Some(page())),
        (Archived, None),
    ] {
        let world = world(&picture, &picture, Some(state)).await;
        if let Some(stored) = &stored {
            world.put(&original(&picture), stored).await;
        }
        assert_eq!(world.look(&parts_of(&picture)).await.unwrap(), Outcome::Verified, "{state}");
        assert_eq!(world.state(&picture).await, Some(Ready));
        assert_eq!(world.store.keys(), [original(&picture).to_string()]);
        world.assert_ready_means_there("brought back");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_what_was_taken_down_is_removed() {
    let refused = world(&page(), &page(), Some(Pending)).await;
    let Outcome::Refused { reason } = refused.look(&parts_of(&page())).await.unwrap() else {
        panic!("it is refused")
    };
    assert!(reason.ends_with("They look like an HTML page."), "{reason}");
    assert_eq!((refused.state(&page()).await, refused.store.keys()), (Some(Rejected), vec![]));

    let picture = gif(320, 240);
    let deleted = world(&picture, &picture, Some(Deleted)).await;
    assert_eq!(deleted.look(&parts_of(&picture)).await.unwrap(), Outcome::Removed);
    assert_eq!((deleted.state(&picture).await, deleted.store.keys()), (Some(Deleted), vec![]));
}

#[tokio::test]
async fn what_is_over_the_limit_is_not_read_to_its_end() {
    let large: Bytes = vec![7; 1_000_001].into();
    let world = world(&large, &large, Some(Pending)).await;
    let faults = Faults::none();
    let looked = world.faulty(&faults).look(&parts_of(&large), now()).await.unwrap();
    let reason = "The file has 1000001 bytes, over the limit of 1000000 bytes.".to_owned();
    assert_eq!(looked, Outcome::Refused { reason });
    // Two reads of what is known, a range for the type, the state, and the object's end.
    assert_eq!(faults.calls(), 5);
}

#[tokio::test]
async fn what_is_gone_or_archived_is_left() {
    let picture = gif(320, 240);
    assert_eq!(World::default().look(&parts_of(&picture)).await.unwrap(), Outcome::Gone);
    let world = world(&picture, &picture, Some(Pending)).await;
    world.store.archive(&parts_of(&picture));
    assert!(matches!(world.look(&parts_of(&picture)).await.unwrap(), Outcome::Left { .. }));
    assert_eq!(world.state(&picture).await, Some(Pending));
    let other = key("incoming/.parts/7/1");
    world.put(&other, &picture).await;
    assert_eq!(world.look(&other).await.unwrap(), Outcome::Skipped);
}
