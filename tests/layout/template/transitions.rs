//! The pipe's filter: every transition passes, and nothing else.

use serde_json::{Value, json};
use shared::asset::{AssetEvent, AssetState};

use super::Template;

/// Whether a record matches a pattern, of those that the template uses.
fn matches(pattern: &Value, record: Option<&Value>) -> bool {
    match pattern {
        Value::Array(alternatives) => alternatives.iter().any(|one| match one.get("anything-but") {
            Some(others) => record.is_some_and(|value| !others.as_array().unwrap().contains(value)),
            None => record == Some(one),
        }),
        Value::Object(fields) => fields.iter().all(|(name, pattern)| match name.as_str() {
            "$or" => pattern.as_array().unwrap().iter().any(|pattern| matches(pattern, record)),
            name => matches(pattern, record.and_then(|record| record.get(name))),
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{pattern} is no pattern")
        }
    }
}

/// What the table's stream says of a write.
fn record(from: Option<AssetState>, to: Option<AssetState>) -> Value {
    let image =
        |state: AssetState| json!({ "content_hash": { "S": "aa" }, "state": { "S": state.as_str() } });
    let mut images = json!({});
    let name = match (from, to) {
        (None, _) => "INSERT",
        (Some(_), None) => "REMOVE",
        (Some(_), Some(_)) => "MODIFY",
    };
    for (field, state) in [("OldImage", from), ("NewImage", to)] {
        if let Some(state) = state {
            images[field] = image(state);
        }
    }
    json!({ "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": images })
}

fn pattern() -> Value {
    let template = Template::read();
    let parameters = &template.properties("TransitionPipe")["SourceParameters"];
    let filters = parameters["FilterCriteria"]["Filters"].as_array().unwrap();
    assert_eq!(filters.len(), 1);
    let pattern = filters[0]["Pattern"].as_str().unwrap();
    assert!(pattern.len() <= 4096, "{} characters: EventBridge takes no more than 4,096", pattern.len());
    serde_json::from_str(pattern).unwrap()
}

#[test]
fn every_transition_is_told() {
    let pattern = pattern();
    for event in AssetEvent::ALL {
        for from in event.admitted_in().iter().filter(|from| **from != Some(event.target())) {
            let record = record(*from, Some(event.target()));
            assert!(matches(&pattern, Some(&record)), "{event:?} from {from:?}");
        }
    }
}

#[test]
fn what_leaves_the_state_as_it_is_is_not_told() {
    let pattern = pattern();
    for state in AssetState::ALL {
        assert!(!matches(&pattern, Some(&record(Some(state), Some(state)))), "{state}");
        assert!(!matches(&pattern, Some(&record(Some(state), None))), "{state} expires");
    }
}

#[test]
fn a_transition_is_told_with_asset_from_to_and_the_dropped_files_key() {
    let template = Template::read();
    let target = &template.properties("TransitionPipe")["TargetParameters"];
    let told: Value = serde_json::from_str(target["InputTemplate"].as_str().unwrap()).unwrap();
    let expected = json!({
        "asset": "<$.dynamodb.NewImage.content_hash.S>",
        "from": "<$.dynamodb.OldImage.state.S>",
        "to": "<$.dynamodb.NewImage.state.S>",
        "sourceKey": "<$.dynamodb.NewImage.source_key.S>",
    });
    assert_eq!(told, expected);
    let stream = &template.properties("AssetsTable")["StreamSpecification"]["Fn::If"][1];
    assert_eq!(stream["StreamViewType"], "NEW_AND_OLD_IMAGES", "without the old state there is no from");
}
