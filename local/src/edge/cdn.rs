//! The edge as the CDN that takedowns tell to forget, and the reminders that come later.

use std::time::Duration;

use ingest::QueueEvent;
use serde_json::json;
use shared::ports::{CdnError, CdnInvalidation, Invalidation, TakedownReminder};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cache::EdgeCache;

/// How long a reminder that failed waits until it comes again.
const REDELIVERY: Duration = Duration::from_secs(1);

/// The edge's cache, and a queue of reminders that lasts as long as that: both are in memory, and what a killed process
/// kept needs no invalidation.
#[derive(Debug, Clone)]
pub(crate) struct LocalCdn {
    cache: Option<EdgeCache>,
    delay: Duration,
    queue: mpsc::UnboundedSender<Delayed>,
}

/// Reminders on their way.
#[derive(Debug)]
pub(crate) struct Reminders(mpsc::UnboundedReceiver<Delayed>);

#[derive(Debug)]
struct Delayed {
    due: Instant,
    reminder: TakedownReminder,
}

/// The queue is closed: the system is about to end.
#[derive(Debug, thiserror::Error)]
#[error("the queue of reminders is closed")]
struct Closed;

impl LocalCdn {
    /// The CDN with this cache, if there is one, whose reminders come after this time.
    pub(crate) fn new(cache: Option<EdgeCache>, delay: Duration) -> (Self, Reminders) {
        let (queue, reminders) = mpsc::unbounded_channel();
        (Self { cache, delay, queue }, Reminders(reminders))
    }
}

impl CdnInvalidation for LocalCdn {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError> {
        if let Some(cache) = &self.cache {
            cache.forget(invalidation).await;
        }
        Ok(())
    }

    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError> {
        let delayed = Delayed { due: Instant::now() + self.delay, reminder: *reminder };
        let sent = self.queue.send(delayed);
        sent.map_err(|_| CdnError::Unavailable {
            service: "the queue of reminders",
            source: Box::new(Closed),
        })
    }
}

impl Reminders {
    /// Gives each to whoever is to `heed` it when it is due, and again until it was heeded; until `shutdown` is done.
    pub(crate) async fn deliver(
        mut self,
        heed: impl AsyncFn(&QueueEvent) -> bool,
        shutdown: impl Future<Output = ()>,
    ) {
        let deliver = async {
            // All wait equally long, so they are due in the order in which they came.
            while let Some(Delayed { due, reminder }) = self.0.recv().await {
                tokio::time::sleep_until(due).await;
                let Some(event) = event(reminder) else { continue };
                while !heed(&event).await {
                    tokio::time::sleep(REDELIVERY).await;
                }
            }
        };
        tokio::select! {
            () = deliver => {}
            () = shutdown => {}
        }
    }
}

/// The reminder as SQS brings it.
fn event(reminder: TakedownReminder) -> Option<QueueEvent> {
    serde_json::from_value(json!({ "Records": [{ "body": reminder.to_message() }] })).ok()
}
