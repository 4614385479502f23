//! What the tests of several modules start from.

use shared::asset::{Asset, AssetChange, AssetState, Principal, Verification};
use shared::aws::{Clients, S3UploadSigner};
use shared::dimensions::Dimensions;
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Faults, Faulty, MemoryAssetRepository, MemoryCdn, MemoryObjectStore};
use shared::ports::{Applied, AssetRepository as _, Consistency, ObjectStore as _};
use shared::runtime::Environment;
use shared::time::Timestamp;

use crate::issue_upload::{AskedParts, IssueError, Issued, UploadAsk};
use crate::{Caller, Config, Ingest};

/// What the tests upload.
pub(crate) const PICTURE: &[u8] = b"the bytes of a picture";

fn variables(name: &str) -> Option<String> {
    let value = match name {
        "ASSETS_BUCKET" => "bucket",
        "ASSETS_TABLE" => "table",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
        "AWS_REGION" => "us-east-1",
        _ => return None,
    };
    Some(value.to_owned())
}

/// The default configuration.
pub(crate) fn config() -> Config {
    Config::from_env(&Environment::new(&variables)).unwrap()
}

/// A signer with made-up credentials: signing needs no network.
pub(crate) fn signer() -> S3UploadSigner {
    Clients::from_env(&Environment::new(&variables)).unwrap().upload_signer("bucket")
}

/// An asset in any state.
pub(crate) fn asset(content_hash: ContentHash, state: AssetState) -> Asset {
    let at = Timestamp::from_epoch_seconds(1_800_000_000);
    Asset {
        content_hash,
        size_bytes: 1,
        media_type: MediaType::Png,
        state,
        etag: None,
        dimensions: None,
        file_name: None,
        source_key: None,
        reason: None,
        created_by: Principal::new("alice").unwrap(),
        shared: false,
        created_at: at,
        updated_at: at,
        expires_at: None,
    }
}

/// A portfolio in memory; uploads are signed for real, which needs no network.
#[derive(Default)]
pub(crate) struct Portfolio {
    pub(crate) store: MemoryObjectStore,
    pub(crate) assets: MemoryAssetRepository,
    pub(crate) cdn: MemoryCdn,
}

pub(crate) type FaultyIngest =
    Ingest<Faulty<MemoryObjectStore>, S3UploadSigner, Faulty<MemoryAssetRepository>, Faulty<MemoryCdn>>;

impl Portfolio {
    /// Ingest over it, whose calls fail as told.
    pub(crate) fn ingest(&self, faults: &Faults) -> FaultyIngest {
        let store = Faulty::new(self.store.clone(), faults);
        let mut config = config();
        config.multipart_threshold_bytes = 32 << 20;
        let (assets, cdn) = (Faulty::new(self.assets.clone(), faults), Faulty::new(self.cdn.clone(), faults));
        Ingest::new(store, signer(), assets, cdn, config)
    }

    pub(crate) async fn ask(&self, caller: &Caller, ask: &UploadAsk) -> Result<Issued, IssueError> {
        self.ask_with(&Faults::none(), caller, ask).await
    }

    pub(crate) async fn ask_with(
        &self,
        faults: &Faults,
        caller: &Caller,
        ask: &UploadAsk,
    ) -> Result<Issued, IssueError> {
        self.ingest(faults).issue_upload(ask, caller, Timestamp::now()).await
    }

    /// The asset as verify leaves it, with its object in place.
    pub(crate) async fn verified(&self, caller: &Caller) -> Asset {
        self.ask(caller, &ask()).await.unwrap();
        self.upload().await
    }

    /// What verify makes of an upload that was asked for.
    pub(crate) async fn upload(&self) -> Asset {
        let key = ObjectKey::Original(ask().hash);
        let etag = self.store.put(&key, PICTURE.into(), MediaType::Jpeg).await.unwrap();
        let verified = AssetChange::UploadVerified(Verification {
            size_bytes: PICTURE.len() as u64,
            media_type: MediaType::Jpeg,
            dimensions: Dimensions::new(4, 3).unwrap(),
            etag,
            file_name: None,
            finder: Principal::orphanage(),
        });
        self.apply(&verified).await
    }

    pub(crate) async fn apply(&self, change: &AssetChange) -> Asset {
        let applied = self.assets.apply(&ask().hash, change, Timestamp::now()).await.unwrap();
        let Applied::Changed(asset) = applied else { panic!("{applied:?}") };
        asset
    }

    pub(crate) async fn asset(&self) -> Asset {
        self.assets.find(&ask().hash, Consistency::Strong).await.unwrap().unwrap()
    }
}

/// An ask for the picture.
pub(crate) fn ask() -> UploadAsk {
    UploadAsk {
        hash: ContentHash::of(PICTURE),
        size_bytes: PICTURE.len() as u64,
        media_type: MediaType::Jpeg,
        file_name: "cat.jpg".parse().ok(),
        restore: false,
        parts: AskedParts::default(),
    }
}

/// An ask for the picture as if it were larger than what goes in one piece.
pub(crate) fn big_ask() -> UploadAsk {
    UploadAsk { size_bytes: 40 << 20, ..ask() }
}

/// A caller with this name.
pub(crate) fn caller(name: &str) -> Caller {
    Caller { principal: Principal::new(name).unwrap(), is_admin: false }
}

/// A caller who may take down what others own.
pub(crate) fn admin() -> Caller {
    Caller { is_admin: true, ..caller("root") }
}
