//! The archive behind the object store.

use super::StoreError;
use crate::key::ObjectKey;

/// Brings archived objects back for a while.
pub trait ObjectArchive {
    /// Asks for an archived object to be readable for some days. Minutes to half a day pass until it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such object.
    async fn restore(&self, key: &ObjectKey, days: u16) -> Result<Restoration, StoreError>;
}

/// What became of a wish to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restoration {
    /// It was asked for, now or before.
    Requested,
    /// The object can be read as it is: there is nothing to restore.
    NotArchived,
}
