use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use harness::{Hashfolio, StartOptions, pictures};
use http::Method;
use shared::hash::ContentHash;
use tempfile::TempDir;

/// How many uploads are under way when the system is killed.
const UPLOADS: u32 = 200;

/// Uploads one picture; the hash, if S3 acknowledged it.
async fn try_upload(system: &Hashfolio, number: u32, acknowledged: &AtomicUsize) -> Option<ContentHash> {
    let picture = pictures::jpeg(160, 120, 1000 + number);
    let ask = Hashfolio::ask_for(&picture, "image/jpeg").to_string();
    let json = [("content-type", "application/json")];
    let asked = system.http.try_send(Method::POST, &system.url("/assets"), &json, ask.into()).await.ok()?;
    let upload = asked.json()["upload"].clone();
    let headers: Vec<(String, String)> = upload["headers"]
        .as_object()?
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let put =
        system.http.try_send(Method::PUT, upload["url"].as_str()?, &headers, picture.clone()).await.ok()?;
    acknowledged.fetch_add(1, Ordering::SeqCst);
    (put.status == 200).then(|| ContentHash::of(&picture))
}

/// Kills the process once half of the uploads are acknowledged.
async fn kill_midway(acknowledged: &AtomicUsize, id: &str) {
    let midway = async {
        while acknowledged.load(Ordering::SeqCst) < UPLOADS as usize / 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), midway).await.unwrap();
    let kill = tokio::process::Command::new("kill").args(["-KILL", id]).status().await;
    assert!(kill.unwrap().success());
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_becomes_ready_and_nothing_else_is_claimed() {
    let folder = TempDir::new().unwrap();
    let mut system = Hashfolio::start_in(crate::PROGRAM, folder.path(), StartOptions::default()).await;
    let counter = AtomicUsize::new(0);
    let id = system.process_id().to_string();
    let acknowledged: Vec<ContentHash> = {
        let uploads = futures::stream::iter(0..UPLOADS)
            .map(|number| try_upload(&system, number, &counter))
            .buffer_unordered(16)
            .filter_map(std::future::ready)
            .collect::<Vec<_>>();
        tokio::join!(uploads, kill_midway(&counter, &id)).0
    };
    assert!(acknowledged.len() >= UPLOADS as usize / 2 && acknowledged.len() < UPLOADS as usize);

    system.kill_and_restart().await;
    for hash in &acknowledged {
        system.wait_for(hash, "READY").await;
    }
    let keys = system.keys().await;
    for number in 0..UPLOADS {
        let hash = ContentHash::of(&pictures::jpeg(160, 120, 1000 + number));
        // An answer may have been lost after the bytes were kept: READY is claimed only where the object is.
        let stored = keys.contains(&format!("raw/{hash}"));
        let shown = system.get(&format!("/assets/{hash}")).await;
        if stored {
            system.wait_for(&hash, "READY").await;
        } else {
            assert!(!acknowledged.contains(&hash));
            assert!(shown.status == 404 || shown.json()["asset"]["state"] == "PENDING", "{shown:?}");
        }
    }
    assert!(keys.iter().all(|key| key.starts_with("raw/")));
}
