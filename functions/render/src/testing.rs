//! What the tests of several modules start from: a portfolio in memory with one picture in it.

use bytes::Bytes;
use shared::asset::{Asset, AssetChange, AssetState, Declaration, Dimensions, Principal, Verification};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Faults, Faulty, MemoryAssetRepository, MemoryObjectStore};
use shared::ports::{Applied, AssetRepository as _, ObjectStore as _};
use shared::time::Timestamp;
use shared::variant::Whitelist;

use crate::{Config, Limits, Render};

#[derive(Debug, Default)]
pub(crate) struct Portfolio {
    pub(crate) store: MemoryObjectStore,
    pub(crate) assets: MemoryAssetRepository,
}

/// A PNG of 400x300 pixels, which decodes fast in any build.
pub(crate) fn picture() -> Bytes {
    let gradient = image::RgbImage::from_fn(400, 300, |x, y| image::Rgb([(x / 2) as u8, (y / 2) as u8, 128]));
    let mut file = std::io::Cursor::new(Vec::new());
    gradient.write_to(&mut file, image::ImageFormat::Png).unwrap();
    file.into_inner().into()
}

pub(crate) fn hash() -> ContentHash {
    ContentHash::of(&picture())
}

pub(crate) fn key() -> ObjectKey {
    ObjectKey::Original(hash())
}

impl Portfolio {
    /// A portfolio whose one picture is in a state.
    pub(crate) async fn in_state(state: AssetState) -> Self {
        let portfolio = Self::default();
        portfolio.pending().await;
        if state != AssetState::Pending {
            portfolio.ready().await;
        }
        let asset = portfolio.asset();
        portfolio.assets.seed(Asset { state, ..asset });
        portfolio
    }

    pub(crate) fn render(
        &self,
        faults: &Faults,
    ) -> Render<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>> {
        let config = Config {
            bucket: "bucket".to_owned(),
            table: "table".to_owned(),
            whitelist: Whitelist::default(),
            limits: Limits::default(),
        };
        let (store, assets) = (self.store.clone(), self.assets.clone());
        Render::new(Faulty::new(store, faults), Faulty::new(assets, faults), config)
    }

    pub(crate) fn asset(&self) -> Asset {
        self.assets.all().pop().unwrap()
    }

    async fn pending(&self) {
        let requested = AssetChange::UploadRequested(Declaration {
            size_bytes: picture().len() as u64,
            media_type: MediaType::Png,
            file_name: None,
            caller: Principal::new("alice").unwrap(),
            expires_at: Timestamp::now(),
        });
        self.apply(&requested).await;
    }

    async fn ready(&self) {
        let etag = self.store.put(&key(), picture(), MediaType::Png).await.unwrap();
        let verified = AssetChange::UploadVerified(Verification {
            size_bytes: picture().len() as u64,
            media_type: MediaType::Png,
            dimensions: Dimensions::new(400, 300).unwrap(),
            etag,
            file_name: None,
            finder: Principal::orphanage(),
        });
        self.apply(&verified).await;
    }

    async fn apply(&self, change: &AssetChange) {
        let applied = self.assets.apply(&hash(), change, Timestamp::now()).await.unwrap();
        assert!(matches!(applied, Applied::Changed(_)), "{applied:?}");
    }
}
