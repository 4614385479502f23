//! A takedown on Lambda: what ingest calls beside its stores, and the queue that reminds it.

use harness::events::event;
use harness::{Hashfolio, Lambda, pictures};
use serde_json::{Value, json};
use shared::hash::ContentHash;

use crate::aws::{Aws, Call, QUEUE_URL};
use crate::{INGEST, system};

/// The sample takedown, of another asset.
pub(crate) fn takedown_of(hash: &ContentHash) -> Value {
    let mut event = event(include_str!("../../events/ingest/delete.json"));
    event["rawPath"] = json!(format!("/assets/{hash}"));
    event["requestContext"]["http"]["path"] = event["rawPath"].clone();
    event
}

/// The sample reminder, of another asset's takedown.
fn reminder_of(body: &str) -> Value {
    let mut event = event(include_str!("../../events/ingest/invalidate-again.json"));
    event["Records"][0]["body"] = json!(body);
    event
}

async fn ready(system: &Hashfolio, seed: u32) -> ContentHash {
    system.ready(&pictures::jpeg(64, 48, seed), "image/jpeg").await
}

fn operations(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.operation.as_str()).collect()
}

const INVALIDATION: &str = "/2020-05-31/distribution/E2EXAMPLE/invalidation";

#[tokio::test]
async fn a_takedown_queues_its_reminder_and_invalidates_now_and_again() {
    let (system, aws) = (system().await, Aws::start().await);
    let hash = ready(&system, 1).await;
    let lambda = Lambda::start(INGEST, &aws.variables(&system)).await;
    let answer: Value = serde_json::from_slice(&lambda.invoke(&takedown_of(&hash)).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 202, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let who = "2f1c7b1e-7f0a-4a52-9c4e-5b8f8e8f3d11";
    assert_eq!(body["asset"]["reason"], format!("Taken down by {who}: copyright claim 17"));
    assert_eq!(system.attribute(&hash, "state").await, "DELETED");
    assert_eq!(system.keys().await, [] as [&str; 0]);

    let calls = aws.calls();
    assert_eq!(operations(&calls), ["AmazonSQS.SendMessage", "AmazonSSM.GetParameter", INVALIDATION]);
    for (call, scope) in calls.iter().zip([
        "us-east-1/sqs/aws4_request",
        "us-east-1/ssm/aws4_request",
        "us-east-1/cloudfront/aws4_request",
    ]) {
        let (signed_for, headers) = call.signed_for();
        assert_eq!(signed_for, scope);
        assert!(headers.contains("host") && headers.contains("x-amz-date"), "{headers}");
    }
    let queued: Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!((queued["QueueUrl"].as_str(), queued.as_object().unwrap().len()), (Some(QUEUE_URL), 2));
    assert!(calls[2].body.contains(&format!("<Path>/{hash}/*</Path>")), "{}", calls[2].body);
    assert!(calls[2].body.contains("-at-once</CallerReference>"), "{}", calls[2].body);

    // The distribution is known by now.
    let reminder = reminder_of(queued["MessageBody"].as_str().unwrap());
    lambda.invoke(&reminder).await.unwrap();
    let again = aws.calls();
    assert_eq!(operations(&again), [INVALIDATION]);
    assert!(again[0].body.contains("-again</CallerReference>"), "{}", again[0].body);
    // A reminder that comes twice asks for nothing new: CloudFront knows it by its reference.
    lambda.invoke(&reminder).await.unwrap();
    assert_eq!(aws.calls()[0].body, again[0].body);
}

#[tokio::test]
async fn a_cdn_that_fails_is_tried_again_by_the_client_and_by_the_queue() {
    let (system, aws) = (system().await, Aws::start().await);
    let hash = ready(&system, 2).await;
    let lambda = Lambda::start(INGEST, &aws.variables(&system)).await;
    aws.refuse(Some((400, "TooManyInvalidationsInProgress")));
    let answer: Value = serde_json::from_slice(&lambda.invoke(&takedown_of(&hash)).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 503, "{answer}");
    // What could be done is done.
    assert_eq!(
        (system.attribute(&hash, "state").await, system.keys().await.len()),
        ("DELETED".to_owned(), 0)
    );
    let reminder = reminder_of(&json!({ "contentHash": hash.to_string() }).to_string());
    let error = lambda.invoke(&reminder).await.unwrap_err();
    assert_eq!(error["errorMessage"], "1 of 1 takedowns could not be finished");
    aws.refuse(Some((403, "AccessDenied")));
    let answer: Value = serde_json::from_slice(&lambda.invoke(&takedown_of(&hash)).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 500, "{answer}");

    aws.calls();
    aws.refuse(Some((500, "InternalFailure")));
    lambda.invoke(&reminder).await.unwrap_err();
    assert_eq!(operations(&aws.calls()), [INVALIDATION; 3], "a server's fault is worth three tries");
    aws.refuse(None);
    lambda.invoke(&reminder).await.unwrap();
    let answer: Value = serde_json::from_slice(&lambda.invoke(&takedown_of(&hash)).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 202, "{answer}");
}

#[tokio::test]
async fn a_reminder_that_means_nothing_is_taken_and_another_event_is_not() {
    let (system, aws) = (system().await, Aws::start().await);
    let hash = ready(&system, 3).await;
    let lambda = Lambda::start(INGEST, &aws.variables(&system)).await;
    // No asset; an asset that nobody took down; no reminder at all.
    lambda.invoke(&event(include_str!("../../events/ingest/invalidate-again.json"))).await.unwrap();
    lambda.invoke(&reminder_of(&json!({ "contentHash": hash.to_string() }).to_string())).await.unwrap();
    lambda.invoke(&reminder_of("no reminder")).await.unwrap();
    assert_eq!(operations(&aws.calls()), [] as [&str; 0]);
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
    let error = lambda.invoke(&json!({ "key1": "value1" })).await.unwrap_err();
    assert_eq!(error["errorType"], "IngestError", "{error}");
}
