//! How much is rendered at one time: as many at once as there are processors, in as much memory as there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a render waits for its turn before its client is told to come again: as long as a page may be expected to
/// wait for a picture.
const QUEUE_FOR: Duration = Duration::from_secs(10);

/// Lets renders in. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    turns: Arc<Semaphore>,
    memory: MemoryPool,
}

/// A turn; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
}

/// There is no room for one more render now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is being rendered already")]
pub struct Busy;

impl Admission {
    /// Lets so many render at one time, in so much memory together.
    pub(crate) fn new(renders_at_once: usize, memory_bytes: u64) -> Self {
        Self { turns: Arc::new(Semaphore::new(renders_at_once)), memory: MemoryPool::new(memory_bytes) }
    }

    /// Waits for a turn. Whoever waits holds nothing yet but its open request to the store.
    pub(crate) async fn turn(&self) -> Result<Turn, Busy> {
        self.turn_within(QUEUE_FOR).await
    }

    async fn turn_within(&self, wait: Duration) -> Result<Turn, Busy> {
        let permit = timeout(wait, Arc::clone(&self.turns).acquire_owned()).await;
        // The semaphore is never closed.
        let permit = permit.map_err(|_| Busy)?.map_err(|_| Busy)?;
        Ok(Turn { _permit: permit })
    }

    /// The memory of all renders.
    pub(crate) fn memory(&self) -> &MemoryPool {
        &self.memory
    }
}

/// Memory that several renders share. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct MemoryPool {
    left_bytes: Arc<AtomicU64>,
}

/// A part of the pool; it goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Portion {
    pool: MemoryPool,
    bytes: u64,
}

impl MemoryPool {
    /// A pool of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        Self { left_bytes: Arc::new(AtomicU64::new(bytes)) }
    }

    /// Nothing of it yet.
    pub(crate) fn nothing(&self) -> Portion {
        Portion { pool: self.clone(), bytes: 0 }
    }
}

impl Portion {
    /// Takes more of the pool.
    ///
    /// # Errors
    /// [`Busy`] when there is not as much left; the portion is as it was then.
    pub(crate) fn grow(&mut self, bytes: u64) -> Result<(), Busy> {
        let left = |left: u64| left.checked_sub(bytes);
        let taken = self.pool.left_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken.map_err(|_| Busy)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        self.pool.left_bytes.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_gives_no_more_than_it_has_and_takes_all_of_it_back() {
        let pool = MemoryPool::new(100);
        let (mut one, mut other) = (pool.nothing(), pool.nothing());
        assert_eq!(one.grow(60), Ok(()));
        assert_eq!(other.grow(41), Err(Busy));
        assert_eq!(other.grow(40), Ok(()));
        assert_eq!(one.grow(1), Err(Busy));
        drop(other);
        assert_eq!(one.grow(40), Ok(()));
        drop(one);
        assert_eq!(pool.nothing().grow(100), Ok(()));
    }

    #[tokio::test]
    async fn whoever_waits_too_long_for_a_turn_is_told_so() {
        let admission = Admission::new(1, 0);
        let turn = admission.turn().await.unwrap();
        let wait = Duration::from_millis(5);
        assert_eq!(admission.turn_within(wait).await.unwrap_err(), Busy);
        drop(turn);
        assert!(admission.turn_within(wait).await.is_ok());
    }
}
