//! The guard against stampedes across processes: one renders and leaves the bytes in the store, the others take them.
//!
//! What it costs at us-east-1's prices, for a million renders: a million conditional writes (.63 USD) and PUTs (5.00 USD);
//! each look of a follower is a GET (.40 USD per million), and its waiting is billed as Lambda's time.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;

use bytes::Bytes;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::ports::{ObjectBody as _, ObjectStore, RenderLeases, RepositoryError, StoreError};
use shared::time::Timestamp;
use shared::variant::{OutputFormat, VariantUrl};
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

/// How long a lease lasts. Longer than renders take, so that a leader is rarely doubted; short, because those that
/// come within it after the leader died look for its bytes in vain.
const LEASE: Duration = Duration::from_secs(5);

/// How long a follower looks before it renders itself: what a render of a large original takes.
const FOLLOW_FOR: Duration = Duration::from_secs(2);

/// How often a follower looks: this, give or take half of it, so that followers do not look in step.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long the guard's own calls may take. They are made for the sake of others: what takes longer than a lease lasts
/// helps nobody any more, and whoever asked for the variant would wait for it.
const ANSWER_WITHIN: Duration = LEASE;

/// How old shared bytes may be. Older ones may be another version's, from before a deployment.
const SHARED_FOR: Duration = Duration::from_mins(1);

/// What somebody who wants a variant is to do.
#[derive(Debug)]
pub(crate) enum Turnout {
    /// Render it, and share it: this lease is yours.
    Lead(Lease),
    /// It is here.
    Take(Bytes),
    /// Render it for yourself.
    Alone,
}

/// A lease that was taken.
#[derive(Debug)]
pub(crate) struct Lease {
    ends: Timestamp,
}

/// Why a call of the guard came to nothing.
#[derive(Debug, thiserror::Error)]
enum Doubt {
    /// The leases failed.
    #[error(transparent)]
    Leases(#[from] RepositoryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It took too long.
    #[error("there was no answer within {} s", ANSWER_WITHIN.as_secs())]
    Silence(#[from] Elapsed),
}

/// Takes the lease, or follows whoever has it. A guard that fails, or does not answer, keeps nobody from rendering.
pub(crate) async fn turn_out<S: ObjectStore, L: RenderLeases>(
    leases: &L,
    store: &S,
    url: &VariantUrl,
) -> Turnout {
    match take(leases, url).await {
        Ok(Some(lease)) => return Turnout::Lead(lease),
        Ok(None) => {}
        Err(doubt) => return doubted(&doubt),
    }
    match timeout(FOLLOW_FOR, follow(store, url)).await {
        Ok(Ok(bytes)) => return Turnout::Take(bytes),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "shared bytes can't be read");
            return Turnout::Alone;
        }
        Err(_) => {}
    }
    // The leader takes long, or is gone: if its lease has ended meanwhile, whoever takes it now shares with the rest.
    match take(leases, url).await {
        Ok(lease) => lease.map_or(Turnout::Alone, Turnout::Lead),
        Err(doubt) => doubted(&doubt),
    }
}

/// Looks until there are bytes that a leader has left.
async fn follow<S: ObjectStore>(store: &S, url: &VariantUrl) -> Result<Bytes, StoreError> {
    loop {
        if let Some(bytes) = shared(store, url).await? {
            return Ok(bytes);
        }
        sleep(jittered(LOOK_EVERY)).await;
    }
}

/// Shares what the leader rendered, and says whether it could. The lease goes on: who comes within it finds the bytes.
pub(crate) async fn share<S: ObjectStore>(store: &S, url: &VariantUrl, bytes: &Bytes) -> bool {
    let key = key(url);
    let put = answered(store.put(&key, bytes.clone(), media_type(url.spec.format))).await;
    if let Err(doubt) = &put {
        tracing::warn!(error = doubt as &dyn std::error::Error, "a variant can't be shared");
    }
    put.is_ok()
}

/// Gives the lease back: there is nothing to follow.
pub(crate) async fn give_back<L: RenderLeases>(leases: &L, url: &VariantUrl, lease: &Lease) {
    if let Err(doubt) = answered(leases.give_back(url, lease.ends)).await {
        tracing::warn!(
            error = &doubt as &dyn std::error::Error,
            "a render's lease can't be given back: it ends by itself"
        );
    }
}

async fn take<L: RenderLeases>(leases: &L, url: &VariantUrl) -> Result<Option<Lease>, Doubt> {
    let now = Timestamp::now();
    let ends = now.plus(LEASE);
    Ok(answered(leases.take(url, now, ends)).await?.then_some(Lease { ends }))
}

/// What a call comes to, if it does in time.
async fn answered<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<T, Doubt>
where
    Doubt: From<E>,
{
    Ok(timeout(ANSWER_WITHIN, call).await??)
}

fn doubted(doubt: &Doubt) -> Turnout {
    tracing::warn!(
        error = doubt as &dyn std::error::Error,
        "leases of renders can't be reached: rendering without"
    );
    Turnout::Alone
}

/// The bytes that a leader has left, if it was lately.
async fn shared<S: ObjectStore>(store: &S, url: &VariantUrl) -> Result<Option<Bytes>, StoreError> {
    let (head, mut body) = match store.get(&key(url)).await {
        Ok(object) => object,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    if Timestamp::now().since(head.last_modified) > SHARED_FOR {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(head.size_bytes).unwrap_or(0));
    while let Some(piece) = body.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.into()))
}

fn key(url: &VariantUrl) -> ObjectKey {
    ObjectKey::Variant { hash: url.hash, spec: url.spec }
}

fn media_type(format: OutputFormat) -> MediaType {
    match format {
        OutputFormat::WebP => MediaType::WebP,
        OutputFormat::Avif => MediaType::Avif,
        OutputFormat::Jpeg => MediaType::Jpeg,
        OutputFormat::Png => MediaType::Png,
    }
}

/// Half of a pause to one and a half of it, by the randomness that hash maps are seeded with.
fn jittered(pause: Duration) -> Duration {
    let thousandths = u32::try_from(RandomState::new().hash_one(0) % 1000).unwrap_or(500);
    pause / 2 + pause * thousandths / 1000
}
