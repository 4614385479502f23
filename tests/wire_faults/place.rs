//! A bucket and its tables, beside the system's own: nobody else looks there.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use harness::Hashfolio;
use harness::events::object_created;
use shared::aws::Clients;
use shared::hash::ContentHash;
use shared::runtime::Environment;
use verify::{S3Event, Verify};

/// Attributes that tell when something was written.
const TIMES: [&str; 3] = ["created_at", "updated_at", "expires_at"];

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A bucket, a table of assets and one of leases.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    assets: String,
    aws: Clients,
    variables: HashMap<String, String>,
}

/// All that lies there, but for when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// The items' attributes.
    items: Vec<BTreeMap<String, String>>,
    /// The objects' tags by their keys.
    objects: BTreeMap<String, String>,
}

impl Place {
    /// An empty place.
    pub(crate) async fn within(system: &Hashfolio) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let [bucket, assets, leases] =
            ["bucket", "assets", "leases"].map(|what| format!("wire-{number}-{what}"));
        let aws = system.aws.clone();
        aws.s3().create_bucket().bucket(&bucket).send().await.unwrap();
        local::dynamodb::ensure_assets_table(aws.dynamodb(), &assets).await.unwrap();
        local::dynamodb::ensure_leases_table(aws.dynamodb(), &leases).await.unwrap();
        let mut variables = system.variables().clone();
        for (name, value) in
            [("ASSETS_BUCKET", &bucket), ("ASSETS_TABLE", &assets), ("RENDER_LEASES_TABLE", &leases)]
        {
            variables.insert(name.to_owned(), value.clone());
        }
        Self { bucket, assets, aws, variables }
    }

    /// What a function needs to work here, over a wire.
    pub(crate) fn variables(&self, wire: &str) -> HashMap<String, String> {
        let mut variables = self.variables.clone();
        for service in ["S3", "DYNAMODB"] {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), wire.to_owned());
        }
        variables
    }

    /// Puts an object, with the SHA-256 of its bytes if it is to be known.
    pub(crate) async fn put(&self, key: &str, bytes: &Bytes, sha256: Option<ContentHash>) {
        let put = self.aws.s3().put_object().bucket(&self.bucket).key(key).body(bytes.clone().into());
        put.set_checksum_sha256(sha256.map(ContentHash::to_base64)).send().await.unwrap();
    }

    /// Uploads a picture, and has it judged.
    pub(crate) async fn ready(&self, picture: &Bytes) -> ContentHash {
        let hash = ContentHash::of(picture);
        let key = format!("raw/{hash}");
        self.put(&key, picture, Some(hash)).await;
        let lookup = |name: &str| self.variables.get(name).cloned();
        let config = verify::Config::from_env(&Environment::new(&lookup)).unwrap();
        let store = self.aws.object_store(&self.bucket);
        let verify = Verify::new(store, self.aws.asset_repository(&self.assets), config);
        verify.handle(S3Event::from(object_created(&self.bucket, &key))).await.unwrap();
        hash
    }

    /// All that lies here. Every asset that is READY must have its object then.
    pub(crate) async fn state(&self) -> State {
        let scan = self.aws.dynamodb().scan().table_name(&self.assets).consistent_read(true);
        let mut items = Vec::new();
        for item in scan.send().await.unwrap().items() {
            let attribute = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
            if attribute("state").as_deref() == Some("READY") {
                self.check(&attribute("content_hash").unwrap(), &attribute("etag").unwrap()).await;
            }
            let lasting = item.iter().filter(|(name, _)| !TIMES.contains(&name.as_str()));
            items.push(lasting.map(|(name, value)| (name.clone(), format!("{value:?}"))).collect());
        }
        let listed = self.aws.s3().list_objects_v2().bucket(&self.bucket).send().await.unwrap();
        let objects = listed
            .contents()
            .iter()
            .map(|object| (object.key().unwrap().to_owned(), object.e_tag().unwrap().to_owned()));
        State { items, objects: objects.collect() }
    }

    async fn check(&self, hash: &str, tag: &str) {
        let get = self.aws.s3().get_object().bucket(&self.bucket).key(format!("raw/{hash}"));
        let object = get.send().await.unwrap_or_else(|error| panic!("READY without its object: {error:?}"));
        assert_eq!(object.e_tag().map(|tag| tag.trim_matches('"')), Some(tag), "READY with another tag");
        let bytes = object.body.collect().await.unwrap().into_bytes();
        assert_eq!(ContentHash::of(&bytes).to_string(), hash, "READY with other bytes");
    }
}
