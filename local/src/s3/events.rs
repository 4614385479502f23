//! What happened to objects: recorded in the transaction that makes it happen.
//!
//! An event is there exactly if the change is there.

use std::fmt;
use std::sync::Arc;

use rusqlite::{Connection, params};
use tokio::sync::Notify;

use super::error::StoreError;
use super::instant::UnixMillis;
use super::object_name::ObjectName;

/// What happened to an object, by the names that S3 gives its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A `PutObject` made the object.
    ObjectCreatedPut,
    /// A `CopyObject` made the object.
    ObjectCreatedCopy,
    /// A `CompleteMultipartUpload` made the object.
    ObjectCreatedCompleteMultipartUpload,
    /// The object was deleted.
    ObjectRemovedDelete,
}

impl EventKind {
    const ALL: [Self; 4] = [
        Self::ObjectCreatedPut,
        Self::ObjectCreatedCopy,
        Self::ObjectCreatedCompleteMultipartUpload,
        Self::ObjectRemovedDelete,
    ];

    /// `ObjectCreated:Put` and so on: the `eventName` of S3's notifications.
    pub fn name(self) -> &'static str {
        match self {
            Self::ObjectCreatedPut => "ObjectCreated:Put",
            Self::ObjectCreatedCopy => "ObjectCreated:Copy",
            Self::ObjectCreatedCompleteMultipartUpload => "ObjectCreated:CompleteMultipartUpload",
            Self::ObjectRemovedDelete => "ObjectRemoved:Delete",
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Which changes the outbox records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedEvents {
    /// Objects that were made, by whatever operation.
    Created,
    /// Objects that were made, and objects that were deleted.
    CreatedAndRemoved,
}

impl RecordedEvents {
    fn include(self, kind: EventKind) -> bool {
        match kind {
            EventKind::ObjectCreatedPut
            | EventKind::ObjectCreatedCopy
            | EventKind::ObjectCreatedCompleteMultipartUpload => true,
            EventKind::ObjectRemovedDelete => self == Self::CreatedAndRemoved,
        }
    }
}

/// The writing end, inside the transactions of the catalog.
#[derive(Debug)]
pub(super) struct EventLog {
    recorded: RecordedEvents,
    arrival: Arc<Notify>,
}

impl EventLog {
    pub(super) fn new(recorded: RecordedEvents, arrival: Arc<Notify>) -> Self {
        Self { recorded, arrival }
    }

    /// Records an event as part of the transaction that `connection` is in.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub(super) fn record(&self, connection: &Connection, event: &NewEvent<'_>) -> Result<(), StoreError> {
        if self.recorded.include(event.kind) {
            connection
                .prepare_cached(
                    "INSERT INTO events (kind, bucket, key, size_bytes, etag, happened_at, due_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                )?
                .execute(params![
                    event.kind.name(),
                    event.name.bucket,
                    event.name.key.as_bytes(),
                    event.content.map(|(size_bytes, _)| size_bytes),
                    event.content.map(|(_, etag)| etag),
                    event.at,
                ])?;
        }
        Ok(())
    }

    /// Wakes the consumer; to be called when the transaction is committed.
    pub(super) fn announce(&self, kind: EventKind) {
        if self.recorded.include(kind) {
            self.arrival.notify_one();
        }
    }
}

/// An event to record.
#[derive(Debug)]
pub(super) struct NewEvent<'a> {
    pub(super) kind: EventKind,
    pub(super) name: &'a ObjectName,
    /// The size in bytes and the `ETag` of what was made.
    pub(super) content: Option<(u64, &'a str)>,
    pub(super) at: UnixMillis,
}
