//! What services say of their own use.

use std::error::Error;
use std::fmt;

use crate::time::Timestamp;

/// A metric to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Whose it is: `AWS/Lambda`, or the portfolio's own namespace.
    pub namespace: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it is narrowed down to.
    pub dimensions: Vec<(&'static str, String)>,
    /// What is made of a day's data points.
    pub statistic: Statistic,
}

impl fmt::Display for MetricQuery {
    /// Namespace, name, and the values of the dimensions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        self.dimensions.iter().try_for_each(|(_, value)| write!(f, " {value}"))
    }
}

/// What is made of a day's data points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// Their sum: for what happened.
    Sum,
    /// Their mean: for what is kept, and for ratios.
    Average,
}

/// Whole days in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// When the first begins.
    pub from: Timestamp,
    /// When the last has ended.
    pub until: Timestamp,
}

/// What a metric was on one day. A day without data points has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DailyValue {
    /// When the day began.
    pub day: Timestamp,
    /// The value. Sums of counts are whole numbers, as far as a float holds them.
    pub value: f64,
}

/// Keeps metrics.
pub trait MetricSource {
    /// The values of each query's metric, in the order of the queries, by day from the first on. A metric that nobody
    /// knows and one without data points look the same: no values.
    ///
    /// # Errors
    /// [`MeasurementError`]: then of no metric is anything known.
    async fn daily(
        &self,
        queries: &[MetricQuery],
        days: Days,
    ) -> Result<Vec<Vec<DailyValue>>, MeasurementError>;
}

/// Says how much it keeps.
pub trait SizedTable {
    /// The bytes of the table and its indexes; some hours old.
    ///
    /// # Errors
    /// [`MeasurementError`].
    async fn size_bytes(&self) -> Result<u64, MeasurementError>;
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasurementError {
    /// The caller may not ask: somebody must allow it.
    #[error("{action} is not allowed: {}", reason(source.as_ref()))]
    Denied {
        /// What must be allowed, by its name in policies.
        action: &'static str,
        /// What the service said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The service failed, throttled, or has never heard of what it was asked for.
    #[error("{action} failed: {}", reason(source.as_ref()))]
    Unavailable {
        /// What was asked, by its name in policies.
        action: &'static str,
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// An error with all that it came from.
fn reason(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {}", reason(source)))
}
