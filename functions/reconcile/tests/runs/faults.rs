use reconcile::{Settings, Verdict};
use shared::asset::AssetState;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::memory::{Fault, Faults};
use shared::shard::{Shard, ShardRange};

use crate::world::{World, at_once, gif, kinds, original, page, range};

/// What may never be wrong, not even after a run that broke off: READY means that the bytes are there, and MISSING
/// that they are not.
fn assert_no_lie(world: &World, context: &str) {
    for asset in world.assets.all() {
        let bytes = world.store.bytes(&ObjectKey::Original(asset.content_hash));
        let right = bytes.as_ref().is_some_and(|bytes| ContentHash::of(bytes) == asset.content_hash);
        // Picture 1 is lost and 5 was overwritten: until that is found, their records can't know.
        let known = [gif(1), gif(5)].map(|bytes| ContentHash::of(&bytes));
        match asset.state {
            AssetState::Ready if !known.contains(&asset.content_hash) => {
                assert!(right, "{context}: READY without its bytes");
            }
            // Picture 4 is there again.
            AssetState::Missing if asset.content_hash != ContentHash::of(&gif(4)) => {
                assert!(bytes.is_none(), "{context}: MISSING, and the object is there");
            }
            AssetState::Mismatch => assert!(bytes.is_some() && !right, "{context}: MISMATCH of right bytes"),
            AssetState::Pending
            | AssetState::Ready
            | AssetState::Rejected
            | AssetState::Archived
            | AssetState::Missing
            | AssetState::Deleted => {}
        }
    }
}

/// The bytes that no fault may lose.
fn assert_nothing_lost(world: &World, context: &str) {
    let keys = world.store.keys();
    for number in [0, 2, 3, 4, 5, 6, 8, 9] {
        assert!(keys.contains(&original(&gif(number)).to_string()), "{context}: picture {number} is lost");
    }
    let dropped = keys.contains(&"incoming/holiday.gif".to_owned());
    assert!(
        dropped || keys.contains(&original(&gif(10)).to_string()),
        "{context}: the dropped picture is lost"
    );
    for foreign in ["raw/readme.txt", "raw/00/copy.gif"] {
        assert!(keys.contains(&foreign.to_owned()), "{context}: {foreign} is lost");
    }
}

async fn states(world: &World) -> Vec<Option<AssetState>> {
    let mut states = Vec::new();
    for number in 0..=10 {
        states.push(world.state(&gif(number)).await);
    }
    states
}

/// How many calls a run makes when nothing fails, and the states that it leads to.
async fn model() -> (usize, Vec<Option<AssetState>>) {
    let (world, faults) = (World::with_every_drift().await, Faults::none());
    world.failing(&faults).run(range(), &at_once(), &|_| {}).await;
    (faults.calls(), states(&world).await)
}

#[tokio::test]
async fn a_call_that_fails_once_delays_a_mending_and_breaks_nothing() {
    let (calls, expected) = model().await;
    assert!(calls > 40, "{calls}");
    for fault in [Fault::Lost, Fault::AnswerLost] {
        for index in 0..calls {
            let context = format!("call {index} of {calls}, {fault:?}");
            let world = World::with_every_drift().await;
            let report = world.failing(&Faults::at(index, fault)).run(range(), &at_once(), &|_| {}).await;
            assert_eq!(report.halted, None, "{context}");
            assert_eq!(report.sums.unchecked.len(), 0, "{context}: one failure is not the end of a shard");
            assert_no_lie(&world, &context);
            assert_nothing_lost(&world, &context);
            world.run().await;
            assert_eq!(states(&world).await, expected, "{context}");
            assert_eq!(world.run().await.findings.len(), 2, "{context}");
        }
    }
}

#[tokio::test]
async fn when_everything_fails_from_some_call_on_no_asset_is_called_missing() {
    let (calls, expected) = model().await;
    let mut half_blind = 0;
    for index in 0..calls {
        let context = format!("from call {index} of {calls} on");
        let world = World::with_every_drift().await;
        let faults = Faults::during(index..usize::MAX, Fault::Lost);
        let report = world.failing(&faults).run(range(), &at_once(), &|_| {}).await;
        assert_ne!(report.verdict(), Verdict::Clean, "{context}");
        if report.sums.shards == 0 {
            assert_eq!(report.verdict(), Verdict::Halted, "{context}");
        }
        half_blind += u32::from(report.sums.shards > 0 && !report.sums.unchecked.is_empty());
        assert_no_lie(&world, &context);
        assert_nothing_lost(&world, &context);
        world.run().await;
        assert_eq!(states(&world).await, expected, "{context}");
    }
    assert!(half_blind > 0, "no run compared some shards and missed others");
}

#[tokio::test]
async fn a_shard_that_fails_each_time_is_reported_as_not_compared() {
    let world = World::with_every_drift().await;
    let first = ShardRange::new(Shard::FIRST, Shard::FIRST).unwrap();
    for (failing, expected) in [(0..2, 0), (0..3, 1)] {
        let faults = Faults::during(failing, Fault::Lost);
        let report =
            world.failing(&faults).run(first, &Settings { dry_run: true, ..at_once() }, &|_| {}).await;
        assert_eq!(report.sums.unchecked.len(), expected, "{:?}", report.sums);
        if let Some(why) = report.sums.unchecked.get("00") {
            assert!(why.contains("an injected fault"), "{why}");
            assert_eq!((report.sums.shards, kinds(&report)), (0, vec![]));
        }
    }
}

#[tokio::test]
async fn an_upload_that_is_refused_is_refused_whatever_call_fails() {
    for index in 0..30 {
        let world = World::default();
        world.apply(&page(), crate::world::request()).await;
        world.put(&page()).await;
        world.failing(&Faults::at(index, Fault::AnswerLost)).run(range(), &at_once(), &|_| {}).await;
        world.run().await;
        assert_eq!(world.state(&page()).await, Some(AssetState::Rejected), "{index}");
        assert_eq!(world.store.keys(), [] as [&str; 0], "{index}");
    }
}
