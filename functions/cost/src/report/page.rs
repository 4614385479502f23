//! The report as a page: one file, no script, nothing from elsewhere.

use std::cmp::Ordering;

use shared::html::Escaped;

use super::tables::gain_or_loss;
use super::{chart, tables};
use crate::advice::Advice;
use crate::analyze::Analysis;
use crate::money::MicroUsd;
use crate::usage::Share;
use crate::wording::{days, percent, tenths};

const STYLE: &str = include_str!("page.css");

/// The page of an analysis.
pub(super) fn of(analysis: &Analysis) -> String {
    let date = analysis.date;
    let parts = [
        summary(analysis),
        not_measured(analysis),
        notes("Warnings", &analysis.warnings),
        figures(analysis),
        charts(analysis),
        advice(&analysis.advice),
        tables::components(analysis),
        tables::projection(&analysis.projection),
        tables::lines(&analysis.current),
        tables::assumptions(&analysis.assumptions),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>What Hashfolio costs, {date}</title><style>{STYLE}</style></head><body><main>\
         <header><h1>What Hashfolio costs</h1><p class=\"quiet\">{date} · measured over {} · {} · prices of {}</p>\
         </header>{}</main></body></html>\n",
        days(analysis.period_days),
        Escaped(&analysis.region),
        analysis.prices_as_of,
        parts.join("\n")
    )
}

fn summary(analysis: &Analysis) -> String {
    let (now, then, saved) = (analysis.current.total(), analysis.baseline.total(), analysis.returns.monthly);
    let difference = match saved.cmp(&MicroUsd::ZERO) {
        Ordering::Greater => format!("{saved} more"),
        Ordering::Less => format!("{} less", -saved),
        Ordering::Equal => "as much".to_owned(),
    };
    format!(
        "<section aria-label=\"Summary\"><p class=\"quiet\">{}</p>\
         <p class=\"headline\">{now} <small>a month</small></p>\
         <p>Making and storing every variant in advance would cost {then} a month: \
         <strong class=\"{}\">{difference}</strong>.</p>{}</section>",
        if analysis.at_least.is_empty() { "All costs" } else { "All costs, at least" },
        gain_or_loss(saved),
        analysis.budget.map(|budget| budget_bar(now, budget)).unwrap_or_default()
    )
}

/// How much of the budget is spent; what exceeds it is drawn beyond its mark.
fn budget_bar(spent: MicroUsd, budget: MicroUsd) -> String {
    let most = spent.max(budget).as_dollars().max(f64::MIN_POSITIVE);
    let (filled, mark) = (spent.as_dollars() / most * 1000.0, budget.as_dollars() / most * 1000.0);
    let (class, left) = if spent > budget {
        ("over", format!("<strong class=\"loss\">{} over the budget</strong>", spent - budget))
    } else {
        ("within", format!("{} left", budget - spent))
    };
    let share = percent(spent.millionths().unsigned_abs(), budget.millionths().unsigned_abs());
    let share = share.map(|share| format!("{share} of ")).unwrap_or_default();
    format!(
        "<div class=\"budget\"><svg viewBox=\"0 0 1000 14\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{spent} spent of a budget of {budget}\"><rect width=\"1000\" height=\"14\" class=\"track\"/>\
         <rect width=\"{filled:.1}\" height=\"14\" class=\"spent {class}\"/>\
         <path d=\"M{mark:.1} 0V14\" class=\"mark\"/></svg>\
         <p class=\"small\">{share}the budget of {budget} a month: {left}</p></div>"
    )
}

/// What was not measured, where a report must not be taken for the whole bill.
fn not_measured(analysis: &Analysis) -> String {
    let open: Vec<&str> = analysis.at_least.iter().map(|component| component.title()).collect();
    let costs = if open.len() == 1 { "costs" } else { "cost" };
    let open = open.join(", ");
    if analysis.missing.is_empty() {
        let rest =
            "parts of the small rest were not measured (<code>notOnTheBill</code> among the assumptions)";
        return if open.is_empty() {
            String::new()
        } else {
            format!("<p class=\"small quiet aside\">{open} {costs} at least what is shown: {rest}.</p>")
        };
    }
    let fields: Vec<String> =
        analysis.missing.iter().map(|field| format!("<code>{}</code>", Escaped(field))).collect();
    format!(
        "<section class=\"alarm\"><h2>Not measured</h2><p>{}</p><p>None of it is taken for zero: {open} {costs} at \
         least what is shown, and the comparison covers only what was measured.</p></section>",
        fields.join(", ")
    )
}

fn notes(title: &str, notes: &[String]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let items: Vec<String> = notes.iter().map(|note| format!("<li>{}</li>", Escaped(note))).collect();
    format!("<section class=\"alarm\"><h2>{title}</h2><ul>{}</ul></section>", items.concat())
}

fn figures(analysis: &Analysis) -> String {
    let returns = &analysis.returns;
    let unknown = || ("unknown".to_owned(), "it was not measured".to_owned());
    let each = |amount: Option<MicroUsd>, of: &str| {
        let note = if analysis.at_least.is_empty() { of.to_owned() } else { format!("at least: {of}") };
        amount.map_or_else(unknown, |amount| (amount.to_string(), note))
    };
    let (ratio, source) = analysis.hit_ratio.map_or_else(unknown, |(share, source)| {
        let share = percent(share.millionths().into(), Share::WHOLE.into());
        (share.unwrap_or_default(), source.said().to_owned())
    });
    let (asset, of_asset) = each(analysis.per_asset, "all costs of a month over all assets");
    let (million, of_million) = each(analysis.per_million_variants, "all costs over all requests");
    let roi = format!("{} %", signed_tenths(returns.roi_thousandths));
    let migration = analysis.migration_cost.map_or_else(
        || "no migration cost was given".to_owned(),
        |cost| format!("after a migration for {cost}"),
    );
    let figures = [
        figure("Saved a month", Some(returns.monthly), &returns.monthly.signed(), "against pre-generating"),
        figure("Saved a year", Some(returns.annual), &returns.annual.signed(), "twelve such months"),
        figure(
            "Three years, net",
            Some(returns.three_year_net),
            &returns.three_year_net.signed(),
            &migration,
        ),
        figure("Return", None, &roi, "net gain over all that is spent in three years"),
        break_even(analysis),
        figure("Hit ratio", None, &ratio, &source),
        figure("Each asset", None, &asset, &of_asset),
        figure("A million variants", None, &million, &of_million),
    ];
    format!("<section aria-label=\"Key figures\"><dl>{}</dl></section>", figures.concat())
}

fn figure(name: &str, gain: Option<MicroUsd>, value: &str, note: &str) -> String {
    let class = gain.map_or("", gain_or_loss);
    format!("<div><dt>{name}</dt><dd><span class=\"{class}\">{value}</span><small>{note}</small></dd></div>")
}

fn break_even(analysis: &Analysis) -> String {
    let (months, note) = match (analysis.returns.break_even_tenths, analysis.migration_cost) {
        (Some(months), _) => {
            (format!("{} months", tenths(months.into())), "migration cost over monthly savings")
        }
        (None, Some(_)) => ("never".to_owned(), "nothing is saved"),
        (None, None) => ("unknown".to_owned(), "no migration cost was given"),
    };
    figure("Break-even", None, &months, note)
}

fn signed_tenths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "+" };
    format!("{sign}{}", tenths(value.unsigned_abs().into()))
}

fn charts(analysis: &Analysis) -> String {
    let figure = |caption, svg| format!("<figure><figcaption>{caption}</figcaption>{svg}</figure>");
    format!(
        "<div class=\"charts\">{}{}{}</div>",
        figure("By component, a month", chart::components(analysis)),
        figure("Now against pre-generating", chart::comparison(analysis)),
        figure("With other traffic", chart::projection(analysis))
    )
}

fn advice(advice: &[Advice]) -> String {
    let one = |one: &Advice| {
        let break_even = one
            .break_even
            .as_ref()
            .map(|at| format!("<p class=\"small quiet\">Break-even: {}</p>", Escaped(at)))
            .unwrap_or_default();
        format!(
            "<li><p class=\"advice\"><strong>{}</strong><b class=\"{}\">{} a month</b></p>\
             <p class=\"small\">{}</p>{break_even}</li>",
            Escaped(&one.title),
            gain_or_loss(one.monthly),
            one.monthly.signed(),
            Escaped(&one.why)
        )
    };
    let items: Vec<String> = advice.iter().map(one).collect();
    let list = if items.is_empty() {
        "<p>None: what it would rest on was not measured.</p>".to_owned()
    } else {
        format!("<ol>{}</ol>", items.concat())
    };
    format!("<section><h2>What could be changed, and what that is worth</h2>{list}</section>")
}
