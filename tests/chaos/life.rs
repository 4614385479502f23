//! The life of an asset: asked for, uploaded, verified, rendered, asked for again.

use bytes::Bytes;
use harness::pictures;
use http::{Method, Response};
use serde_json::json;
use shared::asset::AssetState;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::Faults;
use shared::ports::ObjectStore as _;

use crate::world::{Process, World};

/// How something comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upload {
    /// A picture, by a presigned PUT.
    Picture,
    /// A picture, put into the drop folder.
    Drop,
    /// A picture that the store took in parts: it does not know its hash.
    InParts,
    /// Bytes that are no picture, by a presigned PUT.
    NoPicture,
}

impl Upload {
    fn bytes(self) -> Bytes {
        match self {
            Self::Picture | Self::Drop | Self::InParts => pictures::jpeg(400, 300, 7),
            Self::NoPicture => Bytes::from_static(b"<!DOCTYPE html><html><body>not a picture</body></html>"),
        }
    }

    /// How many calls such a life makes at least: fewer would mean that faults missed their aim.
    pub(crate) fn least_calls(self) -> usize {
        match self {
            Self::Picture | Self::Drop | Self::InParts => 10,
            Self::NoPicture => 6,
        }
    }
}

/// Lives it: each step is tried while the faults last, then until it succeeds, as a client, S3's events and a page do.
pub(crate) async fn live(world: &World, upload: &Upload, faults: &Faults, what: &str) {
    let what = &format!("{upload:?}: {what}");
    let (disturbed, sound) = (world.process(faults), world.process(&Faults::none()));
    let bytes = upload.bytes();
    let hash = ContentHash::of(&bytes);
    for process in [&disturbed, &sound] {
        if *upload != Upload::Drop {
            ask(process, &bytes, what).await;
            world.check(what).await;
        }
    }
    let key = put(world, *upload, &hash, bytes).await;
    // Events come until they are taken, and at least once more than needed.
    disturbed.event(&key).await;
    world.check(what).await;
    for _ in 0..2 {
        assert!(sound.event(&key).await, "{what}: sound, and not taken");
        world.check(what).await;
    }
    let expected = if *upload == Upload::NoPicture { AssetState::Rejected } else { AssetState::Ready };
    assert_eq!(world.state(&hash), Some(expected), "{what}: what was acknowledged is not lost");
    for process in [&disturbed, &sound] {
        show(world, process, &hash, expected, what).await;
        world.check(what).await;
    }
    if expected == AssetState::Ready {
        assert_eq!(world.store.keys().iter().filter(|key| key.starts_with("incoming/")).count(), 0, "{what}");
        let again = ask(&sound, &upload.bytes(), what).await;
        assert_eq!(again.status(), 200, "{what}: it is there, and needs no upload");
    }
    if *upload == Upload::Picture {
        for process in [&disturbed, &sound] {
            take_down(world, process, &hash, what).await;
            world.check(what).await;
        }
        let original = ObjectKey::Original(hash);
        assert_eq!(world.store.bytes(&original), None, "{what}: taken down, and there");
        assert!(!world.cdn.invalidations().is_empty(), "{what}: taken down, and still cached");
        assert!(!world.cdn.take_reminders().is_empty(), "{what}: nobody finishes what was killed");
        assert_eq!(ask_for(&sound, &upload.bytes()).await.status(), 410, "{what}: kept out");
    }
}

/// Takes it down: accepted, and from then on shown no more, or a request to come again.
async fn take_down(world: &World, process: &Process, hash: &ContentHash, what: &str) {
    let answer = process.api(Method::DELETE, &format!("/assets/{hash}"), Bytes::new()).await;
    match answer.status().as_u16() {
        202 => assert_eq!(world.state(hash), Some(AssetState::Deleted), "{what}"),
        503 => assert!(answer.headers().contains_key("retry-after"), "{what}"),
        status => panic!("{what}: taken down, and answered {status}"),
    }
    if world.state(hash) == Some(AssetState::Deleted) {
        let shown = world.process(&Faults::none()).variant(&format!("/{hash}/320x240/80.webp")).await;
        assert_eq!(shown.status(), 404, "{what}: taken down, and shown");
    }
}

/// Asks to upload; the answer is an offer, a "there already", or a request to come again.
async fn ask(process: &Process, bytes: &Bytes, what: &str) -> Response<Bytes> {
    let answer = ask_for(process, bytes).await;
    match answer.status().as_u16() {
        200 | 201 => {}
        503 => assert!(answer.headers().contains_key("retry-after"), "{what}"),
        status => panic!("{what}: asked, and answered {status}"),
    }
    answer
}

async fn ask_for(process: &Process, bytes: &Bytes) -> Response<Bytes> {
    let hash = ContentHash::of(bytes).to_string();
    let body = json!({ "contentHash": hash, "sizeBytes": bytes.len(), "mimeType": "image/jpeg" });
    process.api(Method::POST, "/assets", body.to_string().into()).await
}

/// Puts the bytes as the client does; returns the key that S3's event names.
async fn put(world: &World, upload: Upload, hash: &ContentHash, bytes: Bytes) -> String {
    let key = match upload {
        Upload::Drop => ObjectKey::parse("incoming/holiday/cat.jpg").unwrap(),
        Upload::Picture | Upload::InParts | Upload::NoPicture => ObjectKey::Original(*hash),
    };
    if upload == Upload::InParts {
        world.store.put_multipart(&key, bytes);
    } else {
        world.store.put(&key, bytes, MediaType::Jpeg).await.unwrap();
    }
    key.to_string()
}

/// Asks for a variant: the right bytes, a request to come again, or a true refusal.
async fn show(world: &World, process: &Process, hash: &ContentHash, state: AssetState, what: &str) {
    let path = format!("/{hash}/320x240/80.webp");
    let answer = process.variant(&path).await;
    match (state, answer.status().as_u16()) {
        (AssetState::Ready, 200) => {
            // What a process that nothing disturbs makes of the same original, in a world of its own leases.
            let undisturbed =
                World { store: world.store.clone(), assets: world.assets.clone(), ..World::default() };
            let right = undisturbed.process(&Faults::none()).variant(&path).await;
            assert_eq!((right.status().as_u16(), right.body()), (200, answer.body()), "{what}: wrong bytes");
        }
        (_, 503) => assert!(answer.headers().contains_key("retry-after"), "{what}"),
        (AssetState::Rejected, 404) => {}
        (state, status) => panic!("{what}: {state}, and answered {status}"),
    }
}
