//! Delivers what happened in S3 to verify, as S3's notifications do: at least once, in any order.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use shared::aws::{DynamoAssetRepository, S3ObjectStore};
use shared::key::Folder;
use shared::time::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use verify::{S3Event, Verify, VerifyError};

use crate::s3::{EventId, Outbox, OutboxError, OutboxEvent};
use crate::usage::{Counters, Function};

/// Verify on the local stores.
pub(crate) type LocalVerify = Verify<S3ObjectStore, DynamoAssetRepository>;

/// Verify as events reach it, with its invocations counted.
#[derive(Debug)]
pub(crate) struct CountedVerify {
    verify: LocalVerify,
    counters: Arc<Counters>,
}

impl CountedVerify {
    /// Verify, counted.
    pub(crate) fn new(verify: LocalVerify, counters: Arc<Counters>) -> Self {
        Self { verify, counters }
    }

    async fn handle(&self, event: S3Event) -> Result<(), VerifyError> {
        let _invocation = self.counters.invocation(Function::Verify);
        self.verify.handle(event).await
    }
}

/// How many events are delivered at once: verifying waits for S3 and DynamoDB more than it computes.
const DELIVERIES_AT_ONCE: usize = 16;

/// How long the first repetition of a failed delivery waits; each further one twice as long, up to a minute. (S3 on AWS
/// starts at a minute.)
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// How often postponed events are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The characters of a key that a notification writes as they are; a space becomes a plus.
const KEY_CHARACTERS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

/// Delivers until told to stop; deliveries under way then end, and what was not acknowledged comes again at the next
/// start.
pub(crate) async fn deliver(outbox: Outbox, verify: Arc<CountedVerify>, mut stop: watch::Receiver<bool>) {
    let mut under_way = JoinSet::new();
    let mut taken: HashSet<EventId> = HashSet::new();
    while !*stop.borrow() {
        match take(&outbox, &taken).await {
            Ok(events) => {
                for event in events {
                    taken.insert(event.id);
                    under_way.spawn(deliver_one(outbox.clone(), Arc::clone(&verify), event));
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "events could not be read");
            }
        }
        tokio::select! {
            Some(Ok(id)) = under_way.join_next() => { taken.remove(&id); }
            () = outbox.notified(), if taken.len() < DELIVERIES_AT_ONCE => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Events that are due and not under way, as many as there is room for.
async fn take(outbox: &Outbox, taken: &HashSet<EventId>) -> Result<Vec<OutboxEvent>, OutboxError> {
    if taken.len() >= DELIVERIES_AT_ONCE {
        return Ok(Vec::new());
    }
    let mut events = outbox.pending(DELIVERIES_AT_ONCE).await?;
    events.retain(|event| !taken.contains(&event.id));
    events.truncate(DELIVERIES_AT_ONCE - taken.len());
    Ok(events)
}

async fn deliver_one(outbox: Outbox, verify: Arc<CountedVerify>, event: OutboxEvent) -> EventId {
    let id = event.id;
    if !is_notified(&event.key) {
        settle(outbox.acknowledge(id).await);
        return id;
    }
    let settled = match verify.handle(notification(&event).into()).await {
        Ok(()) => outbox.acknowledge(id).await,
        Err(error) => {
            let wait = FIRST_WAIT.saturating_mul(1 << event.postponements.min(16)).min(LONGEST_WAIT);
            tracing::warn!(%error, event.wait_ms = wait.as_millis(), "a delivery failed and will be repeated");
            outbox.postpone(id, wait).await
        }
    };
    settle(settled);
    id
}

/// Whether the bucket's notification is about keys like this: as in `template.yaml`, about uploads and the drop folder,
/// and not about what the functions write themselves.
fn is_notified(key: &str) -> bool {
    [Folder::Originals, Folder::Incoming].into_iter().any(|folder| key.starts_with(folder.prefix()))
}

fn settle(settled: Result<(), OutboxError>) {
    if let Err(error) = settled {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a delivery could not be settled: it comes again"
        );
    }
}

/// The event as S3 writes it (event structure 2.1).
fn notification(event: &OutboxEvent) -> serde_json::Value {
    let key = utf8_percent_encode(&event.key, KEY_CHARACTERS).to_string().replace(' ', "+");
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": Timestamp::from(event.event_time).to_string(),
        "eventName": event.kind.name(),
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "hashfolio-local",
            "bucket": { "name": event.bucket, "arn": format!("arn:aws:s3:::{}", event.bucket) },
            "object": {
                "key": key,
                "size": event.size_bytes,
                "eTag": event.etag,
                "sequencer": event.sequencer(),
            },
        },
    }] })
}
