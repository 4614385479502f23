//! Assumptions and amounts, from the command line.

use cost::{Inputs, MicroUsd, Share, UnknownStorageClass};

use super::CostArgs;

/// Why an assumption or an amount can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is no amount.
    #[error("{flag}: {found:?} is no amount of dollars, such as 18000 or 4.50")]
    Amount {
        /// Which flag.
        flag: &'static str,
        /// What it says.
        found: String,
    },
    /// It is no percentage.
    #[error("--variant-size: {0:?} is no percentage from 0 to 100, such as 2 or 0.5")]
    Percentage(String),
    /// It is no storage class.
    #[error("--variant-class: {0}")]
    Class(#[from] UnknownStorageClass),
}

/// Reads what the flags say; what they don't say has its default.
pub(super) fn parse(args: &CostArgs) -> Result<Inputs, InputError> {
    let defaults = Inputs::default();
    let class = args.variant_class.as_deref().map(str::parse).transpose()?;
    Ok(Inputs {
        variants_per_asset: args.variants_per_asset.unwrap_or(defaults.variants_per_asset),
        variant_size: args.variant_size.as_deref().map(percentage).transpose()?,
        variant_class: class.unwrap_or(defaults.variant_class),
        migration_cost: args.migration_cost.as_deref().map(amount("--migration-cost")).transpose()?,
        monthly_budget: args.budget.as_deref().map(amount("--budget")).transpose()?,
        ..defaults
    })
}

fn amount(flag: &'static str) -> impl Fn(&str) -> Result<MicroUsd, InputError> {
    move |text| MicroUsd::parse(text).ok_or_else(|| InputError::Amount { flag, found: text.to_owned() })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie between nothing and a million"
)]
fn percentage(text: &str) -> Result<Share, InputError> {
    let number: Option<f64> = text.trim().trim_end_matches('%').trim_end().parse().ok();
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    let percent = percent.ok_or_else(|| InputError::Percentage(text.to_owned()))?;
    Ok(Share::of_millionths((percent * f64::from(Share::WHOLE) / 100.0).round() as u32))
}

#[cfg(test)]
mod tests {
    use cost::StorageClass;

    use super::*;

    fn args(change: impl FnOnce(&mut CostArgs)) -> CostArgs {
        let mut args = CostArgs::default();
        change(&mut args);
        args
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        assert_eq!(parse(&CostArgs::default()), Ok(Inputs::default()));
    }

    #[test]
    fn amounts_shares_and_classes_are_read() {
        let args = args(|args| {
            args.migration_cost = Some("18,000.50".to_owned());
            args.variant_size = Some("0.5%".to_owned());
            args.variant_class = Some("GLACIER_IR".to_owned());
            args.variants_per_asset = Some(12);
        });
        let inputs = parse(&args).unwrap();
        assert_eq!(inputs.migration_cost, Some(MicroUsd::new(18_000_500_000)));
        assert_eq!(inputs.variant_size, Some(Share::of_thousandths(5)));
        assert_eq!((inputs.variant_class, inputs.variants_per_asset), (StorageClass::GlacierIr, 12));
    }

    #[test]
    fn what_is_none_is_refused_with_the_name_of_its_flag() {
        for (args, words) in [
            (args(|args| args.migration_cost = Some("many".to_owned())), ["--migration-cost", "many"]),
            (args(|args| args.budget = Some("-5".to_owned())), ["--budget", "-5"]),
            (args(|args| args.variant_size = Some("101".to_owned())), ["--variant-size", "101"]),
            (args(|args| args.variant_size = Some("NaN".to_owned())), ["--variant-size", "NaN"]),
            (args(|args| args.variant_class = Some("FROZEN".to_owned())), ["--variant-class", "FROZEN"]),
        ] {
            let refused = parse(&args).unwrap_err().to_string();
            assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
        }
    }
}
