//! What every [`ReportStore`] promises.

use bytes::Bytes;

use crate::key::{ReconcileStage, ReportFormat, ReportName};
use crate::ports::ReportStore;
use crate::shard::Shard;

/// Checks every promise of a [`ReportStore`].
pub async fn keeps_every_promise(store: &impl ReportStore) {
    a_report_is_read_as_it_was_written_last(store).await;
}

/// A report is read as it was written last; one that was never written is none.
async fn a_report_is_read_as_it_was_written_last(store: &impl ReportStore) {
    let names = ReportFormat::ALL.map(|format| ReportName::of_reconcile_day("contract", format));
    let part = ReportName::of_reconcile_shard("contract", Shard::FIRST, ReconcileStage::Planned);
    for name in names.iter().chain([&part]) {
        assert_eq!(store.read_report(name).await.unwrap(), None, "{name:?}");
        for content in ["first", "second\nin two lines", ""] {
            store.write_report(name, Bytes::from(content)).await.unwrap();
            assert_eq!(store.read_report(name).await.unwrap().unwrap(), content, "{name:?}");
        }
    }
}
