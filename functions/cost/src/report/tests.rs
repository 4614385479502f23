use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Analysis, Component, Inputs, MicroUsd, PriceBook, Usage, analyze};

fn analyzed(usage: &Value, inputs: &Inputs) -> Analysis {
    let (usage, _) = Usage::parse(usage.to_string().as_bytes()).unwrap();
    analyze(&usage, &PriceBook::us_east_1().unwrap(), inputs, date(2026, 11, 25)).unwrap()
}

/// A portfolio of which everything was measured.
fn measured() -> Value {
    json!({
        "periodDays": 30, "region": "us-east-1", "architecture": "arm64",
        "storage": [{ "class": "GLACIER_IR", "bytes": 2.1e15, "objects": 50_000_000 }],
        "variantRequests": 1_260_000_000, "cdnBytes": 37.8e12, "originShieldRequests": 0,
        "renderInvocations": 75_600_000, "renderGbSeconds": 13.0e6,
        "ingestInvocations": 54_000_000, "ingestGbSeconds": 67_500,
        "verifyInvocations": 54_000_000, "verifyGbSeconds": 270_000,
        "reconcileInvocations": 1_000, "reconcileGbSeconds": 30_000,
        "retrieval": [{ "class": "GLACIER_IR", "bytes": 3.2e15, "requests": 75_600_000 }], "transitions": [],
        "s3": { "putCopyPostList": 55_500_000, "getAndOther": 108_000_000 },
        "dynamodb": { "writeUnits": 216_000_000, "readUnits": 131_000_000, "bytes": 40_000_000_000_u64 },
        "stateTransitions": 10_000, "scheduledInvocations": 60, "logBytes": 1_000_000_000,
        "customMetrics": 18, "alarms": 8,
    })
}

fn with_money() -> Inputs {
    Inputs {
        migration_cost: Some(MicroUsd::dollars(18_000)),
        monthly_budget: Some(MicroUsd::dollars(60_000)),
        ..Inputs::default()
    }
}

/// The texts between tags, in their order.
fn texts(page: &str) -> Vec<String> {
    let body = page.split_once("</style>").unwrap().1;
    let texts = body.split('<').filter_map(|part| part.split_once('>'));
    texts.map(|(_, text)| text.to_owned()).filter(|text| !text.trim().is_empty()).collect()
}

#[test]
fn json_keeps_its_contract() {
    let report = analyzed(&measured(), &with_money()).to_json();
    for name in [
        "periodDays",
        "region",
        "pricesAsOf",
        "hitRatio",
        "hitRatioSource",
        "current",
        "baseline",
        "monthlySavingsUsd",
        "annualSavingsUsd",
        "roiPercent",
        "threeYearNetUsd",
        "perAssetUsd",
        "perMillionVariantsUsd",
        "advice",
        "assumptions",
        "missing",
    ] {
        assert!(report.get(name).is_some(), "{name}");
    }
    for bill in ["current", "baseline"] {
        for name in ["storage", "requests", "compute", "cdn", "metadata", "other", "total"] {
            assert!(report[bill][name].is_number(), "{bill}.{name}");
        }
    }
    for (list, names) in
        [("advice", ["title", "monthlyUsd", "why"]), ("assumptions", ["name", "value", "source"])]
    {
        for name in names {
            assert!(report[list][0].get(name).is_some(), "{list}.{name}");
        }
    }
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let page = analyzed(&measured(), &with_money()).to_html();
    for foreign in ["http:", "https:", "//", "<script", "<link", "<img", "@import", "url(", "src="] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    assert!(page.contains("name=\"viewport\" content=\"width=device-width"));
}

#[test]
fn the_page_has_every_figure_of_the_report() {
    let analysis = analyzed(&measured(), &with_money());
    let texts = texts(&analysis.to_html());
    let has = |text: &str| assert!(texts.iter().any(|one| one.contains(text)), "{text}");
    for component in Component::ALL {
        has(component.title());
        has(&analysis.current.costs().of(component).to_string());
        has(&analysis.baseline.costs().of(component).to_string());
    }
    for (item, _, cost) in analysis.current.lines() {
        has(&item.key());
        has(&cost.exact());
    }
    for at in &analysis.projection {
        has(&at.current.to_string());
        has(&at.baseline.to_string());
    }
    for one in &analysis.advice {
        has(&one.title);
        has(&one.monthly.to_string());
    }
    for amount in [analysis.returns.monthly, analysis.returns.annual, analysis.returns.three_year_net] {
        has(&amount.to_string());
    }
    for assumption in &analysis.assumptions {
        has(assumption.name);
    }
    for said in ["94.0 %", "1 − renders ÷ requests", "$60,000.00", "$18,000.00", "2026-11-25", "us-east-1"]
    {
        has(said);
    }
}

#[test]
fn a_page_of_everything_marks_nothing_as_a_part() {
    let analysis = analyzed(&measured(), &with_money());
    assert_eq!(analysis.at_least, []);
    let texts = texts(&analysis.to_html()).join("\n");
    assert!(!texts.contains("at least:") && !texts.contains("Not measured"), "{texts}");
}

#[test]
fn what_was_not_measured_marks_its_component() {
    let mut usage = measured();
    usage["dynamodb"] = json!({ "readUnits": 7 });
    usage.as_object_mut().unwrap().remove("alarms");
    let analysis = analyzed(&usage, &Inputs::default());
    assert_eq!(analysis.at_least, [Component::Metadata, Component::Other]);
    assert_eq!(analysis.to_json()["atLeast"], json!(["metadata", "other"]));
    let page = texts(&analysis.to_html());
    for said in ["Not measured", "dynamodb.writeUnits", "dynamodb.bytes", "All costs, at least"] {
        assert!(page.iter().any(|text| text == said), "{said}");
    }
    let marked = page.iter().filter(|text| *text == "at least").count();
    assert_eq!(marked, 2, "{page:?}");
    let digest = analysis.to_markdown();
    assert!(digest.contains("dynamodb.writeUnits, dynamodb.bytes"), "{digest}");
    assert!(digest.contains("Metadata at least $"), "{digest}");
}

#[test]
fn no_text_of_a_usage_becomes_markup() {
    let mut usage = measured();
    usage["notes"] = json!(["<img src=x onerror=\"alert('1')\"> & more"]);
    let page = analyzed(&usage, &Inputs::default()).to_html();
    assert!(page.contains("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; more"));
    assert!(!page.contains("<img"));
}

/// Each element that is opened is closed, in its order.
#[test]
fn the_page_is_well_formed() {
    const VOID: [&str; 4] = ["!doctype", "meta", "rect", "path"];
    for usage in [measured(), json!({ "periodDays": 1 })] {
        let page = analyzed(&usage, &with_money()).to_html();
        let mut open = Vec::new();
        for tag in page.split('<').skip(1) {
            let tag = tag.split_once('>').unwrap().0;
            let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else if !tag.ends_with('/') && !VOID[..2].contains(&name) {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }
}

#[test]
fn a_budget_that_is_exceeded_is_said_first() {
    let inputs = Inputs { monthly_budget: Some(MicroUsd::dollars(50)), ..Inputs::default() };
    let analysis = analyzed(&measured(), &inputs);
    let over = analysis.current.total() - MicroUsd::dollars(50);
    let page = texts(&analysis.to_html());
    assert!(page.contains(&format!("{over} over the budget")), "{page:?}");
    let digest = analysis.to_markdown();
    let second = digest.lines().nth(1).unwrap();
    assert!(second.starts_with(&format!("*Over budget by {over}:*")), "{second}");
}

#[test]
fn a_budget_of_nothing_is_no_division_by_it() {
    let inputs = Inputs { monthly_budget: Some(MicroUsd::ZERO), ..Inputs::default() };
    for usage in [measured(), json!({ "periodDays": 1 })] {
        let page = analyzed(&usage, &inputs).to_html();
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }
}

#[test]
fn the_digest_says_what_a_chat_needs() {
    let analysis = analyzed(&measured(), &with_money());
    let digest = analysis.to_markdown();
    let total = analysis.current.total();
    assert!(
        digest.starts_with(&format!("*Hashfolio costs {total} a month* (2026-11-25, us-east-1,")),
        "{digest}"
    );
    assert!(digest.contains(" of $60,000.00"), "{digest}");
    for component in Component::ALL {
        assert!(digest.contains(&analysis.current.costs().of(component).to_string()), "{component:?}");
    }
    let gains = analysis.advice.iter().filter(|one| one.monthly > MicroUsd::ZERO);
    for one in gains.take(3) {
        assert!(digest.contains(&format!("+{} a month: {}", one.monthly, one.title)), "{digest}");
    }
    assert_eq!(digest.matches(" a month: ").count(), 3, "{digest}");
}

#[test]
fn savings_that_are_none_are_called_a_loss() {
    let analysis = analyzed(&measured(), &Inputs { variants_per_asset: 0, ..Inputs::default() });
    assert!(analysis.returns.monthly < MicroUsd::ZERO);
    let digest = analysis.to_markdown();
    let less = format!("Pre-generating every variant would cost {} less a month", -analysis.returns.monthly);
    assert!(digest.contains(&less), "{digest}");
}

proptest! {
    #[test]
    fn a_digest_fits_a_message(notes in proptest::collection::vec(".{0,2000}", 0..12), days in 1..=366_u32) {
        let analysis = analyzed(&json!({ "periodDays": days, "notes": notes }), &with_money());
        prop_assert!(analysis.to_markdown().chars().count() < 3_000);
    }
}
