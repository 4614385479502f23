//! `CopyObject`.

use std::os::unix::fs::MetadataExt as _;

use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, MetadataDirective, StorageClass, TaggingDirective,
};
use local::s3::EventKind;

use crate::harness::{BUCKET, MEBIBYTE, Wire, code, noise, status};
use crate::multipart::upload_in_parts;

fn copy(wire: &Wire, from: &str, to: &str) -> CopyObjectFluentBuilder {
    wire.client().copy_object().bucket(BUCKET).key(to).copy_source(format!("{BUCKET}/{from}"))
}

#[tokio::test]
async fn a_copy_has_the_bytes_and_headers_of_its_source_and_outlives_it() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("from").content_type("image/png").tagging("a=1");
    put.metadata("by", "Ada").body(b"bytes".to_vec().into()).send().await.unwrap();
    copy(&wire, "from", "to").send().await.unwrap();
    wire.client().delete_object().bucket(BUCKET).key("from").send().await.unwrap();

    let head = wire.client().head_object().bucket(BUCKET).key("to").send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/png"));
    assert_eq!(head.metadata().unwrap()["by"], "Ada");
    let tags = wire.client().get_object_tagging().bucket(BUCKET).key("to").send().await.unwrap();
    assert_eq!((tags.tag_set()[0].key(), tags.tag_set()[0].value()), ("a", "1"));
    assert_eq!(wire.get("to").await.unwrap(), "bytes");
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn a_copy_shares_the_bytes_on_the_disk() {
    let wire = Wire::start().await;
    wire.put("from", &noise(MEBIBYTE)).await;
    copy(&wire, "from", "to").send().await.unwrap();
    let inodes: Vec<u64> = wire.blobs().iter().map(|path| path.metadata().unwrap().ino()).collect();
    assert_eq!(inodes.len(), 2);
    assert_eq!(inodes[0], inodes[1]);
    wire.put("from", b"other").await;
    assert_eq!(wire.get("to").await.unwrap(), noise(MEBIBYTE));
}

#[tokio::test]
async fn a_copy_takes_only_the_version_of_its_source_that_it_names() {
    let wire = Wire::start().await;
    let first = wire.put("from", b"first").await;
    wire.put("from", b"second").await;
    let stale = copy(&wire, "from", "to").copy_source_if_match(&first).send().await.unwrap_err();
    assert_eq!(status(&stale), 412);
    assert_eq!(wire.get("to").await, Err("NoSuchKey".to_owned()));
    let second = wire.put("from", b"second").await;
    copy(&wire, "from", "to").copy_source_if_match(&second).send().await.unwrap();
    assert_eq!(wire.get("to").await.unwrap(), "second");
    assert_eq!(wire.files(), 2);
}

#[tokio::test]
async fn a_copy_can_have_other_headers_and_a_checksum_of_its_own() {
    let wire = Wire::start().await;
    let put =
        wire.client().put_object().bucket(BUCKET).key("from").content_type("text/plain").metadata("a", "1");
    put.body(b"hello".to_vec().into()).send().await.unwrap();
    let copied = copy(&wire, "from", "to")
        .metadata_directive(MetadataDirective::Replace)
        .content_type("image/jpeg")
        .metadata("reason", "too large")
        .tagging_directive(TaggingDirective::Replace)
        .tagging("b=2")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .unwrap();
    let result = copied.copy_object_result().unwrap();
    assert_eq!(result.checksum_sha256(), Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="));
    assert_eq!(result.checksum_type(), Some(&ChecksumType::FullObject));
    assert_eq!(result.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));

    let head = wire.client().head_object().bucket(BUCKET).key("to").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.content_type(), Some("image/jpeg"));
    assert_eq!(head.metadata().unwrap().len(), 1);
    assert_eq!(head.metadata().unwrap()["reason"], "too large");
    assert_eq!(head.checksum_sha256(), result.checksum_sha256());
}

#[tokio::test]
async fn the_copy_of_an_object_in_parts_is_in_one_piece() {
    let wire = Wire::start().await;
    let bytes = noise(6 * MEBIBYTE);
    wire.put("whole", &bytes).await;
    let head = |key: &str| {
        let head = wire.client().head_object().bucket(BUCKET).key(key);
        head.checksum_mode(ChecksumMode::Enabled).send()
    };
    let whole = head("whole").await.unwrap();
    for algorithm in [ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc64Nvme] {
        let etag = upload_in_parts(&wire, "from", &bytes, Some(algorithm)).await;
        assert!(etag.ends_with("-2\""));
        let copied = copy(&wire, "from", "to").send().await.unwrap();
        assert_eq!(copied.copy_object_result().unwrap().e_tag(), whole.e_tag());
        let copy = head("to").await.unwrap();
        assert_eq!(copy.e_tag(), whole.e_tag());
        assert_eq!(copy.checksum_type(), Some(&ChecksumType::FullObject));
        assert!(copy.checksum_sha256().is_none_or(|value| !value.contains('-')));
    }
}

#[tokio::test]
async fn a_copy_may_be_conditional_on_its_destination() {
    let wire = Wire::start().await;
    wire.put("from", b"new").await;
    let etag = wire.put("to", b"old").await;
    let absent = copy(&wire, "from", "to").if_none_match("*").send().await.unwrap_err();
    assert_eq!(status(&absent), 412);
    let other = copy(&wire, "from", "to").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(status(&other), 412);
    assert_eq!(wire.get("to").await.unwrap(), "old");
    copy(&wire, "from", "to").if_match(&etag).send().await.unwrap();
    assert_eq!(wire.get("to").await.unwrap(), "new");
    assert_eq!(wire.files(), 2);
}

#[tokio::test]
async fn an_object_is_moved_to_another_storage_class_by_copying_it_to_itself() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    assert_eq!(code(&copy(&wire, "k", "k").send().await.unwrap_err()), "InvalidRequest");
    copy(&wire, "k", "k").storage_class(StorageClass::DeepArchive).send().await.unwrap();
    assert_eq!(wire.get("k").await, Err("InvalidObjectState".to_owned()));
    let thaw = copy(&wire, "k", "k").storage_class(StorageClass::Standard).send().await.unwrap_err();
    assert_eq!(status(&thaw), 403);
    assert_eq!(code(&thaw), "ObjectNotInActiveTierError");
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn a_copy_of_nothing_is_refused_and_a_copy_of_something_is_an_event() {
    let wire = Wire::start().await;
    assert_eq!(code(&copy(&wire, "missing", "to").send().await.unwrap_err()), "NoSuchKey");
    assert_eq!(wire.events().await, []);
    wire.put("from//ü", b"bytes").await;
    copy(&wire, "from//%C3%BC", "to").send().await.unwrap();
    let copied = (EventKind::ObjectCreatedCopy, "to".to_owned());
    assert_eq!(wire.events().await.last(), Some(&copied));
}
