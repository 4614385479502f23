//! What each request is answered with.

use http::{HeaderMap, HeaderValue, Method};
use render::PIPELINE_VERSION;
use shared::asset::{Amendment, Asset, AssetChange, AssetId, AssetState, ETag, Principal};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::memory::{Faults, Faulty, MemoryAssetRepository};
use shared::ports::{
    Applied, AssetRepository, Consistency, ListError, OwnedPage, PageRequest, RepositoryError,
};
use shared::time::Timestamp;

use crate::assets::{Assets, header, item, picture, problem, respond};

#[tokio::test]
async fn a_variant_comes_with_all_that_caches_and_pages_need() {
    let assets = Assets::default();
    let hash = assets.with(&picture(800, 600), AssetState::Ready).await;
    let response = assets.get(&hash, "640x480/80.webp").await;
    assert_eq!(response.status(), 200);
    let tag = format!("\"{hash}.640x480.80.webp.v{PIPELINE_VERSION}\"");
    let forever = "public, max-age=31536000, immutable, stale-while-revalidate=86400, stale-if-error=604800";
    let expected = [
        ("content-type", "image/webp"),
        ("cache-control", forever),
        ("etag", &tag),
        ("vary", "Accept"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
        ("timing-allow-origin", "*"),
        ("x-cache-lock", "none"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&response, name), Some(value), "{name}");
    }
    assert_eq!(header(&response, "content-length"), None);
    let timing = header(&response, "server-timing").unwrap();
    let steps: Vec<&str> = timing.split(", ").map(|entry| entry.split_once(";dur=").unwrap().0).collect();
    assert_eq!(steps, ["fetch", "decode", "resize", "encode"]);
    let decoded = image::load_from_memory(response.body()).unwrap();
    assert_eq!((decoded.width(), decoded.height()), (640, 480));
}

#[tokio::test]
async fn every_format_has_its_type() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    for (extension, content_type) in [("webp", "image/webp"), ("jpg", "image/jpeg"), ("png", "image/png")] {
        let response = assets.get(&hash, &format!("320x0/75.{extension}")).await;
        assert_eq!(header(&response, "content-type"), Some(content_type));
        assert_eq!(image::guess_format(response.body()).unwrap().to_mime_type(), content_type);
    }
}

#[tokio::test]
async fn every_state_of_an_asset_has_its_answer() {
    let not_found = (404, "asset_not_found".to_owned(), "public, max-age=10".to_owned());
    let archived = (409, "asset_archived".to_owned(), "no-store".to_owned());
    for state in AssetState::ALL {
        let assets = Assets::default();
        let hash = assets.with(&picture(400, 300), state).await;
        let response = assets.get(&hash, "320x240/80.webp").await;
        match state {
            AssetState::Ready => assert_eq!(response.status(), 200),
            AssetState::Archived => assert_eq!(problem(&response), archived),
            AssetState::Pending
            | AssetState::Rejected
            | AssetState::Missing
            | AssetState::Mismatch
            | AssetState::Deleted => assert_eq!(problem(&response), not_found, "{state}"),
        }
    }
    let nobody = ContentHash::of(b"never uploaded");
    assert_eq!(problem(&Assets::default().get(&nobody, "320x240/80.webp").await), not_found);
}

#[tokio::test]
async fn an_object_that_is_not_the_verified_one_is_not_shown() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    assets.items.seed(item(hash, AssetState::Ready, &ETag::new("another")));
    let response = assets.get(&hash, "320x240/80.webp").await;
    assert_eq!(problem(&response), (503, "unavailable".to_owned(), "no-store".to_owned()));
    assert_eq!(header(&response, "retry-after"), Some("5"));
}

#[tokio::test]
async fn an_object_that_is_gone_or_archived_is_said_to_be() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    assets.store.archive(&ObjectKey::Original(hash));
    assert_eq!(problem(&assets.get(&hash, "320x240/80.webp").await).1, "asset_archived");
    assets.store.remove(&ObjectKey::Original(hash));
    assert_eq!(problem(&assets.get(&hash, "320x240/80.webp").await).1, "asset_not_found");
}

#[tokio::test]
async fn what_the_url_alone_decides_is_refused_for_a_day_without_a_call() {
    let faults = Faults::none();
    let Assets { store, items } = Assets::default();
    let hash = ContentHash::of(b"x");
    let cases = [
        ("/".to_owned(), 400, "invalid_variant"),
        ("/favicon.ico".to_owned(), 400, "invalid_variant"),
        (format!("/{hash}/0640x480/80.webp"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/9.webp"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.gif"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.auto"), 400, "invalid_variant"),
        (format!("/{hash}/640x480/80.web%70"), 400, "invalid_variant"),
        (format!("/{hash}/641x480/80.webp"), 403, "variant_not_allowed"),
        (format!("/{hash}/640x481/80.webp"), 403, "variant_not_allowed"),
        (format!("/{hash}/640x480/81.webp"), 403, "variant_not_allowed"),
    ];
    for (path, status, code) in cases {
        let (store, items) = (Faulty::new(store.clone(), &faults), Faulty::new(items.clone(), &faults));
        let response = respond(store, items, &Method::GET, &path, &HeaderMap::new()).await;
        assert_eq!(
            problem(&response),
            (status, code.to_owned(), "public, max-age=86400".to_owned()),
            "{path}"
        );
    }
    assert_eq!(faults.calls(), 0);
}

#[tokio::test]
async fn a_format_that_is_not_written_is_refused_for_an_hour_without_a_call() {
    let faults = Faults::none();
    let Assets { store, items } = Assets::default();
    let path = format!("/{}/640x480/80.avif", ContentHash::of(b"x"));
    let (store, items) = (Faulty::new(store, &faults), Faulty::new(items, &faults));
    let response = respond(store, items, &Method::GET, &path, &HeaderMap::new()).await;
    let expected = (415, "unsupported_media_type".to_owned(), "public, max-age=3600".to_owned());
    assert_eq!((problem(&response), faults.calls()), (expected, 0));
    assert!(String::from_utf8_lossy(response.body()).contains("AVIF"));
}

#[tokio::test]
async fn an_original_that_can_not_be_decoded_is_refused_for_an_hour_with_the_reason() {
    let whole = picture(400, 300);
    let cases: [(&[u8], &str, &str); 3] = [
        (&whole[..whole.len() - 20], "undecodable_image", "cut short"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "undecodable_image", "AVIF"),
        (b"<!DOCTYPE html>", "unsupported_media_type", "no image type"),
    ];
    for (original, code, reason) in cases {
        let assets = Assets::default();
        let hash = assets.with(original, AssetState::Ready).await;
        let response = assets.get(&hash, "320x240/80.webp").await;
        assert_eq!(problem(&response), (415, code.to_owned(), "public, max-age=3600".to_owned()));
        assert!(String::from_utf8_lossy(response.body()).contains(reason), "{:?}", response.body());
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_not() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let Assets { store, items } = Assets::default();
        let path = format!("/{}/640x480/80.webp", ContentHash::of(b"x"));
        let response = respond(store, items, &method, &path, &HeaderMap::new()).await;
        assert_eq!(problem(&response).0, 405);
        assert_eq!(header(&response, "allow"), Some("GET, HEAD"));
    }
}

#[tokio::test]
async fn head_says_the_same_without_reading_the_original() {
    let assets = Assets::default();
    // Its object could not be decoded, so that a HEAD that tried would fail.
    let hash = assets.with(b"\x89PNG but no more", AssetState::Ready).await;
    let path = format!("/{hash}/640x480/80.webp");
    let respond = |method| {
        let Assets { store, items } = assets.clone();
        let path = path.clone();
        async move { respond(store, items, &method, &path, &HeaderMap::new()).await }
    };
    assert_eq!(respond(Method::GET).await.status(), 415);
    let head = respond(Method::HEAD).await;
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
    assert_eq!(header(&head, "content-type"), Some("image/webp"));
    assert!(
        header(&head, "etag").is_some() && header(&head, "server-timing").unwrap().starts_with("fetch;dur=")
    );
    assets.store.archive(&ObjectKey::Original(hash));
    assert_eq!(respond(Method::HEAD).await.status(), 409);
    assets.store.remove(&ObjectKey::Original(hash));
    assert_eq!(respond(Method::HEAD).await.status(), 404);
}

#[tokio::test]
async fn a_client_that_has_the_variant_keeps_it_while_the_asset_is_ready() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    let path = format!("/{hash}/320x240/80.webp");
    let known = format!("\"{hash}.320x240.80.webp.v{PIPELINE_VERSION}\"");
    for value in [known.clone(), format!("W/{known}"), format!("\"x\", {known}"), "*".to_owned()] {
        let faults = Faults::none();
        let store = Faulty::new(assets.store.clone(), &faults);
        let headers =
            HeaderMap::from_iter([(http::header::IF_NONE_MATCH, HeaderValue::from_str(&value).unwrap())]);
        for method in [Method::GET, Method::HEAD] {
            let response = respond(store.clone(), assets.items.clone(), &method, &path, &headers).await;
            assert_eq!((response.status().as_u16(), response.body().len()), (304, 0), "{value}");
            assert_eq!(header(&response, "etag"), Some(known.as_str()));
            assert!(header(&response, "cache-control").unwrap().contains("immutable"));
        }
        assert_eq!(faults.calls(), 0, "S3 is not touched");
    }
    let headers =
        HeaderMap::from_iter([(http::header::IF_NONE_MATCH, HeaderValue::from_str(&known).unwrap())]);
    assets.items.seed(item(hash, AssetState::Deleted, &ETag::new("any")));
    let response = respond(assets.store, assets.items, &Method::GET, &path, &headers).await;
    assert_eq!(problem(&response).0, 404, "a takedown ends it");
}

/// A repository whose eventual reads are behind.
#[derive(Debug, Clone)]
struct Lagging {
    stale: Option<Asset>,
    now: MemoryAssetRepository,
}

impl AssetRepository for Lagging {
    async fn find(
        &self,
        hash: &ContentHash,
        consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError> {
        match consistency {
            Consistency::Eventual => Ok(self.stale.clone()),
            Consistency::Strong => self.now.find(hash, consistency).await,
        }
    }

    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError> {
        self.now.find_by_id(id).await
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        at: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        self.now.apply(hash, change, at).await
    }

    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        at: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError> {
        self.now.amend(hash, amendment, at).await
    }

    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError> {
        self.now.list_owned(owner, page).await
    }
}

#[tokio::test]
async fn an_item_that_was_written_a_moment_ago_is_seen() {
    let assets = Assets::default();
    let hash = assets.with(&picture(400, 300), AssetState::Ready).await;
    let etag = ETag::new("of the object before");
    let stale = [
        None,
        Some(item(hash, AssetState::Pending, &etag)),
        Some(item(hash, AssetState::Missing, &etag)),
        Some(item(hash, AssetState::Archived, &etag)),
        Some(item(hash, AssetState::Ready, &etag)),
    ];
    let path = format!("/{hash}/320x240/80.webp");
    for stale in stale {
        for method in [Method::GET, Method::HEAD] {
            let items = Lagging { stale: stale.clone(), now: assets.items.clone() };
            let response = respond(assets.store.clone(), items, &method, &path, &HeaderMap::new()).await;
            assert_eq!(response.status(), 200, "{method} after {stale:?}");
        }
    }
}
