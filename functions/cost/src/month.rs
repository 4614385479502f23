//! Measured use as a month of it, and what of it appears on the bill.

use crate::bill::MonthlyUse;
use crate::item::{Architecture, Item};
use crate::prices::PriceBook;
use crate::quantity::{DAYS_PER_MONTH, Quantity};
use crate::storage_class::{StorageClass, StoredAs};
use crate::usage::{Bytes, Count, EarlyDeletion, GbSeconds, Retrieval, Stored, Transition, Usage};

/// How much more traffic than was measured: times over a divisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The multiple,
    pub times: u32,
    /// and what it is divided by.
    pub over: u32,
}

impl Traffic {
    /// As measured.
    pub const MEASURED: Self = Self { times: 1, over: 1 };

    /// As a factor.
    pub fn factor(self) -> f64 {
        f64::from(self.times) / f64::from(self.over)
    }
}

/// A month: what was measured, projected to 30 days, with so much traffic. `None` is what was not measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Month {
    pub(crate) stored: Option<Vec<Stored>>,
    pub(crate) objects: Option<u64>,
    pub(crate) bytes: Option<u64>,
    pub(crate) requests: Option<Quantity>,
    pub(crate) cdn_bytes: Option<Quantity>,
    pub(crate) renders: Option<Quantity>,
    pub(crate) render_time: Option<Quantity>,
    /// Of all functions but render.
    other_invocations: Quantity,
    other_time: Quantity,
    pub(crate) architecture: Architecture,
    pub(crate) uploads: Option<Quantity>,
    /// Bytes that renders read from S3: measured, or each render's original at the mean size.
    pub(crate) read_bytes: Option<Quantity>,
    s3_writes: Option<Quantity>,
    s3_reads: Option<Quantity>,
    pub(crate) retrieved: Vec<(StorageClass, Quantity, Quantity)>,
    moved: Vec<(StorageClass, Quantity)>,
    deleted_early: Vec<EarlyDeletion>,
    period_days: u32,
    table_writes: Option<Quantity>,
    table_reads: Option<Quantity>,
    table_bytes: Option<Quantity>,
    rest: Vec<(Item, Quantity)>,
}

impl Month {
    /// The month of a usage. More traffic means more requests, renders and reads; not more uploads, and no more kept.
    pub(crate) fn of(usage: &Usage, traffic: Traffic) -> Self {
        let monthly = |quantity: Quantity| quantity.monthly(usage.period_days);
        let count = |count: Option<Count>| count.map(|count| monthly(count.quantity()));
        let with_traffic =
            |quantity: Quantity| monthly(quantity).times(traffic.times.into(), traffic.over.into());
        let traffic_of = |count: Option<Count>| count.map(|count| with_traffic(count.quantity()));
        let other = [
            (usage.ingest_invocations, usage.ingest_gb_seconds),
            (usage.verify_invocations, usage.verify_gb_seconds),
            (usage.reconcile_invocations, usage.reconcile_gb_seconds),
        ];
        let (s3, dynamodb) = (usage.s3.unwrap_or_default(), usage.dynamodb.unwrap_or_default());
        let renders = traffic_of(usage.render_invocations);
        let (objects, bytes) = (usage.objects(), usage.bytes());
        let mean = objects.zip(bytes).and_then(|(objects, bytes)| bytes.checked_div(objects));
        let measured_reads = usage.original_bytes_read.map(|bytes| with_traffic(bytes.quantity()));
        let estimated_reads = renders.zip(mean).map(|(renders, mean)| renders.times(u128::from(mean), 1));
        Self {
            stored: usage.storage.clone(),
            objects,
            bytes,
            requests: traffic_of(usage.variant_requests),
            cdn_bytes: usage.cdn_bytes.map(|bytes| with_traffic(bytes.quantity())),
            renders,
            render_time: usage.render_gb_seconds.map(|time| with_traffic(time.quantity())),
            other_invocations: monthly(sum(other.map(|(invocations, _)| invocations.map(Count::quantity)))),
            other_time: monthly(sum(other.map(|(_, time)| time.map(GbSeconds::quantity)))),
            architecture: usage.architecture.unwrap_or(Architecture::Arm64),
            uploads: count(usage.uploads.or(usage.verify_invocations)),
            read_bytes: measured_reads.or(estimated_reads),
            s3_writes: count(s3.put_copy_post_list),
            s3_reads: traffic_of(s3.get_and_other),
            retrieved: usage
                .retrieval
                .iter()
                .flatten()
                .map(|Retrieval { class, bytes, requests }| {
                    (*class, with_traffic(bytes.quantity()), with_traffic(requests.quantity()))
                })
                .collect(),
            moved: usage
                .transitions
                .iter()
                .flatten()
                .map(|Transition { class, objects }| (*class, monthly(objects.quantity())))
                .collect(),
            deleted_early: usage.early_deletions.clone().unwrap_or_default(),
            period_days: usage.period_days,
            table_writes: count(dynamodb.write_units),
            table_reads: traffic_of(dynamodb.read_units),
            table_bytes: dynamodb.bytes.map(Bytes::quantity),
            rest: rest(usage, &monthly, &with_traffic),
        }
    }

    /// The mean size of an original, in bytes; `None` when there is none, or it was not measured.
    pub(crate) fn mean_original_bytes(&self) -> Option<u64> {
        self.bytes?.checked_div(self.objects?)
    }

    /// What of it is billed.
    pub(crate) fn billed(&self, prices: &PriceBook) -> MonthlyUse {
        let mut billed = MonthlyUse::default();
        for stored in self.stored.iter().flatten() {
            let rate = StoredAs::of(stored.class, stored.tier);
            add_stored(&mut billed, prices, rate, (stored.bytes.get(), stored.objects.get()));
        }
        for deleted in &self.deleted_early {
            let left = prices.minimums(deleted.class).days.saturating_sub(deleted.age_days);
            let kept = deleted.bytes.quantity().monthly(self.period_days);
            let rate = StoredAs::of(deleted.class, None);
            billed.add(Item::Stored(rate), kept.times(left.into(), DAYS_PER_MONTH.into()));
        }
        for (class, bytes, requests) in &self.retrieved {
            billed.add(Item::Retrieved(*class), *bytes);
            billed.add(Item::ClassReads(*class), *requests);
        }
        for (class, objects) in &self.moved {
            billed.add(Item::MovedTo(*class), *objects);
        }
        billed.add(Item::Invocations, self.other_invocations + self.renders.unwrap_or_default());
        let time = self.other_time + self.render_time.unwrap_or_default();
        billed.add(Item::ComputeTime(self.architecture), time);
        let measured = [
            (Item::S3Writes, self.s3_writes),
            (Item::S3Reads, self.s3_reads),
            (Item::CdnBytes, self.cdn_bytes),
            (Item::CdnRequests, self.requests),
            (Item::EdgeFunctionRuns, self.requests),
            (Item::TableWrites, self.table_writes),
            (Item::TableReads, self.table_reads),
            (Item::TableBytes, self.table_bytes),
        ];
        for (item, quantity) in measured {
            billed.add(item, quantity.unwrap_or_default());
        }
        for (item, quantity) in &self.rest {
            billed.add(*item, *quantity);
        }
        billed
    }
}

/// Adds what so many bytes in so many objects are billed as, with the least sizes and extra bytes of their class.
/// Of the objects' sizes only the mean is known: where small ones are among large ones, the true bill is higher.
pub(crate) fn add_stored(
    billed: &mut MonthlyUse,
    prices: &PriceBook,
    rate: StoredAs,
    (bytes, objects): (u64, u64),
) {
    let (bytes, objects) = (u128::from(bytes), u128::from(objects));
    let minimums = prices.minimums(rate.class());
    let least = objects * u128::from(minimums.object_bytes);
    let extra = objects * u128::from(minimums.overhead_bytes);
    billed.add(Item::Stored(rate), Quantity::of(bytes.max(least) + extra));
    let at_standard = objects * u128::from(minimums.standard_overhead_bytes);
    billed.add(Item::Stored(StoredAs::Standard), Quantity::of(at_standard));
    let is_watched = bytes >= objects * u128::from(prices.monitored_from_bytes());
    if rate.class() == StorageClass::IntelligentTiering && is_watched {
        billed.add(Item::Monitored, Quantity::of(objects));
    }
}

fn sum(quantities: [Option<Quantity>; 3]) -> Quantity {
    quantities.into_iter().flatten().fold(Quantity::ZERO, |sum, one| sum + one)
}

/// What is on the bill and in no decision.
fn rest(
    usage: &Usage,
    monthly: &dyn Fn(Quantity) -> Quantity,
    with_traffic: &dyn Fn(Quantity) -> Quantity,
) -> Vec<(Item, Quantity)> {
    // Each invocation of ingest is one request to the API.
    let api = usage.api_requests.or(usage.ingest_invocations);
    let happened = [
        (Item::ApiRequests, api.map(Count::quantity)),
        (Item::StateTransitions, usage.state_transitions.map(Count::quantity)),
        (Item::ScheduledCalls, usage.scheduled_invocations.map(Count::quantity)),
        (Item::LogBytes, usage.log_bytes.map(Bytes::quantity)),
    ];
    let kept = [(Item::CustomMetrics, usage.custom_metrics), (Item::Alarms, usage.alarms)];
    let shield = usage.origin_shield_requests.map(|count| with_traffic(count.quantity()));
    let happened = happened.into_iter().filter_map(|(item, sum)| Some((item, monthly(sum?))));
    let kept = kept.into_iter().filter_map(|(item, count)| Some((item, count?.quantity())));
    happened.chain(kept).chain(shield.map(|quantity| (Item::ShieldRequests, quantity))).collect()
}
