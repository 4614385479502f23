//! Reports: written for people, and for a function's own next step.

use bytes::Bytes;

use super::StoreError;
use crate::key::ReportName;

/// Keeps reports.
pub trait ReportStore {
    /// Writes a report, in place of what was there.
    ///
    /// # Errors
    /// [`StoreError`]; the report is then as it was.
    async fn write_report(&self, name: &ReportName, content: Bytes) -> Result<(), StoreError>;

    /// A report; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError`], but never `NotFound`.
    async fn read_report(&self, name: &ReportName) -> Result<Option<Bytes>, StoreError>;
}
