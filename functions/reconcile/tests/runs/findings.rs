use AssetState::{Archived, Deleted, Mismatch, Missing, Ready};
use Kind::*;
use Status::{Left, Mended};
use bytes::Bytes;
use reconcile::{Kind, Status, Verdict};
use shared::asset::{AssetState, Principal};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::ports::{AssetRepository as _, Consistency, ObjectStore as _};

use crate::world::{World, about, at_once, gif, kinds, original, page, request, takedown};

#[tokio::test]
async fn every_drift_is_found_and_mended_at_once_and_found_no_more() {
    let world = World::with_every_drift().await;
    let report = world.run().await;
    let expected = [
        (ObjectMissing, Mended),
        (ObjectArchived, Mended),
        (ObjectRestored, Mended),
        (ObjectReappeared, Mended),
        (ObjectDiffers, Mended),
        (ObjectDiffers, Mended),
        (OrphanObject, Mended),
        (StuckPending, Mended),
        (LeftoverObject, Mended),
        (StuckIncoming, Mended),
        (ForeignObject, Left),
        (UnreadableItem, Left),
    ];
    assert_eq!(kinds(&report), expected, "{:#?}", report.findings);
    let states = [Ready, Missing, Archived, Ready, Ready, Mismatch, Ready, Deleted, Ready, Ready, Ready];
    for (number, state) in (0..).zip(states) {
        assert_eq!(world.state(&gif(number)).await, Some(state), "picture {number}");
    }
    assert_eq!(world.store.bytes(&original(&gif(7))), None);
    assert_eq!(report.verdict(), Verdict::DriftLeft);
    assert_eq!((report.sums.mismatches(), report.sums.mended), (9, 10));
    // 9 drifting assets, and the one that is as it should be. Of the 13 objects, one has no record.
    assert_eq!((report.sums.assets_checked, report.sums.records), (10, 10));

    let again = world.run().await;
    assert_eq!(kinds(&again), [(ForeignObject, Left), (UnreadableItem, Left)]);
    assert_eq!(again.sums.mended, 0);
}

#[tokio::test]
async fn a_finding_says_what_it_was_what_it_is_and_why() {
    let world = World::with_every_drift().await;
    let report = world.run().await;
    let missing = about(&report, &gif(1));
    assert_eq!((missing.from, missing.to), (Some(AssetState::Ready), Some(AssetState::Missing)));
    assert_eq!(missing.reason, "the object is gone");
    let differs = about(&report, &gif(5));
    assert_eq!(differs.to, Some(AssetState::Mismatch));
    assert!(differs.reason.ends_with("the bytes are not those of the hash"), "{}", differs.reason);
    let refreshed = about(&report, &gif(8));
    assert_eq!((refreshed.from, refreshed.to), (Some(AssetState::Ready), Some(AssetState::Ready)));
    assert!(refreshed.reason.ends_with("the same bytes under a new tag"), "{}", refreshed.reason);
    let orphan = about(&report, &gif(6));
    assert_eq!((orphan.from, orphan.to), (None, Some(AssetState::Ready)));
    let adopted = world.assets.find(&ContentHash::of(&gif(6)), Consistency::Strong).await.unwrap().unwrap();
    assert_eq!(adopted.created_by, Principal::orphanage());
}

#[tokio::test]
async fn the_foreign_and_the_unreadable_are_reported_and_never_touched() {
    let world = World::default();
    world.store.put_anywhere("raw/0/x", Bytes::from_static(b"1"));
    world.store.put_anywhere("raw/", Bytes::new());
    let upper = format!("raw/{}", ContentHash::of(&gif(0)).to_string().to_uppercase());
    world.store.put_anywhere(&upper, gif(0));
    // An object whose item can't be read is no orphan.
    world.put(&gif(1)).await;
    let hash = ContentHash::of(&gif(1));
    world.assets.spoil(hash.shard(), &hash.to_string());
    let keys = world.store.keys();
    for _ in 0..2 {
        let report = world.run().await;
        assert_eq!(
            kinds(&report),
            [(ForeignObject, Left), (ForeignObject, Left), (ForeignObject, Left), (UnreadableItem, Left)]
        );
        let unreadable = about(&report, &gif(1));
        assert!(unreadable.reason.contains("attribute state"), "{}", unreadable.reason);
        assert_eq!(report.sums.mismatches(), 0);
        assert_eq!(world.store.keys(), keys);
    }
}

#[tokio::test]
async fn a_temporary_restore_is_ready_until_it_ends() {
    let world = World::default();
    world.ready(&gif(0)).await;
    for _ in 0..2 {
        world.store.archive(&original(&gif(0)));
        assert_eq!(kinds(&world.run().await), [(ObjectArchived, Mended)]);
        assert_eq!(world.state(&gif(0)).await, Some(AssetState::Archived));
        world.store.thaw(&original(&gif(0)));
        assert_eq!(kinds(&world.run().await), [(ObjectRestored, Mended)]);
        assert_eq!(world.state(&gif(0)).await, Some(AssetState::Ready));
    }
}

#[tokio::test]
async fn an_archived_object_that_was_copied_over_itself_is_ready_with_its_new_tag() {
    let world = World::default();
    world.ready(&gif(0)).await;
    world.store.archive(&original(&gif(0)));
    world.run().await;
    world.store.put_multipart(&original(&gif(0)), gif(0));
    let report = world.run().await;
    assert_eq!(kinds(&report), [(ObjectDiffers, Mended)]);
    assert_eq!(about(&report, &gif(0)).to, Some(AssetState::Ready));
    assert_eq!(kinds(&world.run().await), []);
    let head = world.store.head(&original(&gif(0))).await.unwrap().unwrap();
    let asset = world.assets.find(&ContentHash::of(&gif(0)), Consistency::Strong).await.unwrap().unwrap();
    assert_eq!((asset.state, asset.etag), (AssetState::Ready, Some(head.etag)));
}

#[tokio::test]
async fn an_archived_object_that_was_overwritten_is_a_mismatch() {
    let world = World::default();
    world.ready(&gif(0)).await;
    world.store.archive(&original(&gif(0)));
    world.run().await;
    world.overwrite(&gif(0)).await;
    assert_eq!(kinds(&world.run().await), [(ObjectDiffers, Mended)]);
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Mismatch));
    assert_eq!(kinds(&world.run().await), []);
    // And when the right bytes come back, it is ready.
    world.put(&gif(0)).await;
    assert_eq!(kinds(&world.run().await), [(ObjectReappeared, Mended)]);
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Ready));
}

#[tokio::test]
async fn a_mismatch_whose_object_is_deleted_is_missing() {
    let world = World::default();
    world.ready(&gif(0)).await;
    world.overwrite(&gif(0)).await;
    world.run().await;
    world.store.remove(&original(&gif(0)));
    assert_eq!(kinds(&world.run().await), [(ObjectMissing, Mended)]);
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Missing));
}

#[tokio::test]
async fn wrong_bytes_under_a_missing_asset_stay_for_a_person() {
    let world = World::default();
    world.ready(&gif(0)).await;
    world.store.remove(&original(&gif(0)));
    world.run().await;
    world.overwrite(&gif(0)).await;
    let report = world.run().await;
    assert_eq!((kinds(&report), report.verdict()), (vec![(ObjectReappeared, Left)], Verdict::DriftLeft));
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Missing));
    assert!(world.store.bytes(&original(&gif(0))).is_some());
}

#[tokio::test]
async fn what_was_uploaded_and_is_no_picture_is_rejected_and_its_object_removed() {
    let world = World::default();
    world.apply(&page(), request()).await;
    world.put(&page()).await;
    let report = world.run().await;
    assert_eq!(kinds(&report), [(StuckPending, Mended)]);
    let finding = about(&report, &page());
    assert_eq!(finding.to, Some(AssetState::Rejected));
    assert!(finding.reason.contains("HTML"), "{}", finding.reason);
    assert_eq!(world.store.bytes(&original(&page())), None);
    // The object of a rejected asset that comes again is the one thing that is deleted.
    world.put(&page()).await;
    assert_eq!(kinds(&world.run().await), [(LeftoverObject, Mended)]);
    assert_eq!(world.store.bytes(&original(&page())), None);
    assert_eq!(world.state(&page()).await, Some(AssetState::Rejected));
}

#[tokio::test]
async fn the_drop_folder_is_emptied_but_for_what_is_no_upload() {
    let world = World::default();
    world.store.put_anywhere("incoming/2026/", Bytes::new());
    world.store.put_anywhere("incoming/.parts/a.gif/1", gif(0));
    for number in 0..5 {
        world.store.put_anywhere(&format!("incoming/{number}.gif"), gif(number));
    }
    world.store.put_anywhere("incoming/page.html", page());
    let report = world.run().await;
    assert_eq!(kinds(&report), [(StuckIncoming, Mended); 6]);
    assert_eq!(kinds(&world.run().await), []);
    let left: Vec<String> =
        world.store.keys().into_iter().filter(|key| key.starts_with("incoming/")).collect();
    assert_eq!(left, ["incoming/.parts/a.gif/1", "incoming/2026/"]);
    assert!(world.store.keys().contains(&"refused/page.html".to_owned()));
}

#[tokio::test]
async fn lists_of_many_pages_are_compared_to_their_ends() {
    let world = World::default();
    for number in 0..60 {
        world.ready(&gif(number)).await;
    }
    assert_eq!(kinds(&world.run().await), []);
    for number in [3, 17, 59] {
        world.store.remove(&original(&gif(number)));
    }
    let report = world.run().await;
    assert_eq!(kinds(&report), [(ObjectMissing, Mended); 3]);
    assert_eq!((report.sums.records, report.sums.objects_listed), (60, 57));
}

#[tokio::test]
async fn a_record_with_a_wrong_size_is_told_to_a_person() {
    let world = World::default();
    world.ready(&gif(0)).await;
    let hash = ContentHash::of(&gif(0));
    let mut asset = world.assets.find(&hash, Consistency::Strong).await.unwrap().unwrap();
    asset.size_bytes += 1;
    world.assets.seed(asset);
    let report = world.run().await;
    assert_eq!(kinds(&report), [(ObjectDiffers, Left)]);
    assert!(about(&report, &gif(0)).reason.ends_with("so the record is wrong"));
}

#[tokio::test]
async fn a_picture_that_is_taken_down_while_its_upload_is_late_leaves_no_object() {
    let world = World::default();
    world.apply(&gif(0), request()).await;
    world.apply(&gif(0), takedown()).await;
    let key = ObjectKey::Original(ContentHash::of(&gif(0)));
    world.store.put(&key, gif(0), MediaType::Gif).await.unwrap();
    assert_eq!(kinds(&world.run_with(&at_once()).await), [(LeftoverObject, Mended)]);
    assert_eq!(world.store.keys(), [] as [&str; 0]);
}
