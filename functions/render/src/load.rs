//! How much one process renders at one time.

use std::num::NonZeroUsize;
use std::time::Duration;

/// Bounds of what is rendered at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// How many renders go on at once; further ones wait for their turn.
    pub renders_at_once: usize,
    /// The memory, in bytes, that all of them may take together.
    pub memory_bytes: u64,
    /// How long one variant may take, waiting for its turn included.
    pub longest: Duration,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            // A render keeps one processor busy: more of them at once take more memory, and not less time.
            renders_at_once: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            memory_bytes: 2 << 30,
            longest: Duration::from_secs(20),
        }
    }
}
