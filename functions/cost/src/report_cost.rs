//! The day's report: measured, analyzed, kept, and announced.

use bytes::Bytes;
use jiff::civil::Date;
use shared::key::{ReportFormat, ReportName};
use shared::ports::{AnnounceError, Announcement, Announcer, ReportStore, StoreError};

use crate::analyze::{Analysis, AnalyzeError, analyze};
use crate::collect_usage::{UsageSource, UsageSourceError};
use crate::inputs::Inputs;
use crate::prices::PriceBook;

/// Reports what it costs.
#[derive(Debug)]
pub struct Cost<U, S, A> {
    usage: U,
    store: S,
    announcer: A,
    prices: PriceBook,
    inputs: Inputs,
}

/// Why there is no report, or why nobody was told of it.
#[derive(Debug, thiserror::Error)]
pub enum ReportCostError {
    /// Use could not be measured: nothing was written.
    #[error(transparent)]
    Usage(#[from] UsageSourceError),
    /// The use can't be analyzed: nothing was written.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
    /// The report could not be kept.
    #[error("the report cannot be kept: {0}")]
    Store(#[from] StoreError),
    /// The report is kept, but somebody who was to hear of it may not have.
    #[error("the report is kept, but {0}")]
    Announce(#[from] AnnounceError),
}

impl<U: UsageSource, S: ReportStore, A: Announcer> Cost<U, S, A> {
    /// What measures, what keeps, and what tells; with prices, and what no measurement says.
    pub fn new(usage: U, store: S, announcer: A, (prices, inputs): (PriceBook, Inputs)) -> Self {
        Self { usage, store, announcer, prices, inputs }
    }

    /// Reports on the last days: writes the day's report, in place of an earlier one of the same day, sets the metrics,
    /// and announces the digest.
    ///
    /// # Errors
    /// [`ReportCostError`]. Nothing is written of a use that could not be measured as a whole; of what is measured in
    /// parts only, the report names the parts.
    pub async fn report(&self, period_days: u32, today: Date) -> Result<Analysis, ReportCostError> {
        let usage = self.usage.usage(period_days).await?;
        let analysis = analyze(&usage, &self.prices, &self.inputs, today)?;
        self.keep(&analysis).await?;
        analysis.record();
        let message = Announcement { subject: analysis.headline(), text: analysis.to_markdown() };
        self.announcer.announce(&message).await?;
        Ok(analysis)
    }

    async fn keep(&self, analysis: &Analysis) -> Result<(), StoreError> {
        let date = analysis.date.to_string();
        let name = |format| ReportName::of_cost_day(&date, format);
        let (document, page) = (analysis.to_json().to_string(), analysis.to_html());
        self.store.write_report(&name(ReportFormat::Json), Bytes::from(document)).await?;
        self.store.write_report(&name(ReportFormat::Html), Bytes::from(page)).await
    }
}

#[cfg(test)]
mod tests;
