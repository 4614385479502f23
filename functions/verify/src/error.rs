//! Why a whole event must be repeated.

use shared::key::ObjectKey;
use shared::ports::LookError;

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
