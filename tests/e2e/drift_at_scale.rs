//! `cargo test --release --workspace --test e2e -- --ignored a_hundred_thousand --nocapture`
//!
//! `HASHFOLIO_PROGRAM` names another build of the program than the one that comes with the tests.

use std::time::Instant;

use bytes::Bytes;
use futures::StreamExt as _;
use harness::{Hashfolio, StartOptions, pictures};
use serde_json::Value;
use shared::hash::ContentHash;

use crate::PROGRAM;

/// How many, unless `HASHFOLIO_ASSETS` says otherwise.
const ASSETS: u32 = 100_000;
/// One object in so many is deleted by hand: fewer than would stop the run.
const LOST_EVERY: u32 = 200;
const UPLOADS_AT_ONCE: usize = 32;

async fn reconcile(system: &Hashfolio, expected: i32) -> Value {
    let output = system.run(&["reconcile", "--json", "--grace-seconds", "0"]).await;
    assert_eq!(output.status.code(), Some(expected), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the commands that have ended took: their time on a core, as the kernel counts it in hundredths of a second.
fn children_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name: state is field 3, cutime and cstime are fields 16 and 17.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[13..=14].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_assets_are_reconciled() {
    let program = std::env::var("HASHFOLIO_PROGRAM").unwrap_or_else(|_| PROGRAM.to_owned());
    let assets = std::env::var("HASHFOLIO_ASSETS").map_or(ASSETS, |number| number.parse().unwrap());
    let system = Hashfolio::start_with(&program, StartOptions::default()).await;
    let (s3, bucket) = (system.aws.s3(), system.variable("ASSETS_BUCKET"));
    let start = Instant::now();
    let one = pictures::jpeg(64, 48, 1);
    let uploads = futures::stream::iter(0..assets).map(async |number| {
        // A number behind a picture's end makes it another file.
        let picture = Bytes::from([&one[..], &number.to_le_bytes()].concat());
        let hash = ContentHash::of(&picture);
        let put = s3.put_object().bucket(bucket).key(format!("raw/{hash}"));
        put.checksum_sha256(hash.to_base64()).body(picture.into()).send().await.unwrap();
        hash
    });
    let hashes: Vec<ContentHash> = uploads.buffer_unordered(UPLOADS_AT_ONCE).collect().await;
    while system.counter("uploads_verified").await < u64::from(assets) {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    println!("{assets} assets uploaded and verified in {:.0} s", start.elapsed().as_secs_f64());

    let clean = reconcile(&system, 0).await;
    assert_eq!(
        (clean["assetsChecked"].as_u64(), clean["findingsTotal"].as_u64()),
        (Some(assets.into()), Some(0))
    );
    println!(
        "nothing to mend: {} ms, {:.2} s of CPU in the client",
        clean["durationMs"],
        children_cpu_seconds()
    );
    let lost = assets / LOST_EVERY;
    for hash in hashes.iter().take(lost as usize) {
        s3.delete_object().bucket(bucket).key(format!("raw/{hash}")).send().await.unwrap();
    }
    let mended = reconcile(&system, 0).await;
    assert_eq!(
        (mended["mended"].as_u64(), mended["mismatchCount"].as_u64()),
        (Some(lost.into()), Some(lost.into()))
    );
    println!("{lost} to mend: {} ms, {} LIST requests", mended["durationMs"], mended["listRequests"]);
    let again = reconcile(&system, 0).await;
    assert_eq!(again["findingsTotal"], 0);
}
