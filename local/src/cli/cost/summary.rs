//! The report as a short text for a terminal.

use std::io::{self, Write};

use cost::{Advice, Analysis, Component, HitRatioSource, MicroUsd, Share};

/// Prints an analysis: the bill beside the baseline's, what the difference amounts to, and what to change.
pub(super) fn print(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let Analysis { period_days, region, prices_as_of, .. } = analysis;
    writeln!(
        out,
        "A month at the use of {period_days} measured days, in {region} at prices of {prices_as_of}\n"
    )?;
    print_bills(analysis, out)?;
    writeln!(out)?;
    print_returns(analysis, out)?;
    print_ratios(analysis, out)?;
    if !analysis.advice.is_empty() {
        writeln!(out, "\nWhat to change, in dollars a month")?;
        for advice in &analysis.advice {
            print_advice(advice, out)?;
        }
    }
    if !analysis.missing.is_empty() {
        writeln!(out, "\nNot measured, and so not counted: {}", analysis.missing.join(", "))?;
    }
    for warning in &analysis.warnings {
        writeln!(out, "\nWarning: {warning}")?;
    }
    Ok(())
}

fn print_bills(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let (now, before) = (analysis.current.costs(), analysis.baseline.costs());
    line(out, "", "now", "pre-generated")?;
    for component in Component::ALL {
        let (now, before) = (now.of(component).to_string(), before.of(component).to_string());
        line(out, component.name(), &now, &before)?;
    }
    line(out, "total", &now.total().to_string(), &before.total().to_string())
}

fn line(out: &mut dyn Write, name: &str, now: &str, before: &str) -> io::Result<()> {
    writeln!(out, "{name:10} {now:>18} {before:>18}")
}

fn print_returns(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let returns = &analysis.returns;
    fact(out, "saved", &format!("{} a month, {} a year", returns.monthly, returns.annual))?;
    let break_even = match returns.break_even_tenths {
        Some(tenths) => format!("after {}.{} months", tenths / 10, tenths % 10),
        None if returns.monthly <= MicroUsd::ZERO => "never: it saves nothing".to_owned(),
        None => "unknown: --migration-cost says what changing over cost".to_owned(),
    };
    fact(out, "break-even", &break_even)?;
    let percent = percent(returns.roi_thousandths);
    fact(out, "3 years", &format!("{} net, a return of {percent}", returns.three_year_net))
}

fn print_ratios(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    if let Some((share, source)) = analysis.hit_ratio {
        let source = match source {
            HitRatioSource::Cdn => "as the CDN counted them",
            HitRatioSource::Renders => "1 - renders / requests",
        };
        fact(out, "hits", &format!("{}, {source}", of_whole(share)))?;
    }
    if let Some(cost) = analysis.per_asset {
        fact(out, "per asset", &cost.to_string())?;
    }
    if let Some(cost) = analysis.per_million_variants {
        fact(out, "per 1M variant requests", &cost.to_string())?;
    }
    let Some(budget) = analysis.budget else { return Ok(()) };
    let total = analysis.current.total();
    let standing = if total > budget { format!("{} over", total - budget) } else { "kept".to_owned() };
    fact(out, "budget", &format!("{total} of {budget}: {standing}"))
}

fn fact(out: &mut dyn Write, name: &str, what: &str) -> io::Result<()> {
    writeln!(out, "{name:24} {what}")
}

fn print_advice(advice: &Advice, out: &mut dyn Write) -> io::Result<()> {
    let effect = if advice.monthly < MicroUsd::ZERO {
        format!("costs {}", -advice.monthly)
    } else {
        format!("saves {}", advice.monthly)
    };
    writeln!(out, "- {}: {effect}", advice.title)?;
    writeln!(out, "  {}", advice.why)?;
    match &advice.break_even {
        Some(break_even) => writeln!(out, "  Break-even: {break_even}"),
        None => Ok(()),
    }
}

/// Thousandths as a percentage with one decimal.
fn percent(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let thousandths = thousandths.unsigned_abs();
    format!("{sign}{}.{} %", thousandths / 10, thousandths % 10)
}

/// A share as a percentage with one decimal, rounded.
fn of_whole(share: Share) -> String {
    let thousandths = (i64::from(share.millionths()) + 500) / 1000;
    percent(thousandths)
}
