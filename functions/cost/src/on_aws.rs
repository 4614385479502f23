//! Use as AWS's own metrics have it, and the portfolio's.

mod metric;
mod readings;
mod storage;
mod storage_type;

use std::collections::BTreeMap;
use std::time::Duration;

use shared::ports::{Days, MeasurementError, MetricSource, SizedTable};
use shared::time::Timestamp;

use crate::collect_usage::{UsageSource, UsageSourceError};
use crate::item::Architecture;
use crate::storage_class::StorageClass;
use crate::usage::{Bytes, Count, DynamoDbUse, GbSeconds, S3Requests, Share, Usage};
use crate::wording::days as in_days;
pub use metric::Role;
use metric::{Metric, Verb};
use readings::{Readings, whole};
use storage::Kept;

/// Of an undisturbed reconciliation that mends something: 2 maps of 16 ranges with 3 states each, and 8 around them.
const TRANSITIONS_PER_RUN: u64 = 2 * 16 * 3 + 8;

const DAY: Duration = Duration::from_hours(24);

/// What is measured: the parts of one deployment. Of a part that is not named, nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Where all of it is.
    pub region: String,
    /// The stack's name, by which its own metrics are told from another's; `None` where they have no dimension.
    pub stack: Option<String>,
    /// The bucket.
    pub bucket: String,
    /// The table of assets.
    pub table: String,
    /// The functions.
    pub functions: BTreeMap<Role, Function>,
    /// The functions' processor.
    pub architecture: Option<Architecture>,
    /// The `CloudFront` distribution. Its metrics are in us-east-1 alone.
    pub distribution: Option<String>,
    /// Whether the distribution has an Origin Shield.
    pub origin_shield: Option<bool>,
    /// The ARN of the state machine that reconciles.
    pub state_machine: Option<String>,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its memory, in MB: `CloudWatch` knows how long it ran, and not how large it is.
    pub memory_mb: Option<u32>,
}

/// Measures a deployment on AWS.
#[derive(Debug)]
pub struct AwsUsage<M, T> {
    metrics: M,
    table: T,
    deployment: Deployment,
}

impl<M: MetricSource, T: SizedTable> AwsUsage<M, T> {
    /// What keeps metrics, the table, and what is to be measured.
    pub fn new(metrics: M, table: T, deployment: Deployment) -> Self {
        Self { metrics, table, deployment }
    }

    /// The use of some whole days. Where nothing has a value before some day, the period begins there: a deployment of
    /// five days is not projected as if it had been idle for the 25 before.
    ///
    /// # Errors
    /// [`UsageSourceError`], which names what must be allowed.
    pub async fn of(&self, days: Days) -> Result<Usage, UsageSourceError> {
        let failed =
            |error: MeasurementError| UsageSourceError { what: "use".to_owned(), why: error.to_string() };
        let (asked, queries): (Vec<Metric>, Vec<_>) = Metric::all()
            .into_iter()
            .filter_map(|metric| Some((metric, metric.query(&self.deployment)?)))
            .unzip();
        let series = self.metrics.daily(&queries, days).await.map_err(failed)?;
        let table_bytes = self.table.size_bytes().await.map_err(failed)?;
        Ok(self.usage(&Readings::new(asked, series), days, table_bytes))
    }

    fn usage(&self, readings: &Readings, days: Days, table_bytes: u64) -> Usage {
        let mut notes = Vec::new();
        let count = |metric| readings.total(metric).map(Count::new);
        let bytes = |metric| readings.total(metric).map(Bytes::new);
        let renders = readings.total(Metric::Invocations(Role::Render));
        let Kept { stored, retrieved, notes: of_storage } =
            storage::kept(readings, readings.total(Metric::OriginalBytes).zip(renders));
        let cold = retrieved.iter().flatten().map(|retrieval| retrieval.requests.get()).sum();
        let period_days = period(readings, days, &mut notes);
        notes.extend(self.about_the_cdn());
        notes.extend(of_storage);
        Usage {
            period_days,
            region: Some(self.deployment.region.clone()),
            variant_requests: count(Metric::CdnRequests),
            cdn_bytes: bytes(Metric::CdnBytes),
            hit_ratio: readings.mean(Metric::CdnHitRate).map(hit_ratio),
            origin_shield_requests: self
                .deployment
                .origin_shield
                .filter(|is_on| !is_on)
                .map(|_| Count::new(0)),
            render_invocations: count(Metric::Invocations(Role::Render)),
            render_gb_seconds: self.gb_seconds(readings, Role::Render),
            render_memory_mb: self.memory_mb(Role::Render).map(|memory| Count::new(memory.into())),
            original_bytes_read: bytes(Metric::OriginalBytes),
            ingest_invocations: count(Metric::Invocations(Role::Ingest)),
            ingest_gb_seconds: self.gb_seconds(readings, Role::Ingest),
            verify_invocations: count(Metric::Invocations(Role::Verify)),
            verify_gb_seconds: self.gb_seconds(readings, Role::Verify),
            reconcile_invocations: count(Metric::Invocations(Role::Reconcile)),
            reconcile_gb_seconds: self.gb_seconds(readings, Role::Reconcile),
            architecture: self.deployment.architecture,
            uploads: count(Metric::UploadsVerified),
            // No metric counts what a lifecycle moves; where it can have moved nothing, that is known all the same.
            transitions: stored.as_ref().filter(|stored| are_standard(stored)).map(|_| Vec::new()),
            storage: stored,
            retrieval: retrieved,
            s3: Some(s3_requests(readings, cold)),
            dynamodb: Some(DynamoDbUse {
                write_units: both(readings, Metric::TableWrites, Metric::IndexWrites),
                read_units: both(readings, Metric::TableReads, Metric::IndexReads),
                bytes: Some(Bytes::new(table_bytes)),
            }),
            state_transitions: readings
                .total(Metric::Runs)
                .map(|runs| Count::new(runs * TRANSITIONS_PER_RUN)),
            log_bytes: readings.sum_of(Role::ALL.map(Metric::LogBytes)).map(Bytes::new),
            notes,
            ..Usage::default()
        }
    }

    fn memory_mb(&self, role: Role) -> Option<u32> {
        self.deployment.functions.get(&role)?.memory_mb
    }

    fn gb_seconds(&self, readings: &Readings, role: Role) -> Option<GbSeconds> {
        Some(GbSeconds::of(self.memory_mb(role)?, readings.total(Metric::Duration(role))?))
    }

    fn about_the_cdn(&self) -> Option<String> {
        let unseen = self.deployment.distribution.is_some() && self.deployment.region != metric::CDN_REGION;
        unseen.then(|| {
            format!(
                "CloudFront keeps its metrics in us-east-1 alone, and this is {}: its use was not measured.",
                self.deployment.region
            )
        })
    }
}

impl<M: MetricSource, T: SizedTable> UsageSource for AwsUsage<M, T> {
    /// The use of the last whole days: today, of which metrics are still to come, is none of them.
    async fn usage(&self, period_days: u32) -> Result<Usage, UsageSourceError> {
        self.of(last_days(Timestamp::now(), period_days)).await
    }
}

/// Whole days before the day of a time.
fn last_days(now: Timestamp, period_days: u32) -> Days {
    let today = now.epoch_seconds().div_euclid(86_400);
    let until = Timestamp::from_epoch_seconds(today * 86_400);
    Days { from: until.minus(DAY * period_days), until }
}

/// How many days were measured.
fn period(readings: &Readings, days: Days, notes: &mut Vec<String>) -> u32 {
    let length = |from: Timestamp| whole(days.until.since(from).as_secs_f64() / DAY.as_secs_f64());
    let asked = u32::try_from(length(days.from)).unwrap_or(u32::MAX);
    let Some(first) = readings.first_day() else {
        notes.push(
            "No metric has a value: nothing was used, or nothing is named as it was measured.".to_owned(),
        );
        return asked;
    };
    let measured = u32::try_from(length(first)).unwrap_or(asked).clamp(1, asked);
    if measured < asked {
        notes.push(format!(
            "Only {} of {} were measured: before {} no metric has a value.",
            measured,
            in_days(asked),
            first.date()
        ));
    }
    measured
}

/// `CloudFront` has it in percent.
fn hit_ratio(percent: f64) -> Share {
    Share::of_millionths(u32::try_from(whole(percent * 10_000.0)).unwrap_or(Share::WHOLE))
}

fn are_standard(stored: &[crate::Stored]) -> bool {
    stored.iter().all(|stored| stored.class == StorageClass::Standard)
}

fn both(readings: &Readings, of_table: Metric, of_index: Metric) -> Option<Count> {
    readings.sum_of([of_table, of_index]).map(Count::new)
}

/// S3 counts requests only where that is turned on for the bucket, as a custom metric; it is known by any count at all.
fn s3_requests(readings: &Readings, cold: u64) -> S3Requests {
    if !Verb::ALL.into_iter().any(|verb| readings.has(Metric::Requests(verb))) {
        return S3Requests::default();
    }
    let of = |verbs: &[Verb]| verbs.iter().map(|verb| readings.known(Metric::Requests(*verb))).sum::<u64>();
    let reads = of(&[Verb::Get, Verb::Head, Verb::Select]);
    S3Requests {
        put_copy_post_list: Some(Count::new(of(&[Verb::Put, Verb::Post, Verb::List]))),
        // Reads of colder classes have a price of their own.
        get_and_other: Some(Count::new(reads.saturating_sub(cold))),
    }
}

#[cfg(test)]
mod tests;
