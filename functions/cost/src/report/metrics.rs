//! The report as metrics.

use crate::analyze::Analysis;

impl Analysis {
    /// Sets the metrics.
    pub(crate) fn record(&self) {
        metrics::gauge!("monthly_cost_usd").set(self.current.total().as_dollars());
        metrics::gauge!("monthly_savings_usd").set(self.returns.monthly.as_dollars());
    }
}
