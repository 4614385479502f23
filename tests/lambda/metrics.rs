//! What an invocation measured, as a line of the log in `CloudWatch`'s Embedded Metric Format.

use harness::events::{event, variant_event};
use harness::{Lambda, pictures};
use serde_json::{Value, json};

use crate::{INGEST, RECONCILE, RENDER, Unjudged, VERIFY, system, unjudged};

/// The metrics of a line with their units, by name, when the line is as `CloudWatch` wants it.
fn metrics(line: &Value, dimensions: &[&str]) -> Vec<(String, String)> {
    assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000, "{line}");
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "Hashfolio");
    assert_eq!(directive["Dimensions"], json!([dimensions]));
    for dimension in dimensions {
        assert!(line[dimension].is_string(), "{line}");
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let declared = directive["Metrics"].as_array().unwrap().iter();
    let mut metrics: Vec<_> = declared.map(|metric| (text(&metric["Name"]), text(&metric["Unit"]))).collect();
    metrics.sort();
    for (name, _) in &metrics {
        let values = line[name].as_array().map_or_else(|| vec![line[name].clone()], Clone::clone);
        assert!(values.iter().all(|value| value.as_f64().is_some_and(|value| value >= 0.0)), "{line}");
    }
    metrics
}

fn named<const N: usize>(names: [(&str, &str); N]) -> Vec<(String, String)> {
    names.iter().map(|(name, unit)| ((*name).to_owned(), (*unit).to_owned())).collect()
}

#[tokio::test]
async fn ingest_tells_of_an_ask() {
    let system = system().await;
    let lambda = Lambda::start(INGEST, system.variables()).await;
    let ask = event(include_str!("../../events/ingest/ask-jwt.json"));
    lambda.invoke(&ask).await.unwrap();
    let line = lambda.logged().await;
    let expected = named([("metadata_write_ms", "Milliseconds"), ("uploads_requested", "Count")]);
    assert_eq!(metrics(&line, &[]), expected);
    assert_eq!(
        (&line["uploads_requested"], line["metadata_write_ms"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
    // A list measures nothing: the next line is the next ask's, and counts anew.
    lambda.invoke(&event(include_str!("../../events/ingest/list-iam.json"))).await.unwrap();
    lambda.invoke(&ask).await.unwrap();
    assert_eq!(lambda.logged().await["uploads_requested"], 1);
}

/// Two stacks in one account and region share the namespace.
#[tokio::test]
async fn a_stack_tells_its_metrics_from_anothers() {
    let system = system().await;
    let mut variables = system.variables().clone();
    variables.insert("STACK_NAME".to_owned(), "staging".to_owned());
    let lambda = Lambda::start(RENDER, &variables).await;
    let hash = system.ready(&pictures::jpeg(800, 600, 2), "image/jpeg").await;
    lambda.invoke(&variant_event("GET", &format!("/{hash}/320x240/80.webp"))).await.unwrap();
    let line = lambda.logged().await;
    assert!(metrics(&line, &["Stack"]).contains(&("variants_rendered".to_owned(), "Count".to_owned())));
    assert_eq!(line["Stack"], "staging");
    lambda.invoke(&variant_event("GET", &format!("/{hash}/321x240/80.webp"))).await.unwrap();
    let line = lambda.logged().await;
    assert_eq!(metrics(&line, &["Stack", "code"]), named([("variants_refused", "Count")]));
    assert_eq!((&line["Stack"], &line["code"]), (&json!("staging"), &json!("variant_not_allowed")));
    // As sam local has it where nothing is given: as if it were not there.
    variables.insert("STACK_NAME".to_owned(), String::new());
    let lambda = Lambda::start(RENDER, &variables).await;
    lambda.invoke(&variant_event("GET", &format!("/{hash}/321x240/80.webp"))).await.unwrap();
    metrics(&lambda.logged().await, &["code"]);
}

#[tokio::test]
async fn verify_tells_of_a_verdict() {
    let system = system().await;
    let Unjudged { event, variables, .. } = unjudged(&system).await;
    let lambda = Lambda::start(VERIFY, &variables).await;
    lambda.invoke(&event).await.unwrap();
    let expected = named([("metadata_write_ms", "Milliseconds"), ("uploads_verified", "Count")]);
    assert_eq!(metrics(&lambda.logged().await, &[]), expected);
}

#[tokio::test]
async fn render_tells_of_a_variant_and_of_a_refusal_by_its_code() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(800, 600, 2), "image/jpeg").await;
    let lambda = Lambda::start(RENDER, system.variables()).await;
    let path = format!("/{hash}/320x240/80.webp");
    lambda.invoke(&variant_event("GET", &path)).await.unwrap();
    let line = lambda.logged().await;
    let expected = named([
        ("original_bytes_fetched", "Bytes"),
        ("variant_bytes", "Bytes"),
        ("variant_compute_ms", "Milliseconds"),
        ("variant_fetch_ms", "Milliseconds"),
        ("variants_rendered", "Count"),
    ]);
    assert_eq!(metrics(&line, &[]), expected);

    lambda.invoke(&variant_event("GET", &path.replace("320", "321"))).await.unwrap();
    let line = lambda.logged().await;
    assert_eq!(metrics(&line, &["code"]), named([("variants_refused", "Count")]));
    assert_eq!((&line["code"], &line["variants_refused"]), (&json!("variant_not_allowed"), &json!(1)));
    // Neither hash nor path: each would be a metric of its own on the bill.
    assert!(!line.to_string().contains(&hash.to_string()), "{line}");
}

#[tokio::test]
async fn reconcile_tells_of_a_whole_run_only() {
    let system = system().await;
    let lambda = Lambda::start(RECONCILE, system.variables()).await;
    lambda.invoke(&event(include_str!("../../events/reconcile/range.json"))).await.unwrap();
    lambda.invoke(&event(include_str!("../../events/reconcile/daily.json"))).await.unwrap();
    let line = lambda.logged().await;
    let expected = named([
        ("assets_checked", "Count"),
        ("drift_ratio", "Count"),
        ("mismatch_count", "Count"),
        ("reconcile_duration_ms", "Milliseconds"),
    ]);
    assert_eq!(metrics(&line, &[]), expected);
    assert_eq!(line["drift_ratio"], 0.0);
}
