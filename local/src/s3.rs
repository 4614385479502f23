//! S3 on one machine: the wire protocol of the real one (signatures, presigned URLs, checksums) over one
//! directory.
//!
//! What it promises:
//! - A write is a transaction. Its precondition is checked, its object replaced and its event recorded
//!   together: of any number of racing `If-None-Match: *`, one wins. A body that is not what was promised
//!   leaves nothing behind.
//! - Whoever has begun to read an object reads it to the end, whatever is written meanwhile.
//! - What was acknowledged survives the death of the process, `kill -9` included. It does not survive a power
//!   cut: neither blob files nor the index's last transactions are forced to the disk.
//! - Memory does not grow with the size of objects: bodies stream to and from files.
//!
//! A request goes through `server` (connection, CORS), the protocol crate (signature, parsing), `admission`
//! (counted, and refused if it asks for what is not here), `operations`, and one function for each operation.
//! Bytes go to `blobs` by way of `receive`; everything else is in the `catalog`, on the thread of the `index`.

mod admission;
mod attributes;
mod blobs;
mod buckets;
mod catalog;
mod checksum;
mod condition;
mod copy_object;
mod cors;
mod delete_object;
mod error;
mod etag;
mod events;
mod index;
mod instant;
mod keep_alive;
mod listing;
mod multipart;
mod object_name;
mod object_tagging;
mod operations;
mod outbox;
mod presigned;
mod put_object;
mod query;
mod read_object;
mod receive;
mod restore_object;
mod retrievals;
mod server;
mod storage_class;
mod stored;
mod tags;
mod uploads;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::validation::{AwsNameValidation, NameValidation as _};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use admission::Admission;
pub use admission::RequestCounts;
use blobs::BlobStore;
use buckets::Configuration;
use catalog::Catalog;
pub use cors::CorsRule;
use error::StoreError;
use events::EventLog;
pub use events::{EventKind, RecordedEvents};
use index::Index;
pub use outbox::{EventId, Outbox, OutboxError, OutboxEvent};
use retrievals::Retrievals;
pub use retrievals::Retrieved;
pub use storage_class::StorageClass;
pub use stored::Stored;

/// The one caller that the store knows.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key: String,
    /// The secret that requests are signed with.
    pub secret_key: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenS3Error {
    /// The directory cannot be made, read or written.
    #[error("the directory {} cannot be used", path.display())]
    Directory {
        /// The store's directory.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Another process, or another store in this one, has the directory open.
    #[error("the directory {} is in use by another process", path.display())]
    InUse {
        /// The store's directory.
        path: PathBuf,
    },
    /// The index is not a database, or is damaged.
    #[error("the index {} cannot be read", path.display())]
    Index {
        /// The index's file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The index was made by another version of this program.
    #[error("the index {} has version {found}, and this program knows version {expected}", path.display())]
    Version {
        /// The index's file.
        path: PathBuf,
        /// The version of its tables.
        found: i64,
        /// The version that would do.
        expected: i64,
    },
}

/// Why a bucket could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureBucketError {
    /// S3 does not allow this name for a bucket.
    #[error("{bucket:?} is not a valid name for a bucket")]
    InvalidName {
        /// The name.
        bucket: String,
    },
    /// The rule has an unknown method, or more than one wildcard in a pattern.
    #[error("the CORS rule is invalid: {reason}")]
    InvalidRule {
        /// What is wrong with it.
        reason: String,
    },
    /// The bucket does not exist.
    #[error("the bucket {bucket:?} does not exist")]
    NoSuchBucket {
        /// The name.
        bucket: String,
    },
    /// The index could not be written.
    #[error("the bucket {bucket:?} could not be set up")]
    Failed {
        /// The name.
        bucket: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why it could not be said what the store keeps.
#[derive(Debug, thiserror::Error)]
#[error("the index of the store cannot be summed up: {0}")]
pub struct SumUpError(String);

/// A local S3, open on its directory. Clones are the same store; it closes when the last one is dropped, with
/// the last [`Outbox`] and the last [`LocalS3::serve`].
#[derive(Debug, Clone)]
pub struct LocalS3 {
    store: Store,
    credentials: Credentials,
    arrival: Arc<Notify>,
    counts: Arc<RequestCounts>,
}

impl LocalS3 {
    /// Opens the store in a directory, which is made if it does not exist, and clears away what a crash left
    /// behind.
    ///
    /// # Errors
    /// [`OpenS3Error`].
    pub fn open(dir: &Path, credentials: Credentials, recorded: RecordedEvents) -> Result<Self, OpenS3Error> {
        let unusable = |source| OpenS3Error::Directory { path: dir.to_owned(), source };
        let arrival = Arc::new(Notify::new());
        let catalog = Catalog::open(dir, EventLog::new(recorded, Arc::clone(&arrival)))?;
        let blobs = catalog.blobs().clone();
        let index = Arc::new(Index::start(catalog).map_err(unusable)?);
        let store =
            Store { index, blobs, retrievals: Arc::default(), index_file: Catalog::file_in(dir).into() };
        Ok(Self { store, credentials, arrival, counts: Arc::default() })
    }

    /// Serves S3 on a listener until `shutdown` is done; requests under way then have ten seconds to end.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let mut service = S3ServiceBuilder::new(self.store.clone());
        let Credentials { access_key, secret_key } = self.credentials.clone();
        service.set_auth(SimpleAuth::from_single(access_key, secret_key));
        service.set_access(Admission::new(Arc::clone(&self.counts)));
        server::serve(listener, service.build(), self.store.clone(), shutdown).await;
    }

    /// Makes a bucket, unless it is there.
    ///
    /// # Errors
    /// [`ConfigureBucketError::InvalidName`] and [`ConfigureBucketError::Failed`].
    pub async fn ensure_bucket(&self, bucket: &str) -> Result<(), ConfigureBucketError> {
        if !AwsNameValidation::new().validate_bucket_name(bucket) {
            return Err(ConfigureBucketError::InvalidName { bucket: bucket.to_owned() });
        }
        let name = bucket.to_owned();
        let made = self.store.index.run(move |catalog| buckets::create(catalog.connection(), &name)).await;
        match made {
            Err(StoreError::BucketExists) => Ok(()),
            Ok(()) | Err(_) => made.map_err(|error| failed(bucket, error)),
        }
    }

    /// Replaces the CORS configuration of a bucket.
    ///
    /// # Errors
    /// [`ConfigureBucketError`].
    pub async fn set_cors(&self, bucket: &str, rules: Vec<CorsRule>) -> Result<(), ConfigureBucketError> {
        let rules: Vec<CorsRule> =
            rules.into_iter().map(CorsRule::checked).collect::<Result<_, _>>().map_err(|error| {
                ConfigureBucketError::InvalidRule { reason: error.message().unwrap_or_default().to_owned() }
            })?;
        let name = bucket.to_owned();
        let write = move |catalog: &mut Catalog| {
            buckets::configure(catalog.connection(), &name, Configuration::Cors, &rules)
        };
        self.store.index.run(write).await.map_err(|error| failed(bucket, error))
    }

    /// The events that nobody has acknowledged yet.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(Arc::clone(&self.store.index), Arc::clone(&self.arrival))
    }

    /// How often each operation was asked for since the store was opened.
    pub fn request_counts(&self) -> &RequestCounts {
        &self.counts
    }

    /// What was read or restored since the store was opened, of the classes that charge for it by the byte.
    pub fn retrieved(&self) -> BTreeMap<StorageClass, Retrieved> {
        self.store.retrievals.snapshot()
    }

    /// What the store keeps now, in all its buckets.
    ///
    /// # Errors
    /// [`SumUpError`].
    pub async fn stored(&self) -> Result<BTreeMap<StorageClass, Stored>, SumUpError> {
        let index = Arc::clone(&self.store.index_file);
        let summed = tokio::task::spawn_blocking(move || stored::sum_up(&index)).await;
        match summed {
            Ok(Ok(sums)) => Ok(sums),
            Ok(Err(error)) => Err(SumUpError(error.to_string())),
            Err(error) => Err(SumUpError(error.to_string())),
        }
    }
}

fn failed(bucket: &str, error: StoreError) -> ConfigureBucketError {
    let bucket = bucket.to_owned();
    match error {
        StoreError::NoSuchBucket => ConfigureBucketError::NoSuchBucket { bucket },
        StoreError::BucketExists
        | StoreError::BucketNotEmpty
        | StoreError::NoSuchKey
        | StoreError::NoSuchUpload
        | StoreError::PreconditionFailed
        | StoreError::NotArchived
        | StoreError::Index(_)
        | StoreError::Row(_)
        | StoreError::Blob(_)
        | StoreError::Stopped => ConfigureBucketError::Failed { bucket, source: Box::new(error) },
    }
}

/// Where the operations find everything.
#[derive(Debug, Clone)]
struct Store {
    index: Arc<Index>,
    blobs: BlobStore,
    retrievals: Arc<Retrievals>,
    /// Where the index keeps its database.
    index_file: Arc<Path>,
}

/// Sizes travel as signed numbers.
fn wire_size(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}
