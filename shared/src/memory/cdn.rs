//! A CDN in memory, which remembers what it was told.

use std::sync::{Arc, Mutex};

use super::lock;
use crate::ports::{CdnError, CdnInvalidation, Invalidation, TakedownReminder};

/// What a CDN and its queue of reminders were told. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryCdn {
    invalidations: Arc<Mutex<Vec<Invalidation>>>,
    reminders: Arc<Mutex<Vec<TakedownReminder>>>,
}

impl MemoryCdn {
    /// What was invalidated, in order; a repetition counts as one with the first.
    pub fn invalidations(&self) -> Vec<Invalidation> {
        lock(&self.invalidations).clone()
    }

    /// The reminders that wait, in order, which are delivered with this.
    pub fn take_reminders(&self) -> Vec<TakedownReminder> {
        std::mem::take(&mut *lock(&self.reminders))
    }
}

impl CdnInvalidation for MemoryCdn {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError> {
        let mut known = lock(&self.invalidations);
        if !known.iter().any(|known| known.reference() == invalidation.reference()) {
            known.push(*invalidation);
        }
        Ok(())
    }

    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError> {
        lock(&self.reminders).push(*reminder);
        Ok(())
    }
}
