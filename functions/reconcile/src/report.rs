//! What a run has to say: as JSON, as a page, and as metrics.

mod page;

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::key::{ReportFormat, ReportName};
use shared::ports::{ReportStore, StoreError};
use shared::shard::ShardRange;
use shared::time::Timestamp;

use crate::finding::Finding;
use crate::sums::Sums;
use crate::usage::NanoUsd;

/// How many findings a report shows; all are counted.
pub(crate) const FINDINGS_IN_REPORT: usize = 1_000;

/// The report of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// When it started.
    pub started_at: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether what was found was to be mended.
    pub applied: bool,
    /// Why nothing was mended, if the run was stopped.
    pub halted: Option<String>,
    /// What was counted.
    pub sums: Sums,
    /// The first findings.
    pub findings: Vec<Finding>,
    /// The shards that no time was left for.
    pub left: Option<ShardRange>,
    /// The memory of the functions that ran, in megabytes: zero where none did.
    pub memory_mb: u32,
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// Storage and metadata agree, now at the latest.
    Clean,
    /// Some drift is left, or something could not be compared.
    DriftLeft,
    /// The run was stopped.
    Halted,
}

impl Report {
    /// The report of a run. That it was halted is logged as an error, so that somebody is woken.
    pub fn new(started_at: Timestamp, applied: bool, halted: Option<String>) -> Self {
        if let Some(why) = &halted {
            tracing::error!(run.halted = why, "the reconciliation was halted, and nothing was changed");
        }
        Self {
            started_at,
            duration: Duration::ZERO,
            applied,
            halted,
            sums: Sums::default(),
            findings: Vec::new(),
            left: None,
            memory_mb: 0,
        }
    }

    /// Shows some findings, as long as there is room.
    pub fn keep(&mut self, findings: Vec<Finding>) {
        let room = FINDINGS_IN_REPORT.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// What the run comes to.
    pub fn verdict(&self) -> Verdict {
        if self.halted.is_some() {
            Verdict::Halted
        } else if self.sums.standing() > 0 || !self.sums.unchecked.is_empty() || self.left.is_some() {
            Verdict::DriftLeft
        } else {
            Verdict::Clean
        }
    }

    /// Findings about assets, for each asset.
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    pub fn drift_ratio(&self) -> f64 {
        self.sums.mismatches() as f64 / self.sums.assets_checked.max(1) as f64
    }

    /// What the run costs.
    pub fn cost(&self) -> NanoUsd {
        self.sums.usage.cost(self.memory_mb)
    }

    /// The run in figures, without its findings.
    pub fn summary(&self) -> Value {
        let mut summary = json!({
            "startedAt": self.started_at.to_string(),
            "durationMs": milliseconds(self.duration),
            "applied": self.applied,
            "shards": self.sums.shards,
            "objectsListed": self.sums.objects_listed,
            "assetsChecked": self.sums.assets_checked,
            "mismatchCount": self.sums.mismatches(),
            "driftRatio": self.drift_ratio(),
            "findingsTotal": self.sums.findings(),
            "found": self.sums.found,
            "mended": self.sums.mended,
            "settled": self.sums.settled,
            "postponed": self.sums.postponed,
            "unchecked": self.sums.unchecked,
            "listRequests": self.sums.usage.list_requests,
            "estimatedCostUsd": self.cost().dollars(),
        });
        if let Some(why) = &self.halted {
            summary["halted"] = json!(why);
        }
        if let Some(left) = self.left {
            summary["left"] = range_json(left);
        }
        summary
    }

    /// The whole report as JSON.
    pub fn to_json(&self) -> Value {
        let mut whole = self.summary();
        whole["findings"] = json!(self.findings);
        whole
    }

    /// The report as a page for people.
    pub fn to_html(&self) -> String {
        page::of(self)
    }

    /// Writes the day's report, in place of an earlier one of the same day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn write_to(&self, store: &impl ReportStore) -> Result<(), StoreError> {
        let date = self.started_at.date();
        let document = Bytes::from(self.to_json().to_string());
        let (json, html) = (ReportFormat::Json, ReportFormat::Html);
        store.write_report(&ReportName::of_reconcile_day(&date, json), document).await?;
        store.write_report(&ReportName::of_reconcile_day(&date, html), Bytes::from(self.to_html())).await
    }

    /// Sets the metrics.
    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    pub(crate) fn record(&self) {
        metrics::histogram!("reconcile_duration_ms").record(self.duration.as_secs_f64() * 1000.0);
        metrics::counter!("reconcile_halted").increment(u64::from(self.halted.is_some()));
        metrics::gauge!("assets_checked").set(self.sums.assets_checked as f64);
        metrics::gauge!("mismatch_count").set(self.sums.mismatches() as f64);
        metrics::gauge!("drift_ratio").set(self.drift_ratio());
    }
}

/// A range as events and reports write it.
pub(crate) fn range_json(range: ShardRange) -> Value {
    json!({ "from": range.first().to_string(), "to": range.last().to_string() })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
