//! What verify takes for a big original.

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use harness::{Hashfolio, Lambda, pictures};
use serde_json::json;
use shared::hash::{ContentHash, Hasher};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use crate::{VERIFY, system};

/// As many as come in parts and are yet copied in one go.
const SIZE_BYTES: u64 = 4_500_000_000;

const PART_BYTES: usize = 64 << 20;

/// The most that verify may hold, in KiB.
const MOST_KIB: u64 = 64 << 10;

/// Uploads a file in parts, without a checksum of the whole, and returns its hash.
async fn upload_in_parts(
    system: &Hashfolio,
    bucket: &str,
    key: impl Fn(ContentHash) -> String,
    path: &Path,
) -> ContentHash {
    let hash = hash_of(path);
    let (s3, key) = (system.aws.s3(), key(hash));
    let upload = s3.create_multipart_upload().bucket(bucket).key(&key).send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let (mut file, mut parts) = (File::open(path).unwrap(), CompletedMultipartUpload::builder());
    for number in 1.. {
        let mut part = Vec::with_capacity(PART_BYTES);
        if file.by_ref().take(PART_BYTES as u64).read_to_end(&mut part).unwrap() == 0 {
            break;
        }
        let put = s3.upload_part().bucket(bucket).key(&key).upload_id(id).part_number(number);
        let put = put.body(part.into()).send().await.unwrap();
        parts = parts.parts(CompletedPart::builder().part_number(number).e_tag(put.e_tag().unwrap()).build());
    }
    let complete = s3.complete_multipart_upload().bucket(bucket).key(&key).upload_id(id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
    hash
}

fn hash_of(path: &Path) -> ContentHash {
    let (mut file, mut hasher) = (File::open(path).unwrap(), Hasher::default());
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).unwrap();
        if read == 0 {
            return hasher.finish().0;
        }
        hasher.update(&buffer[..read]);
    }
}

/// Needs 10 GB of room where temporary files go (`TMPDIR`), and a minute or two.
#[tokio::test]
#[ignore = "takes minutes and 10 GB"]
async fn verify_takes_4_5_gb_in_parts_within_64_mib() {
    let system = system().await;
    // The system's own verify must not be faster: this bucket tells nobody.
    let bucket = "unwatched";
    system.aws.s3().create_bucket().bucket(bucket).send().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bmp");
    pictures::write_large_bmp(&path, SIZE_BYTES, 1).unwrap();
    let key = |hash: ContentHash| format!("incoming/.parts/{hash}/{}", "0f".repeat(16));
    let hash = upload_in_parts(&system, bucket, key, &path).await;

    let mut variables = system.variables().clone();
    variables.insert("ASSETS_BUCKET".to_owned(), bucket.to_owned());
    let lambda = Lambda::start(VERIFY, &variables).await;
    let entity = json!({ "bucket": { "name": bucket }, "object": { "key": key(hash) } });
    let event =
        json!({ "Records": [{ "eventName": "ObjectCreated:CompleteMultipartUpload", "s3": entity }] });
    let start = Instant::now();
    lambda.invoke(&event).await.unwrap();
    let (seconds, peak) = (start.elapsed().as_secs_f64(), lambda.peak_memory_kib());
    assert_eq!(system.attribute(&hash, "state").await, "READY");
    assert_eq!(system.attribute(&hash, "size_bytes").await, SIZE_BYTES.to_string());
    let listed = system.aws.s3().list_objects_v2().bucket(bucket).send().await.unwrap();
    let keys: Vec<&str> = listed.contents().iter().map(|object| object.key().unwrap()).collect();
    assert_eq!(keys, [format!("raw/{hash}")]);
    assert!(peak <= MOST_KIB, "{peak} KiB in {seconds:.1} s");
}
