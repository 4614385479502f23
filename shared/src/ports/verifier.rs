//! The verifier: whoever looks at an object, and writes what it is.

use std::fmt;

use super::{RepositoryError, StoreError};
use crate::key::ObjectKey;
use crate::time::Timestamp;

/// Looks at objects. Level-triggered: what is done depends on what is there now, not on why somebody asked to look.
pub trait Verifier {
    /// Looks at the object under a key, and writes what follows from it. Safe to repeat.
    ///
    /// # Errors
    /// [`LookError`]; a look later may succeed.
    async fn look(&self, key: &ObjectKey, now: Timestamp) -> Result<Outcome, LookError>;
}

/// What made a look at one object fail: all of these are worth another try.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository of assets failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Other writers came first, again and again.
    #[error("the asset or its object changed while it was looked at")]
    Outpaced,
    /// The store made a copy of other bytes than it was asked to copy. The copy is deleted.
    #[error("the store's copy has another SHA-256 than its source")]
    CopyDiffers,
}

impl LookError {
    /// Whether it only means that what was seen is no longer so: then a new look, at once, sees what is.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Outpaced | Self::Store(StoreError::Changed(_) | StoreError::NotFound(_)) => true,
            Self::Store(
                StoreError::Archived(_) | StoreError::Denied { .. } | StoreError::Unavailable { .. },
            )
            | Self::Repository(_)
            | Self::CopyDiffers => false,
        }
    }
}

/// How a look at one object ended well: nothing of it needs repeating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The object is not there, or no longer.
    Gone,
    /// It is nothing to adopt: a folder's marker, or a part of an upload that is under way.
    Skipped,
    /// The asset says of the object what is so.
    Unchanged,
    /// The asset is READY now.
    Verified,
    /// The asset was READY already, and has the object's new tag now.
    Refreshed,
    /// The upload was refused; the asset, if the bytes were read, is REJECTED.
    Refused {
        /// Why, for people.
        reason: String,
    },
    /// An object that may not be there was deleted: its asset is DELETED, or REJECTED once more.
    Removed,
    /// The asset is MISMATCH now, and its object kept.
    Differs,
    /// The drop folder's copy of what is READY already was deleted.
    Duplicate,
    /// The asset is ARCHIVED, and its bytes can be read again: reconcile makes it READY.
    Thawed,
    /// Nothing was done, and a person or reconcile should see why.
    Left {
        /// Why.
        reason: &'static str,
    },
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("no object is there"),
            Self::Skipped => f.write_str("it is no upload"),
            Self::Unchanged => f.write_str("nothing to do"),
            Self::Verified => f.write_str("verified"),
            Self::Refreshed => f.write_str("the same bytes under a new tag"),
            Self::Refused { reason } => write!(f, "refused: {reason}"),
            Self::Removed => f.write_str("removed"),
            Self::Differs => f.write_str("the object has other bytes than its key says"),
            Self::Duplicate => f.write_str("ready already"),
            Self::Thawed => f.write_str("archived, and readable again"),
            Self::Left { reason } => write!(f, "left as it is: {reason}"),
        }
    }
}
