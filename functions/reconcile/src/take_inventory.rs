//! Reads what is there: both lists of a shard, page by page, through the join into the plan.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shared::key::{Folder, ShardKeys};
use shared::ports::{AssetInventory, AssetItem, ListedObject, ObjectInventory, RepositoryError, StoreError};
use shared::runtime::with_sources;
use shared::shard::Shard;
use shared::time::Timestamp;

use crate::join::{Disorder, MergeJoin, Name, Step};
use crate::plan::SeenObject;
use crate::planner::{Planner, Record, ShardPlan};

/// How often a shard is read before it is given up. Each call has been tried three times by then, with growing pauses:
/// this is for the throttling that lasts longer.
const TRIES: u32 = 3;

/// Why a shard could not be compared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InventoryError {
    /// The objects could not be listed.
    #[error("the objects could not be listed: {}", with_sources(.0))]
    Objects(#[from] StoreError),
    /// The assets could not be listed.
    #[error("the assets could not be listed: {}", with_sources(.0))]
    Assets(#[from] RepositoryError),
    /// A list was not sorted.
    #[error(transparent)]
    Disorder(#[from] Disorder),
}

/// How the shards before have fared. Where most fail, it is not the moment that is bad: the rest is tried once each, so
/// that a wrong table is told in seconds.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    compared: AtomicU32,
    given_up: AtomicU32,
}

impl Outlook {
    fn is_bleak(&self) -> bool {
        self.given_up.load(Ordering::Relaxed) > self.compared.load(Ordering::Relaxed)
    }

    fn note(&self, succeeded: bool) {
        let count = if succeeded { &self.compared } else { &self.given_up };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl InventoryError {
    /// Whether another try may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::Objects(error) => !matches!(error, StoreError::Denied { .. }),
            Self::Assets(_) => true,
            Self::Disorder(_) => false,
        }
    }
}

/// Compares a shard, and reads it again from the start when a call fails: each time after a longer pause.
///
/// # Errors
/// [`InventoryError`] when it failed each time. Nothing is known of the shard then.
pub(crate) async fn plan_shard(
    (store, assets): (&impl ObjectInventory, &impl AssetInventory),
    shard: Shard,
    youngest: Timestamp,
    first_pause: Duration,
    outlook: &Outlook,
) -> Result<ShardPlan, InventoryError> {
    let (mut pause, mut tries_left) = (first_pause, TRIES);
    loop {
        tries_left -= 1;
        match read_shard(store, assets, shard, youngest).await {
            Err(error) if tries_left > 0 && error.is_transient() && !outlook.is_bleak() => {
                tracing::warn!(%shard, error.message = %error, "a shard could not be compared: once more");
                tokio::time::sleep(pause).await;
                pause *= 4;
            }
            read => {
                outlook.note(read.is_ok());
                return read;
            }
        }
    }
}

async fn read_shard(
    store: &impl ObjectInventory,
    assets: &impl AssetInventory,
    shard: Shard,
    youngest: Timestamp,
) -> Result<ShardPlan, InventoryError> {
    let mut planner = Planner::new(shard, youngest);
    let mut join = MergeJoin::default();
    let keys = ShardKeys::of(shard);
    let (mut key, mut item) = (keys.after.clone(), None);
    loop {
        match join.step() {
            Step::NeedLeft => {
                let page = store.list(Folder::Originals, key.as_deref()).await?;
                planner.sums().usage.list_requests += 1;
                key = page.objects.last().map(|object| object.key.clone()).or(key);
                let ended = !page.more || key.as_deref().is_some_and(|key| !keys.reach(key));
                join.feed_left(page.objects.into_iter().filter(|o| keys.reach(&o.key)).map(named), ended)?;
            }
            Step::NeedRight => {
                let page = assets.assets_of_shard(shard, item.as_deref()).await?;
                planner.sums().usage.half_read_units += page.half_read_units;
                item = page.next;
                join.feed_right(page.items.into_iter().map(recorded), item.is_none())?;
            }
            Step::Pair(name, object, record) => planner.take(name, object.as_ref(), record.as_ref()),
            Step::Done => break,
        }
    }
    if shard == Shard::FIRST {
        read_drop_folder(store, &mut planner).await?;
    }
    Ok(planner.finish())
}

/// The drop folder has no shards: it is read with the first.
async fn read_drop_folder(store: &impl ObjectInventory, planner: &mut Planner) -> Result<(), InventoryError> {
    let mut after: Option<String> = None;
    loop {
        let page = store.list(Folder::Incoming, after.as_deref()).await?;
        planner.sums().usage.list_requests += 1;
        page.objects.iter().for_each(|object| planner.take_dropped(object));
        match page.objects.last().filter(|_| page.more) {
            Some(last) => after = Some(last.key.clone()),
            None => return Ok(()),
        }
    }
}

fn named(object: ListedObject) -> (Name, SeenObject) {
    let name = object.key.strip_prefix(Folder::Originals.prefix()).unwrap_or(&object.key);
    (Name::of(name), object.into())
}

fn recorded(item: AssetItem) -> (Name, Record) {
    match item {
        AssetItem::Asset(asset) => (Name::Hash(asset.content_hash), Record::Asset(asset.into())),
        AssetItem::Unreadable { sort_key, attribute } => (Name::of(&sort_key), Record::Unreadable(attribute)),
    }
}
