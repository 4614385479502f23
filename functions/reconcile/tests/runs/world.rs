//! A store and a repository in memory, and every drift that there is.

use std::time::Duration;

use bytes::Bytes;
use reconcile::{Finding, Kind, Progress, Reconcile, Report, Settings, Status};
use shared::asset::{AssetChange, AssetState, Authority, Declaration, Principal, Takedown};
use shared::hash::ContentHash;
use shared::key::{ObjectKey, ReportFormat, ReportName};
use shared::media::MediaType;
use shared::memory::{Faults, Faulty, MemoryAssetRepository, MemoryObjectStore};
use shared::ports::{AssetRepository as _, Consistency, ObjectStore as _, Outcome, Verifier as _};
use shared::runtime::Environment;
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;
use verify::Verify;

pub(crate) type Verifying = Verify<MemoryObjectStore, MemoryAssetRepository>;
pub(crate) type InMemory = Reconcile<MemoryObjectStore, MemoryAssetRepository, Verifying>;
type FaultyVerify = Verify<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>>;
pub(crate) type Failing = Reconcile<Faulty<MemoryObjectStore>, Faulty<MemoryAssetRepository>, FaultyVerify>;

/// The shards that the tests' pictures fall into: few, so that a run has few calls.
pub(crate) fn range() -> ShardRange {
    ShardRange::new(Shard::FIRST, Shard::new(3)).unwrap()
}

/// Runs that leave nothing alone for its age, and don't wait.
pub(crate) fn at_once() -> Settings {
    Settings { grace: Duration::ZERO, retry_pause: Duration::ZERO, ..Settings::default() }
}

/// A GIF, as far as its header goes, whose hash falls into the tests' range; another one for each number.
pub(crate) fn gif(number: u32) -> Bytes {
    let of_the_range = |salt: &u32| {
        let size = number.to_le_bytes();
        let bytes: Bytes =
            [b"GIF89a".as_slice(), &[size[0] + 1, 0, size[1] + 1, 0], b"\0\0\0;", &salt.to_le_bytes()]
                .concat()
                .into();
        (ContentHash::of(&bytes).shard() <= range().last()).then_some(bytes)
    };
    (0..).find_map(|salt| of_the_range(&salt)).unwrap()
}

pub(crate) fn page() -> Bytes {
    let salted = |salt: u32| Bytes::from(format!("<!DOCTYPE html><!-- {salt} -->"));
    let of_the_range = |page: &Bytes| ContentHash::of(page).shard() <= range().last();
    (0..100_000).map(salted).find(of_the_range).unwrap()
}

pub(crate) fn original(bytes: &Bytes) -> ObjectKey {
    ObjectKey::Original(ContentHash::of(bytes))
}

pub(crate) fn verify_config() -> verify::Config {
    let lookup = |name: &str| matches!(name, "ASSETS_BUCKET" | "ASSETS_TABLE").then(|| "names".to_owned());
    verify::Config::from_env(&Environment::new(&lookup)).unwrap()
}

/// Store and repository, which clones share.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) store: MemoryObjectStore,
    pub(crate) assets: MemoryAssetRepository,
}

impl World {
    pub(crate) fn reconcile(&self) -> InMemory {
        let verify = Verify::new(self.store.clone(), self.assets.clone(), verify_config());
        Reconcile::new(self.store.clone(), self.assets.clone(), verify)
    }

    /// The same, where calls fail as told: the verifier's too.
    pub(crate) fn failing(&self, faults: &Faults) -> Failing {
        let store = Faulty::new(self.store.clone(), faults);
        let assets = Faulty::new(self.assets.clone(), faults);
        let verify = Verify::new(store.clone(), assets.clone(), verify_config());
        Reconcile::new(store, assets, verify)
    }

    pub(crate) async fn run(&self) -> Report {
        self.run_with(&at_once()).await
    }

    pub(crate) async fn run_with(&self, settings: &Settings) -> Report {
        self.reconcile().run(range(), settings, &|_: Progress| {}).await
    }

    pub(crate) async fn put(&self, bytes: &Bytes) {
        self.store.put(&original(bytes), bytes.clone(), MediaType::Gif).await.unwrap();
    }

    /// An asset whose object was verified.
    pub(crate) async fn ready(&self, bytes: &Bytes) {
        self.put(bytes).await;
        let verify = Verify::new(self.store.clone(), self.assets.clone(), verify_config());
        assert_eq!(verify.look(&original(bytes), Timestamp::now()).await.unwrap(), Outcome::Verified);
    }

    pub(crate) async fn apply(&self, bytes: &Bytes, change: AssetChange) {
        self.assets.apply(&ContentHash::of(bytes), &change, Timestamp::now()).await.unwrap();
    }

    pub(crate) async fn seen(&self, bytes: &Bytes) -> Timestamp {
        self.assets.find(&ContentHash::of(bytes), Consistency::Strong).await.unwrap().unwrap().updated_at
    }

    pub(crate) async fn state(&self, bytes: &Bytes) -> Option<AssetState> {
        let found = self.assets.find(&ContentHash::of(bytes), Consistency::Strong).await;
        found.unwrap().map(|asset| asset.state)
    }

    /// Another object under a picture's key.
    pub(crate) async fn overwrite(&self, bytes: &Bytes) {
        self.store
            .put(&original(bytes), Bytes::from_static(b"GIF89a other bytes"), MediaType::Gif)
            .await
            .unwrap();
    }

    /// One of each drift, and one asset that is as it should be.
    pub(crate) async fn with_every_drift() -> Self {
        let world = Self::default();
        for number in 0..9 {
            world.ready(&gif(number)).await;
        }
        // 0 stays as it is.
        world.store.remove(&original(&gif(1)));
        world.store.archive(&original(&gif(2)));
        let seen = world.seen(&gif(3)).await;
        world.apply(&gif(3), AssetChange::ObjectArchived { seen }).await;
        let seen = world.seen(&gif(4)).await;
        world.apply(&gif(4), AssetChange::ObjectVanished { seen }).await;
        world.overwrite(&gif(5)).await;
        world.assets.remove(&ContentHash::of(&gif(6)));
        world.apply(&gif(7), takedown()).await;
        // The same bytes by a multipart upload: another tag.
        world.store.put_multipart(&original(&gif(8)), gif(8));
        world.apply(&gif(9), request()).await;
        world.put(&gif(9)).await;
        world.store.put_anywhere("incoming/holiday.gif", gif(10));
        world.store.put_anywhere("raw/readme.txt", Bytes::from_static(b"foreign"));
        world.store.put_anywhere("raw/00/copy.gif", gif(11));
        world.assets.spoil(Shard::new(1), &format!("01{}", "c".repeat(62)));
        world
    }
}

/// An ask for any picture.
pub(crate) fn request() -> AssetChange {
    AssetChange::UploadRequested(Declaration {
        size_bytes: 18,
        media_type: MediaType::Gif,
        file_name: None,
        source_key: None,
        caller: Principal::new("alice").unwrap(),
        expires_at: Timestamp::now().plus(Duration::from_hours(24)),
    })
}

/// What takes any picture down.
pub(crate) fn takedown() -> AssetChange {
    AssetChange::TakenDown(Takedown {
        caller: Principal::new("an admin").unwrap(),
        authority: Authority::Admin,
        reason: "Taken down by an admin.".to_owned(),
    })
}

/// The content of the day's report.
pub(crate) fn days_report(world: &World, format: ReportFormat) -> String {
    let name = ReportName::of_reconcile_day(&Timestamp::now().date(), format);
    let content = world.store.bytes(&ObjectKey::Report(name)).unwrap();
    String::from_utf8(content.to_vec()).unwrap()
}

/// The kinds that were found, sorted, with how far each has come.
pub(crate) fn kinds(report: &Report) -> Vec<(Kind, Status)> {
    let mut kinds: Vec<_> = report.findings.iter().map(|finding| (finding.kind, finding.status)).collect();
    kinds.sort_by_key(|(kind, _)| *kind);
    kinds
}

/// The finding about a picture.
pub(crate) fn about<'a>(report: &'a Report, bytes: &Bytes) -> &'a Finding {
    let hash = ContentHash::of(bytes);
    report.findings.iter().find(|finding| finding.content_hash == Some(hash)).unwrap()
}
