//! The Lambda binaries on Lambda's own runtime protocol: each in a process, fed by a runtime API that the test serves.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail where it stands")]

mod aws; // the services that ingest calls beside its stores
mod big_originals; // what verify takes for 4.5 GB
mod cost; // the daily report
mod events; // every sample event
mod metrics; // what an invocation leaves in the log for CloudWatch
mod takedown; // DELETE, and the queue that reminds of it
mod traces; // what X-Ray is told, and what a log line stands in

use std::collections::HashMap;

use harness::events::{event, object_created, streamed, variant_event};
use harness::{Hashfolio, Lambda, pictures};
use serde_json::{Value, json};
use shared::hash::ContentHash;

const INGEST: &str = env!("CARGO_BIN_EXE_lambda-ingest");
const VERIFY: &str = env!("CARGO_BIN_EXE_lambda-verify");
const RECONCILE: &str = env!("CARGO_BIN_EXE_lambda-reconcile");
const COST: &str = env!("CARGO_BIN_EXE_lambda-cost");
const RENDER: &str = env!("CARGO_BIN_EXE_lambda-render");

async fn system() -> Hashfolio {
    Hashfolio::start(env!("CARGO_BIN_EXE_hashfolio-under-test")).await
}

#[tokio::test]
async fn ingest_answers_an_http_api_event() {
    let system = system().await;
    let lambda = Lambda::start(INGEST, system.variables()).await;
    let answer = lambda.invoke(&event(include_str!("../../events/ingest/ask-jwt.json"))).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["asset"]["createdBy"], "2f1c7b1e-7f0a-4a52-9c4e-5b8f8e8f3d11");
    let hash: ContentHash = body["asset"]["contentHash"].as_str().unwrap().parse().unwrap();
    assert_eq!(system.attribute(&hash, "state").await, "PENDING");
    let listed = lambda.invoke(&event(include_str!("../../events/ingest/list-iam.json"))).await.unwrap();
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(
        (listed["statusCode"].as_u64(), listed["body"].as_str()),
        (Some(200), Some("{\"assets\":[]}"))
    );
}

/// `sam local` sets only variables that the template declares, so the template declares them empty. Signing asks nobody.
#[tokio::test]
async fn an_endpoint_that_is_empty_is_awss_own() {
    let system = system().await;
    let mut variables = system.variables().clone();
    variables.insert("AWS_ENDPOINT_URL_S3".to_owned(), String::new());
    let lambda = Lambda::start(INGEST, &variables).await;
    let answer = lambda.invoke(&event(include_str!("../../events/ingest/ask-jwt.json"))).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let url = body["upload"]["url"].as_str().unwrap();
    let own = format!("https://{}.s3.us-east-1.amazonaws.com/raw/", system.variable("ASSETS_BUCKET"));
    assert!(url.starts_with(&own), "{url}");
}

#[tokio::test]
async fn ingest_without_an_authorizer_lets_nobody_in() {
    let system = system().await;
    let lambda = Lambda::start(INGEST, system.variables()).await;
    let mut open = event(include_str!("../../events/ingest/ask-jwt.json"));
    open["requestContext"].as_object_mut().unwrap().remove("authorizer");
    let answer: Value = serde_json::from_slice(&lambda.invoke(&open).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 401, "{answer}");
}

/// An upload that nobody has judged yet.
struct Unjudged {
    hash: ContentHash,
    /// S3's event of it.
    event: Value,
    /// With these, verify finds it.
    variables: HashMap<String, String>,
}

/// Uploads a picture where the system's own verify does not look: it must not be faster.
async fn unjudged(system: &Hashfolio) -> Unjudged {
    let bucket = "unwatched";
    system.aws.s3().create_bucket().bucket(bucket).send().await.unwrap();
    let mut variables = system.variables().clone();
    variables.insert("ASSETS_BUCKET".to_owned(), bucket.to_owned());
    let picture = pictures::jpeg(80, 60, 1);
    let hash = ContentHash::of(&picture);
    let key = format!("raw/{hash}");
    let put = system.aws.s3().put_object().bucket(bucket).key(&key);
    put.checksum_sha256(hash.to_base64()).body(picture.into()).send().await.unwrap();
    Unjudged { hash, event: object_created(bucket, &key), variables }
}

#[tokio::test]
async fn verify_takes_an_s3_event_and_fails_one_that_must_come_again() {
    let system = system().await;
    let Unjudged { hash, event, mut variables } = unjudged(&system).await;
    let lambda = Lambda::start(VERIFY, &variables).await;
    lambda.invoke(&event).await.unwrap();
    assert_eq!(system.attribute(&hash, "state").await, "READY");

    variables.insert("ASSETS_TABLE".to_owned(), "no-such-table".to_owned());
    let lambda = Lambda::start(VERIFY, &variables).await;
    let error = lambda.invoke(&event).await.unwrap_err();
    assert_eq!(error["errorType"], "VerifyError", "{error}");
    assert!(error["errorMessage"].as_str().unwrap().contains(&hash.to_string()), "{error}");
}

#[tokio::test]
async fn reconcile_runs_daily_over_a_range_or_in_steps() {
    let system = system().await;
    let picture = pictures::jpeg(80, 60, 3);
    let hash = system.ready(&picture, "image/jpeg").await;
    let delete = system.aws.s3().delete_object().bucket(system.variable("ASSETS_BUCKET"));
    delete.key(format!("raw/{hash}")).send().await.unwrap();
    let mut variables = system.variables().clone();
    variables.insert("RECONCILE_GRACE_SECONDS".to_owned(), "0".to_owned());
    let lambda = Lambda::start(RECONCILE, &variables).await;
    let range = event(include_str!("../../events/reconcile/range.json"));
    let report: Value = serde_json::from_slice(&lambda.invoke(&range).await.unwrap()).unwrap();
    assert_eq!((report["shards"].as_u64(), report["applied"].as_bool()), (Some(16), Some(false)));

    let plan = event(include_str!("../../events/reconcile/plan.json"));
    let planned: Value = serde_json::from_slice(&lambda.invoke(&plan).await.unwrap()).unwrap();
    assert_eq!((planned["sums"]["shards"].as_u64(), planned.get("shards")), (Some(16), None));

    let daily = event(include_str!("../../events/reconcile/daily.json"));
    let report: Value = serde_json::from_slice(&lambda.invoke(&daily).await.unwrap()).unwrap();
    assert_eq!(report["findings"][0]["kind"], "object_missing", "{report}");
    assert_eq!(system.attribute(&hash, "state").await, "MISSING");
    assert_eq!(system.keys().await.len(), 2, "the day's report, as JSON and as a page");

    let error = lambda.invoke(&json!({ "shards": { "from": "00", "to": "xy" } })).await.unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().starts_with("shards.to: "), "{error}");
}

#[tokio::test]
async fn render_streams_a_variant_after_its_prelude() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(800, 600, 2), "image/jpeg").await;
    let lambda = Lambda::start(RENDER, system.variables()).await;
    let path = format!("/{hash}/320x240/80.webp");
    let (head, body) = streamed(&lambda.invoke(&variant_event("GET", &path)).await.unwrap());
    assert_eq!(head["statusCode"], 200, "{head}");
    assert_eq!(head["headers"]["content-type"], "image/webp");
    // A streaming function URL renames it, and local runners drop the connection over it.
    assert_eq!(head["headers"].get("content-length"), None);
    assert_eq!(image::load_from_memory(&body).unwrap().width(), 320);
    assert_eq!(body, system.get(&path).await.body);

    let (head, body) =
        streamed(&lambda.invoke(&variant_event("GET", &path.replace("320", "321"))).await.unwrap());
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (head["statusCode"].as_u64(), problem["code"].as_str()),
        (Some(403), Some("variant_not_allowed"))
    );
    let (head, body) = streamed(&lambda.invoke(&variant_event("HEAD", &path)).await.unwrap());
    assert_eq!((head["statusCode"].as_u64(), body.len()), (Some(200), 0));
}

#[tokio::test]
async fn a_function_without_its_variables_ends_and_names_the_first() {
    for program in [INGEST, VERIFY, RENDER, RECONCILE, COST] {
        let output = tokio::process::Command::new(program)
            .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
            .env_remove("ASSETS_BUCKET")
            .output()
            .await
            .unwrap();
        assert!(!output.status.success());
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("ASSETS_BUCKET") || said.contains("Missing"), "{program}: {said}");
    }
}
