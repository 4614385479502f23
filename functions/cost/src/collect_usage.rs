//! The port that use is measured through.
#![expect(
    async_fn_in_trait,
    reason = "adapters are named where they are spawned, so `Send` is checked there"
)]

use std::sync::Arc;

use crate::usage::Usage;

/// Measures use.
pub trait UsageSource {
    /// The use of the last days.
    ///
    /// # Errors
    /// [`UsageSourceError`], which names what could not be read.
    async fn usage(&self, period_days: u32) -> Result<Usage, UsageSourceError>;
}

impl<U: UsageSource> UsageSource for Arc<U> {
    async fn usage(&self, period_days: u32) -> Result<Usage, UsageSourceError> {
        self.as_ref().usage(period_days).await
    }
}

/// Why use could not be measured.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be measured: {why}")]
pub struct UsageSourceError {
    /// What was asked for.
    pub what: String,
    /// What stood in the way.
    pub why: String,
}
