//! What follows from an object and a record that stand beside each other: pure, and the whole of the judgement.
//!
//! | record | no object | the verified object | another object |
//! |---|---|---|---|
//! | none | | | `orphan_object` |
//! | PENDING | | | `stuck_pending` |
//! | READY | `object_missing` | archived: `object_archived` | `object_differs` |
//! | ARCHIVED | `object_missing` | readable: `object_restored` | `object_differs` |
//! | MISSING | | `object_reappeared` | `object_reappeared` |
//! | MISMATCH | `object_missing` | `object_reappeared` | newer than the record: `object_reappeared` |
//! | REJECTED, DELETED | | `leftover_object` | `leftover_object` |

use shared::asset::{Asset, AssetState, ETag};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::ports::{ListedObject, ObjectHead, StorageClass};
use shared::time::Timestamp;

use crate::finding::{Action, Finding, Kind, Status};

/// An object, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenObject {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Its tag.
    pub etag: ETag,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// The class it is stored in.
    pub storage_class: StorageClass,
}

/// An asset's record, as far as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenAsset {
    /// Where it stands.
    pub state: AssetState,
    /// Size in bytes, as declared or measured.
    pub size_bytes: u64,
    /// The tag of the object that was verified.
    pub etag: Option<ETag>,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// A disagreement, before it is told of a certain asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drift {
    /// In which way they disagree.
    pub(crate) kind: Kind,
    /// What is to be done.
    pub(crate) action: Action,
    /// The state that is expected to follow.
    pub(crate) to: Option<AssetState>,
    /// Why, in words.
    pub(crate) reason: &'static str,
}

impl From<ListedObject> for SeenObject {
    fn from(listed: ListedObject) -> Self {
        let ListedObject { key: _, size_bytes, etag, last_modified, storage_class } = listed;
        Self { size_bytes, etag, last_modified, storage_class }
    }
}

impl From<ObjectHead> for SeenObject {
    fn from(head: ObjectHead) -> Self {
        let ObjectHead { size_bytes, etag, sha256: _, last_modified, storage_class } = head;
        Self { size_bytes, etag, last_modified, storage_class }
    }
}

impl From<Asset> for SeenAsset {
    fn from(asset: Asset) -> Self {
        let Asset { state, size_bytes, etag, updated_at, .. } = asset;
        Self { state, size_bytes, etag, updated_at }
    }
}

impl Drift {
    /// The finding that this is for an asset.
    pub(crate) fn of(self, hash: ContentHash, from: Option<AssetState>) -> Finding {
        Finding {
            kind: self.kind,
            content_hash: Some(hash),
            key: Some(ObjectKey::Original(hash).to_string()),
            from,
            to: self.to,
            action: self.action,
            status: Status::Planned,
            applied: false,
            reason: self.reason.to_owned(),
        }
    }
}

/// How an object and a record with the same hash disagree; `None` when they agree, or when either is younger than
/// `youngest`: what is under way is left alone.
pub(crate) fn compare(
    object: Option<&SeenObject>,
    asset: Option<&SeenAsset>,
    youngest: Timestamp,
) -> Option<Drift> {
    let object_is_young = object.is_some_and(|object| object.last_modified > youngest);
    let asset_is_young = asset.is_some_and(|asset| asset.updated_at > youngest);
    if object_is_young || asset_is_young {
        return None;
    }
    match (asset, object) {
        (None, None) => None,
        (None, Some(_)) => Some(verify(Kind::OrphanObject, "the object has no record")),
        (Some(asset), None) => without_object(asset.state),
        (Some(asset), Some(object)) => with_object(asset, object),
    }
}

fn without_object(state: AssetState) -> Option<Drift> {
    match state {
        AssetState::Ready | AssetState::Archived | AssetState::Mismatch => Some(Drift {
            kind: Kind::ObjectMissing,
            action: Action::MarkMissing,
            to: Some(AssetState::Missing),
            reason: "the object is gone",
        }),
        AssetState::Pending | AssetState::Missing | AssetState::Rejected | AssetState::Deleted => None,
    }
}

fn with_object(asset: &SeenAsset, object: &SeenObject) -> Option<Drift> {
    let verified = asset.etag.as_ref() == Some(&object.etag) && asset.size_bytes == object.size_bytes;
    match asset.state {
        AssetState::Pending => {
            Some(verify(Kind::StuckPending, "the object is there, and the event that told of it was lost"))
        }
        AssetState::Ready if verified => archived(object),
        AssetState::Archived if verified => restored(object),
        AssetState::Ready | AssetState::Archived => Some(Drift {
            to: Some(AssetState::Mismatch),
            ..verify(Kind::ObjectDiffers, "the object has another tag or size than the one that was verified")
        }),
        AssetState::Missing => Some(verify(Kind::ObjectReappeared, "the object is there again")),
        AssetState::Mismatch if verified => {
            Some(verify(Kind::ObjectReappeared, "the object that was verified is there again"))
        }
        AssetState::Mismatch if object.last_modified > asset.updated_at => {
            Some(verify(Kind::ObjectReappeared, "the object was replaced since it was found to differ"))
        }
        AssetState::Mismatch => None,
        AssetState::Rejected => Some(remove("the asset was rejected, and its object is still there")),
        AssetState::Deleted => Some(remove("the asset was taken down, and its object is still there")),
    }
}

fn archived(object: &SeenObject) -> Option<Drift> {
    match object.storage_class {
        StorageClass::Immediate => None,
        StorageClass::Archived => Some(Drift {
            kind: Kind::ObjectArchived,
            action: Action::MarkArchived,
            to: Some(AssetState::Archived),
            reason: "the object must be restored before it can be read",
        }),
    }
}

fn restored(object: &SeenObject) -> Option<Drift> {
    match object.storage_class {
        StorageClass::Archived => None,
        StorageClass::Immediate => Some(Drift {
            kind: Kind::ObjectRestored,
            action: Action::MarkReady,
            to: Some(AssetState::Ready),
            reason: "the archived object can be read again",
        }),
    }
}

fn verify(kind: Kind, reason: &'static str) -> Drift {
    Drift { kind, action: Action::Verify, to: Some(AssetState::Ready), reason }
}

fn remove(reason: &'static str) -> Drift {
    Drift { kind: Kind::LeftoverObject, action: Action::Remove, to: None, reason }
}

#[cfg(test)]
mod tests;
