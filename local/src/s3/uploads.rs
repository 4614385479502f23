//! The rows of multipart uploads: what is under way, and the parts that have arrived.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use tempfile::TempPath;
use uuid::Uuid;

use super::attributes::Attributes;
use super::blobs::BlobName;
use super::catalog::{Catalog, require_bucket};
use super::checksum::{Algorithm, Coverage};
use super::error::StoreError;
use super::instant::UnixMillis;
use super::object_name::{ObjectName, key_of};

/// What the object will be, once its parts are there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct UploadPlan {
    pub(super) attributes: Attributes,
    pub(super) algorithm: Algorithm,
    pub(super) coverage: Coverage,
    /// Whether the client chose the algorithm; otherwise its parts may be declared in any.
    pub(super) is_algorithm_chosen: bool,
}

/// One upload, as a listing shows it.
#[derive(Debug)]
pub(super) struct UploadRow {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) started_at: UnixMillis,
    pub(super) plan: UploadPlan,
}

/// A part that has arrived.
#[derive(Debug, Clone)]
pub(super) struct PartRow {
    pub(super) number: i32,
    pub(super) blob: BlobName,
    pub(super) size_bytes: u64,
    /// The part's `ETag`: its MD5 in hexadecimal.
    pub(super) md5: String,
    /// Base64, in the algorithm of the upload.
    pub(super) checksum: String,
    pub(super) modified_at: UnixMillis,
}

/// A part to be written.
#[derive(Debug)]
pub(super) struct PartPlacement {
    pub(super) upload: String,
    pub(super) name: ObjectName,
    pub(super) number: i32,
    pub(super) staged: TempPath,
    pub(super) size_bytes: u64,
    pub(super) md5: String,
    pub(super) checksum: String,
}

/// Begins an upload, and returns its id.
///
/// # Errors
/// [`StoreError::NoSuchBucket`], or a failure of the index.
pub(super) fn start(
    connection: &Connection,
    name: &ObjectName,
    plan: &UploadPlan,
) -> Result<String, StoreError> {
    require_bucket(connection, &name.bucket)?;
    let id = Uuid::new_v4().simple().to_string();
    connection
        .prepare_cached(
            "INSERT INTO uploads (id, bucket, key, started_at, plan) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            id,
            name.bucket,
            name.key.as_bytes(),
            UnixMillis::now(),
            serde_json::to_string(plan)?
        ])?;
    Ok(id)
}

/// # Errors
/// [`StoreError::NoSuchUpload`], also for an upload of another object.
pub(super) fn find(connection: &Connection, name: &ObjectName, id: &str) -> Result<UploadPlan, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT plan FROM uploads WHERE id = ?1 AND bucket = ?2 AND key = ?3")?;
    let plan: Option<String> =
        statement.query_row(params![id, name.bucket, name.key.as_bytes()], |row| row.get(0)).optional()?;
    Ok(serde_json::from_str(&plan.ok_or(StoreError::NoSuchUpload)?)?)
}

/// The uploads of a bucket after a key and an id, in the order of both.
///
/// # Errors
/// [`StoreError::NoSuchBucket`], or a failure of the index.
pub(super) fn list(
    connection: &Connection,
    bucket: &str,
    after: (&str, &str),
    limit: usize,
) -> Result<Vec<UploadRow>, StoreError> {
    require_bucket(connection, bucket)?;
    let mut statement = connection.prepare_cached(
        "SELECT id, key, started_at, plan FROM uploads
         WHERE bucket = ?1 AND (key, id) > (?2, ?3) ORDER BY key, id LIMIT ?4",
    )?;
    let (key, id) = after;
    let mut rows = statement.query(params![bucket, key.as_bytes(), id, as_limit(limit)])?;
    let mut uploads = Vec::new();
    while let Some(row) = rows.next()? {
        let plan: String = row.get(3)?;
        let plan = serde_json::from_str(&plan)?;
        uploads.push(UploadRow { id: row.get(0)?, key: key_of(row, 1)?, started_at: row.get(2)?, plan });
    }
    Ok(uploads)
}

/// The parts of an upload after a number, in their order.
///
/// # Errors
/// A failure of the index.
pub(super) fn parts(
    connection: &Connection,
    upload: &str,
    after: i32,
    limit: usize,
) -> Result<Vec<PartRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, blob, size_bytes, md5, checksum, modified_at FROM parts
         WHERE upload = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
    )?;
    let read = |row: &Row<'_>| {
        Ok(PartRow {
            number: row.get(0)?,
            blob: row.get(1)?,
            size_bytes: row.get(2)?,
            md5: row.get(3)?,
            checksum: row.get(4)?,
            modified_at: row.get(5)?,
        })
    };
    let rows = statement.query_map(params![upload, after, as_limit(limit)], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends an upload, and returns the blobs that its parts had.
///
/// # Errors
/// [`StoreError::NoSuchUpload`] if it has ended already.
pub(super) fn end(connection: &Connection, upload: &str) -> Result<Vec<BlobName>, StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM parts WHERE upload = ?1 RETURNING blob")?;
    let blobs = statement.query_map([upload], |row| row.get(0))?.collect::<Result<_, _>>()?;
    match connection.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([upload])? {
        0 => Err(StoreError::NoSuchUpload),
        _ => Ok(blobs),
    }
}

/// Writes a part in place of an earlier one of its number.
///
/// # Errors
/// [`StoreError::NoSuchUpload`], or a failure; nothing has changed then.
pub(super) fn place_part(catalog: &mut Catalog, part: PartPlacement) -> Result<(), StoreError> {
    let PartPlacement { upload, name, number, staged, size_bytes, md5, checksum } = part;
    find(catalog.connection(), &name, &upload)?;
    let blob = catalog.blobs().adopt(staged)?;
    let adopted = blob.clone();
    let written = catalog.transact(move |connection| {
        let mut replaced =
            connection.prepare_cached("SELECT blob FROM parts WHERE upload = ?1 AND number = ?2")?;
        let replaced: Option<BlobName> =
            replaced.query_row(params![upload, number], |row| row.get(0)).optional()?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO parts (upload, number, blob, size_bytes, md5, checksum, modified_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![upload, number, blob, size_bytes, md5, checksum, UnixMillis::now()])?;
        Ok(replaced)
    });
    match written {
        Ok(replaced) => {
            if let Some(blob) = replaced {
                catalog.blobs().discard(&blob);
            }
            Ok(())
        }
        Err(error) => {
            catalog.blobs().discard(&adopted);
            Err(error)
        }
    }
}

fn as_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
