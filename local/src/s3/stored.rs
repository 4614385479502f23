//! How much the store keeps, class by class.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::storage_class::StorageClass;

/// What one class holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub bytes: u64,
    /// Objects; a part of an upload that is under way counts as one, as in S3's own metrics.
    pub objects: u64,
}

const OBJECTS: &str = "
    SELECT json_extract(attributes, '$.storage_class'), SUM(size_bytes), COUNT(*) FROM objects GROUP BY 1";

const PARTS: &str = "
    SELECT json_extract(plan, '$.attributes.storage_class'), SUM(size_bytes), COUNT(*)
    FROM parts JOIN uploads ON uploads.id = parts.upload GROUP BY 1";

/// Sums up the index, over a connection of its own: nobody else waits for it.
///
/// # Errors
/// What SQLite says.
pub(super) fn sum_up(index: &Path) -> rusqlite::Result<BTreeMap<StorageClass, Stored>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(index, flags)?;
    let mut sums: BTreeMap<StorageClass, Stored> = BTreeMap::new();
    for (class, of_class) in read(&connection, OBJECTS)? {
        add(&mut sums, class, of_class);
    }
    for (class, of_class) in read(&connection, PARTS)? {
        // Until an upload to an archive is complete, its parts wait in the standard class.
        let waits_in = if class.is_archive() { StorageClass::Standard } else { class };
        add(&mut sums, waits_in, of_class);
    }
    Ok(sums)
}

fn read(connection: &Connection, query: &str) -> rusqlite::Result<Vec<(StorageClass, Stored)>> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| {
        let class: String = row.get(0)?;
        // Every row was written with one of these names.
        let class = StorageClass::named(&class).unwrap_or_default();
        Ok((class, Stored { bytes: row.get(1)?, objects: row.get(2)? }))
    })?;
    rows.collect()
}

fn add(sums: &mut BTreeMap<StorageClass, Stored>, class: StorageClass, more: Stored) {
    let sum = sums.entry(class).or_default();
    sum.bytes += more.bytes;
    sum.objects += more.objects;
}
