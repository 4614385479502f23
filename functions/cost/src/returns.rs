//! What a change saves, and when it has paid for itself.

use crate::bill::Costs;
use crate::money::MicroUsd;

/// Months in a year.
const MONTHS_PER_YEAR: u64 = 12;
/// The horizon of the return, in years.
const YEARS: u64 = 3;

/// The return of having changed over from one bill to another, for a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returns {
    /// Saved each month; negative when it costs more than before.
    pub monthly: MicroUsd,
    /// Saved each year.
    pub annual: MicroUsd,
    /// Saved in three years, less the price.
    pub three_year_net: MicroUsd,
    /// What is gained in three years for each dollar that is spent in them, the price included, in thousandths.
    pub roi_thousandths: i64,
    /// Tenths of months until the savings have paid the price; `None` when no price was said, or nothing is saved.
    pub break_even_tenths: Option<u64>,
}

impl Returns {
    /// The return of a change. Without a price, none is counted.
    pub fn of(before: &Costs, after: &Costs, price: Option<MicroUsd>) -> Self {
        let monthly = before.total() - after.total();
        let annual = monthly.scaled(MONTHS_PER_YEAR, 1);
        let paid = price.unwrap_or_default();
        let three_year_net = annual.scaled(YEARS, 1) - paid;
        let spent = after.total().scaled(MONTHS_PER_YEAR * YEARS, 1) + paid;
        let break_even = |price: MicroUsd| {
            let (price, saved) = (price.millionths() * 10, monthly.millionths());
            u64::try_from((price + saved / 2) / saved).unwrap_or(u64::MAX)
        };
        Self {
            monthly,
            annual,
            three_year_net,
            roi_thousandths: thousandths(three_year_net, spent),
            break_even_tenths: price.filter(|_| monthly > MicroUsd::ZERO).map(break_even),
        }
    }
}

/// A part of a whole in thousandths; none of nothing.
fn thousandths(part: MicroUsd, whole: MicroUsd) -> i64 {
    let thousandths = (part.millionths() * 1000).checked_div(whole.millionths()).unwrap_or(0);
    i64::try_from(thousandths).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Component;

    fn costs(storage: i128, rest: i128) -> Costs {
        let mut costs = Costs::default();
        costs.add(Component::Storage, MicroUsd::dollars(storage));
        costs.add(Component::Compute, MicroUsd::dollars(rest));
        costs
    }

    /// A published comparison of an image service before and after it stopped storing variants.
    #[test]
    fn the_published_case_breaks_even_after_four_months() {
        let returns =
            Returns::of(&costs(6_000, 2_230), &costs(1_500, 2_290), Some(MicroUsd::dollars(18_000)));
        assert_eq!(returns.monthly, MicroUsd::dollars(4_440));
        assert_eq!(returns.annual, MicroUsd::dollars(53_280));
        assert_eq!(returns.break_even_tenths, Some(41));
        assert_eq!(returns.three_year_net, MicroUsd::dollars(141_840));
        // 141,840 gained for 36 * 3,790 + 18,000 spent.
        assert_eq!(returns.roi_thousandths, 918);
    }

    #[test]
    fn what_costs_more_than_before_never_breaks_even() {
        let returns = Returns::of(&costs(1, 0), &costs(3, 0), Some(MicroUsd::dollars(5)));
        assert_eq!(returns.monthly, MicroUsd::dollars(-2));
        assert_eq!(returns.three_year_net, MicroUsd::dollars(-77));
        assert_eq!(returns.break_even_tenths, None);
        assert_eq!(Returns::of(&costs(1, 1), &costs(1, 1), Some(MicroUsd::ZERO)).break_even_tenths, None);
    }

    #[test]
    fn without_a_price_there_is_no_month_to_break_even_in() {
        let returns = Returns::of(&costs(4, 0), &costs(3, 0), None);
        assert_eq!((returns.break_even_tenths, returns.annual), (None, MicroUsd::dollars(12)));
        assert_eq!(Returns::of(&costs(4, 0), &costs(3, 0), Some(MicroUsd::ZERO)).break_even_tenths, Some(0));
    }

    #[test]
    fn nothing_at_all_returns_nothing() {
        let returns = Returns::of(&Costs::default(), &Costs::default(), None);
        assert_eq!((returns.roi_thousandths, returns.three_year_net), (0, MicroUsd::ZERO));
    }
}
