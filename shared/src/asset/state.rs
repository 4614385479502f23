//! The asset's life as a table.
//!
//! | event | from | to |
//! |---|---|---|
//! | upload requested | (none), REJECTED | PENDING |
//! | upload verified | (none), PENDING, MISSING, MISMATCH, REJECTED | READY |
//! | upload refused | (none), PENDING | REJECTED |
//! | object archived | READY | ARCHIVED |
//! | object restored | ARCHIVED | READY |
//! | object vanished | READY, ARCHIVED, MISMATCH | MISSING |
//! | object differs | READY, ARCHIVED | MISMATCH |
//! | taken down | every state | DELETED |
//! | takedown undone | DELETED | PENDING |
//!
//! [`AssetEvent::admitted_in`] and [`AssetEvent::target`] are that table, and the only place that knows it: the
//! condition of every DynamoDB write is built from them.

use std::fmt;
use std::str::FromStr;

/// Where an asset stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssetState {
    /// Asked for; its bytes have not been verified.
    Pending,
    /// Verified: the object is there, and its SHA-256 is the key.
    Ready,
    /// Judged by bytes and configuration, and refused.
    Rejected,
    /// Ready, but in a storage class that must be restored before it can be read.
    Archived,
    /// Was ready; the object is gone.
    Missing,
    /// Was ready; the object's bytes are no longer those of the hash.
    Mismatch,
    /// Taken down.
    Deleted,
}

impl AssetState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Ready,
        Self::Rejected,
        Self::Archived,
        Self::Missing,
        Self::Mismatch,
        Self::Deleted,
    ];

    /// Its name in JSON and DynamoDB.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Ready => "READY",
            Self::Rejected => "REJECTED",
            Self::Archived => "ARCHIVED",
            Self::Missing => "MISSING",
            Self::Mismatch => "MISMATCH",
            Self::Deleted => "DELETED",
        }
    }

    /// The state that follows when an event happens to an asset in state `from` (`None`: there is no such asset).
    ///
    /// # Errors
    /// [`IllegalTransition`] for every pair that the table does not have.
    pub fn after(from: Option<Self>, event: AssetEvent) -> Result<Transition, IllegalTransition> {
        if event.admitted_in().contains(&from) {
            Ok(Transition::To(event.target()))
        } else if from == Some(event.target()) {
            Ok(Transition::AlreadyThere)
        } else {
            Err(IllegalTransition { from, event })
        }
    }
}

impl fmt::Display for AssetState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state of an asset")]
pub struct ParseStateError(String);

impl FromStr for AssetState {
    type Err = ParseStateError;

    fn from_str(text: &str) -> Result<Self, ParseStateError> {
        let named = Self::ALL.into_iter().find(|state| state.as_str() == text);
        named.ok_or_else(|| ParseStateError(text.to_owned()))
    }
}

/// What can happen to an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssetEvent {
    /// A caller asked to upload it.
    UploadRequested,
    /// Its bytes were judged and accepted.
    UploadVerified,
    /// Its bytes were judged and refused.
    UploadRefused,
    /// Its object went to a class that must be restored to be read.
    ObjectArchived,
    /// Its archived object can be read again.
    ObjectRestored,
    /// Its object is gone.
    ObjectVanished,
    /// Its object's SHA-256 is not the key.
    ObjectDiffers,
    /// It was taken down.
    TakenDown,
    /// Its takedown was undone: it may be uploaded again.
    TakedownUndone,
}

impl AssetEvent {
    /// Every event.
    pub const ALL: [Self; 9] = [
        Self::UploadRequested,
        Self::UploadVerified,
        Self::UploadRefused,
        Self::ObjectArchived,
        Self::ObjectRestored,
        Self::ObjectVanished,
        Self::ObjectDiffers,
        Self::TakenDown,
        Self::TakedownUndone,
    ];

    /// The states that it may happen in; `None` stands for an asset that is not there.
    pub fn admitted_in(self) -> &'static [Option<AssetState>] {
        use AssetState::{Archived, Deleted, Mismatch, Missing, Pending, Ready, Rejected};
        match self {
            Self::UploadRequested => &[None, Some(Rejected)],
            Self::UploadVerified => &[None, Some(Pending), Some(Missing), Some(Mismatch), Some(Rejected)],
            Self::UploadRefused => &[None, Some(Pending)],
            Self::ObjectArchived => &[Some(Ready)],
            Self::ObjectRestored => &[Some(Archived)],
            Self::ObjectVanished => &[Some(Ready), Some(Archived), Some(Mismatch)],
            Self::ObjectDiffers => &[Some(Ready), Some(Archived)],
            Self::TakenDown => {
                &[Some(Pending), Some(Ready), Some(Rejected), Some(Archived), Some(Missing), Some(Mismatch)]
            }
            Self::TakedownUndone => &[Some(Deleted)],
        }
    }

    /// The state that it leads to.
    pub fn target(self) -> AssetState {
        match self {
            Self::UploadRequested | Self::TakedownUndone => AssetState::Pending,
            Self::UploadVerified | Self::ObjectRestored => AssetState::Ready,
            Self::UploadRefused => AssetState::Rejected,
            Self::ObjectArchived => AssetState::Archived,
            Self::ObjectVanished => AssetState::Missing,
            Self::ObjectDiffers => AssetState::Mismatch,
            Self::TakenDown => AssetState::Deleted,
        }
    }
}

/// What an event that is allowed does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// The asset goes to this state.
    To(AssetState),
    /// The event took effect before: nothing is to be done.
    AlreadyThere,
}

/// An event that the asset's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} is not possible {}", match .from { Some(state) => format!("in state {state}"), None => "without an asset".to_owned() })]
pub struct IllegalTransition {
    /// The state that it met; `None` for no asset.
    pub from: Option<AssetState>,
    /// What was to happen.
    pub event: AssetEvent,
}

#[cfg(test)]
mod tests {
    use AssetEvent::*;
    use AssetState::*;

    use super::*;

    /// The table, written a second time on purpose: a slip in the first shows here.
    const LEGAL: [(Option<AssetState>, AssetEvent, AssetState); 23] = [
        (None, UploadRequested, Pending),
        (Some(Rejected), UploadRequested, Pending),
        (None, UploadVerified, Ready),
        (Some(Pending), UploadVerified, Ready),
        (Some(Missing), UploadVerified, Ready),
        (Some(Mismatch), UploadVerified, Ready),
        (Some(Rejected), UploadVerified, Ready),
        (None, UploadRefused, Rejected),
        (Some(Pending), UploadRefused, Rejected),
        (Some(Ready), ObjectArchived, Archived),
        (Some(Archived), ObjectRestored, Ready),
        (Some(Ready), ObjectVanished, Missing),
        (Some(Archived), ObjectVanished, Missing),
        (Some(Mismatch), ObjectVanished, Missing),
        (Some(Ready), ObjectDiffers, Mismatch),
        (Some(Archived), ObjectDiffers, Mismatch),
        (Some(Pending), TakenDown, Deleted),
        (Some(Ready), TakenDown, Deleted),
        (Some(Rejected), TakenDown, Deleted),
        (Some(Archived), TakenDown, Deleted),
        (Some(Missing), TakenDown, Deleted),
        (Some(Mismatch), TakenDown, Deleted),
        (Some(Deleted), TakedownUndone, Pending),
    ];

    #[test]
    fn every_pair_of_state_and_event_is_as_the_table_says() {
        let states = AssetState::ALL.into_iter().map(Some).chain([None]);
        for (from, event) in states.flat_map(|from| AssetEvent::ALL.map(|event| (from, event))) {
            let legal = LEGAL.iter().find(|row| (row.0, row.1) == (from, event)).map(|row| row.2);
            let expected = match legal {
                Some(to) => Ok(Transition::To(to)),
                None if from == Some(event.target()) => Ok(Transition::AlreadyThere),
                None => Err(IllegalTransition { from, event }),
            };
            assert_eq!(AssetState::after(from, event), expected, "{from:?} {event:?}");
        }
    }

    #[test]
    fn an_event_that_happens_twice_takes_effect_once() {
        for event in AssetEvent::ALL {
            for from in event.admitted_in() {
                let Ok(Transition::To(reached)) = AssetState::after(*from, event) else {
                    panic!("{event:?} is admitted in {from:?}");
                };
                assert_eq!(AssetState::after(Some(reached), event), Ok(Transition::AlreadyThere));
            }
        }
    }

    #[test]
    fn every_state_reads_back_from_its_name() {
        for state in AssetState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        assert!("ready".parse::<AssetState>().is_err());
    }
}
