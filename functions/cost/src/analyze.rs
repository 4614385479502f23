//! From measured use and prices to what it costs, what it saves and what to change: pure, in whole millionths.

use jiff::civil::Date;

use crate::advice::{Advice, Situation};
use crate::assumptions::{Assumption, assumptions};
use crate::baseline::PreGeneration;
use crate::bill::Bill;
use crate::inputs::Inputs;
use crate::item::Component;
use crate::missing::{missing, open_components};
use crate::money::MicroUsd;
use crate::month::{Month, Traffic};
use crate::prices::PriceBook;
use crate::quantity::Quantity;
use crate::returns::Returns;
use crate::usage::{Share, Usage};

/// The traffic that a report looks at, measured use first.
const PROJECTED: [Traffic; 6] = [
    Traffic { times: 1, over: 2 },
    Traffic::MEASURED,
    Traffic { times: 2, over: 1 },
    Traffic { times: 3, over: 1 },
    Traffic { times: 5, over: 1 },
    Traffic { times: 10, over: 1 },
];

/// Everything that a report says.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The day that it was made on.
    pub date: Date,
    /// What was measured: with it, the same can be asked again under other assumptions.
    pub usage: Usage,
    /// The measured period, in days.
    pub period_days: u32,
    /// The region.
    pub region: String,
    /// The day of the prices.
    pub prices_as_of: Date,
    /// The CDN's hit ratio, and where it comes from.
    pub hit_ratio: Option<(Share, HitRatioSource)>,
    /// The bill of a month.
    pub current: Bill,
    /// The bill of a month with everything generated before it is asked for.
    pub baseline: Bill,
    /// What the difference amounts to.
    pub returns: Returns,
    /// The month's cost for each asset that is kept.
    pub per_asset: Option<MicroUsd>,
    /// The month's cost for each million requests for variants.
    pub per_million_variants: Option<MicroUsd>,
    /// What to change, the most profitable first.
    pub advice: Vec<Advice>,
    /// Both bills at other traffic.
    pub projection: Vec<Projected>,
    /// What no measurement says.
    pub assumptions: Vec<Assumption>,
    /// Fields of the usage that were not measured.
    pub missing: Vec<String>,
    /// Components with parts that were not measured: they cost at least what the bill says.
    pub at_least: Vec<Component>,
    /// What makes the report doubtful.
    pub warnings: Vec<String>,
    /// What a month may cost.
    pub budget: Option<MicroUsd>,
    /// What changing over cost, once.
    pub migration_cost: Option<MicroUsd>,
}

/// What a hit ratio was derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitRatioSource {
    /// The CDN's own metric.
    Cdn,
    /// 1 - renders / requests.
    Renders,
}

/// What a month costs with other traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Projected {
    /// The traffic, as a multiple of today's.
    pub traffic: Traffic,
    /// The month's cost.
    pub current: MicroUsd,
    /// The month's cost with everything generated before it is asked for.
    pub baseline: MicroUsd,
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnalyzeError {
    /// There are no prices for the region.
    #[error(
        "there are no prices for the region `{region}`: the price book is of {known}; give one with --prices"
    )]
    UnknownRegion {
        /// The region of the usage.
        region: String,
        /// The region of the prices.
        known: String,
    },
}

/// Analyzes a usage.
///
/// # Errors
/// [`AnalyzeError`].
pub fn analyze(
    usage: &Usage,
    prices: &PriceBook,
    inputs: &Inputs,
    today: Date,
) -> Result<Analysis, AnalyzeError> {
    let region = usage.region.clone().unwrap_or_else(|| prices.region().to_owned());
    if region != prices.region() {
        return Err(AnalyzeError::UnknownRegion { region, known: prices.region().to_owned() });
    }
    let month = Month::of(usage, Traffic::MEASURED);
    let used = month.billed(prices);
    let current = used.bill(prices);
    let pre_generation = PreGeneration::resolve(inputs, &month);
    let baseline = pre_generation.instead_of(&month, prices).bill(prices);
    let returns = Returns::of(&baseline.costs(), &current.costs(), inputs.migration_cost);
    let situation = Situation {
        usage,
        month: &month,
        prices,
        used: &used,
        bill: &current,
        pre_generation: &pre_generation,
    };
    let advice = situation.advice();
    let missing = missing(usage);
    Ok(Analysis {
        date: today,
        usage: usage.clone(),
        period_days: usage.period_days,
        region,
        prices_as_of: prices.as_of(),
        hit_ratio: hit_ratio(usage),
        returns,
        per_asset: month
            .objects
            .filter(|objects| *objects > 0)
            .map(|objects| current.total().scaled(1, objects)),
        per_million_variants: month.requests.and_then(|requests| per_million(current.total(), requests)),
        advice,
        projection: PROJECTED.map(|traffic| project(usage, prices, &pre_generation, traffic)).into(),
        assumptions: assumptions(usage, &month, &pre_generation, prices),
        missing,
        at_least: open_components(usage),
        warnings: warnings(usage, prices, today),
        budget: inputs.monthly_budget,
        migration_cost: inputs.migration_cost,
        current,
        baseline,
    })
}

fn project(usage: &Usage, prices: &PriceBook, generation: &PreGeneration, traffic: Traffic) -> Projected {
    let month = Month::of(usage, traffic);
    Projected {
        traffic,
        current: month.billed(prices).bill(prices).total(),
        baseline: generation.instead_of(&month, prices).bill(prices).total(),
    }
}

fn hit_ratio(usage: &Usage) -> Option<(Share, HitRatioSource)> {
    if let Some(measured) = usage.hit_ratio {
        return Some((measured, HitRatioSource::Cdn));
    }
    let (renders, requests) = (usage.render_invocations?.get(), usage.variant_requests?.get());
    let missed = Share::of(renders.min(requests), requests)?;
    Some((missed.rest(), HitRatioSource::Renders))
}

fn per_million(total: MicroUsd, requests: Quantity) -> Option<MicroUsd> {
    let million = Quantity::of(1_000_000).parts();
    let cost = total.millionths().checked_mul(i128::try_from(million).ok()?)?;
    cost.checked_div(i128::try_from(requests.parts()).ok()?).map(MicroUsd::new)
}

fn warnings(usage: &Usage, prices: &PriceBook, today: Date) -> Vec<String> {
    let mut warnings = usage.notes.clone();
    if prices.is_old(today) {
        let as_of = prices.as_of();
        warnings
            .push(format!("The prices are of {as_of}, more than a year ago: give newer ones with --prices."));
    }
    if let (Some(renders), Some(requests)) = (usage.render_invocations, usage.variant_requests)
        && renders > requests
    {
        warnings.push(format!(
            "render was invoked {} times, for {} requests at the CDN: something reaches it around the CDN, or the two \
             were not measured over the same time.",
            renders.get(),
            requests.get()
        ));
    }
    warnings
}

#[cfg(test)]
mod tests;
