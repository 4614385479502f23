//! Why a look, or a whole event, must be repeated.

use std::error::Error;

use shared::key::ObjectKey;
use shared::ports::{RepositoryError, StoreError};

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
    pub(crate) fn is_stale(&self) -> bool {
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

/// Some objects of an event could not be looked at: the event must come again. It names them; why is logged where each
/// failed, once.
#[derive(Debug, thiserror::Error)]
#[error("{} of {total} objects could not be looked at: {}", failed.len(), list(failed))]
pub struct VerifyError {
    failed: Vec<(ObjectKey, LookError)>,
    total: usize,
}

impl VerifyError {
    pub(crate) fn new(failed: Vec<(ObjectKey, LookError)>, total: usize) -> Self {
        Self { failed, total }
    }

    /// The objects that failed, each with the reason.
    pub fn failed(&self) -> &[(ObjectKey, LookError)] {
        &self.failed
    }
}

fn list(failed: &[(ObjectKey, LookError)]) -> String {
    failed.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>().join(", ")
}

/// An error and what caused it, in one line.
pub(crate) fn with_sources(error: &dyn Error) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
