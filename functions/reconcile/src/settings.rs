//! How a run goes about it.

use std::time::{Duration, Instant};

/// How long before the deadline nothing new is begun.
const RESERVE: Duration = Duration::from_mins(1);

/// How a run goes about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What is younger is left alone.
    pub grace: Duration,
    /// Whether nothing is to be changed.
    pub dry_run: bool,
    /// Whether a great loss is written down all the same.
    pub force: bool,
    /// How long a shard that could not be read waits before it is tried again; each further time four times as long.
    pub retry_pause: Duration,
    /// When everything must have ended.
    pub deadline: Option<Instant>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace: Duration::from_mins(15),
            dry_run: false,
            force: false,
            retry_pause: Duration::from_secs(1),
            deadline: None,
        }
    }
}

impl Settings {
    /// Whether it is too late to begin anything.
    pub(crate) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() + RESERVE > deadline)
    }

    /// The same with half of the time that is left.
    pub(crate) fn with_half_of_the_time(&self) -> Self {
        let now = Instant::now();
        let halfway = |deadline: Instant| now + deadline.saturating_duration_since(now) / 2;
        Self { deadline: self.deadline.map(halfway), ..self.clone() }
    }
}
