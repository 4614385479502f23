//! `cargo test --release --workspace --test e2e -- --ignored a_hundred_thousand --nocapture`
//!
//! `HASHFOLIO_PROGRAM` names another build of the program than the one that comes with the tests.

use std::time::Instant;

use futures::StreamExt as _;
use harness::{Hashfolio, StartOptions, pictures};
use serde_json::Value;
use shared::hash::ContentHash;

use crate::PROGRAM;

const ASSETS: u32 = 100_000;
/// Objects that are deleted by hand: fewer than would stop the run.
const LOST: u32 = 500;
const UPLOADS_AT_ONCE: usize = 32;

async fn reconcile(system: &Hashfolio, expected: i32) -> Value {
    let output = system.run(&["reconcile", "--json", "--grace-seconds", "0"]).await;
    assert_eq!(output.status.code(), Some(expected), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn a_hundred_thousand_assets_are_reconciled() {
    let program = std::env::var("HASHFOLIO_PROGRAM").unwrap_or_else(|_| PROGRAM.to_owned());
    let system = Hashfolio::start_with(&program, StartOptions::default()).await;
    let (s3, bucket) = (system.aws.s3(), system.variable("ASSETS_BUCKET"));
    let start = Instant::now();
    let uploads = futures::stream::iter(0..ASSETS).map(async |number| {
        let picture = pictures::jpeg(8, 8, number);
        let hash = ContentHash::of(&picture);
        let put = s3.put_object().bucket(bucket).key(format!("raw/{hash}"));
        put.checksum_sha256(hash.to_base64()).body(picture.into()).send().await.unwrap();
        hash
    });
    let hashes: Vec<ContentHash> = uploads.buffer_unordered(UPLOADS_AT_ONCE).collect().await;
    let distinct = hashes.iter().collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(distinct, hashes.len(), "every picture is one of its own");
    while system.counter("uploads_verified").await < u64::from(ASSETS) {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    println!("{ASSETS} assets uploaded and verified in {:.0} s", start.elapsed().as_secs_f64());

    let clean = reconcile(&system, 0).await;
    assert_eq!(
        (clean["assetsChecked"].as_u64(), clean["findingsTotal"].as_u64()),
        (Some(ASSETS.into()), Some(0))
    );
    println!("nothing to mend: {} ms", clean["durationMs"]);
    for hash in hashes.iter().take(LOST as usize) {
        s3.delete_object().bucket(bucket).key(format!("raw/{hash}")).send().await.unwrap();
    }
    let mended = reconcile(&system, 0).await;
    assert_eq!(
        (mended["mended"].as_u64(), mended["mismatchCount"].as_u64()),
        (Some(LOST.into()), Some(LOST.into()))
    );
    println!("{LOST} to mend: {} ms, {} LIST requests", mended["durationMs"], mended["listRequests"]);
    let again = reconcile(&system, 0).await;
    assert_eq!(again["findingsTotal"], 0);
}
