//! No guard against stampedes across processes.

use shared::ports::{RenderLeases, RepositoryError};
use shared::time::Timestamp;
use shared::variant::VariantUrl;

/// Leases where there are none: no value of it exists.
#[derive(Debug, Clone, Copy)]
pub enum Unguarded {}

impl RenderLeases for Unguarded {
    async fn take(&self, _: &VariantUrl, _: Timestamp, _: Timestamp) -> Result<bool, RepositoryError> {
        match *self {}
    }

    async fn give_back(&self, _: &VariantUrl, _: Timestamp) -> Result<(), RepositoryError> {
        match *self {}
    }
}
