//! What is there: the store's and the repository's lists, both sorted by hash, page by page.

use super::{RepositoryError, StorageClass, StoreError};
use crate::asset::{Asset, ETag};
use crate::key::Folder;
use crate::shard::Shard;
use crate::time::Timestamp;

/// Lists the objects of a store.
pub trait ObjectInventory {
    /// The first objects of a folder whose keys come after a key, sorted by the bytes of their keys. Keys that are none
    /// of Hashfolio's are listed too.
    ///
    /// # Errors
    /// [`StoreError`], but never `NotFound`: an empty folder is an empty page.
    async fn list(&self, folder: Folder, after: Option<&str>) -> Result<ObjectPage, StoreError>;
}

/// Lists the assets of a repository.
pub trait AssetInventory {
    /// The first assets of a shard that come after a hash, sorted by it. May lag behind the writes by a moment.
    ///
    /// An item that is not as Hashfolio writes them is an entry too, so that one spoils none of the others.
    ///
    /// # Errors
    /// [`RepositoryError::Unavailable`].
    async fn assets_of_shard(&self, shard: Shard, after: Option<&str>) -> Result<AssetPage, RepositoryError>;
}

/// Some objects of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPage {
    /// The objects, sorted by the bytes of their keys.
    pub objects: Vec<ListedObject>,
    /// Whether there are objects after the last of these.
    pub more: bool,
}

/// What a list says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key, whoever's it is.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Its tag.
    pub etag: ETag,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// The class it is stored in. A list does not show the archive tiers of Intelligent-Tiering: those count as
    /// [`StorageClass::Immediate`] here.
    pub storage_class: StorageClass,
}

/// Some assets of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetPage {
    /// The items, sorted by their sort keys.
    pub items: Vec<AssetItem>,
    /// What to ask the next page with; `None` after the last.
    pub next: Option<String>,
    /// What reading the page took, in halves of a read unit: an eventually consistent 4 KB is one.
    pub half_read_units: u64,
}

/// An item of the assets' table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetItem {
    /// An asset.
    Asset(Asset),
    /// An item that is not as Hashfolio writes them.
    Unreadable {
        /// Its sort key, which should be a content hash.
        sort_key: String,
        /// The attribute that is missing or has another form.
        attribute: &'static str,
    },
}

impl AssetItem {
    /// Its sort key.
    pub fn sort_key(&self) -> String {
        match self {
            Self::Asset(asset) => asset.content_hash.to_string(),
            Self::Unreadable { sort_key, .. } => sort_key.clone(),
        }
    }
}
