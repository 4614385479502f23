use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::item::{Component, Item};
use crate::storage_class::StorageClass;
use crate::usage::GbSeconds;

const GB: u64 = 1 << 30;

fn analyzed(usage: &Value, inputs: &Inputs) -> Analysis {
    let (usage, _) = Usage::parse(usage.to_string().as_bytes()).unwrap();
    analyze(&usage, &PriceBook::us_east_1().unwrap(), inputs, date(2026, 11, 25)).unwrap()
}

fn report(usage: &Value) -> Value {
    analyzed(usage, &Inputs::default()).to_json()
}

/// Fifty million assets in 2.1 PB; 1.8 million uploads and 42 million requests for variants a day, 94 % hits.
fn worked_example() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/worked_example.json")).unwrap()
}

fn close(value: &Value, expected: f64) {
    let found = value.as_f64().unwrap();
    assert!((found - expected).abs() < 0.000_002, "{found} instead of {expected}");
}

/// By hand, at the prices of the book.
#[test]
fn each_component_of_the_worked_example_is_what_a_calculator_says() {
    let report = report(&worked_example());
    let current = &report["current"];
    let gb = 2.1e15 / 1_073_741_824.0;
    close(&current["storage"], 51_200.0 * 0.023 + 460_800.0 * 0.022 + (gb - 512_000.0) * 0.021 + 125.0);
    close(&current["requests"], 55_500.0 * 0.005 + 183_600.0 * 0.0004);
    let invocations = 75.6 + 54.0 + 54.0 + 0.001;
    close(&current["compute"], invocations * 0.20 + 13_367_500.0 * 0.000_013_333_4);
    let cdn_gb = 37.8e12 / 1_073_741_824.0;
    close(
        &current["cdn"],
        10_240.0 * 0.085 + (cdn_gb - 10_240.0) * 0.080 + 126_000.0 * 0.01 + 1_260.0 * 0.10,
    );
    close(&current["metadata"], 216.0 * 0.625 + 131.0 * 0.125 + 40e9 / 1_073_741_824.0 * 0.25);
    // One request to the upload API each time ingest is invoked.
    close(&current["other"], 54.0);
    close(&report["hitRatio"], 0.94);
    assert_eq!(report["hitRatioSource"], "renders");
    assert_eq!(report["missing"], json!([]));
}

#[test]
fn what_is_not_measured_is_said_and_not_taken_for_zero() {
    let report =
        report(&json!({ "periodDays": 30, "variantRequests": 1000, "dynamodb": { "readUnits": 5 } }));
    let missing: Vec<&str> = report["missing"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for absent in ["storage", "renderInvocations", "dynamodb.writeUnits", "s3.getAndOther"] {
        assert!(missing.contains(&absent), "{absent}");
    }
    for present in ["variantRequests", "dynamodb.readUnits"] {
        assert!(!missing.contains(&present), "{present}");
    }
    for unknown in ["hitRatio", "hitRatioSource", "perAssetUsd", "breakEvenMonths"] {
        assert_eq!(report.get(unknown), None, "{unknown}");
    }
    assert_eq!(report["advice"], json!([]), "nothing to go by");
}

fn storage_cost(class: &str, bytes: u64, objects: u64) -> f64 {
    let stored = json!([{ "class": class, "bytes": bytes, "objects": objects }]);
    report(&json!({ "periodDays": 30, "storage": stored }))["current"]["storage"].as_f64().unwrap()
}

#[test]
fn small_objects_are_billed_by_the_least_size_of_their_class() {
    let (kb_100, kb_128) = (100 << 10, 128 << 10);
    let cases = [
        // A million objects of 100 KB: as 128 KB each, where there is a least size.
        ("STANDARD_IA", kb_100 * 1_000_000, 1_000_000, kb_128 * 1_000_000, 0.0125, 0.0),
        ("GLACIER_IR", kb_100 * 1_000_000, 1_000_000, kb_128 * 1_000_000, 0.004, 0.0),
        ("STANDARD_IA", kb_128 * 1_000_000, 1_000_000, kb_128 * 1_000_000, 0.0125, 0.0),
        ("STANDARD_IA", kb_128 * 1_000_000 + GB, 1_000_000, kb_128 * 1_000_000 + GB, 0.0125, 0.0),
        ("STANDARD", kb_100 * 1_000_000, 1_000_000, kb_100 * 1_000_000, 0.023, 0.0),
        // Watched from 128 KB on: 2.50 dollars for a million.
        ("INTELLIGENT_TIERING", kb_100 * 1_000_000, 1_000_000, kb_100 * 1_000_000, 0.023, 0.0),
        ("INTELLIGENT_TIERING", kb_128 * 1_000_000, 1_000_000, kb_128 * 1_000_000, 0.023, 2.5),
        // 32 KB beside each object at its own rate, 8 KB at STANDARD's.
        ("GLACIER", GB, 1024, GB + (32 << 20), 0.0036, 0.023 / 128.0),
        ("DEEP_ARCHIVE", GB, 1024, GB + (32 << 20), 0.000_99, 0.023 / 128.0),
    ];
    for (class, bytes, objects, billed, usd, extra) in cases {
        let expected = f64::from(u32::try_from(billed >> 10).unwrap()) / 1_048_576.0 * usd + extra;
        let found = storage_cost(class, bytes, objects);
        assert!((found - expected).abs() < 0.000_002, "{class}: {found} instead of {expected}");
    }
}

#[test]
fn what_is_removed_before_its_least_time_is_billed_for_the_rest_of_it() {
    let early = |class: &str, age: u32| {
        let deleted = json!([{ "class": class, "bytes": 100 * GB, "ageDays": age }]);
        let usage = json!({ "periodDays": 30, "storage": [], "earlyDeletions": deleted });
        report(&usage)["current"]["storage"].as_f64().unwrap()
    };
    for (class, age, expected) in [
        ("STANDARD_IA", 10, 100.0 * 0.0125 * 20.0 / 30.0),
        ("STANDARD_IA", 30, 0.0),
        ("GLACIER_IR", 30, 100.0 * 0.004 * 2.0),
        ("DEEP_ARCHIVE", 0, 100.0 * 0.000_99 * 6.0),
        ("STANDARD", 0, 0.0),
    ] {
        assert!((early(class, age) - expected).abs() < 0.000_002, "{class} {age}");
    }
}

#[test]
fn reading_and_moving_colder_classes_is_on_the_bill() {
    let report = report(&json!({
        "periodDays": 15, "storage": [],
        "retrieval": [{ "class": "GLACIER_IR", "bytes": 1000 * GB, "requests": 20_000 }],
        "transitions": [{ "class": "GLACIER_IR", "objects": 500_000 }],
    }));
    // A month is twice the period.
    close(&report["current"]["requests"], 2.0 * (1000.0 * 0.03 + 20.0 * 0.01 + 500.0 * 0.02));
    close(&report["current"]["total"], 80.4);
}

#[test]
fn half_a_month_is_projected_to_a_month_but_what_is_kept_is_not() {
    let of_days = |days: u32| {
        report(&json!({
            "periodDays": days, "variantRequests": 1_000_000,
            "storage": [{ "class": "STANDARD", "bytes": GB, "objects": 1 }],
        }))
    };
    close(&of_days(15)["current"]["cdn"], 2.0 * (1.0 + 0.1));
    close(&of_days(15)["current"]["storage"], 0.023);
    close(&of_days(30)["current"]["cdn"], 1.1);
}

#[test]
fn a_baseline_without_variants_stores_what_is_stored_today() {
    let inputs = Inputs { variants_per_asset: 0, ..Inputs::default() };
    let analysis = analyzed(&worked_example(), &inputs);
    let storage = Component::Storage;
    assert_eq!(analysis.baseline.costs().of(storage), analysis.current.costs().of(storage));
}

#[test]
fn the_baseline_stores_each_variant_and_makes_those_of_each_upload() {
    let usage = json!({
        "periodDays": 30, "storage": [{ "class": "STANDARD", "bytes": 1000 * GB, "objects": 1000 }],
        "uploads": 100, "renderInvocations": 0, "renderGbSeconds": 0, "variantRequests": 0, "cdnBytes": 0,
        "architecture": "arm64",
    });
    let inputs = Inputs {
        variants_per_asset: 10,
        variant_size: Some(Share::of_thousandths(50)),
        variant_time: Some(GbSeconds::of_millionths(2_000_000)),
        ..Inputs::default()
    };
    let report = analyzed(&usage, &inputs).to_json();
    close(&report["baseline"]["storage"], 1500.0 * 0.023);
    close(&report["baseline"]["requests"], 1.0 * 0.005);
    close(&report["baseline"]["compute"], 100.0 * 0.2e-6 + 2000.0 * 0.000_013_333_4);
    close(&report["monthlySavingsUsd"], 500.0 * 0.023 + 0.005 + 0.000_02 + 0.026_666_8);
}

#[test]
fn reading_large_originals_from_glacier_instant_costs_more_than_the_class_saves() {
    let analysis = analyzed(&worked_example(), &Inputs::default());
    let titled = |words: &str| analysis.advice.iter().find(|one| one.title.contains(words)).unwrap();
    let glacier = titled("GLACIER_IR");
    assert!(glacier.monthly < MicroUsd::ZERO, "{glacier:?}");
    // 33,275 dollars less to store against 88,693 to read: even at three eighths of the renders.
    let even = glacier.break_even.as_ref().unwrap();
    assert!(even.starts_with("27,") || even.starts_with("28,"), "{even}");
    assert!(titled("x86_64").monthly < MicroUsd::ZERO);
    assert!(titled("hit ratio").monthly > MicroUsd::ZERO);
}

#[test]
fn originals_that_are_hardly_read_belong_in_a_colder_class() {
    let mut usage = worked_example();
    usage["renderInvocations"] = json!(100_000);
    usage["storage"][0] = json!({ "class": "STANDARD", "bytes": 2.1e15, "objects": 50_000_000 });
    let analysis = analyzed(&usage, &Inputs::default());
    let best = &analysis.advice[0];
    assert!(best.title.contains("DEEP_ARCHIVE"), "{best:?}");
    assert!(best.why.contains("97.6 %"), "{}", best.why);
    let glacier = analysis.advice.iter().find(|one| one.title.contains("GLACIER_IR")).unwrap();
    assert!(glacier.monthly > MicroUsd::dollars(30_000), "{glacier:?}");
    let tiering = analysis.advice.iter().find(|one| one.title.contains("INTELLIGENT_TIERING")).unwrap();
    assert!(tiering.why.contains("99.8 %"), "{}", tiering.why);
}

#[test]
fn advice_comes_with_the_most_profitable_first() {
    let analysis = analyzed(&worked_example(), &Inputs::default());
    assert!(analysis.advice.len() >= 6);
    assert!(analysis.advice.is_sorted_by_key(|one| -one.monthly));
}

#[test]
fn three_times_the_traffic_costs_more_but_not_three_times_as_much() {
    let analysis = analyzed(&worked_example(), &Inputs::default());
    let at =
        |times| analysis.projection.iter().find(|one| one.traffic == Traffic { times, over: 1 }).unwrap();
    assert_eq!(at(1).current, analysis.current.total());
    assert_eq!(at(1).baseline, analysis.baseline.total());
    assert!(at(3).current > at(1).current);
    assert!(at(3).current < at(1).current.scaled(3, 1), "what is kept is kept once");
}

#[test]
fn a_region_without_prices_is_refused_by_its_name() {
    let (usage, _) = Usage::parse(br#"{"periodDays":30,"region":"mars-north-1"}"#).unwrap();
    let book = PriceBook::us_east_1().unwrap();
    let refused = analyze(&usage, &book, &Inputs::default(), date(2026, 11, 25)).unwrap_err();
    assert!(refused.to_string().contains("mars-north-1"), "{refused}");
}

#[test]
fn what_makes_a_report_doubtful_is_said() {
    let (usage, _) = Usage::parse(br#"{"periodDays":30,"variantRequests":5,"renderInvocations":9}"#).unwrap();
    let book = PriceBook::us_east_1().unwrap();
    let analysis = analyze(&usage, &book, &Inputs::default(), date(2028, 1, 1)).unwrap();
    assert_eq!(analysis.hit_ratio, Some((Share::of_millionths(0), HitRatioSource::Renders)));
    assert_eq!(analysis.warnings.len(), 2, "{:?}", analysis.warnings);
    assert!(analysis.warnings[0].contains("--prices"));
}

#[test]
fn the_cdns_own_hit_ratio_is_preferred() {
    let usage = json!({ "periodDays": 30, "variantRequests": 100, "renderInvocations": 50, "hitRatio": 0.9 });
    let report = report(&usage);
    close(&report["hitRatio"], 0.9);
    assert_eq!(report["hitRatioSource"], "cdn");
}

/// Any usage: each field there or not.
fn any_usage() -> impl Strategy<Value = Usage> {
    let count = || proptest::option::of(0..1_000_000_000_000_u64);
    let class = (0..StorageClass::ALL.len()).prop_map(|class| StorageClass::ALL[class].name());
    let stored = (class, 0..1_000_000_000_000_000_u64, 0..1_000_000_000_u64);
    let storage = proptest::option::of(proptest::collection::vec(stored, 0..4));
    (1..=366_u32, storage, proptest::array::uniform12(count())).prop_map(|(days, storage, counts)| {
        let stored = |(class, bytes, objects)| json!({ "class": class, "bytes": bytes, "objects": objects });
        let mut usage = json!({ "periodDays": days, "s3": {}, "dynamodb": {} });
        if let Some(storage) = storage {
            usage["storage"] = storage.into_iter().map(stored).collect();
        }
        let fields = [
            "variantRequests",
            "cdnBytes",
            "renderInvocations",
            "renderGbSeconds",
            "ingestInvocations",
            "verifyInvocations",
            "verifyGbSeconds",
            "logBytes",
        ];
        for (name, count) in fields.iter().zip(counts) {
            if let Some(count) = count {
                usage[*name] = json!(count);
            }
        }
        for (position, (group, name)) in [
            ("s3", "putCopyPostList"),
            ("s3", "getAndOther"),
            ("dynamodb", "readUnits"),
            ("dynamodb", "bytes"),
        ]
        .into_iter()
        .enumerate()
        {
            if let Some(count) = counts[8 + position] {
                usage[group][name] = json!(count);
            }
        }
        Usage::parse(usage.to_string().as_bytes()).unwrap().0
    })
}

proptest! {
    #[test]
    fn components_add_up_to_the_total_to_the_micro_dollar(usage in any_usage()) {
        let book = PriceBook::us_east_1().unwrap();
        let analysis = analyze(&usage, &book, &Inputs::default(), date(2026, 11, 25)).unwrap();
        for bill in [&analysis.current, &analysis.baseline] {
            let lines: MicroUsd = bill.lines().iter().map(|(.., cost)| *cost).sum();
            let components: MicroUsd = Component::ALL.map(|component| bill.costs().of(component)).into_iter().sum();
            prop_assert_eq!(lines, bill.total());
            prop_assert_eq!(components, bill.total());
        }
        let saved = analysis.baseline.total() - analysis.current.total();
        prop_assert_eq!(analysis.returns.monthly, saved);
    }

    #[test]
    fn more_use_never_costs_less(usage in any_usage(), more in 1..1_000_000_000_u64, field in 0..8_usize) {
        let book = PriceBook::us_east_1().unwrap();
        let total = |usage: &Usage| {
            analyze(usage, &book, &Inputs::default(), date(2026, 11, 25)).unwrap().current.total()
        };
        let mut greater = serde_json::to_value(&usage).unwrap();
        let pointer = ["/variantRequests", "/cdnBytes", "/renderInvocations", "/verifyInvocations", "/logBytes",
            "/s3/getAndOther", "/storage/0/bytes", "/storage/0/objects"][field];
        // Objects without more bytes make the mean smaller: Intelligent-Tiering stops watching them.
        let tiering = greater.pointer("/storage/0/class") == Some(&json!("INTELLIGENT_TIERING"));
        prop_assume!(!(field == 7 && tiering));
        if let Some(value) = greater.pointer_mut(pointer) {
            *value = json!(value.as_u64().unwrap() + more);
            let greater = Usage::parse(greater.to_string().as_bytes()).unwrap().0;
            prop_assert!(total(&greater) >= total(&usage), "{pointer}");
        }
    }

    #[test]
    fn a_baseline_without_variants_never_stores_more(usage in any_usage()) {
        let book = PriceBook::us_east_1().unwrap();
        let inputs = Inputs { variants_per_asset: 0, ..Inputs::default() };
        let analysis = analyze(&usage, &book, &inputs, date(2026, 11, 25)).unwrap();
        let storage = Component::Storage;
        prop_assert_eq!(analysis.baseline.costs().of(storage), analysis.current.costs().of(storage));
    }
}

#[test]
fn each_item_is_on_one_component_of_the_bill() {
    let keys: std::collections::BTreeSet<String> = Item::all().into_iter().map(Item::key).collect();
    assert_eq!(keys.len(), Item::all().len());
}

#[test]
fn the_readmes_worked_example_is_what_the_report_says() {
    let readme = include_str!("../../../../README.md");
    let inputs = Inputs { migration_cost: Some(MicroUsd::dollars(18_000)), ..Inputs::default() };
    let analysis = analyzed(&worked_example(), &inputs);
    let (now, stored) = (analysis.current.costs(), analysis.baseline.costs());
    let said = |cost: MicroUsd| cost.to_string().trim_start_matches('$').to_owned();
    for component in Component::ALL {
        let row = format!("| {} | {} |", said(now.of(component)), said(stored.of(component)));
        assert!(readme.contains(&row), "{component:?}: {row}");
    }
    let sums = format!("| **{}** | **{}** |", said(now.total()), said(stored.total()));
    assert!(readme.contains(&sums), "{sums}");
    assert_eq!(analysis.returns.break_even_tenths, Some(56));
    assert!(readme.contains("paid after 5.6 months"));
}
