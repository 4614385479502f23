//! The schedule that reconciles, as EventBridge's does on AWS.

use std::sync::Arc;
use std::time::Duration;

use reconcile::{Reconcile, Settings};
use shared::aws::{DynamoAssetRepository, S3ObjectStore};
use shared::shard::ShardRange;

use crate::deliver::LocalVerify;
use crate::usage::{Counters, Function};

/// Reconciliation on the local stores, and when.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub(crate) reconcile: Reconcile<S3ObjectStore, DynamoAssetRepository, LocalVerify>,
    pub(crate) every: Duration,
    pub(crate) settings: Settings,
    pub(crate) counters: Arc<Counters>,
}

impl Schedule {
    /// Reconciles again and again, the first time when the first interval is over, until `stopped` is done. A run
    /// that is under way then just ends: whatever it has not done, the next one does.
    pub(crate) async fn keep(self, stopped: impl Future<Output = ()>) {
        let daily = async {
            loop {
                tokio::time::sleep(self.every).await;
                let invocation = self.counters.invocation(Function::Reconcile);
                let report = self.reconcile.run(ShardRange::ALL, &self.settings, &|_| {}).await;
                drop(invocation);
                let halted = report.halted.as_deref();
                tracing::info!(
                    reconcile.findings = report.sums.findings(),
                    reconcile.mended = report.sums.mended,
                    reconcile.duration_ms = report.duration.as_millis(),
                    reconcile.halted = halted,
                    "S3 and DynamoDB were compared"
                );
            }
        };
        tokio::select! {
            () = daily => {}
            () = stopped => {}
        }
    }
}
