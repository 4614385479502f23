//! Money and rates as whole numbers: a bill adds up to the last digit.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use serde::{Serialize, Serializer};

use crate::wording::grouped;

/// An amount in millionths of a US dollar; negative for a loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroUsd(i128);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of whole millionths of a dollar.
    pub const fn new(millionths: i128) -> Self {
        Self(millionths)
    }

    /// An amount of whole dollars.
    pub const fn dollars(dollars: i128) -> Self {
        Self(dollars * 1_000_000)
    }

    /// The amount in millionths of a dollar.
    pub fn millionths(self) -> i128 {
        self.0
    }

    /// The amount that many times, over a divisor, rounded half away from zero; nothing for a divisor of zero.
    #[must_use]
    pub fn scaled(self, times: u64, over: u64) -> Self {
        if over == 0 {
            return Self::ZERO;
        }
        Self(rounded(self.0 * i128::from(times), i128::from(over)))
    }

    /// The amount as JSON and charts have it. Amounts below 9 billion dollars keep all six decimals.
    #[expect(clippy::cast_precision_loss, reason = "a float is only printed; sums are made of whole numbers")]
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The amount to its last digit: dollars with six decimals.
    pub fn exact(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        format!("{sign}${}.{:06}", grouped(amount / 1_000_000), amount % 1_000_000)
    }

    /// The amount with its sign, also where it is a gain.
    pub(crate) fn signed(self) -> String {
        if self > Self::ZERO { format!("+{self}") } else { self.to_string() }
    }

    /// Parses dollars as people write them: `18000`, `4.5`, `1,250.75`.
    ///
    /// ```
    /// use cost::MicroUsd;
    /// assert_eq!(MicroUsd::parse("4.5"), Some(MicroUsd::new(4_500_000)));
    /// assert_eq!(MicroUsd::parse("many"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().replace(',', "");
        let amount = decimal(&digits, 6)?;
        i128::try_from(amount).ok().filter(|amount| *amount <= Self::MOST).map(Self)
    }

    /// A quadrillion dollars: whoever has more has mistyped.
    const MOST: i128 = 1_000_000_000_000_000 * 1_000_000;
}

/// `numerator / denominator`, rounded half away from zero.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    let half = denominator / 2;
    if numerator < 0 { (numerator - half) / denominator } else { (numerator + half) / denominator }
}

/// A decimal as a whole number of its last place: `decimal("0.023", 12)` is 23 billion. `None` when it is no plain
/// decimal, or has more places.
pub(crate) fn decimal(text: &str, places: usize) -> Option<u128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    if !plain || fraction.len() > places {
        return None;
    }
    let padded = format!("{whole}{fraction:0<places$}");
    padded.parse().ok()
}

impl fmt::Display for MicroUsd {
    /// Dollars and cents with thousands apart; amounts below ten cents with what it takes to see them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let amount = self.0.unsigned_abs();
        if amount != 0 && amount < 100_000 {
            let fraction = format!("{amount:06}");
            return write!(f, "{sign}$0.{}", fraction.trim_end_matches('0'));
        }
        let cents = (amount + 5_000) / 10_000;
        write!(f, "{sign}${}.{:02}", grouped(cents / 100), cents % 100)
    }
}

impl Serialize for MicroUsd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_dollars())
    }
}

impl Add for MicroUsd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for MicroUsd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for MicroUsd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_people_read_them() {
        let cases = [
            (0, "$0.00"),
            (1, "$0.000001"),
            (12_300, "$0.0123"),
            (100_000, "$0.10"),
            (999_999, "$1.00"),
            (1_234_567_890_000, "$1,234,567.89"),
            (-4_440_000_000, "-$4,440.00"),
        ];
        for (millionths, shown) in cases {
            assert_eq!(MicroUsd::new(millionths).to_string(), shown);
        }
    }

    #[test]
    fn an_exact_amount_has_all_its_decimals() {
        assert_eq!(MicroUsd::new(1_234_567_890_123).exact(), "$1,234,567.890123");
        assert_eq!(MicroUsd::new(-1).exact(), "-$0.000001");
    }

    #[test]
    fn json_has_at_most_six_decimals() {
        for (millionths, json) in [(4_440_000_000, "4440.0"), (30_770_123, "30.770123"), (1, "1e-6")] {
            assert_eq!(serde_json::to_string(&MicroUsd::new(millionths)).unwrap(), json);
        }
    }

    #[test]
    fn a_decimal_is_plain_digits_with_one_point() {
        assert_eq!(decimal("0.0000133334", 12), Some(13_333_400));
        assert_eq!(decimal("18000", 6), Some(18_000_000_000));
        assert_eq!(decimal(".5", 6), Some(500_000));
        for wrong in ["", ".", "-1", "+1", "1e3", "1.2.3", "0.0000001", "NaN", " 1"] {
            assert_eq!(decimal(wrong, 6), None, "{wrong:?}");
        }
    }

    #[test]
    fn shares_are_rounded_half_away_from_zero() {
        assert_eq!(MicroUsd::new(5).scaled(1, 2), MicroUsd::new(3));
        assert_eq!(MicroUsd::new(-5).scaled(1, 2), MicroUsd::new(-3));
        assert_eq!(MicroUsd::new(5).scaled(1, 0), MicroUsd::ZERO);
    }
}
