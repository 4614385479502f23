//! What could be changed, and what that would save or cost at the measured use.
//!
//! Advice is only given where the measurements carry it: what needs a number that is not there is left out.

mod rendering;
mod storage;

use serde::Serialize;

use crate::baseline::PreGeneration;
use crate::bill::{Bill, MonthlyUse};
use crate::item::Item;
use crate::money::MicroUsd;
use crate::month::Month;
use crate::prices::PriceBook;
use crate::quantity::Quantity;
use crate::usage::Usage;

/// One change, with its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// What to change.
    pub title: String,
    /// What it saves in a month; negative for what it would cost more.
    #[serde(rename = "monthlyUsd")]
    pub monthly: MicroUsd,
    /// What that follows from.
    pub why: String,
    /// The use at which it makes no difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even: Option<String>,
}

/// What advice is made of.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) usage: &'a Usage,
    pub(crate) month: &'a Month,
    pub(crate) prices: &'a PriceBook,
    pub(crate) used: &'a MonthlyUse,
    pub(crate) bill: &'a Bill,
    pub(crate) pre_generation: &'a PreGeneration,
}

impl Situation<'_> {
    /// All advice, the most profitable first.
    pub(crate) fn advice(&self) -> Vec<Advice> {
        let mut advice = storage::advice(self);
        advice.extend(rendering::advice(self));
        advice.sort_by_key(|one| -one.monthly);
        advice
    }

    /// What a changed use would save.
    fn saved_by(&self, changed: &MonthlyUse) -> MicroUsd {
        self.bill.total() - changed.bill(self.prices).total()
    }

    /// The month's renders, and what all of them cost: compute, the read of the original, and that of the item.
    fn renders(&self) -> Option<(Quantity, MicroUsd)> {
        let renders = self.month.renders.filter(|renders| *renders > Quantity::ZERO)?;
        let time = self.month.render_time?;
        let mut without = self.used.clone();
        without.take(Item::Invocations, renders);
        without.take(Item::ComputeTime(self.month.architecture), time);
        without.take(Item::S3Reads, renders);
        without.take(Item::TableReads, renders.times(1, 2));
        for (class, bytes, reads) in &self.month.retrieved {
            without.take(Item::Retrieved(*class), *bytes);
            without.take(Item::ClassReads(*class), *reads);
        }
        Some((renders, self.saved_by(&without)))
    }
}
