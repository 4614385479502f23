use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::types::StorageClass;
use bytes::Bytes;
use harness::{Hashfolio, pictures};
use serde_json::{Value, json};
use shared::hash::ContentHash;

use crate::{system, system_with};

const EAGER: [&str; 4] = ["reconcile", "--json", "--grace-seconds", "0"];

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

async fn reconciled(system: &Hashfolio, expected: i32) -> Value {
    let output = system.run(&EAGER).await;
    assert_eq!(output.status.code(), Some(expected), "{output:?}");
    report(&output)
}

/// The kinds of a report's findings, counted.
fn kinds(report: &Value) -> BTreeMap<String, u32> {
    let mut kinds = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        *kinds.entry(finding["kind"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    kinds
}

fn picture(number: u32) -> Bytes {
    pictures::jpeg(64, 48, 1000 + number)
}

fn hash(number: u32) -> ContentHash {
    ContentHash::of(&picture(number))
}

fn key(number: u32) -> String {
    format!("raw/{}", hash(number))
}

async fn delete_object(system: &Hashfolio, key: &str) {
    let delete = system.aws.s3().delete_object().bucket(system.variable("ASSETS_BUCKET"));
    delete.key(key).send().await.unwrap();
}

/// As a lifecycle rule does, or a person with a console.
async fn move_to(system: &Hashfolio, key: &str, class: StorageClass) {
    let bucket = system.variable("ASSETS_BUCKET");
    let copy = system.aws.s3().copy_object().bucket(bucket).key(key).copy_source(format!("{bucket}/{key}"));
    copy.storage_class(class).send().await.unwrap();
}

async fn write_item(system: &Hashfolio, hash: &str, name: &str, value: &str) {
    let update = system.aws.dynamodb().update_item().table_name(system.variable("ASSETS_TABLE"));
    let update = update.key("shard", AttributeValue::S(hash[..2].to_owned()));
    let update = update.key("content_hash", AttributeValue::S(hash.to_owned()));
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    let value = AttributeValue::S(value.to_owned());
    update.expression_attribute_values(":value", value).send().await.unwrap();
}

async fn delete_item(system: &Hashfolio, hash: &str) {
    let delete = system.aws.dynamodb().delete_item().table_name(system.variable("ASSETS_TABLE"));
    let delete = delete.key("shard", AttributeValue::S(hash[..2].to_owned()));
    delete.key("content_hash", AttributeValue::S(hash.to_owned())).send().await.unwrap();
}

#[tokio::test]
async fn every_finding_is_made_by_real_means_found_mended_and_found_no_more() {
    let mut system = system().await;
    for number in 0..8 {
        system.ready(&picture(number), "image/jpeg").await;
    }
    // An asset that was lost before, and an ask whose upload is still to come.
    delete_object(&system, &key(4)).await;
    assert_eq!(kinds(&reconciled(&system, 0).await), BTreeMap::from([("object_missing".to_owned(), 1)]));
    assert_eq!(system.post("/assets", &Hashfolio::ask_for(&picture(8), "image/jpeg")).await.status, 201);

    delete_object(&system, &key(1)).await;
    move_to(&system, &key(2), StorageClass::DeepArchive).await;
    move_to(&system, &key(3), StorageClass::Glacier).await;
    delete_item(&system, &hash(6).to_string()).await;
    write_item(&system, &hash(7).to_string(), "state", "DELETED").await;
    let unreadable = "c".repeat(64);
    write_item(&system, &unreadable, "state", "READY").await;
    system.put_object("raw/readme.txt", Bytes::from_static(b"none of Hashfolio's")).await;
    // The events of these are lost.
    system
        .in_silence(async |s3| {
            s3.put(&key(4), picture(4)).await;
            s3.put(&key(5), Bytes::from_static(b"other bytes")).await;
            s3.put(&key(8), picture(8)).await;
            s3.put("incoming/lost.jpg", picture(9)).await;
        })
        .await;

    let first = reconciled(&system, 2).await;
    let expected = [
        ("foreign_object", 1),
        ("leftover_object", 1),
        ("object_archived", 2),
        ("object_differs", 1),
        ("object_missing", 1),
        ("object_reappeared", 1),
        ("orphan_object", 1),
        ("stuck_incoming", 1),
        ("stuck_pending", 1),
        ("unreadable_item", 1),
    ];
    let expected = BTreeMap::from(expected.map(|(kind, count)| (kind.to_owned(), count)));
    assert_eq!(kinds(&first), expected, "{first:#}");
    for finding in first["findings"].as_array().unwrap() {
        let kind = finding["kind"].as_str().unwrap();
        let stays = ["foreign_object", "unreadable_item"].contains(&kind);
        assert_eq!(finding["applied"], !stays, "{finding}");
        assert!(finding["reason"].as_str().unwrap().len() > 10, "{finding}");
    }
    let states = [
        "READY", "MISSING", "ARCHIVED", "ARCHIVED", "READY", "MISMATCH", "READY", "DELETED", "READY", "READY",
    ];
    for (number, state) in (0..).zip(states) {
        assert_eq!(system.attribute(&hash(number), "state").await, state, "picture {number}");
    }
    assert!(!system.keys().await.contains(&key(7)));
    assert_eq!(system.attribute(&hash(6), "created_by").await, "orphan");

    // What can't be mended is seen to by a person; then all is clean.
    delete_object(&system, "raw/readme.txt").await;
    delete_item(&system, &unreadable).await;
    let second = reconciled(&system, 0).await;
    assert_eq!((kinds(&second), second["findingsTotal"].as_u64()), (BTreeMap::new(), Some(0)));
    assert_eq!((second["shards"].as_u64(), second["driftRatio"].as_f64()), (Some(256), Some(0.0)));
}

#[tokio::test]
async fn an_archived_original_is_restored_on_request_and_read_again() {
    let system = system().await;
    system.ready(&picture(20), "image/jpeg").await;
    move_to(&system, &key(20), StorageClass::Glacier).await;
    reconciled(&system, 0).await;
    let asset = format!("/assets/{}", hash(20));
    assert_eq!(system.get(&format!("{asset}/original")).await.problem(), (409, "asset_archived".to_owned()));
    let variant = format!("/{}/320x240/80.webp", hash(20));
    assert_eq!(system.get(&variant).await.problem(), (409, "asset_archived".to_owned()));

    let restore = system.post(&format!("{asset}/restore"), &json!({})).await;
    assert_eq!((restore.status.as_u16(), restore.json()["asset"]["state"].as_str()), (202, Some("ARCHIVED")));
    let restored = reconciled(&system, 0).await;
    assert_eq!(kinds(&restored), BTreeMap::from([("object_restored".to_owned(), 1)]));
    assert_eq!(system.get(&variant).await.status, 200);
    // The archive's own class stays: asking once more is harmless.
    assert_eq!(system.post(&format!("{asset}/restore"), &json!({})).await.status, 202);

    system.ready(&picture(21), "image/jpeg").await;
    let readable = system.post(&format!("/assets/{}/restore", hash(21)), &json!({})).await;
    assert_eq!(readable.problem(), (409, "asset_not_archived".to_owned()));
    let unknown = system.post(&format!("/assets/{}/restore", hash(22)), &json!({})).await;
    assert_eq!(unknown.problem(), (404, "asset_not_found".to_owned()));
}

#[tokio::test]
async fn a_dry_run_and_a_long_grace_change_nothing() {
    let system = system().await;
    system.ready(&picture(30), "image/jpeg").await;
    delete_object(&system, &key(30)).await;
    let dry = system.run(&["reconcile", "--dry-run", "--json", "--grace-seconds", "0"]).await;
    assert_eq!(dry.status.code(), Some(2), "{dry:?}");
    let dry = report(&dry);
    assert_eq!((dry["applied"].as_bool(), &dry["findings"][0]["applied"]), (Some(false), &json!(false)));
    let patient = system.run(&["reconcile", "--json"]).await;
    assert_eq!(patient.status.code(), Some(0), "{patient:?}");
    assert_eq!(report(&patient)["findingsTotal"], 0);
    assert_eq!(system.attribute(&hash(30), "state").await, "READY");
    let text = system.run(&["reconcile", "--grace-seconds", "0"]).await;
    assert_eq!(text.status.code(), Some(0), "{text:?}");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains(&format!("mended  raw/{} READY -> MISSING", hash(30))), "{text}");
    assert!(text.contains("1 findings, 1 mended, 0 left"), "{text}");
}

#[tokio::test]
async fn a_disaster_halts_the_run_until_somebody_insists() {
    let system = system().await;
    let pictures: Vec<Bytes> = (40..52).map(picture).collect();
    futures::future::join_all(pictures.iter().map(|picture| system.ready(picture, "image/jpeg"))).await;
    for number in 40..52 {
        delete_object(&system, &key(number)).await;
    }
    let halted = reconciled(&system, 3).await;
    assert_eq!(halted["halted"], "12 of 12 assets would turn MISSING or MISMATCH");
    assert_eq!((halted["applied"].as_bool(), halted["findingsTotal"].as_u64()), (Some(false), Some(12)));
    assert_eq!(system.attribute(&hash(40), "state").await, "READY");
    let forced = system.run(&[&EAGER[..], &["--force"]].concat()).await;
    assert_eq!(forced.status.code(), Some(0), "{forced:?}");
    assert_eq!(system.attribute(&hash(51), "state").await, "MISSING");
}

#[tokio::test]
async fn a_wrong_place_is_a_halt_and_no_loss() {
    let system = system().await;
    system.ready(&picture(60), "image/jpeg").await;
    let elsewhere = [&EAGER[..], &["--aws"]].concat();
    for wrong in
        [("ASSETS_BUCKET", "no-such-bucket"), ("AWS_SECRET_ACCESS_KEY", "wrong"), ("ASSETS_TABLE", "no-such")]
    {
        let output = system.run_with(&elsewhere, &[wrong]).await;
        assert_eq!(output.status.code(), Some(3), "{wrong:?}: {output:?}");
        let report = report(&output);
        assert!(report["halted"].as_str().unwrap().starts_with("no shard could be compared"), "{report}");
        assert_eq!(report["unchecked"].as_object().unwrap().len(), 256);
    }
    assert_eq!(system.attribute(&hash(60), "state").await, "READY");
    let right = system.run_with(&elsewhere, &[]).await;
    assert_eq!(right.status.code(), Some(0), "{right:?}");
    let nothing = system.run_with(&["reconcile", "--aws"], &[("ASSETS_BUCKET", "")]).await;
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("ASSETS_BUCKET is not set"));
}

#[tokio::test]
async fn the_schedule_mends_without_being_asked_and_reports() {
    let eager = [("RECONCILE_EVERY_SECONDS", "1"), ("RECONCILE_GRACE_SECONDS", "0")];
    let system = system_with(&eager).await;
    system.ready(&picture(70), "image/jpeg").await;
    delete_object(&system, &key(70)).await;
    system.wait_for(&hash(70), "MISSING").await;
    let today = shared::time::Timestamp::now().date();
    for name in ["json", "html"] {
        let name = format!("reports/reconcile/{today}.{name}");
        system.eventually("the report is there", async || system.keys().await.contains(&name)).await;
    }
    let metrics = String::from_utf8(system.get("/metrics").await.body.to_vec()).unwrap();
    for name in
        ["reconcile_duration_ms", "assets_checked", "mismatch_count", "drift_ratio", "reconcile_halted"]
    {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
}

#[tokio::test]
async fn a_run_that_is_killed_loses_nothing_and_the_next_ends_it() {
    let system = system().await;
    let pictures: Vec<Bytes> = (80..104).map(picture).collect();
    futures::future::join_all(pictures.iter().map(|picture| system.ready(picture, "image/jpeg"))).await;
    for number in 80..92 {
        delete_object(&system, &key(number)).await;
        delete_item(&system, &hash(number + 12).to_string()).await;
    }
    let forced = [&EAGER[..], &["--force"]].concat();
    for patience_ms in [5, 50, 150, 300, 450, 600] {
        // Dropped when the time is over, it is killed.
        let run = system.run_briefly(&forced, Duration::from_millis(patience_ms));
        run.await;
        for number in 80..92 {
            let state = system.attribute(&hash(number), "state").await;
            assert!(["READY", "MISSING"].contains(&state.as_str()), "{state}");
            let orphan = system.attribute(&hash(number + 12), "state").await;
            assert!(["", "READY"].contains(&orphan.as_str()), "{orphan}");
        }
    }
    system.run(&forced).await;
    assert_eq!(kinds(&reconciled(&system, 0).await), BTreeMap::new());
    for number in 80..92 {
        assert_eq!(system.attribute(&hash(number), "state").await, "MISSING");
        assert_eq!(system.attribute(&hash(number + 12), "state").await, "READY");
    }
}
