use std::time::Duration;

use bytes::Bytes;
use harness::{Answer, Hashfolio, pictures};
use http::Method;
use serde_json::{Value, json};
use shared::hash::ContentHash;

use crate::{system, system_with};

/// Takes an asset down as a caller; without a name as `local`, who is an admin.
async fn delete(system: &Hashfolio, hash: &ContentHash, who: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = who.map(|name| ("x-hashfolio-principal", name)).into_iter().collect();
    system.http.send(Method::DELETE, &system.url(&format!("/assets/{hash}")), &headers, Bytes::new()).await
}

async fn ask(system: &Hashfolio, ask: &Value, who: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-hashfolio-principal", who)];
    system.http.send(Method::POST, &system.url("/assets"), &headers, ask.to_string().into()).await
}

/// A picture of Alice's that is READY.
async fn of_alice(system: &Hashfolio, picture: &Bytes) -> ContentHash {
    let asked = ask(system, &Hashfolio::ask_for(picture, "image/jpeg"), "alice").await;
    assert_eq!(system.put(&asked.json()["upload"], picture.clone()).await.status, 200);
    let hash = ContentHash::of(picture);
    system.wait_for(&hash, "READY").await;
    hash
}

#[tokio::test]
async fn what_is_taken_down_is_gone_everywhere_and_stays_out_until_it_is_restored() {
    let system = system_with(&[("REMINDER_DELAY_SECONDS", "1")]).await;
    let picture = pictures::jpeg(400, 300, 1);
    let hash = of_alice(&system, &picture).await;
    let path = format!("/{hash}/320x240/80.webp");
    assert_eq!(system.get(&path).await.header("x-cache"), "Miss from hashfolio");
    assert_eq!(system.get(&path).await.header("x-cache"), "Hit from hashfolio");

    let taken_down = delete(&system, &hash, Some("alice")).await;
    assert_eq!(taken_down.status, 202);
    let asset = taken_down.json()["asset"].clone();
    assert_eq!(
        (asset["state"].as_str(), asset["reason"].as_str()),
        (Some("DELETED"), Some("Taken down by alice."))
    );
    assert_eq!(system.get(&path).await.problem(), (404, "asset_not_found".to_owned()));
    assert_eq!(system.keys().await, [] as [&str; 0]);
    assert_eq!(system.attribute(&hash, "reason").await, "Taken down by alice.");
    let original = system.get(&format!("/assets/{hash}/original")).await;
    assert_eq!(original.problem(), (404, "asset_not_found".to_owned()));

    // Again: the same answer. And it stays out, also for who could restore it and does not say so.
    let again = delete(&system, &hash, Some("alice")).await;
    assert_eq!((again.status.as_u16(), again.json()), (202, taken_down.json()));
    let mut body = Hashfolio::ask_for(&picture, "image/jpeg");
    assert_eq!(ask(&system, &body, "alice").await.problem(), (410, "asset_deleted".to_owned()));
    body["restore"] = json!(true);
    assert_eq!(ask(&system, &body, "bob").await.problem(), (410, "asset_deleted".to_owned()));
    let reconciled = system.run(&["reconcile", "--dry-run"]).await;
    assert!(reconciled.status.success(), "{}", String::from_utf8_lossy(&reconciled.stdout));

    let restored = ask(&system, &body, "alice").await;
    assert_eq!(
        (restored.status.as_u16(), restored.json()["asset"]["state"].as_str()),
        (201, Some("PENDING"))
    );
    assert_eq!(restored.json()["asset"].get("reason"), None);
    assert_eq!(system.put(&restored.json()["upload"], picture.clone()).await.status, 200);
    system.wait_for(&hash, "READY").await;
    // The reminder of the takedown that was undone does nothing.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    system.eventually("it is rendered again", async || system.get(&path).await.status == 200).await;
    assert_eq!(system.attribute(&hash, "state").await, "READY");
}

#[tokio::test]
async fn a_shared_asset_and_a_strangers_are_refused_and_an_admin_is_not() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 2);
    let hash = of_alice(&system, &picture).await;
    assert_eq!(delete(&system, &hash, Some("bob")).await.problem(), (409, "asset_shared".to_owned()));
    let asked = ask(&system, &Hashfolio::ask_for(&picture, "image/jpeg"), "bob").await;
    assert_eq!(asked.status, 200);
    for who in ["alice", "bob"] {
        assert_eq!(delete(&system, &hash, Some(who)).await.problem(), (409, "asset_shared".to_owned()));
    }
    assert_eq!(system.attribute(&hash, "state").await, "READY");
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
    assert_eq!(delete(&system, &hash, None).await.status, 202);
    assert_eq!(system.attribute(&hash, "state").await, "DELETED");
    let unknown = delete(&system, &ContentHash::of(b"unknown"), None).await;
    assert_eq!(unknown.problem(), (404, "asset_not_found".to_owned()));
}

/// Alice's offer is older than the takedown, and S3 knows nothing of takedowns.
#[tokio::test]
async fn an_upload_that_was_on_its_way_is_removed() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 3);
    let asked = ask(&system, &Hashfolio::ask_for(&picture, "image/jpeg"), "alice").await.json();
    let hash = ContentHash::of(&picture);
    assert_eq!(delete(&system, &hash, Some("alice")).await.status, 202);
    assert_eq!(system.put(&asked["upload"], picture).await.status, 200);
    system.eventually("the object is gone", async || system.keys().await.is_empty()).await;
    assert_eq!(system.attribute(&hash, "state").await, "DELETED");
}

/// A render that read the asset before its takedown fills the cache after it: what the reminder is for.
#[tokio::test]
async fn the_edge_forgets_once_more_when_the_reminder_comes() {
    let system = system_with(&[("REMINDER_DELAY_SECONDS", "5")]).await;
    let picture = pictures::jpeg(400, 300, 4);
    let hash = of_alice(&system, &picture).await;
    let path = format!("/{hash}/320x240/80.webp");
    assert_eq!(delete(&system, &hash, Some("alice")).await.status, 202);
    // What such a render leaves: the item as it was, an object, and a variant in the cache.
    let table = system.variable("ASSETS_TABLE");
    let item = system.item(&hash).await.unwrap();
    let mut before = item.clone();
    before.insert("state".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("READY".to_owned()));
    let put = system.aws.dynamodb().put_item().table_name(table);
    let copy =
        system.aws.s3().put_object().bucket(system.variable("ASSETS_BUCKET")).key(format!("raw/{hash}"));
    put.clone().set_item(Some(before)).send().await.unwrap();
    copy.checksum_sha256(hash.to_base64()).body(picture.into()).send().await.unwrap();
    assert_eq!(system.get(&path).await.status, 200);
    put.set_item(Some(item)).send().await.unwrap();
    assert_eq!(system.get(&path).await.header("x-cache"), "Hit from hashfolio");
    system.eventually("the variant is forgotten", async || system.get(&path).await.status == 404).await;
    assert!(!system.keys().await.contains(&format!("raw/{hash}")));
}
