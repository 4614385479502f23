//! The catalog: which object has which bytes. One SQLite database beside the blob files.
//!
//! A change is one transaction: the precondition is checked, the row swapped and the event recorded, or none
//! of it. Blob files move in step with that: into place just before the commit, away just after it. A crash
//! in between leaves a file without a row, never a row without a file.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use tempfile::TempPath;

use super::OpenS3Error;
use super::attributes::Attributes;
use super::blobs::{BlobName, BlobStore};
use super::condition::WriteCondition;
use super::error::StoreError;
use super::events::{EventKind, EventLog, NewEvent};
use super::instant::UnixMillis;
use super::object_name::ObjectName;

/// Raised when the tables change; a database of another version is refused.
const SCHEMA_VERSION: i64 = 1;

/// Keys are stored as bytes: SQLite then compares them as S3 orders them, and a range may end between two
/// keys.
const SCHEMA: &str = "
CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE bucket_configurations (
    bucket TEXT NOT NULL REFERENCES buckets (name) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bucket, kind)
) WITHOUT ROWID;
CREATE TABLE objects (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    plan TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE parts (
    upload TEXT NOT NULL REFERENCES uploads (id),
    number INTEGER NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    checksum TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    bucket TEXT NOT NULL,
    key BLOB NOT NULL,
    size_bytes INTEGER,
    etag TEXT,
    happened_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    postponements INTEGER NOT NULL DEFAULT 0
);";

/// An object as its row tells it.
#[derive(Debug, Clone)]
pub(super) struct ObjectRow {
    pub(super) blob: BlobName,
    pub(super) size_bytes: u64,
    pub(super) etag: String,
    pub(super) modified_at: UnixMillis,
    pub(super) attributes: Attributes,
}

/// An object to be written: bytes that are staged, and all that is to be said of them.
#[derive(Debug)]
pub(super) struct Placement {
    pub(super) name: ObjectName,
    pub(super) staged: TempPath,
    pub(super) size_bytes: u64,
    pub(super) etag: String,
    pub(super) attributes: Attributes,
    pub(super) condition: WriteCondition,
    pub(super) kind: EventKind,
}

/// The database, the blobs that it names, and the log of what happens to them.
#[derive(Debug)]
pub(super) struct Catalog {
    connection: Connection,
    blobs: BlobStore,
    events: EventLog,
    // Held as long as the database is open: a second store would sweep away what this one is writing.
    _lock: File,
}

impl Catalog {
    /// Opens the directory, makes the tables if they are new, and removes the blobs that no row names.
    ///
    /// # Errors
    /// [`OpenS3Error`].
    pub(super) fn open(dir: &Path, events: EventLog) -> Result<Self, OpenS3Error> {
        let path = Self::file_in(dir);
        let unusable = |source| OpenS3Error::Directory { path: dir.to_owned(), source };
        let lock = lock(dir)?;
        let unreadable = |source| OpenS3Error::Index { path: path.clone(), source };
        let blobs = BlobStore::open(dir).map_err(unusable)?;
        let mut connection = Connection::open(&path).map_err(unreadable)?;
        let found = prepare(&mut connection).map_err(unreadable)?;
        if found != SCHEMA_VERSION {
            return Err(OpenS3Error::Version { path, found, expected: SCHEMA_VERSION });
        }
        for shard in BlobStore::shards() {
            let in_use = blobs_in_use(&connection, &shard).map_err(unreadable)?;
            blobs.sweep(&shard, &in_use).map_err(unusable)?;
        }
        Ok(Self { connection, blobs, events, _lock: lock })
    }

    /// The database's file in a store's directory.
    pub(super) fn file_in(dir: &Path) -> PathBuf {
        dir.join("index.sqlite")
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn blobs(&self) -> &BlobStore {
        &self.blobs
    }

    /// # Errors
    /// [`StoreError::NoSuchBucket`] and [`StoreError::NoSuchKey`].
    pub(super) fn object(&self, name: &ObjectName) -> Result<ObjectRow, StoreError> {
        find(&self.connection, name)?.ok_or(StoreError::NoSuchKey)
    }

    /// An object together with its bytes: a later overwrite does not reach the open file.
    ///
    /// # Errors
    /// As for [`Catalog::object`], and [`StoreError::Blob`].
    pub(super) fn read(&self, name: &ObjectName) -> Result<(ObjectRow, File), StoreError> {
        let object = self.object(name)?;
        let file = self.blobs.read(&object.blob)?;
        Ok((object, file))
    }

    /// Whether a write under this condition would be admitted now.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], or the condition's refusal.
    pub(super) fn admits(&self, name: &ObjectName, condition: &WriteCondition) -> Result<(), StoreError> {
        let current = find(&self.connection, name)?;
        condition.admits(current.as_ref().map(|object| object.etag.as_str()))
    }

    /// Writes an object, if its condition holds of what it replaces.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], the condition's refusal, or a failure; nothing has changed then.
    pub(super) fn place(&mut self, placement: Placement) -> Result<UnixMillis, StoreError> {
        self.place_and(placement, |_| Ok(Vec::new()))
    }

    /// [`Catalog::place`], with more to do in the same transaction: `also` returns the blobs that it orphans.
    ///
    /// # Errors
    /// As for [`Catalog::place`], and those of `also`.
    pub(super) fn place_and(
        &mut self,
        placement: Placement,
        also: impl FnOnce(&Connection) -> Result<Vec<BlobName>, StoreError>,
    ) -> Result<UnixMillis, StoreError> {
        let Placement { name, staged, size_bytes, etag, attributes, condition, kind } = placement;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let replaced = find(&transaction, &name)?;
        condition.admits(replaced.as_ref().map(|object| object.etag.as_str()))?;
        let mut orphans = also(&transaction)?;
        orphans.extend(replaced.map(|object| object.blob));

        let modified_at = UnixMillis::now();
        let blob = self.blobs.adopt(staged)?;
        let object = ObjectRow { blob, size_bytes, etag, modified_at, attributes };
        let event =
            NewEvent { kind, name: &name, content: Some((size_bytes, &object.etag)), at: modified_at };
        let written = write(&transaction, &name, &object)
            .and_then(|()| self.events.record(&transaction, &event))
            .and_then(|()| Ok(transaction.commit()?));
        if let Err(error) = written {
            self.blobs.discard(&object.blob);
            return Err(error);
        }
        self.events.announce(kind);
        for blob in &orphans {
            self.blobs.discard(blob);
        }
        Ok(modified_at)
    }

    /// Deletes an object if it is there.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], or [`StoreError::PreconditionFailed`] if another object than the
    /// condition names is there. That nothing is there is as good as having deleted it.
    pub(super) fn remove(&mut self, name: &ObjectName, condition: &WriteCondition) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Some(object) = find(&transaction, name)? else { return Ok(()) };
        condition.admits(Some(&object.etag))?;
        transaction
            .prepare_cached("DELETE FROM objects WHERE bucket = ?1 AND key = ?2")?
            .execute(params![name.bucket, name.key.as_bytes()])?;
        let kind = EventKind::ObjectRemovedDelete;
        self.events.record(&transaction, &NewEvent { kind, name, content: None, at: UnixMillis::now() })?;
        transaction.commit()?;
        self.events.announce(kind);
        self.blobs.discard(&object.blob);
        Ok(())
    }

    /// Changes what is said of an object, and leaves its bytes and its date alone.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], [`StoreError::NoSuchKey`], and those of `change`.
    pub(super) fn amend<T>(
        &mut self,
        name: &ObjectName,
        change: impl FnOnce(&mut Attributes) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut object = find(&transaction, name)?.ok_or(StoreError::NoSuchKey)?;
        let outcome = change(&mut object.attributes)?;
        write(&transaction, name, &object)?;
        transaction.commit()?;
        Ok(outcome)
    }

    /// Runs several statements as one.
    ///
    /// # Errors
    /// Those of `work`; nothing has changed then.
    pub(super) fn transact<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let outcome = work(&transaction)?;
        transaction.commit()?;
        Ok(outcome)
    }
}

/// # Errors
/// [`StoreError::NoSuchBucket`].
pub(super) fn require_bucket(connection: &Connection, bucket: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM buckets WHERE name = ?1")?;
    if statement.exists([bucket])? { Ok(()) } else { Err(StoreError::NoSuchBucket) }
}

fn find(connection: &Connection, name: &ObjectName) -> Result<Option<ObjectRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT blob, size_bytes, etag, modified_at, attributes FROM objects WHERE bucket = ?1 AND key = ?2",
    )?;
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    let found = statement.query_row(params![name.bucket, name.key.as_bytes()], columns).optional()?;
    let Some((blob, size_bytes, etag, modified_at, attributes)) = found else {
        require_bucket(connection, &name.bucket)?;
        return Ok(None);
    };
    let attributes: String = attributes;
    let attributes = serde_json::from_str(&attributes)?;
    Ok(Some(ObjectRow { blob, size_bytes, etag, modified_at, attributes }))
}

fn write(connection: &Connection, name: &ObjectName, object: &ObjectRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO objects (bucket, key, blob, size_bytes, etag, modified_at, attributes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (bucket, key) DO UPDATE SET blob = excluded.blob, size_bytes = excluded.size_bytes,
                 etag = excluded.etag, modified_at = excluded.modified_at, attributes = excluded.attributes",
        )?
        .execute(params![
            name.bucket,
            name.key.as_bytes(),
            object.blob,
            object.size_bytes,
            object.etag,
            object.modified_at,
            serde_json::to_string(&object.attributes)?,
        ])?;
    Ok(())
}

/// Makes the directory, and takes it for this store alone.
fn lock(dir: &Path) -> Result<File, OpenS3Error> {
    let unusable = |source| OpenS3Error::Directory { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(unusable)?;
    let file = File::create(dir.join("lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenS3Error::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// Sets the database up, and tells which version its tables have.
fn prepare(connection: &mut Connection) -> rusqlite::Result<i64> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != 0 {
        return Ok(version);
    }
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(SCHEMA_VERSION)
}

/// The blobs whose names begin with a shard's two digits; `g` comes after every hexadecimal digit.
fn blobs_in_use(connection: &Connection, shard: &str) -> rusqlite::Result<HashSet<BlobName>> {
    let mut statement = connection.prepare_cached(
        "SELECT blob FROM objects WHERE blob >= ?1 AND blob < ?1 || 'g'
         UNION ALL SELECT blob FROM parts WHERE blob >= ?1 AND blob < ?1 || 'g'",
    )?;
    let names = statement.query_map([shard], |row| row.get(0))?;
    names.collect()
}
