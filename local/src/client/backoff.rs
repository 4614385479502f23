//! Pauses between tries.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::error::ApiError;

/// How many times a call is tried.
const CALL_ATTEMPTS: u32 = 5;

/// Pauses that double up to a cap, each shortened by chance to at least its half, so that many clients don't come back
/// at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    next: Duration,
    cap: Duration,
}

impl Backoff {
    /// Pauses from `first` on, up to `cap`.
    pub(crate) fn new(first: Duration, cap: Duration) -> Self {
        Self { next: first.min(cap), cap }
    }

    /// Pauses between tries of what failed: 0.2 s at first, 5 s at most.
    pub(crate) fn after_faults() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(5))
    }

    /// The next pause.
    pub(crate) fn pause(&mut self) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.cap);
        let half = whole / 2;
        // The seeds of the standard library's hash maps are random, and that is enough here.
        let chance = RandomState::new().hash_one(());
        half + Duration::from_nanos(chance % u64::try_from(half.as_nanos()).unwrap_or(u64::MAX).max(1))
    }
}

/// Makes a call again while its fault is transient.
pub(super) async fn retrying<T>(call: impl AsyncFn() -> Result<T, ApiError>) -> Result<T, ApiError> {
    let mut backoff = Backoff::after_faults();
    for _ in 1..CALL_ATTEMPTS {
        match call().await {
            Err(fault) if fault.is_transient() => tokio::time::sleep(backoff.pause()).await,
            done => return done,
        }
    }
    call().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_keep_at_least_half_of_it() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(300));
        for whole in [50, 100, 200, 300, 300] {
            let whole = Duration::from_millis(whole);
            let pause = backoff.pause();
            assert!((whole / 2..=whole).contains(&pause), "{pause:?} of {whole:?}");
        }
    }
}
