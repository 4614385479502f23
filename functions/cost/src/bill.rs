//! A month's use of what is billed, and the bill for it.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::item::{Component, Item};
use crate::money::MicroUsd;
use crate::prices::PriceBook;
use crate::quantity::Quantity;

/// What is used in a month, by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonthlyUse(BTreeMap<Item, Quantity>);

impl MonthlyUse {
    /// Adds to an item.
    pub fn add(&mut self, item: Item, quantity: Quantity) {
        *self.0.entry(item).or_default() += quantity;
    }

    /// Takes from an item what there is of it.
    pub fn take(&mut self, item: Item, quantity: Quantity) {
        let entry = self.0.entry(item).or_default();
        *entry = entry.less(quantity);
    }

    /// How much of an item is used.
    pub fn of(&self, item: Item) -> Quantity {
        self.0.get(&item).copied().unwrap_or_default()
    }

    /// Leaves out the items that a predicate is false for.
    pub fn retain(&mut self, keep: impl Fn(Item) -> bool) {
        self.0.retain(|item, _| keep(*item));
    }

    /// Its bill at these prices.
    pub fn bill(&self, prices: &PriceBook) -> Bill {
        let lines = self.0.iter().map(|(item, quantity)| (*item, *quantity, prices.cost(*item, *quantity)));
        Bill { lines: lines.filter(|(_, quantity, _)| *quantity > Quantity::ZERO).collect() }
    }
}

/// A month's bill: each line is rounded to the millionth of a dollar, and all sums are sums of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    lines: Vec<(Item, Quantity, MicroUsd)>,
}

impl Bill {
    /// Its lines: what, how much in a month, and what it costs.
    pub fn lines(&self) -> &[(Item, Quantity, MicroUsd)] {
        &self.lines
    }

    /// What one item costs.
    pub fn item(&self, item: Item) -> MicroUsd {
        self.lines.iter().filter(|(of, ..)| *of == item).map(|(.., cost)| *cost).sum()
    }

    /// Its sums.
    pub fn costs(&self) -> Costs {
        let mut costs = Costs::default();
        for (item, _, cost) in &self.lines {
            costs.add(item.component(), *cost);
        }
        costs
    }

    /// What all of it costs.
    pub fn total(&self) -> MicroUsd {
        self.costs().total()
    }
}

/// What each component costs in a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs(BTreeMap<Component, MicroUsd>);

impl Costs {
    /// Adds to a component.
    pub fn add(&mut self, component: Component, cost: MicroUsd) {
        *self.0.entry(component).or_default() += cost;
    }

    /// What a component costs.
    pub fn of(&self, component: Component) -> MicroUsd {
        self.0.get(&component).copied().unwrap_or_default()
    }

    /// What all components cost.
    pub fn total(&self) -> MicroUsd {
        self.0.values().copied().sum()
    }
}

impl Serialize for Costs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Component::ALL.len() + 1))?;
        for component in Component::ALL {
            map.serialize_entry(component.name(), &self.of(component))?;
        }
        map.serialize_entry("total", &self.total())?;
        map.end()
    }
}
