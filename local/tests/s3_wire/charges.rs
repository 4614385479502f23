//! What is counted for the bill: reads of the classes that charge for them, and what is kept.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{RestoreRequest, StorageClass as WireClass};
use local::s3::{Retrieved, StorageClass, Stored};

use crate::harness::{BUCKET, MEBIBYTE, Wire};

async fn put(wire: &Wire, key: &str, class: WireClass, bytes: &[u8]) {
    let put = wire.client().put_object().bucket(BUCKET).key(key).storage_class(class);
    put.body(bytes.to_vec().into()).send().await.unwrap();
}

async fn restore(wire: &Wire, key: &str) {
    let request = RestoreRequest::builder().days(1).build();
    let restore = wire.client().restore_object().bucket(BUCKET).key(key).restore_request(request);
    restore.send().await.unwrap();
}

#[tokio::test]
async fn reads_of_the_infrequent_access_classes_are_counted_with_their_bytes() {
    let wire = Wire::start().await;
    put(&wire, "ia", WireClass::StandardIa, b"0123456789").await;
    put(&wire, "gir", WireClass::GlacierIr, b"0123456789").await;
    put(&wire, "standard", WireClass::Standard, b"0123456789").await;
    put(&wire, "tiered", WireClass::IntelligentTiering, b"0123456789").await;
    for key in ["ia", "standard", "tiered"] {
        wire.get(key).await.unwrap();
    }
    let client = wire.client();
    client.get_object().bucket(BUCKET).key("gir").range("bytes=2-4").send().await.unwrap();
    client.head_object().bucket(BUCKET).key("gir").send().await.unwrap();
    client.get_object().bucket(BUCKET).key("gir").if_match("other").send().await.unwrap_err();
    // A copy is billed as one, and retrieves all of its source.
    let source = format!("{BUCKET}/ia");
    client.copy_object().bucket(BUCKET).key("copy").copy_source(source).send().await.unwrap();
    let expected = [
        (StorageClass::StandardIa, Retrieved { requests: 1, bytes: 20 }),
        (StorageClass::GlacierIr, Retrieved { requests: 3, bytes: 3 }),
    ];
    assert_eq!(wire.s3.retrieved(), BTreeMap::from(expected));
}

#[tokio::test]
async fn an_archived_object_is_charged_for_once_when_it_is_restored() {
    let wire = Wire::start().await;
    put(&wire, "cold", WireClass::DeepArchive, b"0123456789").await;
    wire.get("cold").await.unwrap_err();
    assert_eq!(wire.s3.retrieved(), BTreeMap::new());
    restore(&wire, "cold").await;
    restore(&wire, "cold").await;
    wire.get("cold").await.unwrap();
    let expected = [(StorageClass::DeepArchive, Retrieved { requests: 1, bytes: 10 })];
    assert_eq!(wire.s3.retrieved(), BTreeMap::from(expected));
}

#[tokio::test]
async fn what_is_kept_is_summed_up_by_class_with_the_parts_that_wait() {
    let wire = Wire::start().await;
    put(&wire, "a", WireClass::Standard, b"0123").await;
    put(&wire, "b", WireClass::Standard, b"01234567").await;
    put(&wire, "b", WireClass::Standard, b"012345").await;
    put(&wire, "c", WireClass::GlacierIr, b"0").await;
    for (key, class) in [("d", WireClass::GlacierIr), ("e", WireClass::Glacier)] {
        let upload = wire.client().create_multipart_upload().bucket(BUCKET).key(key).storage_class(class);
        let id = upload.send().await.unwrap().upload_id.unwrap();
        let part = wire.client().upload_part().bucket(BUCKET).key(key).upload_id(id).part_number(1);
        part.body(vec![0; MEBIBYTE].into()).send().await.unwrap();
    }
    let part = MEBIBYTE as u64;
    let expected = [
        // An upload to an archive waits here until it is complete.
        (StorageClass::Standard, Stored { bytes: 4 + 6 + part, objects: 3 }),
        (StorageClass::GlacierIr, Stored { bytes: 1 + part, objects: 2 }),
    ];
    assert_eq!(wire.s3.stored().await.unwrap(), BTreeMap::from(expected));
}
