//! Blob files: the bytes of objects and parts, each file owned by exactly one row of the index.
//!
//! A file is written under `incoming/` and renamed into `blobs/` when its row is about to be committed, so
//! whatever a crash leaves in `incoming/` is garbage, and so is a blob that no row names. A copy is a hard
//! link: the file system counts the references, and neither row can take the other's bytes away.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use tempfile::{NamedTempFile, TempPath};
use uuid::Uuid;

/// Blobs lie in one directory for each first byte of their names, so that no directory grows huge.
const SHARDS: u16 = 256;

/// Up to this size, a file is given back at once: in a few milliseconds.
const PROMPTLY_FREED_BYTES: u64 = 32 * 1024 * 1024;

/// The name of a blob: 32 random hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BlobName(String);

impl BlobName {
    fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    fn shard(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }
}

impl ToSql for BlobName {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for BlobName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

/// The directory that the blobs lie in.
#[derive(Debug, Clone)]
pub(super) struct BlobStore {
    blobs: PathBuf,
    incoming: PathBuf,
}

impl BlobStore {
    /// Opens the directory, and removes what unfinished requests left behind.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let store = Self { blobs: dir.join("blobs"), incoming: dir.join("incoming") };
        match fs::remove_dir_all(&store.incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => fs::create_dir_all(&store.incoming)?,
        }
        for shard in Self::shards() {
            fs::create_dir_all(store.blobs.join(shard))?;
        }
        Ok(store)
    }

    /// A new file for bytes that do not belong to any row yet; dropped, it is gone.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn stage(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(&self.incoming)
    }

    /// Stages the bytes of a blob under a second name, without copying them where the file system has hard
    /// links.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn share(&self, blob: &BlobName) -> io::Result<TempPath> {
        let source = self.path(blob);
        let link = self.incoming.join(BlobName::random().0);
        match fs::hard_link(&source, &link) {
            Ok(()) => TempPath::try_from_path(link),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                let link = TempPath::try_from_path(link)?;
                fs::copy(source, &link)?;
                Ok(link)
            }
        }
    }

    /// Makes staged bytes a blob, to be named by a row at once.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn adopt(&self, staged: TempPath) -> io::Result<BlobName> {
        let blob = BlobName::random();
        staged.persist(self.path(&blob)).map_err(|failed| failed.error)?;
        Ok(blob)
    }

    /// Opens a blob. Who holds the file reads its bytes to the end, even if the blob is discarded meanwhile.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn read(&self, blob: &BlobName) -> io::Result<File> {
        File::open(self.path(blob))
    }

    /// Removes a blob that no row names any more. If that fails, the next start removes it.
    pub(super) fn discard(&self, blob: &BlobName) {
        let path = self.path(blob);
        let held = File::open(&path);
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!(error = &error as &dyn std::error::Error, blob = blob.0, "a blob was left behind");
        }
        // The file system takes its time to give gigabytes back, and it is the last one to close the file who
        // waits.
        if let Ok(held) = held
            && held.metadata().is_ok_and(|metadata| metadata.len() > PROMPTLY_FREED_BYTES)
        {
            thread::spawn(move || drop(held));
        }
    }

    /// The two digits that the names of the blobs in each directory begin with.
    pub(super) fn shards() -> impl Iterator<Item = String> {
        (0..SHARDS).map(|shard| format!("{shard:02x}"))
    }

    /// Removes the blobs of a shard that are not in use.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(super) fn sweep(&self, shard: &str, in_use: &HashSet<BlobName>) -> io::Result<()> {
        for entry in fs::read_dir(self.blobs.join(shard))? {
            let entry = entry?;
            let blob = BlobName(entry.file_name().to_string_lossy().into_owned());
            if !in_use.contains(&blob) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, blob: &BlobName) -> PathBuf {
        self.blobs.join(blob.shard()).join(&blob.0)
    }
}
