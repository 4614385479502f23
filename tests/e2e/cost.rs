//! What the system used, and what a report makes of it.
#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "small whole numbers are exact as floats")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use aws_sdk_s3::types::StorageClass;
use bytes::Bytes;
use harness::{Answer, Hashfolio, StartOptions, pictures};
use http::Method;
use serde_json::{Value, json};
use shared::hash::ContentHash;
use tempfile::TempDir;

use crate::{PROGRAM, system, system_with};

const PRICES: &str = include_str!("../../functions/cost/src/prices/us-east-1.json");

async fn usage(system: &Hashfolio) -> Value {
    let answer = system.get("/usage").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    answer.json()
}

/// Asks, uploads, and waits for READY by looking at the item itself: whoever asks ingest is counted.
async fn uploaded(system: &Hashfolio, picture: &Bytes) -> ContentHash {
    let upload = system.upload(picture, "image/jpeg").await;
    let ready = async || system.attribute(&upload.hash, "state").await == "READY";
    system.eventually("the asset is READY", ready).await;
    upload.hash
}

/// The bytes of the table of assets and its index, and the hundred beside each of their items that DynamoDB bills.
async fn billed_table_bytes(system: &Hashfolio) -> i64 {
    let describe = system.aws.dynamodb().describe_table().table_name(system.variable("ASSETS_TABLE"));
    let table = describe.send().await.unwrap().table.unwrap();
    let index = &table.global_secondary_indexes()[0];
    let bytes = table.table_size_bytes.unwrap() + index.index_size_bytes.unwrap();
    bytes + 100 * (table.item_count.unwrap() + index.item_count.unwrap())
}

/// What the test itself sees at the edge.
#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    hits: u64,
    bytes: u64,
}

impl Seen {
    async fn ask(
        &mut self,
        system: &Hashfolio,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let answer = system.http.send(method, &system.url(path), headers, Bytes::new()).await;
        self.requests += 1;
        self.hits += u64::from(answer.header("x-cache") == "Hit from hashfolio");
        self.bytes += answer.body.len() as u64;
        answer
    }

    async fn get(&mut self, system: &Hashfolio, path: &str) -> Answer {
        self.ask(system, Method::GET, path, &[]).await
    }
}

#[tokio::test]
async fn what_was_used_is_what_its_users_saw() {
    let system = system().await;
    let originals = [pictures::jpeg(800, 600, 1), pictures::jpeg(640, 480, 2)];
    let mut hashes = Vec::new();
    for original in &originals {
        hashes.push(uploaded(&system, original).await);
    }
    let mut seen = Seen::default();
    for hash in &hashes {
        let path = format!("/{hash}/320x240/80.webp");
        for _ in 0..4 {
            assert_eq!(seen.get(&system, &path).await.status, 200);
        }
        let tag = seen.get(&system, &path).await.header("etag").to_owned();
        let known = seen.ask(&system, Method::GET, &path, &[("if-none-match", &tag)]).await;
        assert_eq!(known.status, 304);
        assert_eq!(seen.ask(&system, Method::HEAD, &path, &[]).await.status, 200);
    }
    let unknown = ContentHash::of(b"unknown");
    assert_eq!(seen.get(&system, &format!("/{unknown}/320x240/80.webp")).await.status, 404);
    for _ in 0..2 {
        assert_eq!(seen.get(&system, &format!("/{}/321x240/80.webp", hashes[0])).await.status, 403);
    }
    // CloudFront would refuse it.
    let url = system.url(&format!("/{}/640x480/80.webp", hashes[0]));
    assert_eq!(system.http.send(Method::POST, &url, &[], Bytes::new()).await.status, 405);
    assert_eq!(system.get(&format!("/assets/{unknown}")).await.status, 404);

    system.eventually("verify has ended", async || usage(&system).await["verifyInvocations"] == 2).await;
    let used = usage(&system).await;
    assert_eq!((&used["periodDays"], &used["region"]), (&json!(1), &json!("us-east-1")));
    assert_eq!((&used["variantRequests"], &used["cdnBytes"]), (&json!(seen.requests), &json!(seen.bytes)));
    let misses = seen.requests - seen.hits;
    assert_eq!((misses, &used["renderInvocations"]), (4, &json!(4)));
    let ratio = used["hitRatio"].as_f64().unwrap();
    assert!((ratio - seen.hits as f64 / seen.requests as f64).abs() < 1e-6, "{ratio}");
    assert_eq!(used["originalBytesRead"], originals[0].len() + originals[1].len());
    assert_eq!(used["ingestInvocations"], 3);
    assert_eq!(used["reconcileInvocations"], 0);
    let kept =
        json!([{ "class": "STANDARD", "bytes": originals[0].len() + originals[1].len(), "objects": 2 }]);
    assert_eq!((&used["storage"], &used["retrieval"], &used["transitions"]), (&kept, &json!([]), &json!([])));
    // Two PUTs. Each was verified by a HEAD and a GET of its header; the three that were looked for took a GET each.
    assert_eq!(used["s3"], json!({ "putCopyPostList": 2, "getAndOther": 2 * 2 + 3 }));
    // Table and index by each ask, the table by each look of verify. A strongly consistent read by each look, and by
    // render of what it didn't find at first; half a unit by each other read: 2 + 1 + (3 + 1) / 2 = 5, and a half more.
    assert_eq!((&used["dynamodb"]["writeUnits"], &used["dynamodb"]["readUnits"]), (&json!(6), &json!(6)));
    assert_eq!(used["dynamodb"]["bytes"], billed_table_bytes(&system).await);
}

#[tokio::test]
async fn a_report_on_the_running_system_is_made_of_its_counters() {
    let system = system().await;
    let picture = pictures::jpeg(400, 300, 3);
    let hash = uploaded(&system, &picture).await;
    let mut seen = Seen::default();
    for _ in 0..5 {
        seen.get(&system, &format!("/{hash}/320x240/80.webp")).await;
    }
    let reconciled = system.run(&["reconcile", "--json"]).await;
    assert_eq!(reconciled.status.code(), Some(0), "{reconciled:?}");
    system.eventually("verify has ended", async || usage(&system).await["verifyInvocations"] == 1).await;
    let used = usage(&system).await;
    // Reconcile ran in a process of its own, and asked this S3 all the same: a list of each of 256 shards and of the
    // drop folder, and two reports.
    assert_eq!(used["s3"]["putCopyPostList"], 1 + 256 + 1 + 2);

    let output = system.run(&["cost", "--json", "--days", "7"]).await;
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["periodDays"], &report["hitRatioSource"]), (&json!(1), &json!("cdn")));
    assert_eq!(report["hitRatio"], 0.8);
    let monthly = |item: &str| {
        let mut lines = report["lines"].as_array().unwrap().iter();
        lines.find(|line| line["item"] == item).map_or(0.0, |line| line["monthlyQuantity"].as_f64().unwrap())
    };
    let a_month_of = |field: &Value| 30.0 * field.as_f64().unwrap();
    assert_eq!(monthly("cdn.requests"), a_month_of(&json!(seen.requests)));
    assert_eq!(monthly("cdn.bytes"), a_month_of(&json!(seen.bytes)));
    assert_eq!(monthly("s3.putCopyPostList"), a_month_of(&used["s3"]["putCopyPostList"]));
    assert_eq!(monthly("s3.getAndOther"), a_month_of(&used["s3"]["getAndOther"]));
    assert_eq!(monthly("dynamodb.writeUnits"), a_month_of(&used["dynamodb"]["writeUnits"]));
    // Render, ingest and verify.
    assert_eq!(monthly("lambda.invocations"), 30.0 * 3.0);
    assert_eq!(report["missing"], json!([]));
    let text = String::from_utf8(system.run(&["cost"]).await.stdout).unwrap();
    assert!(text.contains("pre-generated") && text.contains("80.0 %, as the CDN counted them"), "{text}");
}

#[tokio::test]
async fn originals_in_a_colder_class_are_retrieved() {
    let system = system().await;
    let picture = pictures::jpeg(400, 300, 4);
    let hash = uploaded(&system, &picture).await;
    let (bucket, key) = (system.variable("ASSETS_BUCKET"), format!("raw/{hash}"));
    let copy = system.aws.s3().copy_object().bucket(bucket).key(&key).copy_source(format!("{bucket}/{key}"));
    copy.storage_class(StorageClass::StandardIa).send().await.unwrap();
    system.eventually("verify has ended", async || usage(&system).await["verifyInvocations"] == 2).await;
    let before = usage(&system).await;
    assert_eq!(before["storage"], json!([{ "class": "STANDARD_IA", "bytes": picture.len(), "objects": 1 }]));
    // Verify looked whether it is the same object still.
    assert_eq!(before["retrieval"], json!([{ "class": "STANDARD_IA", "bytes": 0, "requests": 1 }]));
    assert_eq!(system.get(&format!("/{hash}/320x240/80.webp")).await.status, 200);
    let after = usage(&system).await;
    assert_eq!(
        after["retrieval"],
        json!([{ "class": "STANDARD_IA", "bytes": picture.len(), "requests": 2 }])
    );
    assert_eq!(after["s3"], before["s3"]);
}

#[tokio::test]
async fn scheduled_reconciliations_are_invocations() {
    let system = system_with(&[("RECONCILE_EVERY_SECONDS", "1")]).await;
    let counted = async || {
        let used = usage(&system).await;
        used["reconcileInvocations"].as_u64() >= Some(2) && used["reconcileGbSeconds"].as_f64() > Some(0.0)
    };
    system.eventually("reconcile has run twice", counted).await;
}

#[tokio::test]
async fn the_days_report_is_kept_and_its_sums_are_metrics() {
    let system = system_with(&[("COST_EVERY_SECONDS", "1"), ("MONTHLY_BUDGET_USD", "49.5")]).await;
    uploaded(&system, &pictures::jpeg(400, 300, 6)).await;
    let metric = async |name: &str| {
        let text = String::from_utf8(system.get("/metrics").await.body.to_vec()).unwrap();
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(metric, _)| *metric == name).and_then(|(_, value)| value.parse::<f64>().ok())
    };
    system
        .eventually("the upload is on the bill", async || metric("monthly_cost_usd").await > Some(0.0))
        .await;
    let keys = system.keys().await;
    let report = |ending: &str| {
        let mut found = keys.iter().filter(|key| key.starts_with("reports/cost/") && key.ends_with(ending));
        found.next().unwrap_or_else(|| panic!("{keys:?}")).clone()
    };
    let get = system.aws.s3().get_object().bucket(system.variable("ASSETS_BUCKET")).key(report(".json"));
    let document = get.send().await.unwrap().body.collect().await.unwrap().into_bytes();
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!((&document["missing"], &document["monthlyBudgetUsd"]), (&json!([]), &json!(49.5)));
    assert!(document["current"]["total"].as_f64() > Some(0.0), "{document}");
    assert!(metric("monthly_savings_usd").await.is_some());
    report(".html");
}

#[tokio::test]
async fn what_was_counted_survives_an_end_and_a_kill() {
    let folder = TempDir::new().unwrap();
    let start = || Hashfolio::start_in(PROGRAM, folder.path(), StartOptions::default());
    let system = start().await;
    let hash = uploaded(&system, &pictures::jpeg(400, 300, 5)).await;
    system.eventually("verify has ended", async || usage(&system).await["verifyInvocations"] == 1).await;
    let before = usage(&system).await;
    assert_eq!(system.terminate().await, Some(0));
    let mut system = start().await;
    assert_eq!(usage(&system).await, before);

    assert_eq!(system.get(&format!("/{hash}/320x240/80.webp")).await.status, 200);
    let written = async || {
        let file = std::fs::read(folder.path().join("usage.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        file["days"].as_object().unwrap().values().any(|day| day["variantRequests"] == 1)
    };
    system.eventually("it is written down", written).await;
    let before = usage(&system).await;
    system.kill_and_restart().await;
    assert_eq!(usage(&system).await, before);
}

#[tokio::test]
async fn counters_that_can_not_be_read_are_named_and_nothing_starts() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("usage.json"), "{}").unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let ports = ["--port", "0", "--s3-port", "0", "--dynamodb-port", "0"];
    let output = Command::new(PROGRAM).args(["serve", "--data-dir", data_dir]).args(ports).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
    assert!(said.contains("usage.json") && said.contains("version"), "{said}");
}

#[tokio::test]
async fn a_period_that_is_none_is_refused() {
    let system = system().await;
    for days in ["0", "367", "-1", "many"] {
        let answer = system.get(&format!("/usage?days={days}")).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
        assert!(answer.json()["detail"].as_str().unwrap().starts_with("days: "), "{answer:?}");
    }
}

/// Runs `hashfolio cost` on a usage that it reads from its standard input.
fn cost(usage: &Value, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["cost", "--usage", "-"]).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(usage.to_string().as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

fn write_prices(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut prices: Value = serde_json::from_str(PRICES).unwrap();
    change(&mut prices);
    std::fs::write(file, prices.to_string()).unwrap();
}

#[test]
fn what_can_not_be_analyzed_is_told_in_one_line() {
    let folder = TempDir::new().unwrap();
    let prices = folder.path().join("prices.json");
    write_prices(&prices, |prices| drop(prices["prices"].as_object_mut().unwrap().remove("cdn.bytes")));
    let prices = prices.to_str().unwrap();
    let month = json!({ "periodDays": 30 });
    for (usage, arguments, words) in [
        (json!({ "periodDays": 30, "variantRequests": -1 }), vec![], "variantRequests"),
        (json!({ "periodDays": 30, "region": "mars-north-1" }), vec![], "mars-north-1"),
        (json!({ "periodDays": 30, "storage": [{ "class": "FROZEN", "bytes": 1 }] }), vec![], "FROZEN"),
        (month.clone(), vec!["--prices", prices], "cdn.bytes"),
        (month.clone(), vec!["--prices", "/nowhere/prices.json"], "/nowhere/prices.json"),
        (month.clone(), vec!["--migration-cost", "-1"], "--migration-cost"),
        (month.clone(), vec!["--variant-class", "FROZEN"], "--variant-class"),
        (month, vec!["--variant-size", "200"], "--variant-size"),
    ] {
        let output = cost(&usage, &arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.lines().count() == 1 && said.contains(words), "{words}: {said}");
    }
}

/// An image service that stored every variant paid 8,230 dollars a month, 6,000 of them for storage, and 3,790 after it
/// had stopped. Here with prices that make it so: a GB costs 1.50, and 3,000 GB of variants are not kept any more; a
/// render costs what reading stored variants saves.
#[test]
fn the_published_case_breaks_even_after_four_months() {
    let folder = TempDir::new().unwrap();
    let prices = folder.path().join("prices.json");
    let flat = |per: u64, usd: &str| json!({ "per": per, "tiers": [{ "usd": usd }] });
    write_prices(&prices, |book| {
        let gb = 1 << 30;
        for (item, price) in [
            ("storage.STANDARD", flat(gb, "1.5")),
            ("cdn.bytes", flat(gb, "1")),
            ("cdn.requests", flat(1, "0")),
            ("cdn.functions", flat(1, "0")),
            ("s3.getAndOther", flat(1, "0")),
            ("reads.STANDARD", flat(1, "0")),
            ("lambda.gbSeconds.arm64", flat(1, "1")),
            ("lambda.invocations", flat(1, "0")),
        ] {
            book["prices"][item] = price;
        }
    });
    let gb = 1_u64 << 30;
    let usage = json!({
        "periodDays": 30, "region": "us-east-1", "architecture": "arm64",
        "storage": [{ "class": "STANDARD", "bytes": 1000 * gb, "objects": 1000 }],
        "cdnBytes": 2230 * gb, "variantRequests": 1000, "renderInvocations": 60, "renderGbSeconds": 60,
    });
    let told = ["--variants-per-asset", "6", "--variant-size", "50", "--migration-cost", "18000", "--json"];
    let output = cost(&usage, &[&["--prices", prices.to_str().unwrap()], &told[..]].concat());
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let figures = |name: &str| report[name]["total"].as_f64().unwrap();
    assert_eq!((figures("baseline"), figures("current")), (8230.0, 3790.0), "{report:#}");
    for (name, figure) in [
        ("monthlySavingsUsd", 4440.0),
        ("annualSavingsUsd", 53_280.0),
        ("breakEvenMonths", 4.1),
        ("threeYearNetUsd", 141_840.0),
    ] {
        assert_eq!(report[name], figure, "{name}");
    }
}
