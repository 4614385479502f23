//! `GetObject` and `HeadObject`, and the objects that must be restored before they can be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{OptionalObjectAttributes, RestoreRequest, StorageClass};
use http::{Method, StatusCode};

use crate::harness::{BUCKET, MEBIBYTE, Wire, code, for_a_minute, noise, send, send_presigned, status};

#[tokio::test]
async fn a_range_is_the_part_that_it_names() {
    let wire = Wire::start().await;
    wire.put("k", b"0123456789").await;
    for (range, bytes, content_range) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=-4", "6789", "bytes 6-9/10"),
    ] {
        let got = wire.client().get_object().bucket(BUCKET).key("k").range(range).send().await.unwrap();
        assert_eq!(got.content_range(), Some(content_range));
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), bytes);
    }
    let beyond = wire.client().get_object().bucket(BUCKET).key("k").range("bytes=10-").send().await;
    let beyond = beyond.unwrap_err();
    assert_eq!(status(&beyond), 416);
    assert_eq!(beyond.raw_response().unwrap().headers().get("content-range"), Some("bytes */10"));
}

#[tokio::test]
async fn a_head_of_a_range_tells_of_the_part() {
    let wire = Wire::start().await;
    wire.put("k", b"0123456789").await;
    let presigned =
        wire.client().head_object().bucket(BUCKET).key("k").presigned(for_a_minute()).await.unwrap();
    let range = |headers: &mut Vec<(String, String)>| headers.push(("range".into(), "bytes=2-4".into()));
    let answer = send_presigned(&presigned, range, b"").await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.header("content-length"), Some("3"));
}

#[tokio::test]
async fn a_read_is_conditional_on_the_etag_and_on_the_date() {
    let wire = Wire::start().await;
    let etag = wire.put("k", b"bytes").await;
    let get = || wire.client().get_object().bucket(BUCKET).key("k");
    let head = || wire.client().head_object().bucket(BUCKET).key("k");
    let year_2000 = DateTime::from_secs(946_684_800);

    assert!(get().if_match(&etag).send().await.is_ok());
    assert_eq!(status(&get().if_match("\"other\"").send().await.unwrap_err()), 412);
    let unchanged = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(status(&unchanged), 304);
    assert_eq!(unchanged.raw_response().unwrap().headers().get("etag"), Some(etag.as_str()));
    assert!(get().if_none_match("\"other\"").send().await.is_ok());
    assert_eq!(status(&get().if_unmodified_since(year_2000).send().await.unwrap_err()), 412);
    assert!(get().if_modified_since(year_2000).send().await.is_ok());
    assert_eq!(status(&head().if_none_match(&etag).send().await.unwrap_err()), 304);
    assert_eq!(status(&head().if_match("\"other\"").send().await.unwrap_err()), 412);
}

#[tokio::test]
async fn the_headers_of_the_answer_can_be_overridden() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    let get = wire.client().get_object().bucket(BUCKET).key("k").response_content_type("image/png");
    let get =
        get.response_content_disposition("attachment; filename=\"a.png\"").response_cache_control("private");
    let presigned = get.presigned(for_a_minute()).await.unwrap();
    let answer = send(Method::GET, presigned.uri(), &[], b"").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"a.png\""));
    assert_eq!(answer.header("cache-control"), Some("private"));
    assert_eq!(answer.body, "bytes");
}

#[tokio::test]
async fn a_reader_keeps_the_bytes_that_it_began_with() {
    let wire = Wire::start().await;
    let old = noise(32 * MEBIBYTE);
    wire.put("k", &old).await;
    let mut reading = wire.client().get_object().bucket(BUCKET).key("k").send().await.unwrap().body;
    let mut seen = reading.next().await.unwrap().unwrap().to_vec();
    wire.put("k", b"new").await;
    while let Some(chunk) = reading.next().await {
        seen.extend_from_slice(&chunk.unwrap());
    }
    assert!(seen == old, "the reader saw other bytes than it began with");
    assert_eq!(wire.get("k").await.unwrap(), "new");
}

#[tokio::test]
async fn a_missing_object_is_not_found() {
    let wire = Wire::start().await;
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    let head = wire.client().head_object().bucket(BUCKET).key("k").send().await.unwrap_err();
    assert!(head.into_service_error().is_not_found());
}

#[tokio::test]
async fn an_archived_object_is_read_after_it_was_restored() {
    let wire = Wire::start().await;
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        let put = wire.client().put_object().bucket(BUCKET).key("k").storage_class(class.clone());
        put.body(b"frozen".to_vec().into()).send().await.unwrap();
        let head = || wire.client().head_object().bucket(BUCKET).key("k").send();
        assert_eq!(head().await.unwrap().storage_class(), Some(&class));
        assert_eq!(head().await.unwrap().restore(), None);
        assert_eq!(wire.get("k").await, Err("InvalidObjectState".to_owned()));

        restore(&wire, "k", 1).await.unwrap();
        let restored = head().await.unwrap();
        assert!(restored.restore().unwrap().starts_with("ongoing-request=\"false\", expiry-date=\""));
        assert_eq!(restored.storage_class(), Some(&class));
        assert_eq!(wire.get("k").await.unwrap(), "frozen");
        let list = wire.client().list_objects_v2().bucket(BUCKET);
        let list =
            list.optional_object_attributes(OptionalObjectAttributes::RestoreStatus).send().await.unwrap();
        let status = list.contents()[0].restore_status().unwrap();
        assert_eq!(status.is_restore_in_progress(), Some(false));
        assert!(status.restore_expiry_date().is_some());
    }
}

#[tokio::test]
async fn the_first_restore_is_accepted_and_the_next_is_done_already() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("k").storage_class(StorageClass::Glacier);
    put.body(b"frozen".to_vec().into()).send().await.unwrap();
    let mut expiries = Vec::new();
    for (days, expected) in [(1, 202), (2, 200)] {
        let probe = StatusProbe::default();
        let request = RestoreRequest::builder().days(days).build();
        let restore = wire.client().restore_object().bucket(BUCKET).key("k").restore_request(request);
        restore.customize().interceptor(probe.clone()).send().await.unwrap();
        assert_eq!(probe.0.load(Ordering::SeqCst), expected);
        let head = wire.client().head_object().bucket(BUCKET).key("k").send().await.unwrap();
        expiries.push(head.restore().unwrap().to_owned());
    }
    assert_ne!(expiries[0], expiries[1], "the second restore gives more days");
}

/// Notes the status of an answer: the SDK shows it only of failures.
#[derive(Debug, Default, Clone)]
struct StatusProbe(Arc<AtomicU16>);

impl Intercept for StatusProbe {
    fn name(&self) -> &'static str {
        "StatusProbe"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.store(context.response().status().as_u16(), Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn only_an_archived_object_can_be_restored() {
    let wire = Wire::start().await;
    wire.put("k", b"warm").await;
    assert_eq!(restore(&wire, "k", 1).await, Err("InvalidObjectState".to_owned()));
    assert_eq!(restore(&wire, "missing", 1).await, Err("NoSuchKey".to_owned()));
    assert_eq!(restore(&wire, "k", 0).await, Err("MalformedXML".to_owned()));
}

async fn restore(wire: &Wire, key: &str, days: i32) -> Result<(), String> {
    let request = RestoreRequest::builder().days(days).build();
    let restore = wire.client().restore_object().bucket(BUCKET).key(key).restore_request(request);
    restore.send().await.map(|_| ()).map_err(|error| code(&error))
}
