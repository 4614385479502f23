//! The schedule that reports what the system costs, as EventBridge's does on AWS.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use cost::Cost;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::aws::S3ObjectStore;
use shared::ports::{AnnounceError, Announcement, Announcer};

use crate::usage::LocalUsage;

/// What a report looks back on, in days.
const PERIOD_DAYS: u32 = 30;

/// Tells whoever reads the log.
#[derive(Debug)]
pub(crate) struct Log;

impl Announcer for Log {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        tracing::info!(report.subject = message.subject, "the day's cost is reported");
        Ok(())
    }
}

/// Reports on the local system, and when.
#[derive(Debug)]
pub(crate) struct CostSchedule {
    pub(crate) cost: Cost<Arc<LocalUsage>, S3ObjectStore, Log>,
    pub(crate) every: Duration,
}

impl CostSchedule {
    /// Reports again and again, the first time when the first interval is over, until `stopped` is done.
    pub(crate) async fn keep(self, stopped: impl Future<Output = ()>) {
        let daily = async {
            loop {
                tokio::time::sleep(self.every).await;
                let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
                if let Err(error) = self.cost.report(PERIOD_DAYS, today).await {
                    tracing::error!(error = &error as &dyn Error, "the day's cost could not be reported");
                }
            }
        };
        tokio::select! {
            () = daily => {}
            () = stopped => {}
        }
    }
}
