//! The figures of the page, exactly.

use serde_json::Value;
use shared::html::Escaped;

use super::page::gain_or_loss;
use crate::analyze::{Analysis, Projected};
use crate::assumptions::Assumption;
use crate::bill::Bill;
use crate::item::{Item, Unit};
use crate::money::MicroUsd;
use crate::quantity::Quantity;
use crate::wording::{bytes, signed};

pub(super) fn components(analysis: &Analysis) -> String {
    let rows: Vec<String> = analysis
        .components()
        .into_iter()
        .map(|(component, now, then)| {
            let mark = analysis.at_least_mark(component);
            let note = if mark.is_empty() { "" } else { "<small>at least: not all was measured</small>" };
            row(&format!("{}{note}", component.title()), now, then)
        })
        .collect();
    let total = row("Total", analysis.current.total(), analysis.baseline.total());
    table(
        "Components",
        "USD a month",
        &["Component", "Now", "Pre-generated", "Saved"],
        &format!("<tbody>{}</tbody><tfoot>{total}</tfoot>", rows.concat()),
    )
}

pub(super) fn projection(projection: &[Projected]) -> String {
    let rows: Vec<String> = projection
        .iter()
        .map(|at| row(&format!("{} ×", at.traffic.factor()), at.current, at.baseline))
        .collect();
    table(
        "With other traffic",
        "USD a month, with as many uploads and as much stored as today",
        &["Traffic", "Now", "Pre-generated", "Saved"],
        &format!("<tbody>{}</tbody>", rows.concat()),
    )
}

fn row(name: &str, now: MicroUsd, then: MicroUsd) -> String {
    let saved = then - now;
    format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"amount\">{now}</td><td class=\"amount\">{then}</td>\
         <td class=\"amount {}\">{}</td></tr>",
        gain_or_loss(saved),
        signed(saved)
    )
}

pub(super) fn lines(bill: &Bill) -> String {
    let rows: Vec<String> = bill
        .lines()
        .iter()
        .map(|(item, quantity, cost)| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"amount\">{}</td><td class=\"amount\">{}</td></tr>",
                Escaped(item.key()),
                used(*item, *quantity),
                cost.exact()
            )
        })
        .collect();
    let total = format!(
        "<tfoot><tr><th scope=\"row\">Total</th><td></td><td class=\"amount\">{}</td></tr></tfoot>",
        bill.total().exact()
    );
    let content = format!("<tbody>{}</tbody>{total}", rows.concat());
    let headers = ["Item of the price book", "Used a month", "Cost"];
    let inner = bare_table(
        "Each line is rounded to the millionth of a dollar; the total is their sum",
        &headers,
        &content,
    );
    format!("<section><details><summary>The bill, line by line</summary>{inner}</details></section>")
}

fn used(item: Item, quantity: Quantity) -> String {
    match item.unit() {
        Unit::Bytes => format!("{}<small>{quantity} bytes</small>", bytes(quantity.units())),
        Unit::GbSeconds => format!("{quantity} GB-s"),
        Unit::Times => quantity.to_string(),
    }
}

pub(super) fn assumptions(assumptions: &[Assumption]) -> String {
    let rows: Vec<String> = assumptions
        .iter()
        .map(|one| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
                Escaped(one.name),
                Escaped(said(&one.value)),
                Escaped(&one.source)
            )
        })
        .collect();
    table(
        "Assumptions",
        "What no measurement says",
        &["Name", "Value", "Why"],
        &format!("<tbody>{}</tbody>", rows.concat()),
    )
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(said).collect::<Vec<String>>().join(", "),
        Value::Null => "unknown".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

fn table(title: &str, caption: &str, headers: &[&str], content: &str) -> String {
    format!("<section><h2>{title}</h2>{}</section>", bare_table(caption, headers, content))
}

fn bare_table(caption: &str, headers: &[&str], content: &str) -> String {
    // Text columns first, then amounts, except where the first two are text.
    let is_text = |position: usize, header: &str| position == 0 || matches!(header, "Value" | "Why");
    let headers: Vec<String> = headers
        .iter()
        .enumerate()
        .map(|(position, header)| {
            let class = if is_text(position, header) { "" } else { " class=\"amount\"" };
            format!("<th scope=\"col\"{class}>{header}</th>")
        })
        .collect();
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\
         <thead><tr>{}</tr></thead>{content}</table></div>",
        headers.concat()
    )
}
