//! Presigned URLs: what their maker signed is what their holder can do.

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use http::{Method, StatusCode};

use crate::harness::{BUCKET, SECRET_KEY, Wire, client, code, expired, for_a_minute, send, send_presigned};

/// SHA-256 of `hello`, in base64.
const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

/// A PUT of an object whose SHA-256, type and length its maker knows.
async fn pinned(wire: &Wire, config: PresigningConfig) -> PresignedRequest {
    let put = wire.client().put_object().bucket(BUCKET).key("raw/k").checksum_sha256(HELLO_SHA256);
    put.content_type("image/jpeg").content_length(5).presigned(config).await.unwrap()
}

#[tokio::test]
async fn a_pinned_put_takes_the_bytes_that_it_was_made_for() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, for_a_minute()).await;
    assert!(presigned.headers().any(|(name, _)| name == "x-amz-checksum-sha256"));
    let answer = send_presigned(&presigned, |_| {}, b"hello").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("x-amz-checksum-sha256"), Some(HELLO_SHA256));
    assert_eq!(wire.get("raw/k").await.unwrap(), "hello");
}

#[tokio::test]
async fn a_pinned_put_refuses_other_bytes() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, for_a_minute()).await;
    let answer = send_presigned(&presigned, |_| {}, b"jello").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.element("Code").as_deref(), Some("BadDigest"));
    assert_eq!(wire.get("raw/k").await, Err("NoSuchKey".to_owned()));
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn a_pinned_put_refuses_another_length_before_it_is_read() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, for_a_minute()).await;
    let answer = send_presigned(&presigned, |_| {}, b"hello and more").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.element("Code").as_deref(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn a_signed_header_can_neither_be_changed_nor_left_out() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, for_a_minute()).await;
    let jello_sha256 = "0MGcTPQS2IB/iqXQ6CDsvh8aVXJTSnVa9YUWwIAHs+0=".to_owned();
    let change = |headers: &mut Vec<(String, String)>| {
        headers.retain(|(name, _)| name != "x-amz-checksum-sha256");
        headers.push(("x-amz-checksum-sha256".to_owned(), jello_sha256));
    };
    let changed = send_presigned(&presigned, change, b"jello").await;
    let leave_out =
        |headers: &mut Vec<(String, String)>| headers.retain(|(name, _)| !name.starts_with("x-amz-"));
    let left_out = send_presigned(&presigned, leave_out, b"jello").await;
    let retype = |headers: &mut Vec<(String, String)>| {
        headers.retain(|(name, _)| name != "content-type");
        headers.push(("content-type".to_owned(), "text/html".to_owned()));
    };
    let retyped = send_presigned(&presigned, retype, b"hello").await;
    for answer in [changed, left_out, retyped] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.element("Code").as_deref(), Some("SignatureDoesNotMatch"));
    }
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn a_header_that_was_not_signed_cannot_be_added() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, for_a_minute()).await;
    let add = |headers: &mut Vec<(String, String)>| {
        headers.push(("x-amz-storage-class".to_owned(), "DEEP_ARCHIVE".to_owned()));
    };
    let answer = send_presigned(&presigned, add, b"hello").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.element("Code").as_deref(), Some("AccessDenied"));
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let wire = Wire::start().await;
    let presigned = pinned(&wire, expired()).await;
    let answer = send_presigned(&presigned, |_| {}, b"hello").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.element("Message").as_deref(), Some("Request has expired"));
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn a_url_is_good_for_its_own_object_and_method_only() {
    let wire = Wire::start().await;
    wire.put("other", b"other").await;
    let presigned = pinned(&wire, for_a_minute()).await;
    let elsewhere = presigned.uri().replace("raw/k", "other");
    let moved = send(Method::PUT, &elsewhere, &[], b"hello").await;
    let read = send(Method::GET, presigned.uri(), &[], b"").await;
    assert_eq!((moved.status, read.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    assert_eq!(wire.get("other").await.unwrap(), "other");
}

#[tokio::test]
async fn nobody_gets_in_without_the_secret() {
    let wire = Wire::start().await;
    wire.put("k", b"bytes").await;
    let url = format!("{}/{BUCKET}/k", wire.endpoint);
    let anonymous = send(Method::GET, &url, &[], b"").await;
    assert_eq!(anonymous.status, StatusCode::FORBIDDEN);
    assert_eq!(anonymous.element("Code").as_deref(), Some("AccessDenied"));
    let guess = client(&wire.endpoint, "guess").get_object().bucket(BUCKET).key("k").send().await;
    assert_eq!(code(&guess.unwrap_err()), "SignatureDoesNotMatch");
    let known = client(&wire.endpoint, SECRET_KEY).get_object().bucket(BUCKET).key("k").send().await;
    assert!(known.is_ok());
}
