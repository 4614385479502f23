//! Messages, kept.

use std::sync::{Arc, Mutex};

use super::lock;
use crate::ports::{AnnounceError, Announcement, Announcer};

/// Keeps what it is told.
#[derive(Debug, Clone, Default)]
pub struct MemoryAnnouncer {
    messages: Arc<Mutex<Vec<Announcement>>>,
}

impl MemoryAnnouncer {
    /// What it was told so far.
    pub fn messages(&self) -> Vec<Announcement> {
        lock(&self.messages).clone()
    }
}

impl Announcer for MemoryAnnouncer {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        lock(&self.messages).push(message.clone());
        Ok(())
    }
}
