//! The report as a message for a chat or a mail.
//!
//! It is read as Markdown, by Slack, which knows less of it, and as plain text in a mail: so only what looks right in
//! all three is used. A single asterisk is emphasis in one, bold in the other.

use shared::key::{ObjectKey, ReportFormat, ReportName};

use crate::advice::Advice;
use crate::analyze::Analysis;
use crate::money::MicroUsd;
use crate::usage::Share;
use crate::wording::{days, percent, tenths};

/// A digest has fewer characters.
const MOST_CHARACTERS: usize = 3_000;
/// How much advice it gives.
const ADVICE: usize = 3;
/// How many warnings it repeats, and how much of each.
const WARNINGS: usize = 4;
const WARNING_CHARACTERS: usize = 250;

pub(super) fn of(analysis: &Analysis) -> String {
    let mut lines = vec![
        format!(
            "*Hashfolio costs {}{} a month* ({}, {}, measured over {})",
            analysis.total_mark(),
            analysis.current.total(),
            analysis.date,
            analysis.region,
            days(analysis.period_days)
        ),
        analysis.budget.map_or_else(|| "No budget was set.".to_owned(), |budget| spent(analysis, budget)),
        format!("{}.", analysis.component_amounts().join(", ")),
        saved(analysis),
    ];
    if let Some((ratio, source)) = analysis.hit_ratio {
        let ratio = percent(ratio.millionths().into(), Share::WHOLE.into()).unwrap_or_default();
        lines.push(format!("Hit ratio {ratio} ({}).", source.said()));
    }
    lines.extend(advice(&analysis.advice));
    if !analysis.missing.is_empty() {
        lines.push(format!("\n*Not measured, and not taken for zero:* {}", analysis.missing.join(", ")));
    }
    lines.extend(warnings(&analysis.warnings));
    let page = ReportName::of_cost_day(&analysis.date.to_string(), ReportFormat::Html);
    let place = format!("\n\nThe whole report: {}", ObjectKey::Report(page));
    cut(&lines.join("\n"), MOST_CHARACTERS - 1 - place.len()) + &place
}

fn spent(analysis: &Analysis, budget: MicroUsd) -> String {
    let spent = analysis.current.total();
    let share = percent(spent.millionths().unsigned_abs(), budget.millionths().unsigned_abs());
    let share = share.map(|share| format!(", {share}")).unwrap_or_default();
    if spent > budget {
        format!("*Over budget by {}:* {spent} of {budget}{share}.", spent - budget)
    } else {
        format!("Budget: {spent} of {budget}{share}.")
    }
}

fn saved(analysis: &Analysis) -> String {
    let returns = &analysis.returns;
    if returns.monthly < MicroUsd::ZERO {
        return format!("Pre-generating every variant would cost {} less a month.", -returns.monthly);
    }
    let break_even = returns
        .break_even_tenths
        .map(|months| format!(", break-even after {} months", tenths(months.into())))
        .unwrap_or_default();
    format!(
        "Saved against pre-generating every variant: {} a month, {} a year{break_even}; {} net in three years.",
        returns.monthly, returns.annual, returns.three_year_net
    )
}

fn advice(advice: &[Advice]) -> Vec<String> {
    let gains: Vec<&Advice> = advice.iter().filter(|one| one.monthly > MicroUsd::ZERO).take(ADVICE).collect();
    if advice.is_empty() {
        return vec!["\nNo advice: what it would rest on was not measured.".to_owned()];
    }
    if gains.is_empty() {
        return vec![format!("\n{} changes were looked at: none would save.", advice.len())];
    }
    let line = |one: &Advice| {
        let at = one.break_even.as_ref().map(|at| format!(" (break-even: {at})")).unwrap_or_default();
        format!("- {} a month: {}{at}", one.monthly.signed(), one.title)
    };
    let mut lines = vec!["\n*What would save*".to_owned()];
    lines.extend(gains.into_iter().map(line));
    lines
}

fn warnings(warnings: &[String]) -> Vec<String> {
    let mut lines: Vec<String> =
        warnings.iter().take(WARNINGS).map(|one| format!("- {}", cut(one, WARNING_CHARACTERS))).collect();
    if !lines.is_empty() {
        lines.insert(0, "\n*Warnings*".to_owned());
    }
    if let Some(unsaid @ 1..) = warnings.len().checked_sub(WARNINGS) {
        lines.push(format!("- and {unsaid} more, in the report"));
    }
    lines
}

/// The beginning of a text that is too long.
fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    text.chars().take(characters.saturating_sub(1)).chain(['…']).collect()
}
