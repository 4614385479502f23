//! What is there after a restart, and after a `kill -9`.

use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local::s3::{EventKind, LocalS3, OpenS3Error, RecordedEvents};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::{BUCKET, SECRET_KEY, Wire, client, credentials, files_below};

/// Where the child of [`every_acknowledged_put_survives_a_kill`] keeps its store.
const CHILD_DIR: &str = "S3_WIRE_CHILD_DIR";

#[tokio::test]
async fn everything_acknowledged_is_there_after_reopening() {
    let wire = Wire::start().await;
    let etag = wire.put("k", b"bytes").await;
    wire.put("gone", b"bytes").await;
    wire.client().delete_object().bucket(BUCKET).key("gone").send().await.unwrap();
    let events = wire.events().await;
    let wire = Wire::open(wire.close().await).await;
    assert_eq!(wire.get("k").await.unwrap(), "bytes");
    let head = wire.client().head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(head.e_tag(), Some(etag.as_str()));
    assert_eq!(wire.events().await, events);
    assert_eq!(events.len(), 3);
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn what_was_acknowledged_in_the_outbox_does_not_come_again() {
    let wire = Wire::start().await;
    wire.put("a", b"bytes").await;
    wire.put("b", b"bytes").await;
    let outbox = wire.s3.outbox();
    outbox.acknowledge(outbox.pending(1).await.unwrap()[0].id).await.unwrap();
    drop(outbox);
    let wire = Wire::open(wire.close().await).await;
    assert_eq!(wire.events().await, [(EventKind::ObjectCreatedPut, "b".to_owned())]);
}

#[tokio::test]
async fn an_upload_in_parts_goes_on_after_reopening() {
    let wire = Wire::start().await;
    let create = wire.client().create_multipart_upload().bucket(BUCKET).key("k").send().await.unwrap();
    let id = create.upload_id().unwrap();
    let part = wire.client().upload_part().bucket(BUCKET).key("k").upload_id(id).part_number(1);
    let part = part.body(b"bytes".to_vec().into()).send().await.unwrap();
    let wire = Wire::open(wire.close().await).await;
    let completed = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag);
    let completed = completed.set_checksum_crc32(part.checksum_crc32).build();
    let parts = CompletedMultipartUpload::builder().parts(completed).build();
    let complete = wire.client().complete_multipart_upload().bucket(BUCKET).key("k").upload_id(id);
    complete.multipart_upload(parts).send().await.unwrap();
    assert_eq!(wire.get("k").await.unwrap(), "bytes");
}

#[tokio::test]
async fn what_a_crash_left_behind_is_removed() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    let dir = wire.close().await;
    let blob = files_below(&dir.path().join("blobs")).remove(0);
    std::fs::write(blob.with_file_name("0123456789abcdef0123456789abcdef"), b"of no row").unwrap();
    std::fs::write(dir.path().join("incoming").join("half"), b"of an upload").unwrap();
    let wire = Wire::open(dir).await;
    assert_eq!(wire.files(), 1);
    assert_eq!(wire.get("k").await.unwrap(), "bytes");
}

#[tokio::test]
async fn a_directory_serves_one_store_at_a_time() {
    let dir = TempDir::new().unwrap();
    let open = || LocalS3::open(dir.path(), credentials(), RecordedEvents::Created);
    let first = open().unwrap();
    assert!(matches!(open(), Err(OpenS3Error::InUse { .. })));
    drop(first);
    assert!(open().is_ok());
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let refused = LocalS3::open(&file, credentials(), RecordedEvents::Created).unwrap_err();
    assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
    std::fs::write(dir.path().join("index.sqlite"), b"not a database, but long enough to be asked").unwrap();
    let refused = LocalS3::open(dir.path(), credentials(), RecordedEvents::Created);
    assert!(matches!(refused, Err(OpenS3Error::Index { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_put_survives_a_kill() {
    let dir = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::serve_until_killed", "--ignored"])
        .env(CHILD_DIR, dir.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let endpoint = endpoint_of_child(&dir).await;
    let client = client(&endpoint, SECRET_KEY);
    client.create_bucket().bucket(BUCKET).send().await.unwrap();
    let writers: Vec<_> =
        (0..8).map(|writer| tokio::spawn(put_until_refused(client.clone(), writer))).collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(!acknowledged.is_empty());

    let wire = Wire::open(dir).await;
    let events: Vec<String> = wire.events().await.into_iter().map(|(_, key)| key).collect();
    for key in &acknowledged {
        assert_eq!(wire.get(key).await.unwrap(), *key);
        assert!(events.contains(key), "the event of {key} was lost");
    }
    let list = wire.client().list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(wire.files(), list.contents().len(), "there are files of no object");
    assert_eq!(events.len(), list.contents().len(), "objects and events differ");
}

/// Waits until the child has written down where it listens.
async fn endpoint_of_child(dir: &TempDir) -> String {
    loop {
        if let Ok(endpoint) = std::fs::read_to_string(dir.path().join("endpoint")) {
            return endpoint;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Puts objects whose bytes are their keys; returns those that were acknowledged.
async fn put_until_refused(client: aws_sdk_s3::Client, writer: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..100 {
        let key = format!("{writer}/{number}");
        let put = client.put_object().bucket(BUCKET).key(&key).body(key.clone().into_bytes().into());
        if put.send().await.is_err() {
            break;
        }
        acknowledged.push(key);
    }
    acknowledged
}

#[tokio::test]
#[ignore = "the other half of every_acknowledged_put_survives_a_kill, which runs it in a process of its own"]
async fn serve_until_killed() {
    let Some(dir) = std::env::var_os(CHILD_DIR).map(std::path::PathBuf::from) else { return };
    let s3 = LocalS3::open(&dir, credentials(), RecordedEvents::CreatedAndRemoved).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::fs::write(dir.join("endpoint.new"), endpoint).unwrap();
    std::fs::rename(dir.join("endpoint.new"), dir.join("endpoint")).unwrap();
    s3.serve(listener, std::future::pending()).await;
}
