//! The other way to do it: every variant made at the upload, and stored.

use crate::bill::MonthlyUse;
use crate::inputs::Inputs;
use crate::item::Item;
use crate::month::{Month, add_stored};
use crate::prices::PriceBook;
use crate::quantity::Quantity;
use crate::storage_class::{StorageClass, StoredAs};
use crate::usage::{GbSeconds, Share};

/// A variant's size relative to its original where neither the operator nor the CDN says: 80 KB of 4 MB.
const VARIANT_SIZE: Share = Share::of_thousandths(20);

/// What the comparison rests on, as it was resolved: the operator's word, the measured mean, or a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PreGeneration {
    pub(crate) per_asset: u32,
    pub(crate) class: StorageClass,
    pub(crate) bytes: Resolved<u64>,
    pub(crate) time: Resolved<GbSeconds>,
}

/// A value, and how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resolved<T> {
    pub(crate) value: T,
    pub(crate) source: &'static str,
}

pub(crate) const GIVEN: &str = "given";
pub(crate) const MEASURED: &str = "measured";
pub(crate) const DEFAULT: &str = "default";

impl PreGeneration {
    pub(crate) fn resolve(inputs: &Inputs, month: &Month) -> Self {
        let original = month.mean_original_bytes().unwrap_or(0);
        let of_original = |share: Share| share.part_of(original);
        let measured_bytes = mean(month.cdn_bytes, month.requests, 1);
        let bytes = match (inputs.variant_size, measured_bytes) {
            (Some(share), _) => Resolved { value: of_original(share), source: GIVEN },
            (None, Some(bytes)) => Resolved { value: bytes, source: MEASURED },
            (None, None) => Resolved { value: of_original(VARIANT_SIZE), source: DEFAULT },
        };
        let measured_time = mean(month.render_time, month.renders, Quantity::PARTS);
        let time = match (inputs.variant_time, measured_time) {
            (Some(time), _) => Resolved { value: time, source: GIVEN },
            (None, Some(parts)) => Resolved { value: GbSeconds::of_millionths(parts), source: MEASURED },
            (None, None) => Resolved { value: DEFAULT_TIME, source: DEFAULT },
        };
        Self { per_asset: inputs.variants_per_asset, class: inputs.variant_class, bytes, time }
    }

    /// What would be used in the month. What can't be known is left as it is today, so that nothing is counted as
    /// saved that was not measured.
    pub(crate) fn instead_of(&self, month: &Month, prices: &PriceBook) -> MonthlyUse {
        let mut used = month.billed(prices);
        let variants = month.objects.unwrap_or(0).saturating_mul(self.per_asset.into());
        let rate = StoredAs::of(self.class, None);
        add_stored(&mut used, prices, rate, (variants.saturating_mul(self.bytes.value), variants));
        self.without_renders(&mut used, month);
        let made = month.uploads.unwrap_or_default().times(self.per_asset.into(), 1);
        used.add(Item::ClassWrites(self.class), made);
        let time = made.times(self.time.value.millionths().into(), Quantity::PARTS);
        used.add(Item::ComputeTime(month.architecture), time);
        if self.per_asset > 0 {
            used.add(Item::Invocations, month.uploads.unwrap_or_default());
        }
        used
    }

    /// The CDN's misses read a stored variant instead of having it rendered.
    fn without_renders(&self, used: &mut MonthlyUse, month: &Month) {
        let renders = month.renders.unwrap_or_default();
        used.take(Item::Invocations, renders);
        used.take(Item::ComputeTime(month.architecture), month.render_time.unwrap_or_default());
        // A render reads one original from S3, and half a unit from DynamoDB.
        let cold: Quantity = month.retrieved.iter().fold(Quantity::ZERO, |sum, (_, _, reads)| sum + *reads);
        used.take(Item::S3Reads, renders.less(cold));
        used.take(Item::TableReads, renders.times(1, 2));
        for (class, bytes, reads) in &month.retrieved {
            used.take(Item::Retrieved(*class), *bytes);
            used.take(Item::ClassReads(*class), *reads);
        }
        used.add(Item::ClassReads(self.class), renders);
        used.add(Item::Retrieved(self.class), renders.times(self.bytes.value.into(), 1));
    }
}

/// A render of 12 megapixels to 640x480 at 1,769 MB (one vCPU) takes about 100 ms on arm64.
const DEFAULT_TIME: GbSeconds = GbSeconds::of_millionths(173_000);

/// The mean of a sum over a number, in `1/parts` of its unit.
fn mean(sum: Option<Quantity>, number: Option<Quantity>, parts: u128) -> Option<u64> {
    let mean = (sum?.parts().checked_mul(parts)?).checked_div(number?.parts())?;
    u64::try_from(mean).ok()
}
