//! The outbox: the events that nobody has acknowledged yet.
//!
//! An event stays until its consumer acknowledges it: a crash between the change and its delivery makes the event come
//! again, and loses none.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, Row, params};
use tokio::sync::Notify;

use super::error::StoreError;
use super::events::EventKind;
use super::index::Index;
use super::instant::UnixMillis;
use super::object_name::ObjectName;

/// The number of an event in the outbox. Later events have higher numbers, and no number is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(i64);

/// One event that nobody has acknowledged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEvent {
    /// What to acknowledge.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// The object's bucket.
    pub bucket: String,
    /// The object's key, as it is: S3's notifications show it URL-encoded.
    pub key: String,
    /// The object's size; none for a deletion.
    pub size_bytes: Option<u64>,
    /// The object's `ETag` without quotes; none for a deletion.
    pub etag: Option<String>,
    /// When it happened.
    pub event_time: SystemTime,
    /// How often its delivery was postponed.
    pub postponements: u32,
}

impl OutboxEvent {
    /// A hexadecimal string; of two events for one key, the later one has the greater string.
    pub fn sequencer(&self) -> String {
        format!("{:018X}", self.id.0)
    }
}

/// Why the outbox did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the outbox of the local S3 failed")]
pub struct OutboxError(#[source] StoreError);

/// Reads the outbox, and acknowledges what was delivered. For one consumer.
#[derive(Debug, Clone)]
pub struct Outbox {
    index: Arc<Index>,
    arrival: Arc<Notify>,
}

impl Outbox {
    pub(super) fn new(index: Arc<Index>, arrival: Arc<Notify>) -> Self {
        Self { index, arrival }
    }

    /// The oldest events that are due, at most `limit` of them. They stay until they are acknowledged.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn pending(&self, limit: usize) -> Result<Vec<OutboxEvent>, OutboxError> {
        self.index.run(move |catalog| due(catalog.connection(), limit)).await.map_err(OutboxError)
    }

    /// Removes an event for good. To acknowledge it twice is harmless.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub async fn acknowledge(&self, id: EventId) -> Result<(), OutboxError> {
        let remove = move |connection: &Connection| {
            connection.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        };
        self.index.run(move |catalog| remove(catalog.connection())).await.map_err(OutboxError)
    }

    /// Holds an event back for a while, after its delivery failed. To postpone what is not there does
    /// nothing.
    ///
    /// # Errors
    /// If the index cannot be written.
    pub async fn postpone(&self, id: EventId, wait: Duration) -> Result<(), OutboxError> {
        let hold = move |connection: &Connection| {
            let due_at = UnixMillis::now().after(wait);
            connection
                .prepare_cached(
                    "UPDATE events SET due_at = ?2, postponements = postponements + 1 WHERE id = ?1",
                )?
                .execute(params![id.0, due_at])?;
            Ok(())
        };
        self.index.run(move |catalog| hold(catalog.connection())).await.map_err(OutboxError)
    }

    /// Returns once an event was recorded since the last call returned. It says nothing of events that become
    /// due, or that were there from the start: ask [`Outbox::pending`] first, then wait.
    pub async fn notified(&self) {
        self.arrival.notified().await;
    }
}

fn due(connection: &Connection, limit: usize) -> Result<Vec<OutboxEvent>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, kind, bucket, key, size_bytes, etag, happened_at, postponements FROM events
         WHERE due_at <= ?1 ORDER BY id LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let events = statement.query_map(params![UnixMillis::now(), limit], read)?;
    Ok(events.collect::<Result<Vec<_>, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxEvent> {
    let kind: String = row.get(1)?;
    let name: ObjectName = ObjectName::from_columns(row, 2, 3)?;
    Ok(OutboxEvent {
        id: EventId(row.get(0)?),
        kind: EventKind::parse(&kind).ok_or(rusqlite::Error::InvalidQuery)?,
        bucket: name.bucket,
        key: name.key,
        size_bytes: row.get(4)?,
        etag: row.get(5)?,
        event_time: row.get::<_, UnixMillis>(6)?.into(),
        postponements: row.get(7)?,
    })
}
