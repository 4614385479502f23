//! The report as a page: one file, no script, nothing from elsewhere.

use std::fmt::Write as _;

use shared::html::Escaped;

use super::{Report, Verdict};
use crate::finding::{Finding, Status};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#222}\
     table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{text-align:left;padding:.3rem .6rem;\
     border-bottom:1px solid #ddd;vertical-align:top}code{font-size:.8em;word-break:break-all}\
     .good{color:#176a2c}.bad{color:#a11}";

/// The page of a report.
pub(super) fn of(report: &Report) -> String {
    let date = report.started_at.date();
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Reconciliation of {date}</title><style>{STYLE}</style>\
         <h1>Reconciliation of {date}</h1>{}{}",
        verdict(report),
        figures(report)
    );
    if !report.sums.unchecked.is_empty() {
        page.push_str("<h2>Not compared</h2><table><tr><th>shard<th>why</tr>");
        for (shard, why) in &report.sums.unchecked {
            push(&mut page, &format!("<tr><td>{}<td>{}</tr>", Escaped(shard), Escaped(why)));
        }
        page.push_str("</table>");
    }
    if !report.findings.is_empty() {
        findings(&mut page, report);
    }
    page.push_str("</html>\n");
    page
}

fn verdict(report: &Report) -> String {
    match report.verdict() {
        Verdict::Clean => "<p class=\"good\">Storage and metadata agree.</p>".to_owned(),
        Verdict::DriftLeft => {
            "<p class=\"bad\">Some drift is left, or could not be looked for.</p>".to_owned()
        }
        Verdict::Halted => {
            let why = report.halted.as_deref().unwrap_or_default();
            format!("<p class=\"bad\">Halted, and nothing was changed: {}.</p>", Escaped(why))
        }
    }
}

fn figures(report: &Report) -> String {
    let sums = &report.sums;
    let rows = [
        ("started", report.started_at.to_string()),
        ("took", format!("{:.1} s", report.duration.as_secs_f64())),
        ("shards compared", format!("{} of 256", sums.shards)),
        ("objects listed", sums.objects_listed.to_string()),
        ("assets checked", sums.assets_checked.to_string()),
        ("drift", format!("{} assets, {:.4} %", sums.mismatches(), report.drift_ratio() * 100.0)),
        ("found", sums.findings().to_string()),
        ("mended", sums.mended.to_string()),
        ("settled by others", sums.settled.to_string()),
        ("left to the next run", sums.postponed.to_string()),
        ("cost, estimated", format!("{:.4} USD", report.cost().dollars())),
    ];
    let mut table = "<table>".to_owned();
    for (name, value) in rows {
        push(&mut table, &format!("<tr><th>{name}<td>{value}</tr>"));
    }
    for (kind, count) in &sums.found {
        push(&mut table, &format!("<tr><th>{}<td>{count}</tr>", Escaped(&name_of(kind))));
    }
    table + "</table>"
}

fn findings(page: &mut String, report: &Report) {
    let (shown, total) = (report.findings.len(), report.sums.findings());
    push(page, &format!("<h2>Findings</h2><p>{shown} of {total}.</p><table>"));
    page.push_str("<tr><th>kind<th>object<th>from<th>to<th>outcome<th>reason</tr>");
    for finding in &report.findings {
        push(page, &row(finding));
    }
    page.push_str("</table>");
}

fn row(finding: &Finding) -> String {
    let hash = finding.content_hash.map(|hash| hash.to_string());
    let object = finding.key.clone().or(hash).unwrap_or_default();
    let state = |state: Option<shared::asset::AssetState>| state.map_or("", |state| state.as_str());
    let class = match finding.status {
        Status::Mended | Status::Settled => "good",
        Status::Left => "bad",
        Status::Planned => "",
    };
    format!(
        "<tr><td>{}<td><code>{}</code><td>{}<td>{}<td class=\"{class}\">{}<td>{}</tr>",
        Escaped(&name_of(&finding.kind)),
        Escaped(&object),
        state(finding.from),
        state(finding.to),
        Escaped(&name_of(&finding.status)),
        Escaped(&finding.reason)
    )
}

/// A name as JSON has it, for people.
fn name_of(value: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
    name.unwrap_or_default().replace('_', " ")
}

fn push(page: &mut String, text: &str) {
    // Writing to a string can't fail.
    writeln!(page, "{text}").ok();
}
