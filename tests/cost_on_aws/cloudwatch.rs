//! Metrics, by `GetMetricData`.

use std::collections::BTreeMap;

use cost::{AwsUsage, Deployment};
use harness::cloudwatch::{Asked, Call, Told, page, refusal};
use harness::recorder::{Recorder, Reply};
use http::StatusCode;
use serde_json::{Value, json};
use shared::aws::Clients;
use shared::ports::{
    DailyValue, Days, MeasurementError, MetricQuery, MetricSource as _, SizedTable, Statistic,
};
use shared::time::Timestamp;

const DAY: i64 = 24 * 60 * 60;

fn days() -> Days {
    let at = |day: &str| format!("2026-11-{day}T00:00:00Z").parse::<Timestamp>().unwrap();
    Days { from: at("22"), until: at("25") }
}

/// The start of one of these days.
fn day(number: i64) -> i64 {
    days().from.epoch_seconds() + DAY * number
}

fn query(function: &str) -> MetricQuery {
    MetricQuery {
        namespace: "AWS/Lambda",
        name: "Invocations",
        dimensions: vec![("FunctionName", function.to_owned())],
        statistic: Statistic::Sum,
    }
}

fn told(id: &str, values: &[(i64, f64)]) -> Told {
    Told { id: id.to_owned(), status: "Complete", values: values.to_vec() }
}

async fn read(service: &Recorder, queries: &[MetricQuery]) -> Result<Vec<Vec<DailyValue>>, MeasurementError> {
    let at = ("AWS_ENDPOINT_URL_CLOUDWATCH", service.url());
    super::with(at, Clients::cloudwatch).unwrap().daily(queries, days()).await
}

fn values(series: &[DailyValue]) -> Vec<f64> {
    series.iter().map(|value| value.value).collect()
}

#[tokio::test]
async fn one_call_asks_for_the_days_of_every_metric() {
    let service = Recorder::start(|_, _| page(&[told("m0", &[(day(0), 5.0)])], None)).await;
    let mut of_size = query("render");
    of_size.namespace = "AWS/S3";
    of_size.statistic = Statistic::Average;
    let series = read(&service, &[query("ingest"), of_size]).await.unwrap();
    assert_eq!(series[0], [DailyValue { day: days().from, value: 5.0 }]);
    assert_eq!(series[1], [], "without data points there are no values");

    let received = service.received();
    assert_eq!(received.len(), 1);
    let authorization = received[0].headers["authorization"].to_str().unwrap();
    assert!(authorization.contains("/us-east-1/monitoring/aws4_request"), "{authorization}");
    let call = Call::of(&received[0]);
    assert_eq!((call.from, call.until), (day(0), day(3)));
    assert_eq!(call.scan_by, "TimestampAscending");
    let asked: Vec<(&str, &str, i64)> =
        call.metrics.iter().map(|asked| (asked.name.as_str(), asked.stat.as_str(), asked.period)).collect();
    let expected =
        [("AWS/Lambda Invocations ingest", "Sum", 86_400), ("AWS/S3 Invocations render", "Average", 86_400)];
    assert_eq!(asked, expected);
}

/// The body is the one that botocore 1.44 writes for the same call.
#[tokio::test]
async fn a_call_is_written_as_other_clients_write_it() {
    let service = Recorder::start(|_, _| page(&[], None)).await;
    read(&service, &[query("x")]).await.unwrap();
    let body: Value = serde_json::from_slice(&service.received()[0].body).unwrap();
    let metric = json!({
        "Namespace": "AWS/Lambda", "MetricName": "Invocations",
        "Dimensions": [{ "Name": "FunctionName", "Value": "x" }],
    });
    let asked = json!({
        "MetricDataQueries": [{ "Id": "m0", "MetricStat": { "Metric": metric, "Period": 86_400, "Stat": "Sum" } }],
        "StartTime": 1_795_305_600, "EndTime": 1_795_564_800, "ScanBy": "TimestampAscending",
    });
    assert_eq!(body, asked);
}

/// A table of which nobody asks.
struct NoTable;

impl SizedTable for NoTable {
    async fn size_bytes(&self) -> Result<u64, MeasurementError> {
        Ok(0)
    }
}

/// The dimensions with which the portfolio's own metrics are asked for, by a deployment of this stack.
async fn asked_of_our_own(stack: Option<&str>) -> Vec<Value> {
    let service = Recorder::start(|_, _| page(&[], None)).await;
    let metrics = super::with(("AWS_ENDPOINT_URL_CLOUDWATCH", service.url()), Clients::cloudwatch).unwrap();
    let deployment = Deployment {
        region: "us-east-1".to_owned(),
        stack: stack.map(str::to_owned),
        bucket: "assets".to_owned(),
        table: "items".to_owned(),
        functions: BTreeMap::new(),
        architecture: None,
        distribution: None,
        origin_shield: None,
        state_machine: None,
    };
    AwsUsage::new(metrics, NoTable, deployment).of(days()).await.unwrap();
    let body: Value = serde_json::from_slice(&service.received()[0].body).unwrap();
    let queries = body["MetricDataQueries"].as_array().unwrap().iter();
    let metrics = queries.map(|query| &query["MetricStat"]["Metric"]);
    let ours = metrics.filter(|metric| metric["Namespace"] == "Hashfolio");
    ours.map(|metric| metric["Dimensions"].clone()).collect()
}

#[tokio::test]
async fn a_stack_asks_for_its_own_metrics() {
    let staging = json!([{ "Name": "Stack", "Value": "staging" }]);
    assert_eq!(asked_of_our_own(Some("staging")).await, [staging.clone(), staging]);
    assert_eq!(asked_of_our_own(None).await, [json!([]), json!([])], "functions without a stack write none");
}

#[tokio::test]
async fn pages_are_put_together() {
    let service = Recorder::start(|number, received| {
        let pages = [
            (vec![told("m1", &[(day(1), 20.0)]), told("m0", &[(day(0), 1.0), (day(1), 2.0)])], Some("more")),
            (vec![told("m0", &[(day(2), 3.0)]), told("m1", &[(day(0), 10.0)])], Some("yet more")),
            (vec![told("m1", &[(day(2), 30.0)])], None),
        ];
        let token = [None, Some("more"), Some("yet more")][number];
        assert_eq!(Call::of(received).next_token.as_deref(), token);
        page(&pages[number].0, pages[number].1)
    })
    .await;
    let series = read(&service, &[query("ingest"), query("verify"), query("render")]).await.unwrap();
    assert_eq!(values(&series[0]), [1.0, 2.0, 3.0]);
    assert_eq!(values(&series[1]), [10.0, 20.0, 30.0], "in the order of the days");
    assert_eq!(values(&series[2]), [0.0; 0]);
    assert_eq!(service.received().len(), 3);
}

#[tokio::test]
async fn more_metrics_than_a_call_takes_are_asked_for_in_several() {
    let service = Recorder::start(|_, received| {
        let echo = |asked: &Asked| {
            let number: u32 = asked.name.rsplit_once('-').unwrap().1.parse().unwrap();
            told(&asked.id, &[(day(0), f64::from(number))])
        };
        page(&Call::of(received).metrics.iter().map(echo).collect::<Vec<_>>(), None)
    })
    .await;
    let queries: Vec<MetricQuery> = (0..1_001).map(|number| query(&format!("function-{number}"))).collect();
    let series = read(&service, &queries).await.unwrap();
    let calls: Vec<usize> = service.received().iter().map(|sent| Call::of(sent).metrics.len()).collect();
    assert_eq!(calls, [500, 500, 1]);
    for (number, series) in (0_u32..).zip(&series) {
        assert_eq!(values(series), [f64::from(number)]);
    }
}

#[tokio::test]
async fn who_may_not_read_metrics_is_told_what_to_allow() {
    for names in [("AccessDeniedException", "AccessDenied"), ("AccessDenied", "AccessDeniedException")] {
        let message =
            "User: arn:aws:sts::1:assumed-role/cost is not authorized to perform: cloudwatch:GetMetricData";
        let service = Recorder::start(move |_, _| refusal(StatusCode::FORBIDDEN, names, message)).await;
        let error = read(&service, &[query("ingest")]).await.unwrap_err();
        assert!(matches!(error, MeasurementError::Denied { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.starts_with("cloudwatch:GetMetricData is not allowed: "), "{said}");
    }
}

#[tokio::test]
async fn a_metric_that_cloudwatch_could_not_read_is_not_taken_for_none() {
    for status in ["InternalError", "Forbidden"] {
        let service = Recorder::start(move |_, _| {
            let failed = Told { id: "m1".to_owned(), status, values: Vec::new() };
            page(&[told("m0", &[(day(0), 1.0)]), failed], None)
        })
        .await;
        let error = read(&service, &[query("ingest"), query("verify")]).await.unwrap_err();
        assert!(error.to_string().contains("AWS/Lambda Invocations verify"), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_is_throttled_is_made_again() {
    let service = Recorder::start(|number, _| match number {
        0 | 1 => refusal(StatusCode::BAD_REQUEST, ("Throttling", "Throttling"), "Rate exceeded"),
        _ => page(&[told("m0", &[(day(0), 7.0)])], None),
    })
    .await;
    let series = read(&service, &[query("ingest")]).await.unwrap();
    assert_eq!(values(&series[0]), [7.0]);
    assert_eq!(service.received().len(), 3);
}

#[tokio::test]
async fn what_is_no_answer_is_an_error() {
    let service = Recorder::start(|_, _| Reply::new(StatusCode::OK, "<html>")).await;
    let error = read(&service, &[query("ingest")]).await.unwrap_err();
    assert!(error.to_string().starts_with("cloudwatch:GetMetricData failed: "), "{error}");
}
