//! The daily cost report, with `CloudWatch`, SNS and a webhook that the test plays.

use std::collections::HashMap;

use harness::cloudwatch::{Asked, Call, Told, page, refusal};
use harness::events::event;
use harness::recorder::{Received, Recorder, Reply};
use harness::{Hashfolio, Lambda};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{COST, system};

const DAY: i64 = 24 * 60 * 60;
const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:hashfolio-reports";

/// Where each of the three services is to fail.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Failing {
    metrics: bool,
    webhook: bool,
}

/// The three services at one address: each is told from the others by what it is sent.
pub(crate) async fn services(failing: Failing) -> Recorder {
    Recorder::start(move |_, received| {
        if received.path.starts_with("/hook") {
            let status = if failing.webhook { StatusCode::FORBIDDEN } else { StatusCode::OK };
            Reply::new(status, "")
        } else if is_publish(received) {
            Reply::new(StatusCode::OK, "<PublishResponse/>")
        } else if failing.metrics {
            refusal(StatusCode::FORBIDDEN, ("AccessDeniedException", "AccessDenied"), "no policy allows it")
        } else {
            page(&metrics(&Call::of(received)), None)
        }
    })
    .await
}

fn is_publish(received: &Received) -> bool {
    received.body.starts_with(b"Action=Publish")
}

/// What each metric was on every day of the period; what is not named here has no values.
fn metrics(call: &Call) -> Vec<Told> {
    let daily = |name: &str| match name {
        "AWS/Lambda Invocations stack-render" => Some(1_000.0),
        "AWS/Lambda Duration stack-render" => Some(150_000.0),
        "AWS/CloudFront Requests E1EXAMPLE Global" => Some(20_000.0),
        "AWS/CloudFront BytesDownloaded E1EXAMPLE Global" => Some(6e8),
        "AWS/S3 BucketSizeBytes hashfolio-assets StandardStorage" => Some(2e12),
        "AWS/S3 NumberOfObjects hashfolio-assets AllStorageTypes" => Some(500_000.0),
        _ => None,
    };
    let days = || (0..(call.until - call.from) / DAY).map(|day| call.from + day * DAY);
    let told = |asked: &Asked| {
        let value = daily(&asked.name);
        let values = days().filter_map(|day| Some((day, value?))).collect();
        Told { id: asked.id.clone(), status: "Complete", values }
    };
    call.metrics.iter().map(told).collect()
}

pub(crate) fn variables(system: &Hashfolio, services: &Recorder) -> HashMap<String, String> {
    let mut variables = system.variables().clone();
    let hook = format!("{}/hook/secret", services.url());
    for (name, value) in [
        ("AWS_ENDPOINT_URL_CLOUDWATCH", services.url()),
        ("AWS_ENDPOINT_URL_SNS", services.url()),
        ("RENDER_FUNCTION_NAME", "stack-render"),
        ("RENDER_MEMORY_MB", "1769"),
        ("INGEST_FUNCTION_NAME", "stack-ingest"),
        ("INGEST_MEMORY_MB", "512"),
        ("DISTRIBUTION_ID", "E1EXAMPLE"),
        ("FUNCTION_ARCHITECTURE", "arm64"),
        ("MONTHLY_BUDGET_USD", "10"),
        ("REPORT_TOPIC_ARN", TOPIC),
        ("REPORT_WEBHOOK_URL", hook.as_str()),
    ] {
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables
}

async fn reports(system: &Hashfolio) -> Vec<String> {
    system.keys().await.into_iter().filter(|key| key.starts_with("reports/cost/")).collect()
}

#[tokio::test]
async fn the_days_report_is_kept_announced_and_measured() {
    let (system, services) = (system().await, services(Failing::default()).await);
    let lambda = Lambda::start(COST, &variables(&system, &services)).await;
    let daily = event(include_str!("../../events/cost/daily.json"));
    let report: Value = serde_json::from_slice(&lambda.invoke(&daily).await.unwrap()).unwrap();
    assert_eq!(report["periodDays"], 30, "{report}");
    assert_eq!(report["hitRatio"], 0.95);
    let total = report["current"]["total"].as_f64().unwrap();
    assert!((43.0..46.0).contains(&total), "two terabytes and some traffic: {total}");
    let missing = report["missing"].as_array().unwrap();
    assert!(missing.contains(&json!("s3.getAndOther")) && missing.contains(&json!("verifyInvocations")));
    assert!(!missing.contains(&json!("ingestInvocations")), "a function that was not called");
    assert!(!missing.contains(&json!("dynamodb.bytes")), "its table is the system's own");

    let keys = reports(&system).await;
    let date = report["date"].as_str().unwrap();
    assert_eq!(keys, [format!("reports/cost/{date}.html"), format!("reports/cost/{date}.json")]);
    let object = system.aws.s3().get_object().bucket(system.variable("ASSETS_BUCKET")).key(&keys[1]);
    let kept = object.send().await.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&kept).unwrap(), report);

    let received = services.received();
    let published = received.iter().find(|sent| is_publish(sent)).unwrap();
    let form = std::str::from_utf8(&published.body).unwrap();
    assert!(form.contains("Subject=Hashfolio%20is%20over%20its%20budget"), "{form}");
    let posted = received.iter().find(|sent| sent.path == "/hook/secret").unwrap();
    let posted: Value = serde_json::from_slice(&posted.body).unwrap();
    assert!(posted["text"].as_str().unwrap().contains("*Over budget by $"), "{posted}");

    let line = lambda.logged().await;
    assert_eq!(line["monthly_cost_usd"], report["current"]["total"], "{line}");
    assert_eq!(line["monthly_savings_usd"], report["monthlySavingsUsd"], "{line}");
}

#[tokio::test]
async fn an_event_may_ask_for_other_days() {
    let (system, services) = (system().await, services(Failing::default()).await);
    let lambda = Lambda::start(COST, &variables(&system, &services)).await;
    let report = lambda.invoke(&json!({ "days": 7 })).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&report).unwrap()["periodDays"], 7);
    let error = lambda.invoke(&json!({ "days": 0 })).await.unwrap_err();
    assert_eq!(error["errorType"], "CostError");
    assert_eq!(error["errorMessage"], "days: must be a whole number from 1 to 366, and is 0");
}

#[tokio::test]
async fn without_permission_there_is_no_report() {
    let (system, services) =
        (system().await, services(Failing { metrics: true, ..Failing::default() }).await);
    let lambda = Lambda::start(COST, &variables(&system, &services)).await;
    let error = lambda.invoke(&json!({})).await.unwrap_err();
    let said = error["errorMessage"].as_str().unwrap();
    assert!(said.starts_with("use cannot be measured: cloudwatch:GetMetricData is not allowed"), "{said}");
    assert_eq!(reports(&system).await, Vec::<String>::new());
    assert_eq!(services.received().len(), 1, "nobody was told");
}

#[tokio::test]
async fn a_report_that_a_webhook_refuses_is_kept_and_its_address_a_secret() {
    let (system, services) =
        (system().await, services(Failing { webhook: true, ..Failing::default() }).await);
    let lambda = Lambda::start(COST, &variables(&system, &services)).await;
    let error = lambda.invoke(&json!({})).await.unwrap_err();
    let said = error["errorMessage"].as_str().unwrap();
    assert!(said.starts_with("the report is kept, but the webhook at 127.0.0.1:"), "{said}");
    assert!(said.ends_with("it answered with status 403") && !said.contains("secret"), "{said}");
    assert_eq!(reports(&system).await.len(), 2);
    assert!(services.received().iter().any(is_publish), "the topic was told");
}
