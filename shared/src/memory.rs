//! The ports in memory: for tests, with the promises of the real ones.

mod announcer;
mod asset_repository;
mod cdn;
mod faulty;
mod object_store;
mod render_leases;

pub use announcer::MemoryAnnouncer;
pub use asset_repository::MemoryAssetRepository;
pub use cdn::MemoryCdn;
pub use faulty::{Fault, Faults, Faulty};
pub use object_store::{MemoryBody, MemoryObjectStore};
pub use render_leases::MemoryRenderLeases;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a test that panicked while it held the lock: every write here is a single step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "contract"))]
mod tests;
