//! Assets in memory, and what a request for their variants is answered with.

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use image::{DynamicImage, ImageFormat};
use render::{Limits, Render, RenderApi};
use shared::asset::{Asset, AssetState, ETag, Principal};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{MemoryAssetRepository, MemoryObjectStore};
use shared::ports::{AssetRepository, ObjectStore};
use shared::time::Timestamp;
use shared::variant::Whitelist;

/// A store and a repository with what a test puts into them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assets {
    pub(crate) store: MemoryObjectStore,
    pub(crate) items: MemoryAssetRepository,
}

/// A picture of one colour as a PNG.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let color = image::Rgb([200, 30, 60]);
    let picture = DynamicImage::from(image::RgbImage::from_pixel(width, height, color));
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

impl Assets {
    /// An original with its item in a state. Returns its hash.
    pub(crate) async fn with(&self, original: &[u8], state: AssetState) -> ContentHash {
        let hash = ContentHash::of(original);
        self.with_hash(hash, original, state).await;
        hash
    }

    /// The same under a hash of one's own.
    pub(crate) async fn with_hash(&self, hash: ContentHash, original: &[u8], state: AssetState) {
        let bytes = Bytes::copy_from_slice(original);
        let etag = self.store.put(&ObjectKey::Original(hash), bytes, MediaType::Png).await.unwrap();
        self.items.seed(item(hash, state, &etag));
    }

    /// Answers a request for a variant of an asset.
    pub(crate) async fn get(&self, hash: &ContentHash, variant: &str) -> Response<Bytes> {
        let path = format!("/{hash}/{variant}");
        respond(self.store.clone(), self.items.clone(), &Method::GET, &path, &HeaderMap::new()).await
    }
}

pub(crate) fn item(hash: ContentHash, state: AssetState, etag: &ETag) -> Asset {
    let at = Timestamp::from_epoch_seconds(1_795_426_200);
    Asset {
        content_hash: hash,
        size_bytes: 1,
        media_type: MediaType::Png,
        state,
        etag: Some(etag.clone()),
        dimensions: None,
        file_name: None,
        source_key: None,
        reason: None,
        created_by: Principal::new("someone").unwrap(),
        shared: false,
        created_at: at,
        updated_at: at,
        expires_at: None,
    }
}

/// Answers a request over any ports.
pub(crate) async fn respond<S: ObjectStore, R: AssetRepository>(
    store: S,
    items: R,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response<Bytes> {
    let render = Render::new(store, items, Whitelist::default(), Limits::default());
    RenderApi::new(render).respond(method, path, headers).await
}

pub(crate) fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// The status, code and `Cache-Control` of a problem document.
pub(crate) fn problem(response: &Response<Bytes>) -> (u16, String, String) {
    assert_eq!(header(response, "content-type"), Some("application/problem+json"));
    let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(document["status"], response.status().as_u16());
    assert!(document["title"].is_string() && document["detail"].is_string() && document["type"].is_string());
    let kept = header(response, "cache-control").unwrap_or_default().to_owned();
    (response.status().as_u16(), document["code"].as_str().unwrap().to_owned(), kept)
}
