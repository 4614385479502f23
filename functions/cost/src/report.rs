//! An analysis as documents: JSON for programs, a page, and a digest for a chat.

mod chart;
mod digest;
mod metrics;
mod page;
mod tables;

use serde_json::{Map, Value, json};

use crate::analyze::{Analysis, HitRatioSource, Projected};
use crate::item::Component;

impl Analysis {
    /// The report as JSON: money in USD a month with at most six decimals; what can't be known is left out.
    pub fn to_json(&self) -> Value {
        let mut report = Map::new();
        let mut put = |name: &str, value: Value| drop(report.insert(name.to_owned(), value));
        put("date", json!(self.date));
        put("periodDays", json!(self.period_days));
        put("region", json!(self.region));
        put("pricesAsOf", json!(self.prices_as_of));
        if let Some((share, source)) = self.hit_ratio {
            put("hitRatio", json!(share));
            put("hitRatioSource", json!(source.name()));
        }
        put("current", json!(self.current.costs()));
        put("baseline", json!(self.baseline.costs()));
        put("monthlySavingsUsd", json!(self.returns.monthly));
        put("annualSavingsUsd", json!(self.returns.annual));
        put("roiPercent", json!(tenths(self.returns.roi_thousandths)));
        if let Some(months) = self.returns.break_even_tenths.and_then(|tenths| i64::try_from(tenths).ok()) {
            put("breakEvenMonths", json!(tenths(months)));
        }
        put("threeYearNetUsd", json!(self.returns.three_year_net));
        if let Some(cost) = self.per_asset {
            put("perAssetUsd", json!(cost));
        }
        if let Some(cost) = self.per_million_variants {
            put("perMillionVariantsUsd", json!(cost));
        }
        if let Some(budget) = self.budget {
            put("monthlyBudgetUsd", json!(budget));
        }
        if let Some(cost) = self.migration_cost {
            put("migrationCostUsd", json!(cost));
        }
        put("advice", json!(self.advice));
        put("projection", self.projection.iter().copied().map(Projected::to_json).collect());
        put("lines", self.lines());
        put("assumptions", json!(self.assumptions));
        put("missing", json!(self.missing));
        put("atLeast", self.at_least.iter().map(|component| component.name()).collect());
        put("warnings", json!(self.warnings));
        put("usage", json!(self.usage));
        Value::Object(report)
    }

    /// The report as a page: one file without a script, which asks for nothing from elsewhere.
    pub fn to_html(&self) -> String {
        page::of(self)
    }

    /// The report as a message for a chat or a mail, in less than 3,000 characters.
    pub fn to_markdown(&self) -> String {
        digest::of(self)
    }

    /// What a message with the digest is headed by.
    pub fn headline(&self) -> String {
        let total = self.current.total();
        match self.budget {
            Some(budget) if total > budget => {
                format!("Hashfolio is over its budget by {}: {total} a month", total - budget)
            }
            _ => format!("Hashfolio costs {}{total} a month", self.total_mark()),
        }
    }

    fn lines(&self) -> Value {
        let line = |(item, quantity, cost): &(crate::Item, crate::Quantity, crate::MicroUsd)| {
            json!({
                "component": item.component().name(),
                "item": item.key(),
                "monthlyQuantity": quantity.as_f64(),
                "monthlyUsd": cost,
            })
        };
        self.current.lines().iter().map(line).collect()
    }

    /// The components of both bills, for charts and tables: name, now, and with everything pre-generated.
    pub(crate) fn components(&self) -> Vec<(Component, crate::MicroUsd, crate::MicroUsd)> {
        let (current, baseline) = (self.current.costs(), self.baseline.costs());
        Component::ALL
            .into_iter()
            .map(|component| (component, current.of(component), baseline.of(component)))
            .collect()
    }

    /// What stands before an amount of which parts were not measured.
    pub(crate) fn at_least_mark(&self, component: Component) -> &'static str {
        if self.at_least.contains(&component) { "at least " } else { "" }
    }

    /// The same before the amount of the whole bill.
    pub(crate) fn total_mark(&self) -> &'static str {
        if self.at_least.is_empty() { "" } else { "at least " }
    }

    /// Each component with what it costs now, in words.
    pub(crate) fn component_amounts(&self) -> Vec<String> {
        let said = |(component, now, _): (Component, crate::MicroUsd, _)| {
            format!("{} {}{now}", component.title(), self.at_least_mark(component))
        };
        self.components().into_iter().map(said).collect()
    }
}

impl Projected {
    fn to_json(self) -> Value {
        json!({ "traffic": self.traffic.factor(), "currentUsd": self.current, "baselineUsd": self.baseline })
    }
}

impl HitRatioSource {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cdn => "cdn",
            Self::Renders => "renders",
        }
    }

    /// Where the ratio comes from, in words.
    pub(crate) fn said(self) -> &'static str {
        match self {
            Self::Cdn => "by the CDN’s own metric",
            Self::Renders => "1 − renders ÷ requests",
        }
    }
}

/// A number of tenths as JSON has it.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 tenths")]
fn tenths(tenths: i64) -> f64 {
    tenths as f64 / 10.0
}

#[cfg(test)]
mod tests;
