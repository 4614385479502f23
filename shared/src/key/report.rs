//! `reports/…`: what reconcile and cost write for people and for their own next step.

use crate::shard::Shard;

/// The name of a report: whatever comes after `reports/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReportName(String);

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportFormat {
    /// One JSON document.
    Json,
    /// One JSON document a line.
    JsonLines,
    /// A page.
    Html,
}

/// What a step of a reconciliation leaves for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReconcileStage {
    /// What was found in a shard.
    Planned,
    /// What became of it.
    Applied,
}

impl ReportFormat {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Json, Self::JsonLines, Self::Html];

    /// The ending of its files' names.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Html => "html",
        }
    }

    /// Its `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

impl ReportName {
    /// A name; `None` when it is empty or has another ending than a report's.
    pub fn new(name: &str) -> Option<Self> {
        let named = Self(name.to_owned());
        named.parse_format().map(|_| named)
    }

    /// `reconcile/{date}.{json|html}`: the report of the day's last reconciliation.
    pub fn of_reconcile_day(date: &str, format: ReportFormat) -> Self {
        Self(format!("reconcile/{date}.{}", format.extension()))
    }

    /// `reconcile/{run}/{shard}.{planned|applied}.jsonl`: a shard's findings in one run.
    pub fn of_reconcile_shard(run: &str, shard: Shard, stage: ReconcileStage) -> Self {
        let stage = match stage {
            ReconcileStage::Planned => "planned",
            ReconcileStage::Applied => "applied",
        };
        Self(format!("reconcile/{run}/{shard}.{stage}.{}", ReportFormat::JsonLines.extension()))
    }

    /// `cost/{date}.{json|html}`: the report of what the day's month costs.
    pub fn of_cost_day(date: &str, format: ReportFormat) -> Self {
        Self(format!("cost/{date}.{}", format.extension()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is written as.
    pub fn format(&self) -> ReportFormat {
        // Every way to make a name gives it an ending.
        self.parse_format().unwrap_or(ReportFormat::Json)
    }

    fn parse_format(&self) -> Option<ReportFormat> {
        let (stem, extension) = self.0.rsplit_once('.')?;
        let known = ReportFormat::ALL.into_iter().find(|format| format.extension() == extension);
        known.filter(|_| !stem.is_empty())
    }
}
