//! What the metrics said.

use std::collections::{BTreeMap, BTreeSet};

use shared::ports::DailyValue;
use shared::time::Timestamp;

use super::metric::Metric;

/// The daily values of every metric that was asked for.
#[derive(Debug)]
pub(super) struct Readings(BTreeMap<Metric, Vec<DailyValue>>);

impl Readings {
    /// The series of some metrics, in their order.
    pub(super) fn new(asked: Vec<Metric>, series: Vec<Vec<DailyValue>>) -> Self {
        Self(asked.into_iter().zip(series).collect())
    }

    /// Whether a metric has any value.
    pub(super) fn has(&self, metric: Metric) -> bool {
        self.0.get(&metric).is_some_and(|values| !values.is_empty())
    }

    /// What a metric sums up to. `None` when it was not asked for, or has no value and that does not mean zero.
    pub(super) fn total(&self, metric: Metric) -> Option<u64> {
        let values = self.0.get(&metric)?;
        (!values.is_empty() || metric.is_silent_at_zero()).then(|| sum(values))
    }

    /// What some metrics sum up to together; `None` when it is of none of them known.
    pub(super) fn sum_of<const N: usize>(&self, metrics: [Metric; N]) -> Option<u64> {
        metrics.into_iter().filter_map(|metric| self.total(metric)).reduce(u64::saturating_add)
    }

    /// What is known of a metric: zero, where it has no value.
    pub(super) fn known(&self, metric: Metric) -> u64 {
        self.0.get(&metric).map_or(0, |values| sum(values))
    }

    /// The mean of a metric over the days on which it has a value.
    pub(super) fn mean(&self, metric: Metric) -> Option<f64> {
        let values = self.0.get(&metric).filter(|values| !values.is_empty())?;
        Some(added(values) / length(values.len()))
    }

    /// The mean of a metric over the days on which any of some metrics has a value: on the others it was zero.
    pub(super) fn mean_among(&self, metric: Metric, among: &BTreeSet<Timestamp>) -> u64 {
        let values = self.0.get(&metric).map(Vec::as_slice).unwrap_or_default();
        if among.is_empty() { 0 } else { whole(added(values) / length(among.len())) }
    }

    /// The days on which any of some metrics has a value.
    pub(super) fn days_of(&self, metrics: impl Iterator<Item = Metric>) -> BTreeSet<Timestamp> {
        metrics.filter_map(|metric| self.0.get(&metric)).flatten().map(|value| value.day).collect()
    }

    /// The first day on which anything has a value.
    pub(super) fn first_day(&self) -> Option<Timestamp> {
        self.0.values().flatten().map(|value| value.day).min()
    }
}

fn added(values: &[DailyValue]) -> f64 {
    values.iter().map(|value| value.value).sum()
}

fn sum(values: &[DailyValue]) -> u64 {
    whole(added(values))
}

#[expect(clippy::cast_precision_loss, reason = "at most 366 days")]
fn length(days: usize) -> f64 {
    days as f64
}

/// A metric's value as the whole number that it is: metrics are floats, what they count is not.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast to u64 ends at its limits"
)]
pub(super) fn whole(value: f64) -> u64 {
    value.round() as u64
}
