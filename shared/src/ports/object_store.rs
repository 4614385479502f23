//! The object store: S3's semantics, as far as Hashfolio relies on them.

use bytes::Bytes;

use crate::asset::ETag;
use crate::hash::ContentHash;
use crate::key::ObjectKey;
use crate::media::MediaType;
use crate::time::Timestamp;

/// A store of immutable bytes under keys. Strongly consistent: what was acknowledged is seen by every later call.
pub trait ObjectStore {
    /// The bytes of one object, as they come.
    type Body: ObjectBody;

    /// What is known of an object without reading it; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`], but never `NotFound`.
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError>;

    /// An object's head and bytes. What is read is one object throughout, also when another replaces it meanwhile.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], and [`StoreError::Archived`] when it must be restored first.
    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, Self::Body), StoreError>;

    /// The bytes of a range of the object that has this tag, fewer when the object ends before the range does.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the object has another tag by now; [`StoreError::NotFound`];
    /// [`StoreError::Archived`].
    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError>;

    /// Stores bytes under a key, in place of what was there.
    ///
    /// # Errors
    /// [`StoreError`]; the object is then as it was.
    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError>;

    /// Copies an object inside the store without reading it, in place of what was at the target, and returns the
    /// head of the copy, always with its SHA-256. The copy is atomic: the target is the old object or the new one.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the source has another tag than `source_tag`; [`StoreError::NotFound`] when there
    /// is no source. Nothing is copied then.
    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError>;

    /// Deletes the object, if it still has this tag. An object that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it has another tag by now; it is kept then.
    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError>;
}

/// The bytes of an object as they arrive.
pub trait ObjectBody {
    /// The next bytes; `None` after the last. A stream that breaks off is an error, never an early end.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the transfer broke.
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError>;
}

/// What a store says of an object without sending it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Its tag: another one means another object.
    pub etag: ETag,
    /// The SHA-256 of the whole object, where the store itself computed it on arrival; a multipart upload's composite
    /// checksum is none.
    pub sha256: Option<ContentHash>,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// The class it is stored in.
    pub storage_class: StorageClass,
}

/// How an object is stored, as far as reading it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StorageClass {
    /// It can be read at once.
    Immediate,
    /// It must be restored first (Glacier Flexible, Deep Archive, Intelligent-Tiering's archive tiers).
    Archived,
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// Where it starts, from 0.
    pub offset: u64,
    /// How many bytes it has, at least 1.
    pub length: u64,
}

/// A copy inside the store.
#[derive(Debug, Clone)]
pub struct CopyRequest<'a> {
    /// What is copied.
    pub source: &'a ObjectKey,
    /// The tag that the source must still have.
    pub source_tag: &'a ETag,
    /// Where the copy goes.
    pub target: &'a ObjectKey,
    /// The copy's content type.
    pub media_type: MediaType,
    /// Why the copy was made, kept in its metadata (`x-amz-meta-reason`).
    pub reason: Option<&'a str>,
}

/// What a store can answer instead.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such object.
    #[error("{0}: no such object")]
    NotFound(String),
    /// The object is another one than the caller saw.
    #[error("{0}: the object has changed")]
    Changed(String),
    /// The object must be restored before it can be read.
    #[error("{0}: the object is archived")]
    Archived(String),
    /// The store refuses us, now and until its configuration changes.
    #[error("{key}: the store refuses the call")]
    Denied {
        /// Which object.
        key: String,
        /// What the store said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed, timed out or throttled: another try may succeed.
    #[error("{key}: the store is unavailable")]
    Unavailable {
        /// Which object.
        key: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            // A refusal is a fault of the configuration: retrying keeps the event until that is mended.
            Self::Denied { .. } | Self::Unavailable { .. } | Self::Changed(_) => true,
            Self::NotFound(_) | Self::Archived(_) => false,
        }
    }
}
