//! From CloudFront's id of a request to the calls that it took, on X-Ray and in the log.

use std::time::Duration;

use harness::events::variant_event;
use harness::{Lambda, pictures};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::{RENDER, system};

const ASKED_BY: &str = "dmKqLxn4XnrP2r7DkEXAMPLE6V1qg==";

/// An event of CloudFront's for a variant.
fn asked_by_cloudfront(path: &str) -> Value {
    let mut event = variant_event("GET", path);
    event["headers"]["x-amz-cf-id"] = json!(ASKED_BY);
    event
}

/// What X-Ray's daemon is told next.
async fn told(daemon: &UdpSocket) -> Value {
    let mut datagram = [0; 4096];
    let length =
        tokio::time::timeout(Duration::from_mins(1), daemon.recv(&mut datagram)).await.unwrap().unwrap();
    let text = std::str::from_utf8(&datagram[..length]).unwrap();
    serde_json::from_str(text.split_once('\n').unwrap().1).unwrap()
}

#[tokio::test]
async fn a_trace_leads_from_cloudfronts_request_to_the_calls() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(80, 60, 1), "image/jpeg").await;
    let daemon = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut variables = system.variables().clone();
    variables.insert("AWS_XRAY_DAEMON_ADDRESS".to_owned(), daemon.local_addr().unwrap().to_string());
    let lambda = Lambda::start(RENDER, &variables).await;
    lambda.invoke(&asked_by_cloudfront(&format!("/{hash}/320x240/80.webp"))).await.unwrap();
    let (one, other, variant) = (told(&daemon).await, told(&daemon).await, told(&daemon).await);
    let mut calls = [&one, &other].map(|call| format!("{} {}", call["name"], call["aws"]["operation"]));
    calls.sort();
    assert_eq!(calls, ["\"DynamoDB\" \"GetItem\"", "\"S3\" \"GetObject\""]);
    assert_eq!(variant["annotations"]["cloudfront_request_id"], ASKED_BY, "{variant}");
    assert_eq!(variant["parent_id"], "9a9197af755a6419");
    for call in [one, other] {
        assert_eq!((&call["parent_id"], &call["trace_id"]), (&variant["id"], &variant["trace_id"]));
    }
}

#[tokio::test]
async fn a_log_line_has_the_ids_of_lambdas_and_cloudfronts_request() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(80, 60, 2), "image/jpeg").await;
    let delete = system.aws.s3().delete_object().bucket(system.variable("ASSETS_BUCKET"));
    delete.key(format!("raw/{hash}")).send().await.unwrap();
    let mut variables = system.variables().clone();
    variables.insert("RUST_LOG".to_owned(), "info".to_owned());
    let lambda = Lambda::start(RENDER, &variables).await;
    lambda.invoke(&asked_by_cloudfront(&format!("/{hash}/320x240/80.webp"))).await.unwrap();
    let line = lambda.logged().await;
    assert_eq!((&line["level"], &line["error.code"]), (&json!("ERROR"), &json!("asset_not_found")), "{line}");
    let spans = line["spans"].as_array().unwrap();
    let [invocation, variant] = spans.as_slice() else { unreachable!("{line}") };
    assert_eq!(invocation["requestId"], "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    assert_eq!(variant["cloudfront.request.id"], ASKED_BY);
}
