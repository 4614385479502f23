use bytes::Bytes;
use shared::asset::{AssetState, Principal};
use shared::hash::ContentHash;
use shared::memory::{Fault, Faults};
use shared::ports::AssetRepository;

use futures::future::LocalBoxFuture;

use super::*;
use crate::testing::{World, gif, key, meddled, now, original, page, parts_of, takedown};

fn event(json: &str) -> S3Event {
    serde_json::from_str(json).unwrap()
}

/// The same event as S3 would make for these keys.
fn event_of(keys: &[&ObjectKey]) -> S3Event {
    let record = |key: &&ObjectKey| {
        let spelled = key.to_string().replace(' ', "+");
        serde_json::json!({"eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "hashfolio-assets"}, "object": {"key": spelled}}})
    };
    S3Event::from(serde_json::json!({"Records": keys.iter().map(record).collect::<Vec<_>>()}))
}

async fn deliver(world: &World, event: &S3Event) {
    world.verify().handle_at(event, now()).await.unwrap();
}

mod samples {
    use super::*;

    #[tokio::test]
    async fn a_put_or_a_copy_or_a_multipart_upload_makes_an_asset_ready() {
        for (json, picture) in [
            (include_str!("../../../../events/verify/put.json"), gif(320, 240)),
            (include_str!("../../../../events/verify/multipart_completed.json"), gif(320, 240)),
            (include_str!("../../../../events/verify/copy.json"), gif(640, 480)),
        ] {
            let world = World::default();
            world.put(&original(&picture), &picture).await;
            deliver(&world, &event(json)).await;
            assert_eq!(world.state(&picture).await, Some(AssetState::Ready));
        }
    }

    #[tokio::test]
    async fn of_many_records_each_is_handled() {
        let world = World::default();
        for picture in [gif(320, 240), gif(64, 48)] {
            world.put(&original(&picture), &picture).await;
        }
        world.put(&key("incoming/holiday.gif"), &gif(640, 480)).await;
        deliver(&world, &event(include_str!("../../../../events/verify/many_records.json"))).await;
        for picture in [gif(320, 240), gif(64, 48), gif(640, 480)] {
            assert_eq!(world.state(&picture).await, Some(AssetState::Ready));
        }
    }

    #[tokio::test]
    async fn the_drop_folder_takes_any_name() {
        for (json, name) in [
            (include_str!("../../../../events/verify/drop_folder.json"), "2026/holiday.gif"),
            (
                include_str!("../../../../events/verify/encoded_key.json"),
                "summer holiday/café + 山 (1) 100%.gif",
            ),
        ] {
            let world = World::default();
            world.put(&key(&format!("incoming/{name}")), &gif(640, 480)).await;
            deliver(&world, &event(json)).await;
            let asset = world.asset(&gif(640, 480)).await.unwrap();
            assert_eq!((asset.state, asset.created_by), (AssetState::Ready, Principal::drop_folder()));
            assert_eq!(asset.file_name.unwrap().as_str(), name.rsplit('/').next().unwrap());
        }
    }

    #[tokio::test]
    async fn a_removal_and_a_test_event_change_nothing() {
        let world = World::default();
        world.put(&original(&gif(320, 240)), &gif(320, 240)).await;
        for json in [
            include_str!("../../../../events/verify/removed.json"),
            include_str!("../../../../events/verify/test_event.json"),
        ] {
            deliver(&world, &event(json)).await;
            assert_eq!(world.assets.all(), []);
        }
    }
}

#[tokio::test]
async fn one_failing_object_fails_the_event_and_none_of_the_others() {
    let pictures: Vec<Bytes> = (1..=9).map(|width| gif(width, 10)).collect();
    let keys: Vec<ObjectKey> = pictures.iter().map(original).collect();
    let world = World::default();
    for picture in &pictures {
        world.put(&original(picture), picture).await;
    }
    let event = event_of(&keys.iter().collect::<Vec<_>>());
    let error = world.faulty(&Faults::at(0, Fault::Lost)).handle_at(&event, now()).await.unwrap_err();
    let [(failed, _)] = error.failed() else { panic!("one failed: {error}") };
    assert_eq!(error.to_string(), format!("1 of 9 objects could not be looked at: {failed}"));
    let ready = world.assets.all().iter().filter(|asset| asset.state == AssetState::Ready).count();
    assert_eq!(ready, 8);
    deliver(&world, &event).await;
    assert_eq!(world.assets.all().len(), 9);
}

#[test]
fn a_look_can_be_spawned() {
    fn assert_send(_: impl Send) {}
    let verify = World::default().verify();
    assert_send(verify.handle(event_of(&[])));
}

/// A starting point: what arrives and where, what is under `raw/`, and which asset there is.
struct Case {
    name: &'static str,
    bytes: Bytes,
    /// What lies under the key of the bytes, if not they.
    stored: Option<Bytes>,
    /// Where the look begins.
    arrival: Arrival,
    state: Option<AssetState>,
}

enum Arrival {
    /// At the original itself.
    Original,
    /// In the drop folder.
    Dropped,
    /// Where these bytes came in parts.
    Parts(Bytes),
}

const SOURCE: &str = "incoming/a b.gif";

impl Case {
    fn new(name: &'static str, bytes: Bytes, state: Option<AssetState>) -> Self {
        Self { name, stored: Some(bytes.clone()), bytes, arrival: Arrival::Original, state }
    }

    fn dropped(self, stored: Option<Bytes>) -> Self {
        Self { arrival: Arrival::Dropped, stored, ..self }
    }

    fn in_parts(self, sent: &Bytes, stored: Option<Bytes>) -> Self {
        Self { arrival: Arrival::Parts(sent.clone()), stored, ..self }
    }

    fn all() -> Vec<Self> {
        use AssetState::{Deleted, Mismatch, Missing, Pending, Ready, Rejected};
        let (picture, page) = (gif(320, 240), page());
        let wrong = |case: Self| Self { stored: Some(gif(1, 1)), ..case };
        let new = |name, bytes: &Bytes, state| Self::new(name, bytes.clone(), state);
        vec![
            new("an upload", &picture, Some(Pending)),
            new("an orphan", &picture, None),
            new("a page", &page, Some(Pending)),
            new("a page again", &page, Some(Rejected)),
            wrong(new("wrong bytes", &picture, Some(Pending))),
            wrong(new("an overwritten asset", &picture, Some(Ready))),
            new("a taken down asset", &picture, Some(Deleted)),
            new("a missing asset", &picture, Some(Missing)),
            new("a dropped picture", &picture, None).dropped(None),
            new("a dropped page", &page, None).dropped(None),
            new("a dropped duplicate", &picture, Some(Ready)).dropped(Some(picture.clone())),
            new("a drop for a vanished object", &picture, Some(Ready)).dropped(None),
            new("a drop for an overwritten object", &picture, Some(Ready)).dropped(Some(page.clone())),
            new("a drop for a mismatch", &picture, Some(Mismatch)).dropped(Some(page.clone())),
            new("a drop for a taken down asset", &picture, Some(Deleted)).dropped(None),
            new("a drop for a rejected asset", &picture, Some(Rejected)).dropped(None),
            new("parts", &picture, Some(Pending)).in_parts(&picture, None),
            new("orphaned parts", &picture, None).in_parts(&picture, None),
            new("wrong parts", &picture, Some(Pending)).in_parts(&page, None),
            new("parts of a page", &page, Some(Pending)).in_parts(&page, None),
            new("parts of a duplicate", &picture, Some(Ready)).in_parts(&page, Some(picture.clone())),
            new("parts for a vanished object", &picture, Some(Ready)).in_parts(&picture, None),
            new("parts for an overwritten object", &picture, Some(Ready))
                .in_parts(&picture, Some(page.clone())),
            new("parts for a missing asset", &picture, Some(Missing)).in_parts(&picture, None),
            new("parts for a taken down asset", &picture, Some(Deleted)).in_parts(&picture, None),
            new("parts for a rejected asset", &picture, Some(Rejected)).in_parts(&picture, None),
        ]
    }

    /// Whether the asset says READY of what is not there, before anyone looks.
    fn starts_broken(&self) -> bool {
        self.state == Some(AssetState::Ready) && self.stored.as_ref() != Some(&self.bytes)
    }

    async fn world(&self) -> World {
        let world = World::default();
        if let Some(state) = self.state {
            world.seed(&self.bytes, state).await;
        }
        if let Some(stored) = &self.stored {
            world.put(&original(&self.bytes), stored).await;
        }
        match &self.arrival {
            Arrival::Original => {}
            Arrival::Dropped => drop(world.store.put_multipart(&key(SOURCE), self.bytes.clone())),
            Arrival::Parts(sent) => drop(world.store.put_multipart(&parts_of(&self.bytes), sent.clone())),
        }
        world
    }

    fn is_original(&self) -> bool {
        matches!(self.arrival, Arrival::Original)
    }

    /// Where the look begins.
    fn source(&self) -> ObjectKey {
        match self.arrival {
            Arrival::Original => original(&self.bytes),
            Arrival::Dropped => key(SOURCE),
            Arrival::Parts(_) => parts_of(&self.bytes),
        }
    }

    fn event(&self) -> S3Event {
        event_of(&[&self.source()])
    }

    /// The event that a copy into `raw/` fires, and that any write there did.
    fn original_event(&self) -> S3Event {
        event_of(&[&original(&self.bytes)])
    }

    /// The keys and the assets, without the times at which they were written.
    fn seen(world: &World) -> (Vec<String>, Vec<String>) {
        let assets = world.assets.all().into_iter().map(|asset| {
            let kept = (asset.state, asset.etag, asset.dimensions, asset.file_name);
            format!("{kept:?} {:?} {} {:?}", asset.reason, asset.created_by, asset.shared)
        });
        (world.store.keys(), assets.collect())
    }
}

#[tokio::test]
async fn a_second_delivery_changes_nothing() {
    for case in Case::all() {
        let world = case.world().await;
        deliver(&world, &case.event()).await;
        let (seen, assets) = (Case::seen(&world), world.assets.all());
        deliver(&world, &case.event()).await;
        deliver(&world, &case.original_event()).await;
        assert_eq!((Case::seen(&world), world.assets.all()), (seen, assets), "{}", case.name);
    }
}

#[tokio::test]
async fn after_a_fault_at_any_call_a_repetition_ends_where_a_look_without_fault_does() {
    for case in Case::all() {
        let (undisturbed, counted) = (case.world().await, Faults::none());
        undisturbed.faulty(&counted).handle_at(&case.event(), now()).await.unwrap();
        let expected = Case::seen(&undisturbed);
        assert!(counted.calls() >= 3, "{}: {} calls", case.name, counted.calls());
        for (index, fault) in
            (0..counted.calls()).flat_map(|index| [(index, Fault::Lost), (index, Fault::AnswerLost)])
        {
            for original_first in [false, true] {
                let context = format!("{}, {fault:?} at call {index}", case.name);
                let world = case.world().await;
                let failed = world.faulty(&Faults::at(index, fault)).handle_at(&case.event(), now()).await;
                failed.expect_err(&context);
                if !case.starts_broken() {
                    world.assert_ready_means_there(&context);
                }
                if original_first {
                    deliver(&world, &case.original_event()).await;
                }
                deliver(&world, &case.event()).await;
                deliver(&world, &case.original_event()).await;
                assert_eq!(Case::seen(&world), expected, "{context}");
            }
        }
    }
}

#[tokio::test]
async fn two_looks_at_once_end_where_one_does() {
    for case in Case::all() {
        let undisturbed = case.world().await;
        deliver(&undisturbed, &case.event()).await;
        let expected = Case::seen(&undisturbed);
        for index in 0..40 {
            for other_event in [case.event(), case.original_event()] {
                let world = case.world().await;
                let other = world.clone();
                let meddling = || {
                    let (other, event) = (other.clone(), other_event.clone());
                    Box::pin(async move { deliver(&other, &event).await }) as LocalBoxFuture<'_, ()>
                };
                let (verify, _) = meddled(&world, index, &meddling);
                verify.handle_at(&case.event(), now()).await.unwrap();
                deliver(&world, &case.original_event()).await;
                assert_eq!(Case::seen(&world), expected, "{}, at call {index}", case.name);
            }
        }
    }
}

#[tokio::test]
async fn a_takedown_in_the_middle_of_a_look_leaves_nothing_that_could_be_served() {
    for case in Case::all() {
        for index in 0..40 {
            let world = case.world().await;
            let other = world.clone();
            let hash = ContentHash::of(&case.bytes);
            let meddling = || {
                let other = other.clone();
                Box::pin(async move {
                    other.assets.apply(&hash, &takedown(), now()).await.unwrap();
                }) as LocalBoxFuture<'_, ()>
            };
            let (verify, _) = meddled(&world, index, &meddling);
            verify.handle_at(&case.event(), now()).await.unwrap();
            deliver(&world, &case.original_event()).await;
            world.assert_ready_means_there(case.name);
            if world.state(&case.bytes).await == Some(AssetState::Deleted) {
                assert_eq!(world.store.bytes(&original(&case.bytes)), None, "{}, at call {index}", case.name);
            }
        }
    }
}

#[tokio::test]
async fn an_object_that_is_replaced_in_the_middle_of_a_look_is_looked_at_anew() {
    let replacement = gif(77, 77);
    // Whose bytes come back from elsewhere alone stay broken when other bytes come.
    for case in Case::all().into_iter().filter(|case| case.is_original() || !case.starts_broken()) {
        for index in 0..40 {
            let world = case.world().await;
            let (store, replaced, with) = (world.store.clone(), case.source(), replacement.clone());
            let meddling = || {
                store.put_multipart(&replaced, with.clone());
                Box::pin(std::future::ready(())) as LocalBoxFuture<'_, ()>
            };
            let (verify, calls) = meddled(&world, index, &meddling);
            verify.handle_at(&case.event(), now()).await.unwrap();
            // The replacement fires an event too, and so did every copy.
            deliver(&world, &case.event()).await;
            deliver(&world, &case.original_event()).await;
            deliver(&world, &event_of(&[&original(&replacement)])).await;
            let context = format!("{}, at call {index}", case.name);
            world.assert_ready_means_there(&context);
            let is_dropped = matches!(case.arrival, Arrival::Dropped);
            if is_dropped && calls.load(std::sync::atomic::Ordering::SeqCst) > index {
                assert_eq!(world.state(&replacement).await, Some(AssetState::Ready), "{context}");
                assert_eq!(world.store.bytes(&key(SOURCE)), None, "{context}");
            }
        }
    }
}
