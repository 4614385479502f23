use std::time::Duration;

use AssetState::*;
use Kind::*;

use super::*;

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_epoch_seconds(1_800_000_000).plus(Duration::from_mins(minutes))
}

/// An object that was stored before its asset was last written.
fn object(etag: &str, storage_class: StorageClass) -> SeenObject {
    SeenObject { size_bytes: 10, etag: ETag::new(etag), last_modified: at(0), storage_class }
}

fn asset(state: AssetState) -> SeenAsset {
    SeenAsset { state, size_bytes: 10, etag: Some(ETag::new("verified")), updated_at: at(1) }
}

/// The table, written a second time: what is found of no object, of the verified one (readable, archived), and of
/// another one (readable, archived).
const TABLE: [(Option<AssetState>, [Option<Kind>; 5]); 8] = [
    (None, [None, Some(OrphanObject), Some(OrphanObject), Some(OrphanObject), Some(OrphanObject)]),
    (Some(Pending), [None, Some(StuckPending), Some(StuckPending), Some(StuckPending), Some(StuckPending)]),
    (
        Some(Ready),
        [Some(ObjectMissing), None, Some(ObjectArchived), Some(ObjectDiffers), Some(ObjectDiffers)],
    ),
    (
        Some(Archived),
        [Some(ObjectMissing), Some(ObjectRestored), None, Some(ObjectDiffers), Some(ObjectDiffers)],
    ),
    (
        Some(Missing),
        [
            None,
            Some(ObjectReappeared),
            Some(ObjectReappeared),
            Some(ObjectReappeared),
            Some(ObjectReappeared),
        ],
    ),
    (Some(Mismatch), [Some(ObjectMissing), Some(ObjectReappeared), Some(ObjectReappeared), None, None]),
    (
        Some(Rejected),
        [None, Some(LeftoverObject), Some(LeftoverObject), Some(LeftoverObject), Some(LeftoverObject)],
    ),
    (
        Some(Deleted),
        [None, Some(LeftoverObject), Some(LeftoverObject), Some(LeftoverObject), Some(LeftoverObject)],
    ),
];

fn objects() -> [Option<SeenObject>; 5] {
    use StorageClass::{Archived, Immediate};
    [
        None,
        Some(object("verified", Immediate)),
        Some(object("verified", Archived)),
        Some(object("another", Immediate)),
        Some(object("another", Archived)),
    ]
}

#[test]
fn every_pair_of_object_and_record_is_as_the_table_says() {
    for (state, expected) in TABLE {
        for (object, expected) in objects().iter().zip(expected) {
            let asset = state.map(asset);
            let drift = compare(object.as_ref(), asset.as_ref(), at(5));
            assert_eq!(drift.map(|drift| drift.kind), expected, "{state:?}, {object:?}");
        }
    }
}

#[test]
fn what_is_written_is_a_transition_that_the_state_allows() {
    use shared::asset::{AssetEvent, Transition};
    for (state, _) in TABLE {
        for object in objects() {
            let asset = state.map(asset);
            let Some(drift) = compare(object.as_ref(), asset.as_ref(), at(5)) else { continue };
            let event = match drift.action {
                Action::MarkMissing => AssetEvent::ObjectVanished,
                Action::MarkArchived => AssetEvent::ObjectArchived,
                Action::MarkReady => AssetEvent::ObjectRestored,
                Action::Verify | Action::Remove | Action::None => continue,
            };
            assert_eq!(AssetState::after(state, event).ok(), drift.to.map(Transition::To), "{state:?}");
        }
    }
}

#[test]
fn what_is_younger_than_the_grace_is_left_alone() {
    for (state, _) in TABLE {
        for object in objects() {
            let asset = state.map(asset);
            let touched = |youngest| compare(object.as_ref(), asset.as_ref(), youngest);
            if object.is_some() {
                assert_eq!(touched(at(0).minus(Duration::from_millis(1))), None, "{state:?}");
            }
            if asset.is_some() {
                assert_eq!(touched(at(1).minus(Duration::from_millis(1))), None, "{state:?}");
            }
        }
    }
}

#[test]
fn the_size_tells_of_a_change_as_the_tag_does() {
    let mut longer = object("verified", StorageClass::Immediate);
    longer.size_bytes += 1;
    let drift = compare(Some(&longer), Some(&asset(Ready)), at(5)).unwrap();
    assert_eq!((drift.kind, drift.to), (ObjectDiffers, Some(Mismatch)));
}

#[test]
fn a_mismatch_is_looked_at_again_once_its_object_was_replaced() {
    let mut replaced = object("another", StorageClass::Immediate);
    replaced.last_modified = at(2);
    let drift = compare(Some(&replaced), Some(&asset(Mismatch)), at(5));
    assert_eq!(drift.map(|drift| drift.kind), Some(ObjectReappeared));
}

#[test]
fn a_ready_asset_without_a_tag_is_no_verified_one() {
    let untagged = SeenAsset { etag: None, ..asset(Ready) };
    let drift = compare(Some(&object("any", StorageClass::Immediate)), Some(&untagged), at(5));
    assert_eq!(drift.map(|drift| drift.kind), Some(ObjectDiffers));
}
