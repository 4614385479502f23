//! What an event writes: the data that comes with each transition.

use super::{Asset, AssetEvent, AssetState, ETag, FileName, Principal, SourceKey, Transition};
use crate::dimensions::Dimensions;
use crate::hash::ContentHash;
use crate::media::MediaType;
use crate::time::Timestamp;

/// A transition of one asset, with what is to be written.
///
/// Those that follow from *looking* at an object (`seen`) hold only while the item is still the one that was looked at:
/// another writer in between makes them [`Applied::NotAdmitted`](crate::ports::Applied::NotAdmitted).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetChange {
    /// A caller asked to upload it. Starts the item anew.
    UploadRequested(Declaration),
    /// Its bytes were accepted.
    UploadVerified(Verification),
    /// Its bytes were refused.
    UploadRefused(Refusal),
    /// Its object is gone.
    ObjectVanished {
        /// `updated_at` of the item that was looked at.
        seen: Timestamp,
    },
    /// Its object's SHA-256 is not the key.
    ObjectDiffers {
        /// `updated_at` of the item that was looked at.
        seen: Timestamp,
    },
    /// Its object must be restored before it can be read.
    ObjectArchived {
        /// `updated_at` of the item that was looked at.
        seen: Timestamp,
    },
    /// Its archived object can be read again.
    ObjectRestored {
        /// `updated_at` of the item that was looked at.
        seen: Timestamp,
    },
    /// It was taken down.
    TakenDown(Takedown),
    /// Its takedown was undone by a caller who asks to upload it again.
    TakedownUndone,
}

/// What a caller says of the bytes to come: hints, which the measured values replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Declared size in bytes.
    pub size_bytes: u64,
    /// Declared type.
    pub media_type: MediaType,
    /// The file's name, if the caller gave one.
    pub file_name: Option<FileName>,
    /// What the drop folder has the bytes as, if it is the drop folder that asks.
    pub source_key: Option<SourceKey>,
    /// Who asks.
    pub caller: Principal,
    /// When the item may be forgotten if no upload follows.
    pub expires_at: Timestamp,
}

/// What was measured of bytes that were accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Type by leading bytes.
    pub media_type: MediaType,
    /// Size of the upright picture.
    pub dimensions: Dimensions,
    /// The verified object's tag.
    pub etag: ETag,
    /// A name for an asset that has none yet (drop folder).
    pub file_name: Option<FileName>,
    /// The owner of an asset that nobody asked for.
    pub finder: Principal,
}

/// Why and how bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For people: what was wrong, with the limit that it broke.
    pub reason: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Type by leading bytes.
    pub media_type: MediaType,
    /// A name for an asset that has none yet (drop folder).
    pub file_name: Option<FileName>,
    /// What the drop folder had the bytes as, if they came from there.
    pub source_key: Option<SourceKey>,
    /// The owner of an asset that nobody asked for.
    pub finder: Principal,
}

/// Who takes an asset down, and by what right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takedown {
    /// Who asks for it.
    pub caller: Principal,
    /// By what right: it holds at the moment of the write, not only when it was looked up.
    pub authority: Authority,
    /// For people: who it was, and why.
    pub reason: String,
}

/// By what right an asset is taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Any asset, whoever owns it.
    Admin,
    /// The caller's own, as long as nobody else relies on it.
    Owner,
}

/// A write that leaves the state as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amendment {
    /// A PENDING asset was asked for again: it is kept longer.
    KeepPending {
        /// The new time at which it may be forgotten.
        expires_at: Timestamp,
    },
    /// Another caller relies on the asset too.
    Share,
    /// The drop folder is about to bring the bytes of an asset that has none. Written before they are copied, since
    /// the copy's own event may be the first to make it READY.
    Drop {
        /// What it has them as, if an event can tell that.
        source_key: Option<SourceKey>,
    },
    /// The same bytes were stored again under another tag.
    RefreshETag {
        /// The tag that the item has.
        from: ETag,
        /// The tag that the object has.
        to: ETag,
    },
}

impl AssetChange {
    /// The row of the transition table that this is.
    pub fn event(&self) -> AssetEvent {
        match self {
            Self::UploadRequested(_) => AssetEvent::UploadRequested,
            Self::UploadVerified(_) => AssetEvent::UploadVerified,
            Self::UploadRefused(_) => AssetEvent::UploadRefused,
            Self::ObjectVanished { .. } => AssetEvent::ObjectVanished,
            Self::ObjectDiffers { .. } => AssetEvent::ObjectDiffers,
            Self::ObjectArchived { .. } => AssetEvent::ObjectArchived,
            Self::ObjectRestored { .. } => AssetEvent::ObjectRestored,
            Self::TakenDown(_) => AssetEvent::TakenDown,
            Self::TakedownUndone => AssetEvent::TakedownUndone,
        }
    }

    /// `updated_at` of the item that the change is based on, if it is based on one.
    pub fn seen(&self) -> Option<Timestamp> {
        match self {
            Self::ObjectVanished { seen }
            | Self::ObjectDiffers { seen }
            | Self::ObjectArchived { seen }
            | Self::ObjectRestored { seen } => Some(*seen),
            Self::UploadRequested(_)
            | Self::UploadVerified(_)
            | Self::UploadRefused(_)
            | Self::TakenDown(_)
            | Self::TakedownUndone => None,
        }
    }

    /// The asset that this change makes of the current one (`None`: of nothing); `None` when it may not happen or has
    /// happened already. What a repository does in one conditional write, as a pure function.
    pub fn apply(&self, current: Option<&Asset>, hash: ContentHash, now: Timestamp) -> Option<Asset> {
        let to = match AssetState::after(current.map(|asset| asset.state), self.event()) {
            Ok(Transition::To(to)) => to,
            Ok(Transition::AlreadyThere) | Err(_) => return None,
        };
        if let (Some(seen), Some(asset)) = (self.seen(), current)
            && asset.updated_at != seen
        {
            return None;
        }
        let mut asset = self.written(current, hash, now)?;
        asset.state = to;
        asset.updated_at = now;
        Some(asset)
    }

    /// The fields that the change writes, over those that it keeps.
    fn written(&self, current: Option<&Asset>, hash: ContentHash, now: Timestamp) -> Option<Asset> {
        match self {
            Self::UploadRequested(declared) => Some(declared.start(hash, now)),
            Self::UploadVerified(verified) => Some(verified.write(current, hash, now)),
            Self::UploadRefused(refused) => Some(refused.write(current, hash, now)),
            Self::TakenDown(takedown) => current.and_then(|asset| takedown.write(asset)),
            // Undone, it is PENDING without an end: what ever was READY or DELETED is never forgotten.
            Self::TakedownUndone => {
                current.map(|asset| Asset { expires_at: None, reason: None, ..asset.clone() })
            }
            Self::ObjectVanished { .. }
            | Self::ObjectDiffers { .. }
            | Self::ObjectArchived { .. }
            | Self::ObjectRestored { .. } => current.map(|asset| Asset { expires_at: None, ..asset.clone() }),
        }
    }
}

impl Declaration {
    fn start(&self, content_hash: ContentHash, now: Timestamp) -> Asset {
        Asset {
            content_hash,
            size_bytes: self.size_bytes,
            media_type: self.media_type,
            state: AssetState::Pending,
            etag: None,
            dimensions: None,
            file_name: self.file_name.clone(),
            source_key: self.source_key.clone(),
            reason: None,
            created_by: self.caller.clone(),
            shared: false,
            created_at: now,
            updated_at: now,
            expires_at: Some(self.expires_at),
        }
    }
}

impl Verification {
    fn write(&self, current: Option<&Asset>, content_hash: ContentHash, now: Timestamp) -> Asset {
        Asset {
            content_hash,
            size_bytes: self.size_bytes,
            media_type: self.media_type,
            state: AssetState::Ready,
            etag: Some(self.etag.clone()),
            dimensions: Some(self.dimensions),
            file_name: current.and_then(|asset| asset.file_name.clone()).or_else(|| self.file_name.clone()),
            source_key: current.and_then(|asset| asset.source_key.clone()),
            reason: None,
            created_by: current.map_or_else(|| self.finder.clone(), |asset| asset.created_by.clone()),
            shared: current.is_some_and(|asset| asset.shared),
            created_at: current.map_or(now, |asset| asset.created_at),
            updated_at: now,
            expires_at: None,
        }
    }
}

impl Refusal {
    fn write(&self, current: Option<&Asset>, content_hash: ContentHash, now: Timestamp) -> Asset {
        Asset {
            content_hash,
            size_bytes: self.size_bytes,
            media_type: self.media_type,
            state: AssetState::Rejected,
            etag: None,
            dimensions: None,
            file_name: current.and_then(|asset| asset.file_name.clone()).or_else(|| self.file_name.clone()),
            source_key: self.source_key.clone().or_else(|| current?.source_key.clone()),
            reason: Some(self.reason.clone()),
            created_by: current.map_or_else(|| self.finder.clone(), |asset| asset.created_by.clone()),
            shared: current.is_some_and(|asset| asset.shared),
            created_at: current.map_or(now, |asset| asset.created_at),
            updated_at: now,
            expires_at: None,
        }
    }
}

impl Takedown {
    /// The asset once it is taken down; `None` when the caller may not.
    fn write(&self, current: &Asset) -> Option<Asset> {
        let admitted = match self.authority {
            Authority::Admin => true,
            Authority::Owner => current.created_by == self.caller && !current.shared,
        };
        let reason = Some(self.reason.clone());
        admitted.then(|| Asset { expires_at: None, reason, ..current.clone() })
    }
}

impl Amendment {
    /// The asset after this amendment; `None` when its state or tag does not admit it.
    pub fn apply(&self, current: &Asset, now: Timestamp) -> Option<Asset> {
        if !self.admitted_in().contains(&current.state) {
            return None;
        }
        let mut asset = Asset { updated_at: now, ..current.clone() };
        match self {
            // Without an end (its takedown was undone) it stays without one.
            Self::KeepPending { .. } if current.expires_at.is_none() => return Some(current.clone()),
            Self::KeepPending { expires_at } => asset.expires_at = Some(*expires_at),
            Self::Share => asset.shared = true,
            Self::Drop { source_key } => asset.source_key.clone_from(source_key),
            Self::RefreshETag { from, to } => {
                if current.etag.as_ref() != Some(from) {
                    return None;
                }
                asset.etag = Some(to.clone());
            }
        }
        Some(asset)
    }

    /// The states in which it may be written.
    pub fn admitted_in(&self) -> &'static [AssetState] {
        use AssetState::{Archived, Mismatch, Missing, Pending, Ready, Rejected};
        match self {
            Self::KeepPending { .. } => &[Pending],
            Self::Share => &[Pending, Ready, Archived, Missing, Mismatch],
            Self::Drop { .. } => &[Pending, Rejected, Missing, Mismatch],
            Self::RefreshETag { .. } => &[Ready, Archived],
        }
    }
}
