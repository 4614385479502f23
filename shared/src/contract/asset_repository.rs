//! What every [`AssetRepository`] promises.

use std::time::Duration;

use crate::asset::{
    Amendment, Asset, AssetChange, AssetId, AssetState, Authority, Declaration, ETag, Principal, Refusal,
    Takedown, Verification,
};
use crate::dimensions::Dimensions;
use crate::hash::ContentHash;
use crate::media::MediaType;
use crate::ports::{Applied, AssetRepository, Consistency, ListError, PageRequest};
use crate::time::Timestamp;

const HOUR: Duration = Duration::from_hours(1);

/// A time with milliseconds, as the repository must keep it.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_epoch_millis(4_102_444_800_123 + seconds * 1000)
}

fn fresh(check: &str) -> ContentHash {
    ContentHash::of(check.as_bytes())
}

fn owner(check: &str) -> Principal {
    Principal::new(check).unwrap()
}

fn request(caller: &str) -> AssetChange {
    AssetChange::UploadRequested(Declaration {
        size_bytes: 10,
        media_type: MediaType::Jpeg,
        file_name: "asked.jpg".parse().ok(),
        source_key: "incoming/asked.jpg".parse().ok(),
        caller: owner(caller),
        // DynamoDB's TTL counts whole seconds.
        expires_at: Timestamp::from_epoch_seconds(at(0).epoch_seconds()).plus(HOUR),
    })
}

fn verification() -> AssetChange {
    AssetChange::UploadVerified(Verification {
        size_bytes: 5_000_000_000,
        media_type: MediaType::Png,
        dimensions: Dimensions::new(640, 480).unwrap(),
        etag: ETag::new("first"),
        file_name: "found.png".parse().ok(),
        finder: Principal::drop_folder(),
    })
}

fn refusal() -> AssetChange {
    AssetChange::UploadRefused(Refusal {
        reason: "It has no pixels.".to_owned(),
        size_bytes: 11,
        media_type: MediaType::OctetStream,
        file_name: None,
        source_key: "incoming/refused.jpg".parse().ok(),
        finder: Principal::orphanage(),
    })
}

/// Every change there is, based on an item that was last written at `seen`.
fn every_change(seen: Timestamp) -> [AssetChange; 11] {
    [
        request("second caller"),
        verification(),
        refusal(),
        AssetChange::ObjectVanished { seen },
        AssetChange::ObjectDiffers { seen },
        AssetChange::ObjectArchived { seen },
        AssetChange::ObjectRestored { seen },
        takedown("an admin", Authority::Admin),
        takedown("first caller", Authority::Owner),
        takedown("second caller", Authority::Owner),
        AssetChange::TakedownUndone,
    ]
}

fn takedown(caller: &str, authority: Authority) -> AssetChange {
    let reason = format!("Taken down by {caller}.");
    AssetChange::TakenDown(Takedown { caller: owner(caller), authority, reason })
}

/// The changes that bring a new asset to a state, all at second 0.
fn path_to(state: Option<AssetState>) -> Vec<AssetChange> {
    let seen = at(0);
    let ready = vec![request("first caller"), verification()];
    let then = |change| [ready.clone(), vec![change]].concat();
    match state {
        None => vec![],
        Some(AssetState::Pending) => vec![request("first caller")],
        Some(AssetState::Ready) => ready,
        Some(AssetState::Rejected) => vec![request("first caller"), refusal()],
        Some(AssetState::Archived) => then(AssetChange::ObjectArchived { seen }),
        Some(AssetState::Missing) => then(AssetChange::ObjectVanished { seen }),
        Some(AssetState::Mismatch) => then(AssetChange::ObjectDiffers { seen }),
        Some(AssetState::Deleted) => then(takedown("an admin", Authority::Admin)),
    }
}

async fn brought_to(
    repository: &impl AssetRepository,
    hash: &ContentHash,
    state: Option<AssetState>,
) -> Option<Asset> {
    for change in path_to(state) {
        let applied = repository.apply(hash, &change, at(0)).await.unwrap();
        assert!(matches!(applied, Applied::Changed(_)), "{change:?}: {applied:?}");
    }
    let asset = repository.find(hash, Consistency::Strong).await.unwrap();
    assert_eq!(asset.as_ref().map(|asset| asset.state), state);
    asset
}

/// Checks every promise of an [`AssetRepository`].
pub async fn keeps_every_promise(repository: &impl AssetRepository) {
    every_change_is_what_the_table_says(repository).await;
    what_was_seen_must_still_be_so(repository).await;
    of_many_that_race_one_wins(repository).await;
    every_amendment_keeps_the_state(repository).await;
    an_owner_takes_down_only_what_nobody_shares(repository).await;
    an_undone_takedown_is_never_forgotten(repository).await;
    an_asset_is_found_by_its_id(repository).await;
    a_callers_assets_are_listed_newest_first(repository).await;
    a_made_up_cursor_is_refused(repository).await;
}

/// Every change in every state does what the transition table says, and writes what the pure function says.
async fn every_change_is_what_the_table_says(repository: &impl AssetRepository) {
    for state in AssetState::ALL.into_iter().map(Some).chain([None]) {
        for change in every_change(at(0)) {
            let hash = fresh(&format!("{state:?} {change:?}"));
            let before = brought_to(repository, &hash, state).await;
            let applied = repository.apply(&hash, &change, at(1)).await.unwrap();
            let expected = change.apply(before.as_ref(), hash, at(1));
            let case = format!("{state:?}, {change:?}");
            match (&applied, &expected) {
                (Applied::Changed(now), Some(expected)) => assert_eq!(now, expected, "{case}"),
                (Applied::AlreadyThere(now), None) => {
                    assert_eq!(Some(change.event().target()), state, "{case}");
                    assert_eq!(Some(now), before.as_ref(), "{case}");
                }
                (Applied::NotAdmitted(now), None) => assert_eq!(now, &before, "{case}"),
                _ => panic!("{case}: {applied:?}, and not {expected:?}"),
            }
            let stored = repository.find(&hash, Consistency::Strong).await.unwrap();
            assert_eq!(stored, expected.or(before), "{case}");
        }
    }
}

/// A change that follows from looking does not happen to an item that was written since.
async fn what_was_seen_must_still_be_so(repository: &impl AssetRepository) {
    for change in &every_change(at(-5))[3..7] {
        let hash = fresh(&format!("what_was_seen {:?}", change.event()));
        let state = change.event().admitted_in()[0];
        let before = brought_to(repository, &hash, state).await;
        let applied = repository.apply(&hash, change, at(1)).await.unwrap();
        assert_eq!(applied, Applied::NotAdmitted(before), "{change:?}");
    }
}

/// Of many that ask at once for one hash, exactly one makes the asset; all others see it.
async fn of_many_that_race_one_wins(repository: &impl AssetRepository) {
    let hash = fresh("of_many_that_race_one_wins");
    let changes: Vec<AssetChange> = (0..64).map(|caller| request(&format!("caller {caller}"))).collect();
    let racing = changes.iter().map(|change| repository.apply(&hash, change, at(0)));
    let applied = futures::future::join_all(racing).await;
    let mut winners = 0;
    let stored = repository.find(&hash, Consistency::Strong).await.unwrap().unwrap();
    for applied in applied {
        match applied.unwrap() {
            Applied::Changed(asset) => {
                winners += 1;
                assert_eq!(asset, stored);
            }
            Applied::AlreadyThere(asset) => assert_eq!(asset, stored),
            Applied::NotAdmitted(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(winners, 1);
}

/// Amendments write what the pure function says, in the states that admit them, and nothing elsewhere.
async fn every_amendment_keeps_the_state(repository: &impl AssetRepository) {
    let ends = Timestamp::from_epoch_seconds(at(0).epoch_seconds()).plus(HOUR * 9);
    let amendments = [
        Amendment::KeepPending { expires_at: ends },
        Amendment::Share,
        Amendment::Drop { source_key: "incoming/brought.jpg".parse().ok() },
        Amendment::Drop { source_key: None },
        Amendment::RefreshETag { from: ETag::new("first"), to: ETag::new("second") },
        Amendment::RefreshETag { from: ETag::new("another"), to: ETag::new("second") },
    ];
    for state in AssetState::ALL {
        for (index, amendment) in amendments.iter().enumerate() {
            let hash = fresh(&format!("amend {state} {index}"));
            let before = brought_to(repository, &hash, Some(state)).await.unwrap();
            let amended = repository.amend(&hash, amendment, at(1)).await.unwrap();
            let expected = amendment.apply(&before, at(1));
            assert_eq!(amended, expected, "{state}, {amendment:?}");
            let stored = repository.find(&hash, Consistency::Strong).await.unwrap();
            assert_eq!(stored, Some(expected.unwrap_or(before)), "{state}, {amendment:?}");
        }
    }
    let absent = fresh("amend nothing");
    assert_eq!(repository.amend(&absent, &Amendment::Share, at(1)).await.unwrap(), None);
    assert_eq!(repository.find(&absent, Consistency::Strong).await.unwrap(), None);
}

/// An asset that another caller relies on stays when its owner takes it down, and goes when an admin does.
async fn an_owner_takes_down_only_what_nobody_shares(repository: &impl AssetRepository) {
    let hash = fresh("an_owner_takes_down_only_what_nobody_shares");
    brought_to(repository, &hash, Some(AssetState::Ready)).await;
    let shared = repository.amend(&hash, &Amendment::Share, at(1)).await.unwrap();
    let by_owner = repository.apply(&hash, &takedown("first caller", Authority::Owner), at(2)).await.unwrap();
    assert_eq!(by_owner, Applied::NotAdmitted(shared));
    let by_admin = repository.apply(&hash, &takedown("an admin", Authority::Admin), at(3)).await.unwrap();
    let Applied::Changed(asset) = by_admin else { panic!("{by_admin:?}") };
    assert_eq!(asset.reason.as_deref(), Some("Taken down by an admin."));
    assert!(asset.shared);
}

/// A takedown that was undone waits without an end, also when it is asked for again.
async fn an_undone_takedown_is_never_forgotten(repository: &impl AssetRepository) {
    let hash = fresh("an_undone_takedown_is_never_forgotten");
    brought_to(repository, &hash, Some(AssetState::Deleted)).await;
    repository.apply(&hash, &AssetChange::TakedownUndone, at(1)).await.unwrap();
    let keep = Amendment::KeepPending { expires_at: at(0).plus(HOUR) };
    let kept = repository.amend(&hash, &keep, at(2)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.expires_at), (AssetState::Pending, None));
}

/// An asset is found by its identifier, and none by that of other bytes.
async fn an_asset_is_found_by_its_id(repository: &impl AssetRepository) {
    let hash = fresh("an_asset_is_found_by_its_id");
    let asset = brought_to(repository, &hash, Some(AssetState::Ready)).await;
    assert_eq!(repository.find_by_id(&AssetId::from(&hash)).await.unwrap(), asset);
    let other = AssetId::from(&fresh("other bytes"));
    assert_eq!(repository.find_by_id(&other).await.unwrap(), None);
}

/// A caller's assets are listed newest first, page by page, each once, and nobody else's among them.
async fn a_callers_assets_are_listed_newest_first(repository: &impl AssetRepository) {
    let (ours, theirs) = ("lister", "somebody else");
    let mut expected = Vec::new();
    for second in 0..7 {
        let hash = fresh(&format!("listed {second}"));
        let caller = if second == 3 { theirs } else { ours };
        // Two in one millisecond must not be lost between pages.
        repository.apply(&hash, &request(caller), at(second / 2)).await.unwrap();
        if caller == ours {
            expected.push(hash);
        }
    }
    let mut listed: Vec<Asset> = Vec::new();
    let mut cursor = None;
    loop {
        let page = PageRequest { limit: 2, cursor };
        let page = repository.list_owned(&owner(ours), &page).await.unwrap();
        assert!(page.assets.len() <= 2);
        listed.extend(page.assets);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert!(listed.is_sorted_by(|a, b| a.created_at >= b.created_at));
    let mut hashes: Vec<ContentHash> = listed.iter().map(|asset| asset.content_hash).collect();
    hashes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(hashes, expected);
}

/// A cursor that no page gave out is refused.
async fn a_made_up_cursor_is_refused(repository: &impl AssetRepository) {
    let page = PageRequest { limit: 2, cursor: Some("made-up".to_owned()) };
    let refused = repository.list_owned(&owner("lister"), &page).await;
    assert!(matches!(refused, Err(ListError::Cursor(_))), "{refused:?}");
}
