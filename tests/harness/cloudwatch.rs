//! `CloudWatch`'s `GetMetricData` on the wire, in its JSON protocol.

use http::StatusCode;
use serde_json::{Value, json};

use crate::recorder::{Received, Reply};

/// A call, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The metrics that were asked for.
    pub metrics: Vec<Asked>,
    /// The first second.
    pub from: i64,
    /// The end.
    pub until: i64,
    /// The page that was asked for.
    pub next_token: Option<String>,
    /// `TimestampAscending` or `TimestampDescending`.
    pub scan_by: String,
}

/// A metric that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Its identifier in this call.
    pub id: String,
    /// `AWS/Lambda Invocations stack-render`: namespace, name, and the dimensions' values.
    pub name: String,
    /// What is made of a period.
    pub stat: String,
    /// The period, in seconds.
    pub period: i64,
}

/// A metric's values: seconds since 1970, and value.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its identifier in the call.
    pub id: String,
    /// `Complete`, `PartialData`, `InternalError` or `Forbidden`.
    pub status: &'static str,
    /// Its values.
    pub values: Vec<(i64, f64)>,
}

impl Call {
    /// Reads a call, and checks that it is one.
    pub fn of(received: &Received) -> Self {
        assert_eq!(received.path, "/");
        assert_eq!(received.headers["x-amz-target"], "GraniteServiceVersion20100801.GetMetricData");
        assert_eq!(received.headers["content-type"], "application/x-amz-json-1.0");
        let body: Value = serde_json::from_slice(&received.body).unwrap();
        Self {
            metrics: body["MetricDataQueries"].as_array().unwrap().iter().map(asked).collect(),
            from: body["StartTime"].as_i64().unwrap(),
            until: body["EndTime"].as_i64().unwrap(),
            next_token: body["NextToken"].as_str().map(str::to_owned),
            scan_by: text(&body["ScanBy"]),
        }
    }
}

fn asked(query: &Value) -> Asked {
    let (stat, metric) = (&query["MetricStat"], &query["MetricStat"]["Metric"]);
    let mut name = vec![text(&metric["Namespace"]), text(&metric["MetricName"])];
    name.extend(metric["Dimensions"].as_array().unwrap().iter().map(|dimension| text(&dimension["Value"])));
    Asked {
        id: text(&query["Id"]),
        name: name.join(" "),
        stat: text(&stat["Stat"]),
        period: stat["Period"].as_i64().unwrap(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A page of values.
pub fn page(metrics: &[Told], next_token: Option<&str>) -> Reply {
    let result = |told: &Told| {
        json!({
            "Id": told.id,
            "Label": "label",
            // As the service writes them: with a point.
            "Timestamps": told.values.iter().map(|(at, _)| json!(f64_of(*at))).collect::<Vec<_>>(),
            "Values": told.values.iter().map(|(_, value)| json!(value)).collect::<Vec<_>>(),
            "StatusCode": told.status,
        })
    };
    let mut body =
        json!({ "MetricDataResults": metrics.iter().map(result).collect::<Vec<_>>(), "Messages": [] });
    if let Some(token) = next_token {
        body["NextToken"] = json!(token);
    }
    json_reply(StatusCode::OK, &body)
}

/// A refusal. `CloudWatch` says its code twice: as a shape, and as its older protocol had it.
pub fn refusal(status: StatusCode, (shape, code): (&str, &str), message: &str) -> Reply {
    let body = json!({ "__type": format!("com.amazonaws.cloudwatch#{shape}"), "message": message });
    json_reply(status, &body).with("x-amzn-query-error", format!("{code};Sender"))
}

fn json_reply(status: StatusCode, body: &Value) -> Reply {
    Reply::new(status, body.to_string()).with("content-type", "application/x-amz-json-1.0")
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
fn f64_of(seconds: i64) -> f64 {
    seconds as f64
}
