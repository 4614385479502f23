//! What a look at an original leads to, as a pure function of what is seen.

use shared::asset::{Asset, AssetState, ETag};
use shared::ports::ObjectHead;

/// What an asset and a HEAD tell before any byte is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Glance {
    /// The asset was verified with just this object: nothing is to be done.
    Settled,
    /// The object has no right to be there.
    Unwelcome,
    /// Its SHA-256 decides.
    Unknown,
}

/// What is to be done about an original once its SHA-256 is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Judge the bytes: READY, or REJECTED and the object deleted.
    Judge,
    /// The bytes were accepted once, and are back: READY again, whatever would be accepted today.
    Restore,
    /// The bytes are right, the tag is new: write it.
    RefreshETag,
    /// The bytes are not those of the key, and never were ready: REJECTED, and the object deleted.
    RefuseBytes,
    /// The bytes of a ready asset were replaced: MISMATCH, and the object kept for a person to look at.
    ReportDiffers,
    /// The object has no right to be there: delete it.
    Remove,
    /// An archived asset's bytes are there again: reconcile, which knows of restoring, makes it READY.
    LeaveToReconcile,
    /// Leave it to a person.
    LeaveToPeople,
}

/// What is to be done about what parts made, of an asset that is not ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartsDuty {
    /// Judge the bytes: READY, or REJECTED.
    Judge,
    /// The bytes were accepted once, and are back: READY again, whatever would be accepted today.
    Restore,
    /// The bytes are not those that were promised: REJECTED.
    Refuse,
    /// Delete it, and leave the asset as it is.
    Remove,
}

/// What follows from the asset and from what HEAD says.
pub(crate) fn at_first_glance(asset: Option<&Asset>, head: &ObjectHead) -> Glance {
    match asset {
        Some(asset) if asset.state == AssetState::Deleted => Glance::Unwelcome,
        Some(asset) if is_verified_with(asset, &head.etag) => Glance::Settled,
        Some(_) | None => Glance::Unknown,
    }
}

/// Whether the asset was verified with the object that has this tag.
pub(crate) fn is_verified_with(asset: &Asset, tag: &ETag) -> bool {
    let verified = matches!(asset.state, AssetState::Ready | AssetState::Archived);
    verified && asset.etag.as_ref() == Some(tag)
}

/// What follows once the object's SHA-256 is known to be its key, or not to be.
pub(crate) fn by_hash(state: Option<AssetState>, is_right: bool) -> Duty {
    match (state, is_right) {
        (Some(AssetState::Deleted), _) | (Some(AssetState::Rejected), false) => Duty::Remove,
        (None | Some(AssetState::Pending | AssetState::Rejected), true) => Duty::Judge,
        (Some(AssetState::Pending), false) => Duty::RefuseBytes,
        (Some(AssetState::Ready), true) => Duty::RefreshETag,
        (Some(AssetState::Missing | AssetState::Mismatch), true) => Duty::Restore,
        // Of what nobody asked for, these may be the only bytes that there are.
        (None | Some(AssetState::Missing | AssetState::Mismatch), false) => Duty::LeaveToPeople,
        (Some(AssetState::Archived), true) => Duty::LeaveToReconcile,
        (Some(AssetState::Ready | AssetState::Archived), false) => Duty::ReportDiffers,
    }
}

/// What follows once it is known whether parts made what was promised.
pub(crate) fn by_parts(state: Option<AssetState>, is_right: bool) -> PartsDuty {
    match (state, is_right) {
        (None | Some(AssetState::Pending | AssetState::Rejected), true) => PartsDuty::Judge,
        (Some(AssetState::Missing | AssetState::Mismatch), true) => PartsDuty::Restore,
        (None | Some(AssetState::Pending), false) => PartsDuty::Refuse,
        (Some(AssetState::Rejected | AssetState::Missing | AssetState::Mismatch), false)
        | (Some(AssetState::Ready | AssetState::Archived | AssetState::Deleted), _) => PartsDuty::Remove,
    }
}

#[cfg(test)]
mod tests {
    use AssetState::*;

    use super::*;

    #[test]
    fn the_hash_decides_what_becomes_of_an_object() {
        let cases = [
            (None, Duty::Judge, Duty::LeaveToPeople),
            (Some(Pending), Duty::Judge, Duty::RefuseBytes),
            (Some(Rejected), Duty::Judge, Duty::Remove),
            (Some(Ready), Duty::RefreshETag, Duty::ReportDiffers),
            (Some(Archived), Duty::LeaveToReconcile, Duty::ReportDiffers),
            (Some(Missing), Duty::Restore, Duty::LeaveToPeople),
            (Some(Mismatch), Duty::Restore, Duty::LeaveToPeople),
            (Some(Deleted), Duty::Remove, Duty::Remove),
        ];
        for (state, if_right, if_wrong) in cases {
            assert_eq!((by_hash(state, true), by_hash(state, false)), (if_right, if_wrong), "{state:?}");
        }
    }

    #[test]
    fn parts_that_are_wrong_change_no_asset_but_one_that_waits() {
        let cases = [
            (None, PartsDuty::Judge, PartsDuty::Refuse),
            (Some(Pending), PartsDuty::Judge, PartsDuty::Refuse),
            (Some(Rejected), PartsDuty::Judge, PartsDuty::Remove),
            (Some(Missing), PartsDuty::Restore, PartsDuty::Remove),
            (Some(Mismatch), PartsDuty::Restore, PartsDuty::Remove),
            (Some(Ready), PartsDuty::Remove, PartsDuty::Remove),
            (Some(Archived), PartsDuty::Remove, PartsDuty::Remove),
            (Some(Deleted), PartsDuty::Remove, PartsDuty::Remove),
        ];
        for (state, if_right, if_wrong) in cases {
            assert_eq!((by_parts(state, true), by_parts(state, false)), (if_right, if_wrong), "{state:?}");
        }
    }
}
