//! The report as metrics.

use serde_json::{Value, json};
use shared::time::Timestamp;

use crate::analyze::Analysis;

impl Analysis {
    /// Sets the metrics.
    pub(crate) fn record(&self) {
        metrics::gauge!("monthly_cost_usd").set(self.current.total().as_dollars());
        metrics::gauge!("monthly_savings_usd").set(self.returns.monthly.as_dollars());
    }

    /// The metrics as a line of `CloudWatch`'s Embedded Metric Format, which a log line on Lambda turns into metrics.
    pub fn to_embedded_metrics(&self, at: Timestamp) -> Value {
        let metric = |name: &str| json!({ "Name": name, "Unit": "None" });
        json!({
            "_aws": {
                "Timestamp": at.epoch_millis(),
                "CloudWatchMetrics": [{
                    "Namespace": "Hashfolio",
                    "Dimensions": [[]],
                    "Metrics": [metric("monthly_cost_usd"), metric("monthly_savings_usd")],
                }],
            },
            "monthly_cost_usd": self.current.total(),
            "monthly_savings_usd": self.returns.monthly,
        })
    }
}
