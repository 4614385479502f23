//! Render leases in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::ports::{RenderLeases, RepositoryError};
use crate::time::Timestamp;
use crate::variant::VariantUrl;

/// Leases in memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryRenderLeases {
    ends: Arc<Mutex<BTreeMap<String, Timestamp>>>,
}

impl RenderLeases for MemoryRenderLeases {
    async fn take(
        &self,
        variant: &VariantUrl,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<bool, RepositoryError> {
        let mut leases = lock(&self.ends);
        let is_free = leases.get(&variant.to_string()).is_none_or(|lasts| *lasts <= now);
        if is_free {
            leases.insert(variant.to_string(), ends);
        }
        Ok(is_free)
    }

    async fn give_back(&self, variant: &VariantUrl, ends: Timestamp) -> Result<(), RepositoryError> {
        let mut leases = lock(&self.ends);
        if leases.get(&variant.to_string()) == Some(&ends) {
            leases.remove(&variant.to_string());
        }
        Ok(())
    }
}
