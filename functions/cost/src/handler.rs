//! Carries out what an event asks for.

use jiff::tz::Offset;
use serde_json::Value;
use shared::ports::{Announcer, ReportStore};

use crate::collect_usage::UsageSource;
use crate::event::{BadEvent, period_days};
use crate::report_cost::{Cost, ReportCostError};

/// Cost on Lambda.
#[derive(Debug)]
pub struct Handler<U, S, A> {
    cost: Cost<U, S, A>,
}

/// Why an event was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It asks for nothing that can be done.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// There is no report, or nobody was told of it.
    #[error(transparent)]
    Report(#[from] ReportCostError),
}

impl<U: UsageSource, S: ReportStore, A: Announcer> Handler<U, S, A> {
    /// A handler that reports by this use case.
    pub fn new(cost: Cost<U, S, A>) -> Self {
        Self { cost }
    }

    /// Carries an event out, and answers with the report.
    ///
    /// # Errors
    /// [`HandleError`]. The same event may come again: a report takes the place of the day's last.
    pub async fn handle(&self, event: &Value) -> Result<Value, HandleError> {
        let today = Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
        Ok(self.cost.report(period_days(event)?, today).await?.to_json())
    }
}
