//! The metrics that there are, by name: their names are a contract.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// The namespace of the metrics in `CloudWatch`.
pub const METRICS_NAMESPACE: &str = "Hashfolio";

/// The dimension that tells one stack's metrics from another's in the same account and region.
pub const STACK_DIMENSION: &str = "Stack";

enum Kind {
    /// How often something happened.
    Counter,
    /// What a run found, or a report says: the last value holds.
    Gauge,
    /// What each time took.
    Histogram,
}

use Kind::{Counter, Gauge, Histogram};

/// Every metric with its kind and its unit. `CloudWatch` has no unit for money and ratios: they count as numbers.
const METRICS: [(&str, Kind, Unit, &str); 19] = [
    ("uploads_requested", Counter, Unit::Count, "Uploads that were asked for"),
    ("uploads_deduplicated", Counter, Unit::Count, "Asks for what was there already"),
    ("uploads_verified", Counter, Unit::Count, "Uploads that became READY"),
    ("uploads_rejected", Counter, Unit::Count, "Uploads that were refused for what they are"),
    ("metadata_write_ms", Histogram, Unit::Milliseconds, "Time of a conditional write of an asset's state"),
    ("variants_rendered", Counter, Unit::Count, "Variants that were rendered"),
    (
        "variants_refused",
        Counter,
        Unit::Count,
        "Requests for variants that were answered with a problem, by its code",
    ),
    (
        "lease_followers",
        Counter,
        Unit::Count,
        "Requests that were answered with what another one had rendered",
    ),
    ("variant_fetch_ms", Histogram, Unit::Milliseconds, "Time to look an asset up and to read its original"),
    ("variant_compute_ms", Histogram, Unit::Milliseconds, "Time to decode, resize and encode a variant"),
    ("variant_bytes", Histogram, Unit::Bytes, "Size of a rendered variant"),
    ("original_bytes_fetched", Histogram, Unit::Bytes, "Size of an original that was read to be rendered"),
    ("reconcile_duration_ms", Histogram, Unit::Milliseconds, "Time of a whole reconciliation"),
    (
        "reconcile_halted",
        Counter,
        Unit::Count,
        "Reconciliations that mended nothing, because very much seemed lost",
    ),
    ("assets_checked", Gauge, Unit::Count, "Assets that the last reconciliation compared"),
    ("mismatch_count", Gauge, Unit::Count, "Assets that the last reconciliation found to disagree"),
    ("drift_ratio", Gauge, Unit::Count, "Of the assets that were compared, the share that disagreed"),
    ("monthly_cost_usd", Gauge, Unit::Count, "What the portfolio costs in a month, in USD"),
    (
        "monthly_savings_usd",
        Gauge,
        Unit::Count,
        "What a month costs less than with every variant stored, in USD",
    ),
];

/// Counts nothing with every counter, so that each is there before the first event: a rate from nothing is none. Not for
/// Lambda, where each metric that is told is billed.
pub fn start_counters() {
    for (name, kind, _, _) in METRICS {
        // Refusals are counted by their codes, and have no counter without one.
        if matches!(kind, Counter) && name != "variants_refused" {
            metrics::counter!(name).increment(0);
        }
    }
}

/// Tells the process's recorder of every metric's unit and meaning.
pub fn describe_metrics() {
    for (name, kind, unit, meaning) in METRICS {
        match kind {
            Counter => describe_counter!(name, unit, meaning),
            Gauge => describe_gauge!(name, unit, meaning),
            Histogram => describe_histogram!(name, unit, meaning),
        }
    }
}
