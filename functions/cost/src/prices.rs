//! A dated book of prices, and what a quantity costs by it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::item::Item;
use crate::money::{MicroUsd, decimal};
use crate::quantity::Quantity;
use crate::storage_class::StorageClass;

/// The built-in book: list prices of us-east-1, on demand, without free tiers and discounts.
const US_EAST_1: &str = include_str!("prices/us-east-1.json");

/// A book older than this is warned about.
const OLD_AFTER_DAYS: i32 = 365;

/// Prices are kept in trillionths of a dollar: Lambda's have ten decimals.
const PRICE_DECIMALS: usize = 12;

/// Ten thousand dollars: no unit that is billed costs as much.
const DEAREST_PICO_USD: u128 = 10_000_000_000_000_000;

/// Prices of one region on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    region: String,
    as_of: Date,
    sources: Vec<String>,
    prices: BTreeMap<Item, Price>,
    minimums: BTreeMap<StorageClass, Minimums>,
    monitored_from_bytes: u64,
}

/// What a class bills at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Minimums {
    /// An object is billed for at least as many days.
    pub days: u32,
    /// An object is billed for at least as many bytes.
    pub object_bytes: u64,
    /// What an object takes beside its bytes, at the class's rate.
    pub overhead_bytes: u64,
    /// What an object takes beside its bytes, at `STANDARD`'s rate.
    pub standard_overhead_bytes: u64,
}

/// The price of one item: of so many units, in tiers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Price {
    per: u64,
    tiers: Vec<Tier>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tier {
    pico_usd: u128,
    /// Where the tier ends, in multiples of what the price is per; the last has no end.
    up_to: Option<u64>,
}

/// Why a price book can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceBookError {
    /// It is no price book.
    #[error("the price book cannot be read: {0}")]
    Unreadable(String),
    /// A price is missing.
    #[error("the price book lacks the price `{0}`")]
    Lacks(String),
    /// A price is none.
    #[error("the price `{key}` is wrong: {why}")]
    Wrong {
        /// Which.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A price is for nothing that is billed.
    #[error("the price book has a price `{0}`, which is for nothing that is billed here")]
    Unknown(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BookFile {
    region: String,
    as_of: Date,
    #[serde(default)]
    sources: Vec<String>,
    minimums: BTreeMap<String, Minimums>,
    monitored_from_bytes: u64,
    prices: BTreeMap<String, PriceFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceFile {
    per: u64,
    tiers: Vec<TierFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TierFile {
    usd: String,
    up_to: Option<u64>,
}

impl PriceBook {
    /// The built-in book of us-east-1.
    ///
    /// # Errors
    /// [`PriceBookError`], which a test of the book rules out.
    pub fn us_east_1() -> Result<Self, PriceBookError> {
        Self::parse(US_EAST_1.as_bytes())
    }

    /// Parses a book. It must have every price that a bill can need, for what is not used today may be advised.
    ///
    /// # Errors
    /// [`PriceBookError`], which names the price.
    pub fn parse(json: &[u8]) -> Result<Self, PriceBookError> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let file: BookFile = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| PriceBookError::Unreadable(error.to_string()))?;
        let mut named = file.prices;
        let mut prices = BTreeMap::new();
        for item in Item::all() {
            let key = item.key();
            let price = named.remove(&key).ok_or_else(|| PriceBookError::Lacks(key.clone()))?;
            prices.insert(item, Price::checked(price, &key)?);
        }
        if let Some((unknown, _)) = named.pop_first() {
            return Err(PriceBookError::Unknown(unknown));
        }
        let mut of_classes = file.minimums;
        let mut minimums = BTreeMap::new();
        for class in StorageClass::ALL {
            let lacks = || PriceBookError::Lacks(format!("minimums.{class}"));
            minimums.insert(class, of_classes.remove(class.name()).ok_or_else(lacks)?);
        }
        Ok(Self {
            region: file.region,
            as_of: file.as_of,
            sources: file.sources,
            prices,
            minimums,
            monitored_from_bytes: file.monitored_from_bytes,
        })
    }

    /// The region that the prices are for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The day that the prices are of.
    pub fn as_of(&self) -> Date {
        self.as_of
    }

    /// Where the prices are from.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Whether the book is more than a year old on a day.
    pub fn is_old(&self, today: Date) -> bool {
        self.as_of.until(today).is_ok_and(|age| age.get_days() > OLD_AFTER_DAYS)
    }

    /// What a class bills at least.
    pub fn minimums(&self, class: StorageClass) -> Minimums {
        let none = Minimums { days: 0, object_bytes: 0, overhead_bytes: 0, standard_overhead_bytes: 0 };
        self.minimums.get(&class).copied().unwrap_or(none)
    }

    /// The size from which Intelligent-Tiering watches an object, and charges for it.
    pub fn monitored_from_bytes(&self) -> u64 {
        self.monitored_from_bytes
    }

    /// What a quantity costs in a month, through all tiers, rounded once to the millionth of a dollar.
    pub fn cost(&self, item: Item, quantity: Quantity) -> MicroUsd {
        self.prices.get(&item).map_or(MicroUsd::ZERO, |price| price.of(quantity))
    }
}

impl Price {
    fn checked(file: PriceFile, key: &str) -> Result<Self, PriceBookError> {
        let wrong = |why| PriceBookError::Wrong { key: key.to_owned(), why };
        if file.per == 0 {
            return Err(wrong("`per` must be at least 1"));
        }
        let last = file.tiers.len().checked_sub(1).ok_or_else(|| wrong("it has no tier"))?;
        let mut tiers = Vec::with_capacity(file.tiers.len());
        let mut end = 0;
        for (position, tier) in file.tiers.into_iter().enumerate() {
            match tier.up_to {
                None if position != last => return Err(wrong("only its last tier may have no `upTo`")),
                Some(_) if position == last => return Err(wrong("its last tier must have no `upTo`")),
                Some(up_to) if up_to <= end => return Err(wrong("its tiers must ascend")),
                Some(up_to) => end = up_to,
                None => {}
            }
            let pico_usd = decimal(&tier.usd, PRICE_DECIMALS).filter(|price| *price <= DEAREST_PICO_USD);
            let why = "`usd` must be a decimal from 0 to 10000, with at most 12 places, in quotes";
            tiers.push(Tier { pico_usd: pico_usd.ok_or_else(|| wrong(why))?, up_to: tier.up_to });
        }
        Ok(Self { per: file.per, tiers })
    }

    fn of(&self, quantity: Quantity) -> MicroUsd {
        let per = u128::from(self.per) * Quantity::PARTS;
        let (mut pico, mut from) = (0, 0);
        for tier in &self.tiers {
            let end = tier.up_to.map_or(u128::MAX, |up_to| u128::from(up_to) * per);
            let part = quantity.parts().min(end).saturating_sub(from);
            // Whole units apart from the rest, so that no product overflows.
            pico += part / per * tier.pico_usd + part % per * tier.pico_usd / per;
            from = end;
        }
        MicroUsd::new(i128::try_from((pico + 500_000) / 1_000_000).unwrap_or(i128::MAX))
    }
}

#[cfg(test)]
mod tests;
