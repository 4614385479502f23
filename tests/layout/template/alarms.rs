//! The alarms: that there is one for each promise, and that somebody hears of it.

use std::fs;

use serde_json::{Value, json};
use shared::runtime::{METRICS_NAMESPACE, STACK_DIMENSION};

use super::Template;
use super::document::below;
use crate::{FUNCTIONS, files, root};

const ALARM: &str = "AWS::CloudWatch::Alarm";

#[test]
fn every_alarm_is_told_on_the_one_topic() {
    let template = Template::read();
    for (id, alarm) in template.of_type(ALARM) {
        assert_eq!(alarm["Properties"]["AlarmActions"], json!([{ "Ref": "AlarmTopic" }]), "{id}");
        assert!(alarm["Properties"].get("TreatMissingData").is_some(), "{id}: what if nothing is measured?");
        assert!(alarm["Properties"]["AlarmDescription"] != Value::Null, "{id}");
    }
    assert_eq!(
        template.properties("AlarmTopic").get("KmsMasterKeyId"),
        None,
        "CloudWatch can't use SNS's own key"
    );
}

#[test]
fn every_functions_errors_are_told() {
    let template = Template::read();
    for function in template.functions() {
        let dimension = json!([{ "Name": "FunctionName", "Value": { "Ref": function.id } }]);
        let told = template.of_type(ALARM).any(|(_, alarm)| {
            let alarm = &alarm["Properties"];
            alarm["Namespace"] == "AWS/Lambda"
                && alarm["MetricName"] == "Errors"
                && alarm["Dimensions"] == dimension
        });
        assert!(told, "nobody hears of {}'s errors", function.id);
    }
}

#[test]
fn every_promise_has_its_alarm() {
    let template = Template::read();
    let default = |name: &str| &template.section("Parameters")[name]["Default"];
    assert_eq!(default("RenderP95AlarmMs"), 80);
    for (namespace, metric, threshold, condition) in [
        ("Hashfolio", "variant_compute_ms", json!({ "Ref": "RenderP95AlarmMs" }), None),
        ("Hashfolio", "metadata_write_ms", json!(15), None),
        ("Hashfolio", "drift_ratio", json!(0.0001), None),
        ("Hashfolio", "monthly_cost_usd", json!({ "Ref": "MonthlyBudgetUsd" }), Some("HasBudget")),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", json!(0), None),
        ("AWS/Lambda", "Url5xxCount", json!(0), None),
        ("AWS/ApiGateway", "5xx", json!(0), None),
        ("AWS/EventBridge/Pipes", "ExecutionFailed", json!(0), Some("TellsTransitions")),
    ] {
        let found = template.of_type(ALARM).find(|(_, alarm)| {
            alarm["Properties"]["Namespace"] == namespace && alarm["Properties"]["MetricName"] == metric
        });
        let (id, alarm) = found.unwrap_or_else(|| panic!("no alarm watches {metric}"));
        assert_eq!(alarm["Properties"]["Threshold"], threshold, "{id}");
        assert_eq!(alarm["Properties"]["ComparisonOperator"], "GreaterThanThreshold", "{id}");
        assert_eq!(alarm.get("Condition").and_then(Value::as_str), condition, "{id}");
    }
    let p95 = template.properties("RenderLatencyAlarm");
    assert_eq!(p95["ExtendedStatistic"], "p95");
}

#[test]
fn a_hit_ratio_below_70_percent_is_told_after_ten_minutes() {
    let template = Template::read();
    let alarm = template.properties("HitRatioAlarm");
    assert_eq!(
        (&alarm["Threshold"], &alarm["ComparisonOperator"]),
        (&json!(70), &json!("LessThanThreshold"))
    );
    let metrics = alarm["Metrics"].as_array().unwrap();
    let periods: Vec<u64> =
        metrics.iter().filter_map(|metric| metric["MetricStat"]["Period"].as_u64()).collect();
    assert_eq!(periods, [300, 300, 300]);
    assert_eq!(alarm["EvaluationPeriods"], 2);
    let returned: Vec<&Value> = metrics.iter().filter(|metric| metric.get("ReturnData").is_none()).collect();
    assert_eq!(returned.len(), 1, "an alarm watches one figure");
}

/// Every metric of our own that an alarm watches, by the alarm: by itself, or as a part of an expression.
fn watched(template: &Template) -> Vec<(&str, &Value)> {
    let alarms =
        template.of_type(ALARM).flat_map(|(id, alarm)| below(alarm).into_iter().map(move |part| (id, part)));
    alarms.filter(|(_, part)| part["Namespace"] == METRICS_NAMESPACE).collect()
}

/// Every metric of our own that the dashboard shows.
fn shown(template: &Template) -> Vec<Value> {
    let dashboard = template.properties("Overview")["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let dashboard: Value = serde_json::from_str(dashboard).unwrap();
    below(&dashboard).into_iter().filter(|metric| metric[0] == METRICS_NAMESPACE).cloned().collect()
}

/// Without it, a stack would be told of its neighbours' renders and bills as of its own, and with another one of nothing.
#[test]
fn every_metric_of_ours_is_this_stacks() {
    let template = Template::read();
    let stack = json!({ "Ref": "AWS::StackName" });
    let given = &template.section("Globals")["Function"]["Environment"]["Variables"]["STACK_NAME"];
    assert_eq!(*given, stack, "what the functions write as the stack");
    for (id, metric) in watched(&template) {
        assert_eq!(metric["Dimensions"], json!([{ "Name": STACK_DIMENSION, "Value": stack }]), "{id}");
    }
    for metric in shown(&template) {
        assert_eq!(
            (&metric[2], &metric[3]),
            (&json!(STACK_DIMENSION), &json!("${AWS::StackName}")),
            "{metric}"
        );
    }
}

/// A metric that is called otherwise in the code would never be seen.
#[test]
fn every_metric_of_ours_is_one_that_the_code_measures() {
    let folders = FUNCTIONS.iter().map(|function| root().join("functions").join(function).join("src"));
    let sources: String = folders
        .chain([root().join("shared/src")])
        .flat_map(|folder| files(&folder, "rs"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let template = Template::read();
    let name = |name: &Value| name.as_str().unwrap().to_owned();
    let mut names: Vec<String> =
        watched(&template).iter().map(|(_, metric)| name(&metric["MetricName"])).collect();
    names.extend(shown(&template).iter().map(|metric| name(&metric[1])));
    assert!(names.len() > 10, "{names:?}");
    for metric in names {
        assert!(sources.contains(&format!("\"{metric}\"")), "nothing measures {metric}");
    }
}
