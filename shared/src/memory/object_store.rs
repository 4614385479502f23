//! An object store in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::lock;
use crate::asset::ETag;
use crate::hash::ContentHash;
use crate::key::{Folder, ObjectKey, ReportName};
use crate::media::MediaType;
use crate::multipart::UploadToken;
use crate::ports::{
    ByteRange, CopyRequest, ListedObject, MultipartStore, ObjectArchive, ObjectBody, ObjectHead,
    ObjectInventory, ObjectPage, ObjectStore, PartChecksums, ReportStore, Restoration, StorageClass,
    StoreError,
};
use crate::time::Timestamp;

/// How many bytes a body hands out at once, so that readers meet more than one piece.
const PIECE_BYTES: usize = 64 * 1024;

/// How many objects a page of a list has, so that readers meet more than one.
const LIST_PAGE: usize = 3;

/// Objects in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryObjectStore {
    objects: Arc<Mutex<BTreeMap<String, StoredObject>>>,
}

#[derive(Debug, Clone)]
struct StoredObject {
    bytes: Bytes,
    head: ObjectHead,
    media_type: MediaType,
    reason: Option<String>,
}

impl MemoryObjectStore {
    /// Stores bytes as a multipart upload does: without a SHA-256 of the whole, under a tag that is no digest of it.
    pub fn put_multipart(&self, key: &ObjectKey, bytes: Bytes) -> ETag {
        let etag = ETag::new(&format!("{}-2", digest_tag(&bytes)));
        self.insert(key, bytes, MediaType::OctetStream, |head| {
            head.sha256 = None;
            head.etag = etag.clone();
        });
        etag
    }

    /// Moves an object to a class that must be restored before it can be read.
    pub fn archive(&self, key: &ObjectKey) {
        if let Some(object) = lock(&self.objects).get_mut(&key.to_string()) {
            object.head.storage_class = StorageClass::Archived;
        }
    }

    /// Moves an object out of the archive for good.
    pub fn thaw(&self, key: &ObjectKey) {
        if let Some(object) = lock(&self.objects).get_mut(&key.to_string()) {
            object.head.storage_class = StorageClass::Immediate;
        }
    }

    /// Makes an object as old as this.
    pub fn date(&self, key: &str, last_modified: Timestamp) {
        if let Some(object) = lock(&self.objects).get_mut(key) {
            object.head.last_modified = last_modified;
        }
    }

    /// Stores bytes under any key, as a person with a console does.
    pub fn put_anywhere(&self, key: &str, bytes: Bytes) {
        self.store(key.to_owned(), bytes, MediaType::OctetStream, |_| {});
    }

    /// Removes an object whatever its tag, as a person with a console does.
    pub fn remove(&self, key: &ObjectKey) {
        lock(&self.objects).remove(&key.to_string());
    }

    /// Every key there is, sorted.
    pub fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }

    /// An object's bytes, if it is there.
    pub fn bytes(&self, key: &ObjectKey) -> Option<Bytes> {
        lock(&self.objects).get(&key.to_string()).map(|object| object.bytes.clone())
    }

    /// The content type that an object was stored with.
    pub fn media_type(&self, key: &ObjectKey) -> Option<MediaType> {
        lock(&self.objects).get(&key.to_string()).map(|object| object.media_type)
    }

    /// The reason that a copy was made with.
    pub fn reason(&self, key: &ObjectKey) -> Option<String> {
        lock(&self.objects).get(&key.to_string()).and_then(|object| object.reason.clone())
    }

    fn insert(
        &self,
        key: &ObjectKey,
        bytes: Bytes,
        media_type: MediaType,
        adjust: impl FnOnce(&mut ObjectHead),
    ) {
        self.store(key.to_string(), bytes, media_type, adjust);
    }

    fn store(&self, key: String, bytes: Bytes, media_type: MediaType, adjust: impl FnOnce(&mut ObjectHead)) {
        let mut head = ObjectHead {
            size_bytes: bytes.len() as u64,
            etag: ETag::new(&digest_tag(&bytes)),
            sha256: Some(ContentHash::of(&bytes)),
            last_modified: Timestamp::now(),
            storage_class: StorageClass::Immediate,
        };
        adjust(&mut head);
        let object = StoredObject { bytes, head, media_type, reason: None };
        lock(&self.objects).insert(key, object);
    }

    fn find(&self, key: &ObjectKey) -> Result<StoredObject, StoreError> {
        let found = lock(&self.objects).get(&key.to_string()).cloned();
        found.ok_or_else(|| StoreError::NotFound(key.to_string()))
    }
}

/// A tag that the same bytes always get, as S3's MD5 is.
fn digest_tag(bytes: &[u8]) -> String {
    ContentHash::of(bytes).to_string().split_off(32)
}

fn readable(object: StoredObject, key: &ObjectKey) -> Result<StoredObject, StoreError> {
    match object.head.storage_class {
        StorageClass::Immediate => Ok(object),
        StorageClass::Archived => Err(StoreError::Archived(key.to_string())),
    }
}

impl ObjectStore for MemoryObjectStore {
    type Body = MemoryBody;

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        Ok(self.find(key).ok().map(|object| object.head))
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, MemoryBody), StoreError> {
        let object = readable(self.find(key)?, key)?;
        Ok((object.head, MemoryBody(object.bytes)))
    }

    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError> {
        let object = readable(self.find(key)?, key)?;
        if object.head.etag != *tag {
            return Err(StoreError::Changed(key.to_string()));
        }
        let clamp =
            |position: u64| usize::try_from(position.min(object.head.size_bytes)).unwrap_or(usize::MAX);
        Ok(object.bytes.slice(clamp(range.offset)..clamp(range.offset.saturating_add(range.length))))
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError> {
        let etag = ETag::new(&digest_tag(&bytes));
        self.insert(key, bytes, media_type, |_| {});
        Ok(etag)
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError> {
        let source = readable(self.find(request.source)?, request.source)?;
        if source.head.etag != *request.source_tag {
            return Err(StoreError::Changed(request.source.to_string()));
        }
        let head = ObjectHead {
            etag: ETag::new(&digest_tag(&source.bytes)),
            sha256: Some(ContentHash::of(&source.bytes)),
            last_modified: Timestamp::now(),
            ..source.head
        };
        let reason = request.reason.map(str::to_owned);
        let copy =
            StoredObject { bytes: source.bytes, head: head.clone(), media_type: request.media_type, reason };
        lock(&self.objects).insert(request.target.to_string(), copy);
        Ok(head)
    }

    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError> {
        let mut objects = lock(&self.objects);
        match objects.get(&key.to_string()) {
            Some(object) if object.head.etag != *tag => Err(StoreError::Changed(key.to_string())),
            Some(_) => {
                objects.remove(&key.to_string());
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl ObjectInventory for MemoryObjectStore {
    async fn list(&self, folder: Folder, after: Option<&str>) -> Result<ObjectPage, StoreError> {
        let objects = lock(&self.objects);
        let prefix = folder.prefix();
        let after = |key: &str| after.is_none_or(|after| after < key);
        let mut found = objects.iter().filter(|(key, _)| key.starts_with(prefix) && after(key));
        let listed = found.by_ref().take(LIST_PAGE).map(|(key, object)| ListedObject {
            key: key.clone(),
            size_bytes: object.head.size_bytes,
            etag: object.head.etag.clone(),
            last_modified: object.head.last_modified,
            storage_class: object.head.storage_class,
        });
        Ok(ObjectPage { objects: listed.collect(), more: found.next().is_some() })
    }
}

impl ObjectArchive for MemoryObjectStore {
    /// The archive answers at once.
    async fn restore(&self, key: &ObjectKey, _days: u16) -> Result<Restoration, StoreError> {
        match self.find(key)?.head.storage_class {
            StorageClass::Immediate => Ok(Restoration::NotArchived),
            StorageClass::Archived => {
                self.thaw(key);
                Ok(Restoration::Requested)
            }
        }
    }
}

impl MultipartStore for MemoryObjectStore {
    /// The upload's name tells what it was begun with; nobody can complete it but [`MemoryObjectStore::put_multipart`].
    async fn begin(&self, key: &ObjectKey, checksums: PartChecksums) -> Result<UploadToken, StoreError> {
        let named = UploadToken::new(&format!("{checksums:?}:{key}"));
        named.ok_or_else(|| StoreError::NotFound(key.to_string()))
    }
}

impl ReportStore for MemoryObjectStore {
    async fn write_report(&self, name: &ReportName, content: Bytes) -> Result<(), StoreError> {
        self.insert(&ObjectKey::Report(name.clone()), content, MediaType::OctetStream, |_| {});
        Ok(())
    }

    async fn read_report(&self, name: &ReportName) -> Result<Option<Bytes>, StoreError> {
        Ok(self.bytes(&ObjectKey::Report(name.clone())))
    }
}

/// The bytes of an object in memory, in pieces.
#[derive(Debug)]
pub struct MemoryBody(Bytes);

impl ObjectBody for MemoryBody {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let piece = self.0.split_to(PIECE_BYTES.min(self.0.len()));
        Ok((!piece.is_empty()).then_some(piece))
    }
}
