//! What every [`ObjectInventory`] and [`ObjectArchive`] promises.

use bytes::Bytes;

use crate::hash::ContentHash;
use crate::key::{DropName, Folder, ObjectKey, ShardKeys};
use crate::media::MediaType;
use crate::ports::{
    ListedObject, ObjectArchive, ObjectInventory, ObjectStore, Restoration, StorageClass, StoreError,
};

/// Checks every promise of an [`ObjectInventory`] and an [`ObjectArchive`].
pub async fn keeps_every_promise(store: &(impl ObjectStore + ObjectInventory + ObjectArchive)) {
    every_object_is_listed_once_in_order(store).await;
    a_shards_part_of_the_list_holds_its_hashes(store).await;
    what_is_readable_needs_no_restoring(store).await;
}

/// Every entry of a folder after a key.
async fn listed(store: &impl ObjectInventory, folder: Folder, after: Option<&str>) -> Vec<ListedObject> {
    let (mut all, mut after) = (Vec::<ListedObject>::new(), after.map(str::to_owned));
    loop {
        let page = store.list(folder, after.as_deref()).await.unwrap();
        assert!(!page.more || !page.objects.is_empty());
        all.extend(page.objects);
        after = all.last().map(|object| object.key.clone()).or(after);
        if !page.more {
            return all;
        }
    }
}

/// Every object of a folder is listed once, in the order of the keys' bytes, as its head describes it.
async fn every_object_is_listed_once_in_order(store: &(impl ObjectStore + ObjectInventory)) {
    let names = ["A b+c%20d", "A b+c%20d/ü", "a", "～", "🖼", "a\u{7f}\u{1}"];
    let mut expected = Vec::new();
    for (size, name) in names.into_iter().enumerate() {
        let key = ObjectKey::Incoming(DropName::new(&format!("contract of lists/{name}")).unwrap());
        store.put(&key, Bytes::from(vec![1; size]), MediaType::Png).await.unwrap();
        let head = store.head(&key).await.unwrap().unwrap();
        expected.push((key.to_string(), head.size_bytes, head.etag, head.storage_class));
    }
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    let all = listed(store, Folder::Incoming, None).await;
    assert!(all.is_sorted_by(|a, b| a.key < b.key), "{all:?}");
    let ours = |object: &ListedObject| object.key.starts_with("incoming/contract of lists/");
    let found: Vec<_> = all
        .into_iter()
        .filter(ours)
        .map(|object| (object.key, object.size_bytes, object.etag, object.storage_class))
        .collect();
    assert_eq!(found, expected);
    let (third, _, _, class) = &expected[2];
    assert_eq!(*class, StorageClass::Immediate);
    let rest: Vec<_> = listed(store, Folder::Incoming, Some(third)).await.into_iter().filter(ours).collect();
    assert_eq!(rest.len(), expected.len() - 3);
}

/// A shard's part of the list holds all of its hashes and no others.
async fn a_shards_part_of_the_list_holds_its_hashes(store: &(impl ObjectStore + ObjectInventory)) {
    for content in ["one", "two", "three", "four", "five"] {
        let hash = ContentHash::of(content.as_bytes());
        let key = ObjectKey::Original(hash);
        store.put(&key, Bytes::from(content), MediaType::Png).await.unwrap();
        let range = ShardKeys::of(hash.shard());
        let all = listed(store, Folder::Originals, range.after.as_deref()).await;
        let part: Vec<_> = all.into_iter().filter(|object| range.reach(&object.key)).collect();
        assert!(part.iter().any(|object| object.key == key.to_string()), "{key}");
        for object in part {
            let Some(ObjectKey::Original(other)) = ObjectKey::parse(&object.key) else { continue };
            assert_eq!(other.shard(), hash.shard());
        }
    }
}

/// What can be read as it is needs no restoring, and what is not there can't be.
async fn what_is_readable_needs_no_restoring(store: &(impl ObjectStore + ObjectArchive)) {
    let key = ObjectKey::Incoming(DropName::new("contract of the archive").unwrap());
    assert!(matches!(store.restore(&key, 1).await, Err(StoreError::NotFound(_))));
    store.put(&key, Bytes::from_static(b"readable"), MediaType::Png).await.unwrap();
    assert_eq!(store.restore(&key, 1).await.unwrap(), Restoration::NotArchived);
}
