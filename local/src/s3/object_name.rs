//! How objects are named, on the wire and in the index.

use rusqlite::Row;

/// Where an object is: its bucket and its key, exactly as the client wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObjectName {
    pub(super) bucket: String,
    pub(super) key: String,
}

impl ObjectName {
    pub(super) fn new(bucket: impl Into<String>, key: impl Into<String>) -> Self {
        Self { bucket: bucket.into(), key: key.into() }
    }

    pub(super) fn from_columns(row: &Row<'_>, bucket: usize, key: usize) -> rusqlite::Result<Self> {
        Ok(Self { bucket: row.get(bucket)?, key: key_of(row, key)? })
    }
}

/// Reads a key's bytes back as the text that they were written from.
pub(super) fn key_of(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    String::from_utf8(row.get(column)?).map_err(|error| rusqlite::Error::Utf8Error(error.utf8_error()))
}
