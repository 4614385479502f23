//! Numbers of a usage file: whole ones may be written as `2.1e15`, for that is how metrics give them.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::item::Architecture;
use crate::quantity::Quantity;
use crate::storage_class::{StorageClass, Tier};

/// As many requests, objects or units as nobody has in a year.
const ABSURD_COUNT: u64 = 1_000_000_000_000_000;
/// An exabyte: as much as nobody keeps in one bucket.
const ABSURD_BYTES: u64 = 1_000_000_000_000_000_000;

/// A number of requests, objects or units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Count(u64);

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bytes(u64);

/// Lambda's memory in GB (2^30 bytes) times seconds, to the millionth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GbSeconds(u64);

/// A share of a whole, 0 to 1, to the millionth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Count {
    /// A number; what is absurd is cut to the most that is not.
    pub fn new(count: u64) -> Self {
        Self(count.min(ABSURD_COUNT))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a quantity.
    pub fn quantity(self) -> Quantity {
        Quantity::of(self.0.into())
    }
}

impl Bytes {
    /// A number; what is absurd is cut to the most that is not.
    pub fn new(bytes: u64) -> Self {
        Self(bytes.min(ABSURD_BYTES))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number as a quantity.
    pub fn quantity(self) -> Quantity {
        Quantity::of(self.0.into())
    }
}

impl GbSeconds {
    /// So many millionths of a GB-second.
    pub const fn of_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// What a function of this memory takes in a time.
    pub fn of(memory_mb: u32, milliseconds: u64) -> Self {
        let millionths = u128::from(memory_mb) * u128::from(milliseconds) * 1000 / 1024;
        Self(u64::try_from(millionths).unwrap_or(u64::MAX))
    }

    /// In millionths of a GB-second.
    pub fn millionths(self) -> u64 {
        self.0
    }

    /// As a quantity.
    pub fn quantity(self) -> Quantity {
        Quantity::of_parts(self.0.into())
    }
}

impl Share {
    /// All of it, in millionths.
    pub const WHOLE: u32 = 1_000_000;

    /// So many millionths, at most the whole.
    pub fn of_millionths(millionths: u32) -> Self {
        Self(millionths.min(Self::WHOLE))
    }

    /// So many thousandths, at most the whole.
    pub const fn of_thousandths(thousandths: u16) -> Self {
        let millionths = thousandths as u32 * 1000;
        Self(if millionths > Self::WHOLE { Self::WHOLE } else { millionths })
    }

    /// Its part of a whole, rounded down.
    pub fn part_of(self, whole: u64) -> u64 {
        let part = u128::from(whole) * u128::from(self.0) / u128::from(Self::WHOLE);
        u64::try_from(part).unwrap_or(whole)
    }

    /// A part of a whole; `None` of nothing.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        let millionths = (u128::from(part) * u128::from(Self::WHOLE)).checked_div(whole.into())?;
        Some(Self::of_millionths(u32::try_from(millionths).unwrap_or(Self::WHOLE)))
    }

    /// In millionths.
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::WHOLE - self.0)
    }

    /// As a float, 0 to 1.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }
}

/// What a number may be.
#[derive(Debug, Clone, Copy)]
struct Numeric {
    /// As many parts has a unit: the decimals that are kept.
    parts: u32,
    /// The most, in units.
    most: u64,
    expected: &'static str,
}

impl Visitor<'_> for Numeric {
    type Value = u64;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, units: u64) -> Result<u64, E> {
        let parts = units.checked_mul(self.parts.into()).filter(|_| units <= self.most);
        parts.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(units), &self))
    }

    fn visit_i64<E: Error>(self, units: i64) -> Result<u64, E> {
        let unsigned = u64::try_from(units);
        self.visit_u64(unsigned.map_err(|_| E::invalid_value(Unexpected::Signed(units), &self))?)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked to lie between zero and a limit that a u64 holds"
    )]
    fn visit_f64<E: Error>(self, units: f64) -> Result<u64, E> {
        let (parts, most) = (units * f64::from(self.parts), self.most as f64);
        // A count is whole; parts of a second are rounded.
        let whole = self.parts > 1 || units.fract() == 0.0;
        if !(0.0..=most).contains(&units) || !whole {
            return Err(E::invalid_value(Unexpected::Float(units), &self));
        }
        Ok(parts.round() as u64)
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a whole number from 0 to 1e15";
        deserializer.deserialize_any(Numeric { parts: 1, most: ABSURD_COUNT, expected }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a whole number of bytes from 0 to 1e18";
        deserializer.deserialize_any(Numeric { parts: 1, most: ABSURD_BYTES, expected }).map(Self)
    }
}

impl<'de> Deserialize<'de> for GbSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a number of GB-seconds from 0 to 1e13";
        let seconds = Numeric { parts: 1_000_000, most: 10_000_000_000_000, expected };
        deserializer.deserialize_any(seconds).map(Self)
    }
}

impl Serialize for GbSeconds {
    #[expect(clippy::cast_precision_loss, reason = "a float is only written; sums are made of whole numbers")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 1e6)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let share = Numeric { parts: Self::WHOLE, most: 1, expected: "a number from 0 to 1" };
        let millionths = deserializer.deserialize_any(share)?;
        Ok(Self::of_millionths(u32::try_from(millionths).unwrap_or(Self::WHOLE)))
    }
}

impl Serialize for Share {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_f64())
    }
}

impl<'de> Deserialize<'de> for StorageClass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for StorageClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "FA" => Ok(Self::Frequent),
            "IA" => Ok(Self::Infrequent),
            "AIA" => Ok(Self::ArchiveInstant),
            unknown => Err(D::Error::custom(format_args!("unknown tier `{unknown}`; known are FA, IA, AIA"))),
        }
    }
}

impl<'de> Deserialize<'de> for Architecture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|architecture| architecture.name() == name);
        known.ok_or_else(|| {
            D::Error::custom(format_args!("unknown architecture `{name}`; known are arm64, x86_64"))
        })
    }
}

impl Serialize for Architecture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
