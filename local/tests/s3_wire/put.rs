//! `PutObject`: what is kept, and what is refused without a trace.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ChecksumType, StorageClass};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{BUCKET, Wire, code, for_a_minute, noise, send_presigned, status};

/// SHA-256 of `hello`, in base64.
const HELLO_SHA256: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

#[tokio::test]
async fn an_object_comes_back_with_its_bytes_its_headers_and_its_metadata() {
    let wire = Wire::start().await;
    let bytes = noise(3_000_000);
    let put = wire.client().put_object().bucket(BUCKET).key("a/b.jpg").body(bytes.clone().into());
    let put = put.content_type("image/jpeg").cache_control("no-cache").metadata("Photographer", "Ada");
    let put = put.tagging("team=desk").storage_class(StorageClass::StandardIa).send().await.unwrap();

    let got = wire.client().get_object().bucket(BUCKET).key("a/b.jpg").send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/jpeg"));
    assert_eq!(got.cache_control(), Some("no-cache"));
    assert_eq!(got.metadata(), Some(&HashMap::from([("photographer".to_owned(), "Ada".to_owned())])));
    assert_eq!(got.storage_class(), Some(&StorageClass::StandardIa));
    assert_eq!(got.tag_count(), Some(1));
    assert_eq!(got.e_tag(), put.e_tag());
    assert_eq!(got.content_length(), Some(3_000_000));
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), bytes);
}

#[tokio::test]
async fn an_object_without_bytes_is_an_object() {
    let wire = Wire::start().await;
    let etag = wire.put("empty", b"").await;
    assert_eq!(etag, "\"d41d8cd98f00b204e9800998ecf8427e\"");
    assert_eq!(wire.get("empty").await.unwrap(), "");
}

#[tokio::test]
async fn every_checksum_algorithm_is_verified_kept_and_shown() {
    let wire = Wire::start().await;
    let expected = [
        (ChecksumAlgorithm::Crc32, "NhCmhg=="),
        (ChecksumAlgorithm::Crc32C, "mnG7TA=="),
        (ChecksumAlgorithm::Crc64Nvme, "M3eFcAZSQlc="),
        (ChecksumAlgorithm::Sha1, "qvTGHdzF6KLavt4PO0gs2a6pQ00="),
        (ChecksumAlgorithm::Sha256, HELLO_SHA256),
    ];
    for (position, (algorithm, value)) in expected.into_iter().enumerate() {
        let put = wire.client().put_object().bucket(BUCKET).key(algorithm.as_str());
        put.checksum_algorithm(algorithm.clone()).body(b"hello".to_vec().into()).send().await.unwrap();
        let head = wire.client().head_object().bucket(BUCKET).key(algorithm.as_str());
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
        let shown = [
            head.checksum_crc32(),
            head.checksum_crc32_c(),
            head.checksum_crc64_nvme(),
            head.checksum_sha1(),
            head.checksum_sha256(),
        ];
        let mut only_this = [None; 5];
        only_this[position] = Some(value);
        assert_eq!(shown, only_this);
        assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
    }
}

#[tokio::test]
async fn a_put_with_the_wrong_checksum_leaves_no_object_no_file_and_no_event() {
    let wire = Wire::start().await;
    let put = || wire.client().put_object().bucket(BUCKET).key("k").body(b"other".to_vec().into());
    let wrong_digest = |length: usize| BASE64.encode(vec![7; length]);
    let refusals = [
        put().checksum_crc32(wrong_digest(4)).send().await,
        put().checksum_crc32_c(wrong_digest(4)).send().await,
        put().checksum_crc64_nvme(wrong_digest(8)).send().await,
        put().checksum_sha1(wrong_digest(20)).send().await,
        put().checksum_sha256(HELLO_SHA256).send().await,
        put().content_md5(wrong_digest(16)).send().await,
    ];
    for refusal in refusals {
        let refusal = refusal.unwrap_err();
        assert_eq!(status(&refusal), 400);
        assert_eq!(code(&refusal), "BadDigest");
    }
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    assert_eq!(wire.files(), 0);
    assert_eq!(wire.events().await, []);
}

#[tokio::test]
async fn a_refused_put_leaves_the_object_that_was_there() {
    let wire = Wire::start().await;
    wire.put("k", b"first").await;
    let put = wire.client().put_object().bucket(BUCKET).key("k").body(b"second".to_vec().into());
    put.checksum_sha256(HELLO_SHA256).send().await.unwrap_err();
    assert_eq!(wire.get("k").await.unwrap(), "first");
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn a_malformed_digest_is_refused_as_such() {
    let wire = Wire::start().await;
    let put = || wire.client().put_object().bucket(BUCKET).key("k").body(b"x".to_vec().into());
    assert_eq!(code(&put().content_md5("short").send().await.unwrap_err()), "InvalidDigest");
    assert_eq!(code(&put().checksum_sha256("c2hvcnQ=").send().await.unwrap_err()), "InvalidRequest");
}

#[tokio::test]
async fn a_put_that_breaks_off_leaves_nothing() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("k");
    let presigned = put.presigned(for_a_minute()).await.unwrap();
    let target = presigned.uri().strip_prefix(&wire.endpoint).unwrap();
    let authority = wire.endpoint.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    let head = format!("PUT {target} HTTP/1.1\r\nhost: {authority}\r\ncontent-length: 4000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&noise(3_000_000)).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    // The server may answer or hang up; either way it has noticed by then.
    drop(stream.read_to_end(&mut answer).await);
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    assert_eq!(wire.files(), 0);
    assert_eq!(wire.events().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_racing_creations_of_one_key_one_wins() {
    let wire = Wire::start().await;
    let racers = (0..32).map(|number| {
        let put = wire.client().put_object().bucket(BUCKET).key("k").if_none_match("*");
        let put = put.body(format!("racer {number}").into_bytes().into());
        tokio::spawn(async move { put.send().await.map(|_| number).map_err(|error| code(&error)) })
    });
    let mut winners = Vec::new();
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(number) => winners.push(number),
            Err(code) => assert_eq!(code, "PreconditionFailed"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(wire.get("k").await.unwrap(), format!("racer {}", winners[0]));
    assert_eq!(wire.files(), 1);
    assert_eq!(wire.events().await.len(), 1);
}

#[tokio::test]
async fn a_put_may_replace_only_the_version_that_it_names() {
    let wire = Wire::start().await;
    let first = wire.put("k", b"first").await;
    let put = |key: &str, etag: &str| {
        let put = wire.client().put_object().bucket(BUCKET).key(key).if_match(etag);
        put.body(b"second".to_vec().into()).send()
    };
    put("k", &first).await.unwrap();
    let stale = put("k", &first).await.unwrap_err();
    assert_eq!(status(&stale), 412);
    assert_eq!(code(&put("missing", &first).await.unwrap_err()), "NoSuchKey");
    assert_eq!(wire.get("k").await.unwrap(), "second");
}

#[tokio::test]
async fn a_client_that_waits_for_a_word_is_refused_before_it_sends_the_body() {
    let wire = Wire::start().await;
    wire.put("k", b"there").await;
    let put = wire.client().put_object().bucket(BUCKET).key("k").if_none_match("*").content_length(1 << 30);
    let presigned = put.presigned(for_a_minute()).await.unwrap();
    let authority = wire.endpoint.strip_prefix("http://").unwrap();
    let mut head = format!(
        "PUT {} HTTP/1.1\r\nhost: {authority}\r\n",
        presigned.uri().strip_prefix(&wire.endpoint).unwrap()
    );
    for (name, value) in presigned.headers().filter(|(name, _)| *name != "host") {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("expect: 100-continue\r\n\r\n");
    let mut stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 412");
}

#[tokio::test]
async fn keys_are_kept_exactly_as_they_are() {
    let wire = Wire::start().await;
    let keys =
        ["a//b", "/lead", "../up", "a/./b", "ümläut 東京 🖼", "a+b %41?x=1&y#z", "trail/", &"x".repeat(1024)];
    for key in keys {
        wire.put(key, key.as_bytes()).await;
    }
    for key in keys {
        assert_eq!(wire.get(key).await.unwrap(), key);
    }
    let listed = wire.client().list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let mut listed: Vec<String> =
        listed.contents().iter().map(|object| object.key().unwrap().to_owned()).collect();
    let mut expected = keys.map(str::to_owned).to_vec();
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn a_key_of_1025_bytes_is_refused() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("x".repeat(1025)).body(b"x".to_vec().into());
    assert_eq!(code(&put.send().await.unwrap_err()), "KeyTooLongError");
}

#[tokio::test]
async fn overwriting_an_object_removes_its_old_bytes() {
    let wire = Wire::start().await;
    for bytes in [b"first", b"again", b"third"] {
        wire.put("k", bytes).await;
    }
    assert_eq!(wire.get("k").await.unwrap(), "third");
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn what_the_store_cannot_do_is_refused_by_name() {
    let wire = Wire::start().await;
    let put = || wire.client().put_object().bucket(BUCKET).key("k").body(b"x".to_vec().into());
    let refused = put().sse_customer_algorithm("AES256").send().await.unwrap_err();
    assert_eq!(status(&refused), 501);
    assert_eq!(code(&refused), "NotImplemented");
    let frozen = put().storage_class(StorageClass::from("FROZEN")).send().await.unwrap_err();
    assert_eq!(code(&frozen), "InvalidStorageClass");
    let nowhere = wire.client().put_object().bucket("nowhere").key("k").body(b"x".to_vec().into());
    assert_eq!(code(&nowhere.send().await.unwrap_err()), "NoSuchBucket");
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn a_body_that_is_not_what_its_signature_covers_is_refused() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("k");
    let presigned = put.presigned(for_a_minute()).await.unwrap();
    let hash_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let claim = |headers: &mut Vec<(String, String)>| {
        headers.push(("x-amz-content-sha256".to_owned(), hash_of_nothing.to_owned()));
    };
    let answer = send_presigned(&presigned, claim, b"something").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.element("Code").as_deref(), Some("XAmzContentSHA256Mismatch"));
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn an_upload_from_a_form_is_refused_by_name() {
    let wire = Wire::start().await;
    let headers = [("content-type", "multipart/form-data; boundary=x")];
    let answer =
        crate::harness::send(Method::POST, &format!("{}/{BUCKET}", wire.endpoint), &headers, b"--x--").await;
    assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn a_client_that_sends_before_it_listens_still_learns_why_it_is_refused() {
    let wire = Wire::start().await;
    let put = wire.client().put_object().bucket(BUCKET).key("k").content_length(1);
    let presigned = put.presigned(for_a_minute()).await.unwrap();
    let authority = wire.endpoint.strip_prefix("http://").unwrap();
    // More than the kernel buffers, so that the refusal is there long before the last byte is.
    let body = noise(16_000_000);
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: {authority}\r\ncontent-length: {}\r\n\r\n",
        presigned.uri().strip_prefix(&wire.endpoint).unwrap(),
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    // Twice on one connection, which is as good as it was before.
    for _ in 0..2 {
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 403");
        let mut rest = Vec::new();
        while !rest.ends_with(b"</Error>") {
            rest.push(stream.read_u8().await.unwrap());
        }
    }
    assert_eq!(wire.files(), 0);
}
