//! How a look ended.

use std::fmt;

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
