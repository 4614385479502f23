//! CORS: browsers of other origins, by the rules of the bucket.

use aws_sdk_s3::types::{CorsConfiguration, CorsRule as SdkCorsRule};
use http::{Method, StatusCode};
use local::s3::{ConfigureBucketError, CorsRule};

use crate::harness::{Answer, BUCKET, Wire, code, for_a_minute, send};

const PAGE: &str = "http://localhost:5173";

fn uploads_from(origin: &str) -> CorsRule {
    CorsRule {
        allowed_origins: vec![origin.to_owned()],
        allowed_methods: vec!["GET".to_owned(), "PUT".to_owned()],
        allowed_headers: vec!["content-type".to_owned(), "x-amz-checksum-sha256".to_owned()],
        exposed_headers: vec!["ETag".to_owned()],
        max_age_seconds: Some(3000),
        ..CorsRule::default()
    }
}

async fn preflight(wire: &Wire, origin: &str, method: &str, headers: &str) -> Answer {
    let asked = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", headers),
    ];
    send(Method::OPTIONS, &format!("{}/{BUCKET}/raw/k?X-Amz-Signature=0", wire.endpoint), &asked, b"").await
}

#[tokio::test]
async fn a_page_that_a_rule_names_may_upload() {
    let wire = Wire::start().await;
    wire.s3.set_cors(BUCKET, vec![uploads_from("https://other"), uploads_from(PAGE)]).await.unwrap();
    let answer = preflight(&wire, PAGE, "PUT", "Content-Type, X-Amz-Checksum-Sha256").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, PUT"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("content-type, x-amz-checksum-sha256"));
    assert_eq!(answer.header("access-control-max-age"), Some("3000"));
    assert!(answer.header("vary").unwrap().contains("Origin"));
}

#[tokio::test]
async fn a_page_may_do_nothing_that_no_rule_allows() {
    let wire = Wire::start().await;
    let unconfigured = preflight(&wire, PAGE, "PUT", "content-type").await;
    assert_eq!(unconfigured.status, StatusCode::FORBIDDEN);
    wire.s3.set_cors(BUCKET, vec![uploads_from(PAGE)]).await.unwrap();
    for (origin, method, headers) in [
        ("http://evil", "PUT", "content-type"),
        (PAGE, "DELETE", "content-type"),
        (PAGE, "PUT", "x-amz-storage-class"),
    ] {
        let answer = preflight(&wire, origin, method, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.element("Code").as_deref(), Some("AccessForbidden"));
        assert_eq!(answer.header("access-control-allow-headers"), None);
    }
    let pointless = send(Method::OPTIONS, &format!("{}/{BUCKET}/k", wire.endpoint), &[], b"").await;
    assert_eq!(pointless.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_can_read_the_answer_to_its_upload_and_the_reason_of_a_refusal() {
    let wire = Wire::start().await;
    wire.s3.set_cors(BUCKET, vec![uploads_from(PAGE)]).await.unwrap();
    let put = wire.client().put_object().bucket(BUCKET).key("k");
    let url = put.presigned(for_a_minute()).await.unwrap().uri().to_owned();
    let accepted = send(Method::PUT, &url, &[("origin", PAGE)], b"bytes").await;
    let refused = send(Method::PUT, &url.replace("/k?", "/other?"), &[("origin", PAGE)], b"bytes").await;
    assert_eq!((accepted.status, refused.status), (StatusCode::OK, StatusCode::FORBIDDEN));
    for answer in [accepted, refused] {
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        assert_eq!(answer.header("access-control-expose-headers"), Some("ETag"));
    }
    let stranger = send(Method::PUT, &url, &[("origin", "http://evil")], b"bytes").await;
    assert_eq!(stranger.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_rules_of_a_bucket_are_its_own_and_can_be_read_and_removed() {
    let wire = Wire::start().await;
    let rule = SdkCorsRule::builder().allowed_origins("*").allowed_methods("GET").build().unwrap();
    let rules = CorsConfiguration::builder().cors_rules(rule.clone()).build().unwrap();
    let put = wire.client().put_bucket_cors().bucket(BUCKET).cors_configuration(rules);
    put.send().await.unwrap();
    let get = || wire.client().get_bucket_cors().bucket(BUCKET).send();
    assert_eq!(get().await.unwrap().cors_rules(), [rule]);
    wire.client().delete_bucket_cors().bucket(BUCKET).send().await.unwrap();
    assert_eq!(code(&get().await.unwrap_err()), "NoSuchCORSConfiguration");
}

#[tokio::test]
async fn a_rule_that_s3_would_refuse_is_refused() {
    let wire = Wire::start().await;
    let refused = wire.s3.set_cors(BUCKET, vec![uploads_from("http://*.*")]).await;
    assert!(matches!(refused, Err(ConfigureBucketError::InvalidRule { .. })));
    let nowhere = wire.s3.set_cors("nowhere", vec![uploads_from(PAGE)]).await;
    assert!(matches!(nowhere, Err(ConfigureBucketError::NoSuchBucket { .. })));
}
