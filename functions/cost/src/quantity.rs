//! Quantities of what is billed, for one month.

use std::fmt;
use std::ops::{Add, AddAssign};

use crate::wording::grouped;

/// Bills are projected to a month of as many days.
pub const DAYS_PER_MONTH: u32 = 30;

/// How much of something is billed in a month, to the millionth of its unit: a rare request in a long period does not
/// vanish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u128);

impl Quantity {
    /// As many parts has a unit.
    pub const PARTS: u128 = 1_000_000;

    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many units.
    pub const fn of(units: u128) -> Self {
        Self(units * Self::PARTS)
    }

    /// So many millionths of a unit.
    pub const fn of_parts(parts: u128) -> Self {
        Self(parts)
    }

    /// In millionths of a unit.
    pub const fn parts(self) -> u128 {
        self.0
    }

    /// In whole units, the rest cut off.
    pub const fn units(self) -> u128 {
        self.0 / Self::PARTS
    }

    /// As a float, for reports.
    #[expect(clippy::cast_precision_loss, reason = "a float is only printed; sums are made of whole numbers")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// What was measured over some days, projected to a month.
    #[must_use]
    pub fn monthly(self, period_days: u32) -> Self {
        self.times(u128::from(DAYS_PER_MONTH), u128::from(period_days))
    }

    /// The quantity that many times, over a divisor; nothing for a divisor of zero.
    #[must_use]
    pub fn times(self, times: u128, over: u128) -> Self {
        if over == 0 {
            return Self::ZERO;
        }
        // Whole multiples apart from the rest, so that the product can't overflow before it is divided.
        Self((self.0 / over).saturating_mul(times) + (self.0 % over).saturating_mul(times) / over)
    }

    /// What is left of it, or nothing.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Quantity {
    /// Whole units with their thousands apart, and as many decimals as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(self.units()))?;
        let parts = self.0 % Self::PARTS;
        if parts == 0 { Ok(()) } else { write!(f, ".{}", format!("{parts:06}").trim_end_matches('0')) }
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
