//! `DeleteObject` and `DeleteObjects`.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use local::s3::EventKind;

use crate::harness::{BUCKET, Wire, code, status};

#[tokio::test]
async fn a_deleted_object_is_gone_with_its_bytes() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    wire.client().delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn to_delete_what_is_not_there_succeeds_and_is_no_event() {
    let wire = Wire::start().await;
    wire.client().delete_object().bucket(BUCKET).key("k").send().await.unwrap();
    wire.client().delete_object().bucket(BUCKET).key("k").if_match("\"etag\"").send().await.unwrap();
    assert_eq!(wire.events().await, []);
    let nowhere = wire.client().delete_object().bucket("nowhere").key("k").send().await.unwrap_err();
    assert_eq!(code(&nowhere), "NoSuchBucket");
}

#[tokio::test]
async fn a_delete_takes_only_the_version_that_it_names() {
    let wire = Wire::start().await;
    let first = wire.put("k", b"first").await;
    let second = wire.put("k", b"second").await;
    let stale = wire.client().delete_object().bucket(BUCKET).key("k").if_match(&first).send().await;
    assert_eq!(status(&stale.unwrap_err()), 412);
    assert_eq!(wire.get("k").await.unwrap(), "second");
    wire.client().delete_object().bucket(BUCKET).key("k").if_match(&second).send().await.unwrap();
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_batch_deletes_each_key_or_says_why_not() {
    let wire = Wire::start().await;
    for key in ["a", "b", "c"] {
        wire.put(key, b"bytes").await;
    }
    let object = |key: &str| ObjectIdentifier::builder().key(key);
    let delete = Delete::builder()
        .objects(object("a").build().unwrap())
        .objects(object("b").e_tag("other").build().unwrap())
        .objects(object("missing").build().unwrap());
    let batch = wire.client().delete_objects().bucket(BUCKET).delete(delete.build().unwrap());
    let batch = batch.send().await.unwrap();
    let deleted: Vec<_> = batch.deleted().iter().filter_map(|object| object.key()).collect();
    assert_eq!(deleted, ["a", "missing"]);
    assert_eq!(batch.errors().len(), 1);
    assert_eq!(batch.errors()[0].key(), Some("b"));
    assert_eq!(batch.errors()[0].code(), Some("PreconditionFailed"));
    assert_eq!(wire.files(), 2);
    let removed = (EventKind::ObjectRemovedDelete, "a".to_owned());
    assert_eq!(wire.events().await.last(), Some(&removed));
}

#[tokio::test]
async fn a_quiet_batch_tells_only_of_errors() {
    let wire = Wire::start().await;
    wire.put("a", b"bytes").await;
    let object = ObjectIdentifier::builder().key("a").build().unwrap();
    let delete = Delete::builder().objects(object).quiet(true).build().unwrap();
    let batch = wire.client().delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert!(batch.deleted().is_empty());
    assert_eq!(wire.files(), 0);
}
