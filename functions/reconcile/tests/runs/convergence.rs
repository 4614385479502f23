//! Every state of a record beside every object that can lie under its hash: where one run leads, and that the second
//! finds nothing to do.

use AssetState::{Archived, Deleted, Mismatch, Missing, Pending, Ready, Rejected};
use bytes::Bytes;
use shared::asset::{Asset, AssetState, ETag, Principal};
use shared::dimensions::Dimensions;
use shared::hash::ContentHash;
use shared::media::MediaType;
use shared::memory::MemoryObjectStore;
use shared::ports::ObjectStore as _;
use shared::time::Timestamp;

use crate::world::{World, gif, original};

/// What lies under the hash.
#[derive(Debug, Clone, Copy)]
enum Object {
    None,
    /// The bytes, under the tag that was verified.
    Verified,
    /// The bytes, under another tag and without a SHA-256 of S3's.
    Multipart,
    /// Other bytes.
    Wrong,
    /// The bytes, in the archive.
    ArchivedVerified,
    /// Other bytes, in the archive, of which S3 knows the SHA-256.
    ArchivedWrong,
}

use Object::{ArchivedVerified, ArchivedWrong, Multipart, None as Nothing, Verified, Wrong};

/// Where a record ends beside an object, and whether the object stays.
type End = (Object, Option<AssetState>, bool);

/// For each record, its ends.
const ENDS: [(Option<AssetState>, [End; 6]); 8] = [
    (
        None,
        [
            (Nothing, None, false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, None, true),
            (ArchivedVerified, None, true),
            (ArchivedWrong, None, true),
        ],
    ),
    (
        Some(Pending),
        [
            (Nothing, Some(Pending), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Rejected), false),
            (ArchivedVerified, Some(Pending), true),
            (ArchivedWrong, Some(Pending), true),
        ],
    ),
    (
        Some(Ready),
        [
            (Nothing, Some(Missing), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Mismatch), true),
            (ArchivedVerified, Some(Archived), true),
            (ArchivedWrong, Some(Mismatch), true),
        ],
    ),
    (
        Some(Archived),
        [
            (Nothing, Some(Missing), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Mismatch), true),
            (ArchivedVerified, Some(Archived), true),
            (ArchivedWrong, Some(Mismatch), true),
        ],
    ),
    (
        Some(Missing),
        [
            (Nothing, Some(Missing), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Missing), true),
            (ArchivedVerified, Some(Missing), true),
            (ArchivedWrong, Some(Missing), true),
        ],
    ),
    (
        Some(Mismatch),
        [
            (Nothing, Some(Missing), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Mismatch), true),
            (ArchivedVerified, Some(Mismatch), true),
            (ArchivedWrong, Some(Mismatch), true),
        ],
    ),
    // A rejected upload is judged again where its bytes are right: what is accepted may have changed.
    (
        Some(Rejected),
        [
            (Nothing, Some(Rejected), false),
            (Verified, Some(Ready), true),
            (Multipart, Some(Ready), true),
            (Wrong, Some(Rejected), false),
            (ArchivedVerified, Some(Rejected), true),
            (ArchivedWrong, Some(Rejected), false),
        ],
    ),
    (
        Some(Deleted),
        [
            (Nothing, Some(Deleted), false),
            (Verified, Some(Deleted), false),
            (Multipart, Some(Deleted), false),
            (Wrong, Some(Deleted), false),
            (ArchivedVerified, Some(Deleted), false),
            (ArchivedWrong, Some(Deleted), false),
        ],
    ),
];

/// The tag that these bytes get from a single PUT.
async fn verified_tag(bytes: &Bytes) -> ETag {
    let scratch = MemoryObjectStore::default();
    scratch.put(&original(bytes), bytes.clone(), MediaType::Gif).await.unwrap()
}

async fn world(state: Option<AssetState>, object: Object) -> World {
    let (world, bytes) = (World::default(), gif(0));
    if let Some(state) = state {
        let at = Timestamp::from_epoch_seconds(1_700_000_000);
        let was_ready = !matches!(state, Pending | Rejected);
        world.assets.seed(Asset {
            content_hash: ContentHash::of(&bytes),
            size_bytes: bytes.len() as u64,
            media_type: MediaType::Gif,
            state,
            etag: if was_ready { Some(verified_tag(&bytes).await) } else { None },
            dimensions: Dimensions::new(1, 1),
            file_name: None,
            source_key: None,
            reason: None,
            created_by: Principal::new("alice").unwrap(),
            shared: false,
            created_at: at,
            updated_at: at,
            expires_at: None,
        });
    }
    match object {
        Nothing => {}
        Verified | ArchivedVerified => world.put(&bytes).await,
        Multipart => {
            world.store.put_multipart(&original(&bytes), bytes.clone());
        }
        Wrong | ArchivedWrong => world.overwrite(&bytes).await,
    }
    if matches!(object, ArchivedVerified | ArchivedWrong) {
        world.store.archive(&original(&bytes));
    }
    world
}

#[tokio::test]
async fn every_record_beside_every_object_ends_where_it_should_after_one_run() {
    for (state, ends) in ENDS {
        for (object, expected, stays) in ends {
            let case = format!("{state:?} beside {object:?}");
            let world = world(state, object).await;
            let first = world.run().await;
            assert_eq!(first.halted, None, "{case}");
            assert_eq!(world.state(&gif(0)).await, expected, "{case}: {:?}", first.findings);
            assert_eq!(
                world.store.bytes(&original(&gif(0))).is_some(),
                stays,
                "{case}: {:?}",
                first.findings
            );
            let (assets, keys) = (world.assets.all(), world.store.keys());
            let second = world.run().await;
            assert_eq!(second.sums.mended, 0, "{case}: {:?}", second.findings);
            assert_eq!((world.assets.all(), world.store.keys()), (assets, keys), "{case}");
        }
    }
}
