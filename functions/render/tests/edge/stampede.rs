//! Many that ask for one variant at one time, within a process and across processes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::join_all;
use http::{HeaderMap, Method, Response};
use render::{Limits, Load, Render, RenderApi};
use shared::asset::AssetState;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Fault, Faults, Faulty, MemoryAssetRepository, MemoryObjectStore, MemoryRenderLeases};
use shared::ports::{ObjectStore, RenderLeases};
use shared::time::Timestamp;
use shared::variant::{VariantUrl, Whitelist};

use crate::assets::{Assets, header, picture, problem};

type Process<S = MemoryObjectStore> = RenderApi<S, MemoryAssetRepository, MemoryRenderLeases>;

/// A process that renders, with the guard across processes.
fn process<S: ObjectStore>(store: S, assets: &Assets, leases: &MemoryRenderLeases) -> Process<S> {
    let render = Render::new(store, assets.items.clone(), Whitelist::default(), Limits::default());
    RenderApi::new(render.guarded_by(Some(leases.clone())))
}

async fn get<S: ObjectStore>(process: &Process<S>, path: &str) -> Response<Bytes> {
    process.respond(&Method::GET, path, &HeaderMap::new()).await
}

fn path(hash: &ContentHash) -> String {
    format!("/{hash}/320x240/80.webp")
}

fn key(hash: &ContentHash) -> ObjectKey {
    let VariantUrl { hash, spec } = path(hash).parse().unwrap();
    ObjectKey::Variant { hash, spec }
}

fn locks(responses: &[Response<Bytes>], lock: &str) -> usize {
    responses.iter().filter(|response| header(response, "x-cache-lock") == Some(lock)).count()
}

#[tokio::test]
async fn a_process_renders_once_for_all_that_ask_at_one_time() {
    let assets = Assets::default();
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let faults = Faults::none();
    let store = Faulty::new(assets.store.clone(), &faults);
    let render = Render::new(store, assets.items.clone(), Whitelist::default(), Limits::default());
    let api = Arc::new(RenderApi::new(render));
    let (path, headers) = (path(&hash), HeaderMap::new());
    let asked = (0..50).map(|_| api.respond(&Method::GET, &path, &headers));
    let responses = join_all(asked).await;
    assert!(responses.iter().all(|response| response.status() == 200));
    assert!(responses.iter().all(|response| response.body() == responses[0].body()));
    assert_eq!((locks(&responses, "leader"), locks(&responses, "follower")), (1, 49));
    let calls_of_one = faults.calls();
    let another = path.replace("/80.", "/75.");
    let alone = api.respond(&Method::GET, &another, &headers).await;
    assert_eq!(header(&alone, "x-cache-lock"), Some("none"));
    assert_eq!(faults.calls(), 2 * calls_of_one, "fifty cost what one costs");
    let late = api.respond(&Method::GET, &path, &headers).await;
    assert_eq!((header(&late, "x-cache-lock"), late.body()), (Some("follower"), responses[0].body()));
    assert_eq!(faults.calls(), 2 * calls_of_one, "the original is not read again");
}

#[tokio::test]
async fn one_process_renders_and_the_others_take_its_bytes() {
    let (assets, leases) = (Assets::default(), MemoryRenderLeases::default());
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let processes: Vec<_> = (0..8).map(|_| process(assets.store.clone(), &assets, &leases)).collect();
    let path = path(&hash);
    let responses = join_all(processes.iter().map(|process| get(process, &path))).await;
    assert!(responses.iter().all(|response| response.status() == 200));
    assert!(responses.iter().all(|response| response.body() == responses[0].body()));
    assert_eq!((locks(&responses, "leader"), locks(&responses, "follower")), (1, 7));
    let late = get(&process(assets.store.clone(), &assets, &leases), &path).await;
    assert_eq!(header(&late, "x-cache-lock"), Some("follower"), "the bytes stay for a while");
    assert_eq!(header(&late, "content-type"), Some("image/webp"));
}

#[tokio::test]
async fn a_leader_that_died_keeps_nobody_waiting_for_long() {
    let (assets, leases) = (Assets::default(), MemoryRenderLeases::default());
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let (now, path) = (Timestamp::now(), path(&hash));
    let dead = leases.take(&path.parse().unwrap(), now, now.plus(Duration::from_secs(5))).await;
    assert!(dead.unwrap());
    let started = Instant::now();
    let response = get(&process(assets.store.clone(), &assets, &leases), &path).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-cache-lock")), (200, Some("none")));
    assert!(started.elapsed() < Duration::from_secs(5), "before the lease ended");
}

#[tokio::test]
async fn when_a_dead_leaders_lease_has_ended_the_next_one_leads() {
    let (assets, leases) = (Assets::default(), MemoryRenderLeases::default());
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let (now, path) = (Timestamp::now(), path(&hash));
    let ends = now.plus(Duration::from_millis(500));
    assert!(leases.take(&path.parse().unwrap(), now, ends).await.unwrap());
    let response = get(&process(assets.store.clone(), &assets, &leases), &path).await;
    assert_eq!((response.status().as_u16(), header(&response, "x-cache-lock")), (200, Some("leader")));
}

#[tokio::test]
async fn bytes_that_were_shared_are_not_shown_of_an_asset_that_may_not_be() {
    for state in AssetState::ALL.into_iter().filter(|state| *state != AssetState::Ready) {
        let (assets, leases) = (Assets::default(), MemoryRenderLeases::default());
        let hash = assets.with(&picture(800, 600), state).await;
        let stale = Bytes::from_static(b"rendered before it was taken down");
        assets.store.put(&key(&hash), stale, MediaType::WebP).await.unwrap();
        let (now, path) = (Timestamp::now(), path(&hash));
        assert!(leases.take(&path.parse().unwrap(), now, now.plus(Duration::from_secs(5))).await.unwrap());
        let response = get(&process(assets.store.clone(), &assets, &leases), &path).await;
        let expected = if state == AssetState::Archived { 409 } else { 404 };
        assert_eq!(problem(&response).0, expected, "{state}");
    }
}

#[tokio::test]
async fn what_is_refused_is_not_waited_for() {
    let (assets, leases) = (Assets::default(), MemoryRenderLeases::default());
    let hash = assets.with(&picture(800, 600), AssetState::Missing).await;
    let path = path(&hash);
    assert_eq!(problem(&get(&process(assets.store.clone(), &assets, &leases), &path).await).0, 404);
    let started = Instant::now();
    assert_eq!(problem(&get(&process(assets.store.clone(), &assets, &leases), &path).await).0, 404);
    assert!(started.elapsed() < Duration::from_secs(1), "the lease was given back");
}

/// Whatever call fails, a client gets the variant or is told to come again, and no wrong bytes.
#[tokio::test]
async fn a_guard_that_fails_keeps_nobody_from_rendering() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    let path = path(&hash);
    let right = assets.get(&hash, "320x240/80.webp").await.into_body();
    for fault in [Fault::Lost, Fault::AnswerLost] {
        for index in 0.. {
            let faults = Faults::at(index, fault);
            let (store, items) =
                (Faulty::new(assets.store.clone(), &faults), Faulty::new(assets.items.clone(), &faults));
            let leases = Faulty::new(MemoryRenderLeases::default(), &faults);
            let render = Render::new(store, items, Whitelist::default(), Limits::default());
            let api = RenderApi::new(render.guarded_by(Some(leases)));
            let response = api.respond(&Method::GET, &path, &HeaderMap::new()).await;
            match response.status().as_u16() {
                200 => assert_eq!(*response.body(), right, "call {index}"),
                status => assert_eq!((status, header(&response, "retry-after")), (503, Some("5"))),
            }
            if faults.calls() <= index {
                assert!(index >= 5, "lease, item, original, its bytes and the shared copy are all asked for");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_hash_that_nobody_has_costs_nothing_when_it_is_asked_for_again() {
    let assets = Assets::default();
    let faults = Faults::none();
    let (store, items) =
        (Faulty::new(assets.store.clone(), &faults), Faulty::new(assets.items.clone(), &faults));
    let api = RenderApi::new(Render::new(store, items, Whitelist::default(), Limits::default()));
    let nobody = ContentHash::of(b"nobody has this");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let response = api.respond(&method, &path(&nobody), &HeaderMap::new()).await;
        assert_eq!(problem(&response).0, 404);
    }
    assert_eq!(faults.calls(), 3, "the item twice, and the object once");
}

#[tokio::test]
async fn what_does_not_fit_beside_other_renders_is_to_come_again() {
    let assets = Assets::default();
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    for memory_bytes in [10, 20_000] {
        let load = Load { memory_bytes, ..Load::default() };
        let render =
            Render::new(assets.store.clone(), assets.items.clone(), Whitelist::default(), Limits::default());
        let api = RenderApi::new(render.bounded_by(load));
        let response = api.respond(&Method::GET, &path(&hash), &HeaderMap::new()).await;
        let expected = (503, "unavailable".to_owned(), "no-store".to_owned());
        assert_eq!(problem(&response), expected, "{memory_bytes}");
        assert_eq!(header(&response, "retry-after"), Some("5"));
    }
}

#[tokio::test]
async fn what_takes_too_long_is_to_come_again() {
    let assets = Assets::default();
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let load = Load { longest: Duration::ZERO, ..Load::default() };
    let render =
        Render::new(assets.store.clone(), assets.items.clone(), Whitelist::default(), Limits::default());
    let api = RenderApi::new(render.bounded_by(load));
    let response = api.respond(&Method::GET, &path(&hash), &HeaderMap::new()).await;
    assert_eq!(problem(&response).0, 503);
}

#[tokio::test]
async fn what_many_wanted_a_moment_ago_is_not_shown_once_it_is_taken_down() {
    let assets = Assets::default();
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let render =
        Render::new(assets.store.clone(), assets.items.clone(), Whitelist::default(), Limits::default());
    let api = RenderApi::new(render);
    let (path, headers) = (path(&hash), HeaderMap::new());
    let get = || api.respond(&Method::GET, &path, &headers);
    let responses = join_all((0..3).map(|_| get())).await;
    assert_eq!((locks(&responses, "leader"), locks(&responses, "follower")), (1, 2));
    assert_eq!(header(&get().await, "x-cache-lock"), Some("follower"));
    assets.with(&picture(800, 600), AssetState::Deleted).await;
    assert_eq!(problem(&get().await).0, 404);
}
