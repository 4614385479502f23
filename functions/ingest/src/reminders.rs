//! The event edge: the queue that reminds of takedowns.

use serde::Deserialize;
use shared::ports::{AssetRepository, CdnInvalidation, ObjectStore, TakedownReminder, UploadSigner};
use shared::runtime::with_sources;
use shared::time::Timestamp;

use crate::Ingest;

/// Messages of an SQS queue, as Lambda hands them on.
#[derive(Debug, Clone, Deserialize)]
pub struct QueueEvent {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

#[derive(Debug, Clone, Deserialize)]
struct Message {
    body: String,
}

/// Some takedowns could not be finished: the whole event must come again. Why is logged where each failed, once.
#[derive(Debug, thiserror::Error)]
#[error("{failed} of {total} takedowns could not be finished")]
pub struct RemindersError {
    failed: usize,
    total: usize,
}

impl<S: ObjectStore, U: UploadSigner, R: AssetRepository, C: CdnInvalidation> Ingest<S, U, R, C> {
    /// Finishes every takedown that an event reminds of. Safe to repeat.
    ///
    /// # Errors
    /// [`RemindersError`] when one could not be finished; the others are.
    pub async fn heed(&self, event: &QueueEvent) -> Result<(), RemindersError> {
        let mut failed = 0;
        for message in &event.records {
            let Some(reminder) = TakedownReminder::parse(&message.body) else {
                tracing::error!(message.body, "a message is no reminder of a takedown, and never will be");
                continue;
            };
            if let Err(error) = self.finish_takedown(&reminder, Timestamp::now()).await {
                let why = with_sources(&error);
                tracing::error!(asset.hash = %reminder.hash, error.message = why, "a takedown could not be finished");
                failed += 1;
            }
        }
        if failed == 0 { Ok(()) } else { Err(RemindersError { failed, total: event.records.len() }) }
    }
}
