//! What every [`ObjectStore`] promises.

use bytes::Bytes;

use crate::asset::ETag;
use crate::hash::ContentHash;
use crate::key::{DropName, ObjectKey};
use crate::media::MediaType;
use crate::ports::{ByteRange, CopyRequest, ObjectBody, ObjectStore, StoreError};

/// A key that no other check uses.
fn fresh(check: &str) -> ObjectKey {
    ObjectKey::Incoming(DropName::new(&format!("contract of {check}/ä+%.jpg")).unwrap())
}

async fn read_all<B: ObjectBody>(mut body: B) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    all
}

/// Checks every promise of an [`ObjectStore`].
pub async fn keeps_every_promise(store: &impl ObjectStore) {
    what_is_put_is_read(store).await;
    an_absent_object_is_not_found(store).await;
    a_range_is_of_the_object_that_was_seen(store).await;
    a_copy_has_the_bytes_and_their_hash(store).await;
    a_source_that_changed_is_not_copied(store).await;
    only_the_object_that_was_seen_is_deleted(store).await;
}

/// What is put is what is read, byte for byte, under the head that the put gave.
async fn what_is_put_is_read(store: &impl ObjectStore) {
    let key = fresh("what_is_put_is_read");
    let bytes: Bytes = (0..200_000_u32).map(|i| i.to_le_bytes()[i as usize % 3]).collect();
    let etag = store.put(&key, bytes.clone(), MediaType::Png).await.unwrap();
    let head = store.head(&key).await.unwrap().unwrap();
    assert_eq!(head.etag, etag);
    assert_eq!(head.size_bytes, bytes.len() as u64);
    assert_eq!(head.sha256, Some(ContentHash::of(&bytes)));
    let (got, body) = store.get(&key).await.unwrap();
    assert_eq!((got.etag, got.size_bytes), (etag, head.size_bytes));
    assert_eq!(read_all(body).await, bytes);
}

/// An absent object has no head, and reading it says so.
async fn an_absent_object_is_not_found(store: &impl ObjectStore) {
    let key = fresh("an_absent_object_is_not_found");
    let tag = ETag::new("none");
    assert_eq!(store.head(&key).await.unwrap(), None);
    assert!(matches!(store.get(&key).await.map(|_| ()), Err(StoreError::NotFound(_))));
    let range = ByteRange { offset: 0, length: 1 };
    assert!(matches!(store.get_range(&key, range, &tag).await, Err(StoreError::NotFound(_))));
    let target = fresh("an_absent_object_is_not_found, its copy");
    let request = copy(&key, &tag, &target);
    assert!(matches!(store.copy(&request).await, Err(StoreError::NotFound(_))));
    assert_eq!(store.head(&target).await.unwrap(), None);
}

/// A range ends where the object ends, and is of the object with the tag or of none.
async fn a_range_is_of_the_object_that_was_seen(store: &impl ObjectStore) {
    let key = fresh("a_range_is_of_the_object_that_was_seen");
    let seen = store.put(&key, Bytes::from_static(b"0123456789"), MediaType::Png).await.unwrap();
    let range = ByteRange { offset: 3, length: 4 };
    assert_eq!(store.get_range(&key, range, &seen).await.unwrap(), "3456");
    let range = ByteRange { offset: 8, length: 100 };
    assert_eq!(store.get_range(&key, range, &seen).await.unwrap(), "89");
    store.put(&key, Bytes::from_static(b"other bytes"), MediaType::Png).await.unwrap();
    assert!(matches!(store.get_range(&key, range, &seen).await, Err(StoreError::Changed(_))));
}

/// A copy has its source's bytes and always their SHA-256.
async fn a_copy_has_the_bytes_and_their_hash(store: &impl ObjectStore) {
    let (source, target) = (fresh("a_copy, its source"), fresh("a_copy, its target"));
    let bytes = Bytes::from_static(b"to be copied");
    let tag = store.put(&source, bytes.clone(), MediaType::OctetStream).await.unwrap();
    let head = store.copy(&copy(&source, &tag, &target)).await.unwrap();
    assert_eq!(head.sha256, Some(ContentHash::of(&bytes)));
    assert_eq!(store.head(&target).await.unwrap().unwrap().etag, head.etag);
    let (_, body) = store.get(&target).await.unwrap();
    assert_eq!(read_all(body).await, bytes);
}

/// A source that changed since it was seen is not copied.
async fn a_source_that_changed_is_not_copied(store: &impl ObjectStore) {
    let (source, target) = (fresh("a_changed_source"), fresh("a_changed_source, its target"));
    let seen = store.put(&source, Bytes::from_static(b"seen"), MediaType::Png).await.unwrap();
    store.put(&source, Bytes::from_static(b"changed"), MediaType::Png).await.unwrap();
    let refused = store.copy(&copy(&source, &seen, &target)).await;
    assert!(matches!(refused, Err(StoreError::Changed(_))));
    assert_eq!(store.head(&target).await.unwrap(), None);
}

/// Only the object that was seen is deleted; deleting twice is no error.
async fn only_the_object_that_was_seen_is_deleted(store: &impl ObjectStore) {
    let key = fresh("only_the_object_that_was_seen_is_deleted");
    let seen = store.put(&key, Bytes::from_static(b"seen"), MediaType::Png).await.unwrap();
    let now = store.put(&key, Bytes::from_static(b"changed"), MediaType::Png).await.unwrap();
    assert!(matches!(store.delete(&key, &seen).await, Err(StoreError::Changed(_))));
    assert!(store.head(&key).await.unwrap().is_some());
    store.delete(&key, &now).await.unwrap();
    assert_eq!(store.head(&key).await.unwrap(), None);
    store.delete(&key, &now).await.unwrap();
}

fn copy<'a>(source: &'a ObjectKey, source_tag: &'a ETag, target: &'a ObjectKey) -> CopyRequest<'a> {
    let reason = Some("so that the contract is checked – with “all” characters");
    CopyRequest { source, source_tag, target, media_type: MediaType::Jpeg, reason }
}
