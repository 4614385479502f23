//! The figures of the page, exactly.

use std::cmp::Ordering;

use serde_json::Value;
use shared::html::Escaped;

use crate::analyze::{Analysis, Projected};
use crate::assumptions::Assumption;
use crate::bill::Bill;
use crate::item::{Item, Unit};
use crate::money::MicroUsd;
use crate::quantity::Quantity;
use crate::wording::{bytes, grouped};

pub(super) fn components(analysis: &Analysis) -> String {
    let rows: Vec<String> = analysis
        .components()
        .into_iter()
        .map(|(component, now, then)| {
            let is_open = analysis.at_least.contains(&component);
            let note = if is_open { "<small>at least</small>" } else { "" };
            row(&format!("{}{note}", component.title()), now, then)
        })
        .collect();
    let total = row("Total", analysis.current.total(), analysis.baseline.total());
    let caption = if analysis.at_least.is_empty() {
        "USD a month"
    } else {
        "USD a month; at least, where not all was measured"
    };
    section(
        "Components",
        &table(caption, &COMPARED, &format!("<tbody>{}</tbody><tfoot>{total}</tfoot>", rows.concat())),
    )
}

pub(super) fn projection(projection: &[Projected]) -> String {
    let rows: Vec<String> = projection
        .iter()
        .map(|at| row(&format!("{} ×", at.traffic.factor()), at.current, at.baseline))
        .collect();
    let caption = "USD a month, with as many uploads and as much stored as today";
    let headers = [Column::Text("Traffic"), COMPARED[1], COMPARED[2], COMPARED[3]];
    section("With other traffic", &table(caption, &headers, &format!("<tbody>{}</tbody>", rows.concat())))
}

fn row(name: &str, now: MicroUsd, then: MicroUsd) -> String {
    let saved = then - now;
    format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"amount\">{now}</td><td class=\"amount\">{then}</td>\
         <td class=\"amount {}\">{}</td></tr>",
        gain_or_loss(saved),
        saved.signed()
    )
}

/// The class of an amount that is gained, lost, or neither.
pub(super) fn gain_or_loss(amount: MicroUsd) -> &'static str {
    match amount.cmp(&MicroUsd::ZERO) {
        Ordering::Greater => "gain",
        Ordering::Less => "loss",
        Ordering::Equal => "",
    }
}

pub(super) fn lines(bill: &Bill) -> String {
    let rows: Vec<String> = bill
        .lines()
        .iter()
        .map(|(item, quantity, cost)| {
            stacked_row([
                &format!("<code>{}</code>", Escaped(item.key())),
                &amount(&used(*item, *quantity)),
                &amount(&cost.exact()),
            ])
        })
        .collect();
    let total = stacked_row(["Total", &amount(""), &amount(&bill.total().exact())]);
    let content = stacked(&rows.concat(), Some(&total));
    let headers =
        [Column::Text("Item of the price book"), Column::Amount("Used a month"), Column::Amount("Cost")];
    let caption = "Each line is rounded to the millionth of a dollar; the total is their sum";
    let inner = stacked_table(caption, &headers, &content);
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
    let cell = |text: String| format!("<td role=\"cell\">{}</td>", Escaped(text));
    let rows: Vec<String> = assumptions
        .iter()
        .map(|one| {
            let name = format!("<code>{}</code>", Escaped(one.name));
            stacked_row([&name, &cell(said(&one.value)), &cell(one.source.clone())])
        })
        .collect();
    let headers = [Column::Text("Name"), Column::Text("Value"), Column::Text("Why")];
    let content = stacked(&rows.concat(), None);
    section("Assumptions", &stacked_table("What no measurement says", &headers, &content))
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.parse().map_or_else(|_| text.clone(), grouped),
        Value::Array(values) => values.iter().map(said).collect::<Vec<String>>().join(", "),
        Value::Null => "unknown".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => {
            number.as_u64().map_or_else(|| number.to_string(), |whole| grouped(whole.into()))
        }
        Value::Object(_) => value.to_string(),
    }
}

/// A column, and how it is set.
#[derive(Debug, Clone, Copy)]
enum Column {
    Text(&'static str),
    Amount(&'static str),
}

/// The columns of a comparison.
const COMPARED: [Column; 4] =
    [Column::Text("Component"), Column::Amount("Now"), Column::Amount("In advance"), Column::Amount("Saved")];

fn section(title: &str, content: &str) -> String {
    format!("<section><h2>{title}</h2>{content}</section>")
}

fn table(caption: &str, columns: &[Column], content: &str) -> String {
    let headers: Vec<String> = columns
        .iter()
        .map(|column| match column {
            Column::Text(name) => format!("<th scope=\"col\">{name}</th>"),
            Column::Amount(name) => format!("<th scope=\"col\" class=\"amount\">{name}</th>"),
        })
        .collect();
    // It may be wider than a phone: then it is scrolled, also by keys.
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>\
         <thead><tr>{}</tr></thead>{content}</table></div>",
        headers.concat()
    )
}

/// A table whose rows are set in two lines on a phone. That takes from browsers that it is one, so its roles say it.
fn stacked_table(caption: &str, columns: &[Column], content: &str) -> String {
    let headers: Vec<String> = columns
        .iter()
        .map(|column| {
            let (name, class) = match column {
                Column::Text(name) => (name, ""),
                Column::Amount(name) => (name, " class=\"amount\""),
            };
            format!("<th scope=\"col\" role=\"columnheader\"{class}>{name}</th>")
        })
        .collect();
    format!(
        "<table class=\"stack\" role=\"table\"><caption>{caption}</caption><thead role=\"rowgroup\"><tr role=\"row\">{}\
         </tr></thead>{content}</table>",
        headers.concat()
    )
}

fn stacked(rows: &str, total: Option<&str>) -> String {
    let total = total.map(|total| format!("<tfoot role=\"rowgroup\">{total}</tfoot>")).unwrap_or_default();
    format!("<tbody role=\"rowgroup\">{rows}</tbody>{total}")
}

fn stacked_row([name, second, third]: [&str; 3]) -> String {
    format!("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">{name}</th>{second}{third}</tr>")
}

fn amount(content: &str) -> String {
    format!("<td role=\"cell\" class=\"amount\">{content}</td>")
}
