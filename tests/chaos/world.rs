//! Store, repository and leases in memory, and the functions over them: sound, or with faults.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use ingest::{Caller, Ingest, IngestApi};
use render::{Limits, Render, RenderApi};
use shared::asset::{AssetState, Principal};
use shared::aws::{Clients, S3UploadSigner};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::memory::{
    Faults, Faulty, MemoryAssetRepository, MemoryCdn, MemoryObjectStore, MemoryRenderLeases,
};
use shared::ports::ObjectStore as _;
use shared::runtime::Environment;
use shared::variant::Whitelist;
use verify::{S3Event, Verify};

use crate::life::Upload;

/// What outlives every process.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) store: MemoryObjectStore,
    pub(crate) assets: MemoryAssetRepository,
    pub(crate) cdn: MemoryCdn,
    /// Leases of renders, where the guard against stampedes is on.
    pub(crate) leases: Option<MemoryRenderLeases>,
}

fn variable(name: &str) -> Option<String> {
    let value = match name {
        "ASSETS_BUCKET" => "hashfolio-assets",
        "ASSETS_TABLE" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "chaos",
        "AWS_REGION" => "us-east-1",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Signing needs no network, and can't fail.
fn signer(env: &Environment<'_>) -> S3UploadSigner {
    Clients::from_env(env).unwrap().upload_signer("hashfolio-assets")
}

/// A process with all functions: the calls that it makes share their faults.
pub(crate) struct Process {
    ingest: IngestApi<
        Faulty<MemoryObjectStore>,
        S3UploadSigner,
        Faulty<MemoryAssetRepository>,
        Faulty<MemoryCdn>,
    >,
    verify: Verify<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>>,
    render: RenderApi<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>, Faulty<MemoryRenderLeases>>,
}

impl World {
    /// A world for an upload. The guard is on for one kind: a follower of a leader that was killed waits for seconds.
    pub(crate) fn of(upload: Upload) -> Self {
        let leases = (upload == Upload::Picture).then(MemoryRenderLeases::default);
        Self { leases, ..Self::default() }
    }

    /// A process that makes its calls with these faults.
    pub(crate) fn process(&self, faults: &Faults) -> Process {
        let env = Environment::new(&variable);
        let store = || Faulty::new(self.store.clone(), faults);
        let assets = || Faulty::new(self.assets.clone(), faults);
        let config = ingest::Config::from_env(&env).unwrap();
        let cdn = Faulty::new(self.cdn.clone(), faults);
        let ingest = IngestApi::new(Ingest::new(store(), signer(&env), assets(), cdn, config));
        let verify = Verify::new(store(), assets(), verify::Config::from_env(&env).unwrap());
        let render = Render::new(store(), assets(), Whitelist::default(), Limits::default());
        let leases = self.leases.clone().map(|leases| Faulty::new(leases, faults));
        Process { ingest, verify, render: RenderApi::new(render.guarded_by(leases)) }
    }

    /// An asset's state.
    pub(crate) fn state(&self, hash: &ContentHash) -> Option<AssetState> {
        self.assets.all().iter().find(|asset| asset.content_hash == *hash).map(|asset| asset.state)
    }

    /// Checks that every asset that is READY has its object, with its hash and its tag.
    pub(crate) async fn check(&self, what: &str) {
        for asset in self.assets.all().iter().filter(|asset| asset.state == AssetState::Ready) {
            let key = ObjectKey::Original(asset.content_hash);
            let bytes = self.store.bytes(&key);
            let hash = bytes.as_ref().map(|bytes| ContentHash::of(bytes));
            assert_eq!(hash, Some(asset.content_hash), "{what}: READY without its object");
            let head = self.store.head(&key).await.unwrap().unwrap();
            assert_eq!(asset.etag.as_ref(), Some(&head.etag), "{what}: READY with another tag");
        }
    }
}

impl Process {
    /// Sends a request to the upload API.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Bytes) -> Response<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        let caller = Caller { principal: Principal::new("alice").unwrap(), is_admin: false };
        let Ok(response) = self.ingest.respond(request, Some(caller)).await;
        response
    }

    /// Hands S3's event of a new object on; whether it was taken.
    pub(crate) async fn event(&self, key: &str) -> bool {
        let object = serde_json::json!({ "key": key });
        let entity = serde_json::json!({ "bucket": { "name": "hashfolio-assets" }, "object": object });
        let event = serde_json::json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": entity }] });
        self.verify.handle(S3Event::from(event)).await.is_ok()
    }

    /// Asks for a variant.
    pub(crate) async fn variant(&self, path: &str) -> Response<Bytes> {
        self.render.respond(&Method::GET, path, &HeaderMap::new()).await
    }
}
