use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reconcile::{Kind, Progress, Settings, Status, Verdict};
use shared::asset::{AssetChange, AssetState};
use shared::key::ReportName;
use shared::ports::ReportStore as _;
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

use crate::world::{World, about, at_once, gif, kinds, original, range, request, takedown};

#[tokio::test]
async fn what_is_younger_than_the_grace_is_left_alone() {
    let world = World::with_every_drift().await;
    let patient = Settings { grace: Duration::from_mins(15), ..at_once() };
    let report = world.run_with(&patient).await;
    // Nobody knows how old an unreadable item is.
    assert_eq!(kinds(&report), [(Kind::UnreadableItem, Status::Left)]);

    let old = Timestamp::now().minus(Duration::from_mins(16));
    world.store.date("incoming/holiday.gif", old);
    world.store.date("raw/readme.txt", old);
    world.store.date(&original(&gif(6)).to_string(), old);
    let kinds = kinds(&world.run_with(&patient).await);
    let kinds: Vec<Kind> = kinds.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Kind::OrphanObject, Kind::StuckIncoming, Kind::UnreadableItem]);
}

#[tokio::test]
async fn a_dry_run_finds_everything_and_changes_nothing() {
    let world = World::with_every_drift().await;
    let (keys, assets) = (world.store.keys(), world.assets.all());
    let dry = Settings { dry_run: true, ..at_once() };
    let report = world.reconcile().run(ShardRange::ALL, &dry, &|_| {}).await;
    assert_eq!(report.findings.len(), 13);
    assert!(report.findings.iter().all(|finding| !finding.applied));
    assert_eq!((report.applied, report.verdict()), (false, Verdict::DriftLeft));
    assert_eq!((world.store.keys(), world.assets.all()), (keys, assets));
}

/// A hundred assets that are ready, of which the objects of some were deleted.
async fn wiped(lost: u32) -> World {
    let world = World::default();
    for number in 0..100 {
        world.ready(&gif(number)).await;
    }
    (0..lost).for_each(|number| world.store.remove(&original(&gif(number))));
    world
}

#[tokio::test]
async fn a_great_loss_halts_the_run_and_nothing_at_all_is_changed() {
    let world = wiped(10).await;
    // What could be mended is left too.
    world.store.archive(&original(&gif(50)));
    let (keys, assets) = (world.store.keys(), world.assets.all());
    let report = world.run().await;
    assert_eq!((report.verdict(), report.applied), (Verdict::Halted, false));
    assert_eq!(report.halted.as_deref(), Some("10 of 100 assets would turn MISSING or MISMATCH"));
    assert_eq!(report.findings.len(), 11);
    assert_eq!((world.store.keys(), world.assets.all()), (keys, assets));
}

#[tokio::test]
async fn force_lifts_the_stop() {
    let world = wiped(10).await;
    let report = world.run_with(&Settings { force: true, ..at_once() }).await;
    assert_eq!((report.verdict(), report.sums.mended), (Verdict::Clean, 10));
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Missing));
}

#[tokio::test]
async fn a_small_loss_is_written_down() {
    let world = wiped(9).await;
    let report = world.run().await;
    assert_eq!((report.verdict(), report.sums.mended), (Verdict::Clean, 9));
}

#[tokio::test]
async fn an_empty_bucket_beside_a_full_table_halts_the_run() {
    let world = wiped(100).await;
    assert_eq!(world.run().await.verdict(), Verdict::Halted);
}

#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let world = World::with_every_drift().await;
    let (one, two) = (world.reconcile(), world.reconcile());
    let (settings, quiet) = (at_once(), |_: Progress| {});
    let (one, two) =
        futures::future::join(one.run(range(), &settings, &quiet), two.run(range(), &settings, &quiet)).await;
    assert!(one.sums.mended + two.sums.mended >= 10);
    let model = World::with_every_drift().await;
    model.run().await;
    for number in 0..=10 {
        assert_eq!(world.state(&gif(number)).await, model.state(&gif(number)).await, "{number}");
    }
    assert_eq!(world.run().await.findings.len(), 2);
}

#[tokio::test]
async fn a_plan_that_is_old_is_looked_at_again_before_anything_is_written() {
    // Between plan and mending, somebody else mends: at the report of the last shard's comparison.
    let world = World::default();
    for number in 0..3 {
        world.ready(&gif(number)).await;
        world.store.remove(&original(&gif(number)));
    }
    let others = Mutex::new(Some(world.clone()));
    let meddle = |progress: Progress| {
        if let Progress::Compared { shards, of } = progress
            && shards == of
            && let Some(world) = others.lock().unwrap().take()
        {
            futures::executor::block_on(async {
                world.put(&gif(0)).await; // the object is back
                let seen = world.seen(&gif(1)).await;
                world.apply(&gif(1), AssetChange::ObjectVanished { seen }).await; // ingest saw it too
                world.apply(&gif(2), takedown()).await;
            });
        }
    };
    let report = world.reconcile().run(range(), &at_once(), &meddle).await;
    assert_eq!(kinds(&report), [(Kind::ObjectMissing, Status::Settled); 3]);
    assert_eq!(report.verdict(), Verdict::Clean);
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Ready));
    assert_eq!(world.state(&gif(1)).await, Some(AssetState::Missing));
    assert_eq!(world.state(&gif(2)).await, Some(AssetState::Deleted));
}

#[tokio::test]
async fn an_asset_that_waits_for_its_bytes_is_no_drift() {
    let world = World::default();
    world.apply(&gif(0), request()).await;
    assert_eq!(kinds(&world.run().await), []);
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Pending));
}

#[tokio::test]
async fn the_days_report_is_written_for_a_run_over_everything() {
    let world = World::with_every_drift().await;
    let report = world.run().await;
    assert_eq!(world.store.keys().iter().filter(|key| key.starts_with("reports/")).count(), 0);
    let report =
        world.reconcile().run(ShardRange::ALL, &at_once(), &|_| {}).await.started_at.max(report.started_at);
    let name = ReportName::new(&format!("reconcile/{}.json", report.date())).unwrap();
    let written = world.store.read_report(&name).await.unwrap().unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written["shards"], 256);
    assert_eq!(written["findingsTotal"], 3);
}

#[tokio::test]
async fn a_run_that_is_short_of_time_stops_cleanly_and_says_what_is_left() {
    let world = World::with_every_drift().await;
    let mut left = Some(range());
    let late = Settings { deadline: Some(Instant::now()), ..at_once() };
    let mut rounds = 0;
    while let Some(range) = left {
        let report = world.reconcile().run(range, &late, &|_| {}).await;
        if let Some(next) = report.left {
            assert_eq!(report.verdict(), Verdict::DriftLeft);
            assert!(next.first() >= range.first() && next.last() == range.last());
        }
        left = report.left;
        rounds += 1;
        assert!(rounds < 50, "it never ends");
    }
    assert!(rounds > 1);
    assert_eq!(world.run().await.findings.len(), 2);
}

#[tokio::test]
async fn findings_beyond_what_one_run_takes_are_counted_and_left_to_the_next() {
    let world = World::default();
    for number in 0..4_005 {
        world.store.put_anywhere(&format!("raw/00/{number:05}"), Bytes::from_static(b"foreign"));
    }
    let first = ShardRange::new(Shard::FIRST, Shard::FIRST).unwrap();
    let report = world.reconcile().run(first, &at_once(), &|_| {}).await;
    assert_eq!((report.sums.findings(), report.sums.postponed), (4_005, 5));
    assert_eq!(report.findings.len(), 1_000);
}

#[tokio::test]
async fn a_finding_of_a_dry_run_is_planned() {
    let world = wiped(1).await;
    let report = world.run_with(&Settings { dry_run: true, ..at_once() }).await;
    let finding = about(&report, &gif(0));
    assert_eq!((finding.status, finding.to), (Status::Planned, Some(AssetState::Missing)));
}
