//! An analysis as a document for programs.

use serde_json::{Map, Value, json};

use crate::analyze::{Analysis, HitRatioSource, Projected};
use crate::item::Component;

impl Analysis {
    /// The report as JSON: money in USD a month with at most six decimals; what can't be known is left out.
    pub fn to_json(&self) -> Value {
        let mut report = Map::new();
        let mut put = |name: &str, value: Value| drop(report.insert(name.to_owned(), value));
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
        put("advice", json!(self.advice));
        put("projection", self.projection.iter().map(Projected::to_json).collect());
        put("lines", self.lines());
        put("assumptions", json!(self.assumptions));
        put("missing", json!(self.missing));
        put("warnings", json!(self.warnings));
        Value::Object(report)
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
}

impl Projected {
    fn to_json(&self) -> Value {
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
}

/// A number of tenths as JSON has it.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53 tenths")]
fn tenths(tenths: i64) -> f64 {
    tenths as f64 / 10.0
}
