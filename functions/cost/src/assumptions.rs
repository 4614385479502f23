//! What a report rests on beside measurements, each said by name.

use serde::Serialize;
use serde_json::{Value, json};

use crate::baseline::{DEFAULT, PreGeneration};
use crate::missing::missing_rest;
use crate::month::Month;
use crate::prices::PriceBook;
use crate::quantity::DAYS_PER_MONTH;
use crate::storage_class::StorageClass;
use crate::usage::Usage;

/// Something that was taken for true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assumption {
    /// Its name.
    pub name: &'static str,
    /// What was taken.
    pub value: Value,
    /// Who says so, and why.
    pub source: String,
}

pub(crate) fn assumptions(
    usage: &Usage,
    month: &Month,
    pre_generation: &PreGeneration,
    prices: &PriceBook,
) -> Vec<Assumption> {
    let assume = |name, value, source: &str| Assumption { name, value, source: source.to_owned() };
    let PreGeneration { per_asset, class, bytes, time } = pre_generation;
    let mut all = vec![
        assume("daysPerMonth", json!(DAYS_PER_MONTH), "what was measured is projected to a month of 30 days"),
        assume(
            "freeTiers",
            json!(false),
            "list prices: free tiers and discounts belong to the whole account",
        ),
        assume(
            "variantsPerAsset",
            json!(per_asset),
            "input: how many variants would be stored of each asset",
        ),
        assume(
            "variantBytes",
            json!(bytes.value),
            &origin(bytes.source, "cdnBytes / variantRequests", "2 % of the mean original"),
        ),
        assume("variantClass", json!(class.name()), "input: the class that variants would be stored in"),
        assume(
            "variantGbSeconds",
            json!(time.value),
            &origin(time.source, "renderGbSeconds / renderInvocations", "100 ms of one CPU at 1,769 MB"),
        ),
        assume(
            "preGeneration",
            json!("uploads of the month"),
            "making the variants of what is there already would cost once, and is not counted",
        ),
        assume(
            "roiPercent",
            json!("three years"),
            "the net gain of three years over all that is spent in them, the migration included",
        ),
    ];
    if usage.uploads.is_none() {
        let (value, source) = month.uploads.map_or_else(
            || (Value::Null, "neither uploads nor verifyInvocations was measured: nothing is pre-generated"),
            |uploads| (json!(uploads.units()), "each invocation of verify is one upload"),
        );
        all.push(assume("monthlyUploads", value, source));
    }
    if usage.original_bytes_read.is_none() && month.read_bytes.is_some() {
        all.push(assume(
            "originalBytesRead",
            json!(month.read_bytes.map(|bytes| bytes.units().to_string())),
            "each render reads an original of the mean size",
        ));
    }
    all.extend(of_the_bill(usage, month, prices));
    all
}

fn of_the_bill(usage: &Usage, month: &Month, prices: &PriceBook) -> Vec<Assumption> {
    let assume = |name, value, source: &str| Assumption { name, value, source: source.to_owned() };
    let mut all = Vec::new();
    let small = |class| {
        let minimums = prices.minimums(class);
        minimums.object_bytes > 0
    };
    let stored = month.stored.iter().flatten();
    if stored.clone().any(|stored| small(stored.class)) {
        all.push(assume(
            "objectSizes",
            json!("mean"),
            "least sizes are applied to the mean object of a class: where small ones are among large ones, more is billed",
        ));
    }
    let mut tiered = stored.filter(|stored| stored.class == StorageClass::IntelligentTiering);
    if tiered.any(|stored| stored.tier.is_none()) {
        let source = "INTELLIGENT_TIERING without a tier is billed as its dearest";
        all.push(assume("intelligentTieringTier", json!("FA"), source));
    }
    if usage.architecture.is_none() {
        all.push(assume("architecture", json!("arm64"), "the template's default"));
    }
    if usage.api_requests.is_none() && usage.ingest_invocations.is_some() {
        all.push(assume(
            "apiRequests",
            json!("ingestInvocations"),
            "each invocation of ingest is one request",
        ));
    }
    let rest = missing_rest(usage);
    if !rest.is_empty() {
        all.push(assume("notOnTheBill", json!(rest), "not measured, and not counted: the bill's small rest"));
    }
    all
}

fn origin(source: &str, measured: &str, default: &str) -> String {
    match source {
        crate::baseline::MEASURED => format!("measured: {measured}"),
        DEFAULT => format!("default: {default}"),
        _ => "input".to_owned(),
    }
}
