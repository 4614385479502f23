//! Metrics from `CloudWatch`, by `GetMetricData`.
//!
//! Each metric that is asked for costs .01 USD per 1,000 (AWS's price list, 2026), whatever its values; a call takes
//! 500.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Caller, JSON_1_0, Post, Service, ServiceError, SignedCall};
use crate::ports::{DailyValue, Days, MeasurementError, MetricQuery, MetricSource, Statistic};
use crate::runtime::Environment;
use crate::time::Timestamp;

/// What must be allowed.
const ACTION: &str = "cloudwatch:GetMetricData";

/// As many metrics may be asked for in one call.
const QUERIES_AT_ONCE: usize = 500;

const SECONDS_PER_DAY: u32 = 24 * 60 * 60;

/// `CloudWatch` as a source of metrics.
#[derive(Debug, Clone)]
pub struct CloudWatchMetrics {
    get_metric_data: SignedCall,
}

/// An answer, as far as it is read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    metric_data_results: Vec<Found>,
    next_token: Option<String>,
}

/// The values of one metric in one page.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    id: String,
    status_code: Option<String>,
    /// Seconds since 1970.
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

impl CloudWatchMetrics {
    pub(super) fn new(caller: &Caller, env: &Environment<'_>) -> Self {
        let service = Service::in_region(caller, env, "monitoring", "AWS_ENDPOINT_URL_CLOUDWATCH");
        Self { get_metric_data: SignedCall::new(caller, service, "GetMetricData") }
    }

    /// The series of some queries, in their order; page after page, as a long time or many metrics come in parts.
    async fn read(
        &self,
        queries: &[MetricQuery],
        days: Days,
    ) -> Result<Vec<Vec<DailyValue>>, MeasurementError> {
        let mut series = vec![Vec::new(); queries.len()];
        let mut asked = json!({
            "MetricDataQueries": queries.iter().enumerate().map(data_query).collect::<Vec<_>>(),
            "StartTime": days.from.epoch_seconds(),
            "EndTime": days.until.epoch_seconds(),
            "ScanBy": "TimestampAscending",
        });
        loop {
            let page = self.page(&asked).await?;
            for found in page.metric_data_results {
                let position = position_of(&found.id).filter(|position| *position < queries.len());
                let position = position.ok_or_else(|| unavailable("an answer to what nobody asked"))?;
                series[position].extend(found.values_of(&queries[position])?);
            }
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(token) => asked["NextToken"] = json!(token),
                None => return Ok(series),
            }
        }
    }

    async fn page(&self, asked: &Value) -> Result<Page, MeasurementError> {
        let post = Post {
            path: "/".to_owned(),
            headers: vec![JSON_1_0, ("x-amz-target", "GraniteServiceVersion20100801.GetMetricData")],
            body: asked.to_string(),
        };
        let answer = self.get_metric_data.post(post).await.map_err(classify)?;
        serde_json::from_str(&answer).map_err(unavailable)
    }
}

impl Found {
    fn values_of(self, query: &MetricQuery) -> Result<impl Iterator<Item = DailyValue>, MeasurementError> {
        match self.status_code.as_deref() {
            // The rest of what is partial comes with the next page.
            None | Some("Complete" | "PartialData") => {}
            // Whatever values there are, they are not all: nothing may be taken for measured.
            Some(status) => return Err(unavailable(format!("{query}: {status}"))),
        }
        let moments = self.timestamps.into_iter().map(timestamp);
        Ok(moments.zip(self.values).map(|(day, value)| DailyValue { day, value }))
    }
}

impl MetricSource for CloudWatchMetrics {
    async fn daily(
        &self,
        queries: &[MetricQuery],
        days: Days,
    ) -> Result<Vec<Vec<DailyValue>>, MeasurementError> {
        let mut series = Vec::with_capacity(queries.len());
        for chunk in queries.chunks(QUERIES_AT_ONCE) {
            series.extend(self.read(chunk, days).await?);
        }
        for values in &mut series {
            values.sort_by_key(|value| value.day);
        }
        Ok(series)
    }
}

/// A query as `CloudWatch` takes it. Its identifiers begin with a lowercase letter.
fn data_query((position, query): (usize, &MetricQuery)) -> Value {
    let dimensions: Vec<Value> =
        query.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
    let statistic = match query.statistic {
        Statistic::Sum => "Sum",
        Statistic::Average => "Average",
    };
    json!({
        "Id": format!("m{position}"),
        "MetricStat": {
            "Metric": { "Namespace": query.namespace, "MetricName": query.name, "Dimensions": dimensions },
            "Period": SECONDS_PER_DAY,
            "Stat": statistic,
        },
    })
}

fn position_of(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds of this century")]
fn timestamp(seconds: f64) -> Timestamp {
    Timestamp::from_epoch_seconds(seconds as i64)
}

fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> MeasurementError {
    MeasurementError::Unavailable { action: ACTION, source: source.into() }
}

fn classify(error: SdkError<ServiceError, HttpResponse>) -> MeasurementError {
    match error.as_service_error().and_then(ServiceError::code) {
        Some("AccessDenied" | "AccessDeniedException") => {
            MeasurementError::Denied { action: ACTION, source: Box::new(error) }
        }
        _ => unavailable(error),
    }
}
