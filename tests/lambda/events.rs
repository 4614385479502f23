//! Every sample event, at the function that it is for: `fixtures/event_answers.json` says what must come of it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use harness::events::streamed;
use harness::{Hashfolio, Lambda};
use serde::Deserialize;
use serde_json::Value;
use shared::hash::ContentHash;

use crate::aws::Aws;
use crate::cost;
use crate::takedown::takedown_of;
use crate::{COST, INGEST, RECONCILE, RENDER, VERIFY, system};

/// The original that the samples are about.
const LANDSCAPE: &[u8] = include_bytes!("../fixtures/landscape.jpg");

/// What must come of an event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The status of an HTTP response.
    status: Option<u16>,
    /// Some of its headers.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Some of its JSON body, by JSON Pointer.
    #[serde(default)]
    body: BTreeMap<String, Value>,
    /// What stands among the first bytes of its body.
    picture: Option<String>,
    /// Some of the answer that is no HTTP response, by JSON Pointer.
    #[serde(default)]
    answer: BTreeMap<String, Value>,
    /// What some assets are afterwards.
    #[serde(default)]
    state: BTreeMap<String, String>,
}

fn table() -> BTreeMap<String, Expected> {
    serde_json::from_str(include_str!("../fixtures/event_answers.json")).unwrap()
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

fn assert_has(found: &Value, expected: &BTreeMap<String, Value>, event: &str) {
    for (pointer, value) in expected {
        assert_eq!(found.pointer(pointer).unwrap_or(&Value::Null), value, "{event}: {pointer} in {found}");
    }
}

/// A response's head and its body.
fn response(answer: &[u8], is_streamed: bool) -> (Value, Vec<u8>) {
    if is_streamed {
        let (head, body) = streamed(&answer.to_vec().into());
        return (head, body.to_vec());
    }
    let head: Value = serde_json::from_slice(answer).unwrap();
    let body = head["body"].as_str().unwrap_or_default().as_bytes().to_vec();
    (head, body)
}

fn check(expected: &Expected, answer: &[u8], event: &str) {
    let Some(status) = expected.status else {
        return assert_has(&serde_json::from_slice(answer).unwrap(), &expected.answer, event);
    };
    let (head, body) = response(answer, event.starts_with("render/"));
    assert_eq!(head["statusCode"], status, "{event}: {head}");
    for (name, value) in &expected.headers {
        assert_eq!(head["headers"][name], *value, "{event}: {head}");
    }
    if !expected.body.is_empty() {
        assert_has(&serde_json::from_slice(&body).unwrap(), &expected.body, event);
    }
    if let Some(mark) = &expected.picture {
        assert!(body[..16].windows(mark.len()).any(|window| window == mark.as_bytes()), "{event}");
    }
}

/// Sends a function all its samples, in the order of the table.
async fn answers_its_samples(name: &str, program: &str, system: &Hashfolio) {
    answers_samples(name, program, system, system.variables()).await;
}

/// The same with more variables than the system's.
async fn answers_samples(name: &str, program: &str, system: &Hashfolio, variables: &HashMap<String, String>) {
    let lambda = Lambda::start(program, variables).await;
    for (event, expected) in table().iter().filter(|(event, _)| event.starts_with(name)) {
        let sample = std::fs::read_to_string(folder().join(event)).unwrap();
        let answer = lambda.invoke(&serde_json::from_str(&sample).unwrap()).await;
        check(expected, &answer.unwrap(), event);
        for (hash, state) in &expected.state {
            assert_eq!(system.attribute(&hash.parse().unwrap(), "state").await, *state, "{event}");
        }
    }
}

async fn system_with_the_landscape() -> Hashfolio {
    let system = system().await;
    system.ready(&LANDSCAPE.into(), "image/jpeg").await;
    system
}

#[tokio::test]
async fn ingest_answers_its_samples() {
    answers_its_samples("ingest/", INGEST, &system_with_the_landscape().await).await;
}

#[tokio::test]
async fn render_answers_its_samples() {
    answers_its_samples("render/", RENDER, &system_with_the_landscape().await).await;
}

#[tokio::test]
async fn verify_answers_its_samples() {
    let system = system().await;
    let picture = b"GIF89a\x40\x01\xf0\x00\0\0\0;".as_slice().into();
    let hash = system.ready(&picture, "image/gif").await;
    // As if nobody had looked at it yet: what is READY afterwards, the function under test has judged.
    system.forget(&hash).await;
    answers_its_samples("verify/", VERIFY, &system).await;
}

#[tokio::test]
async fn reconcile_answers_its_samples() {
    answers_its_samples("reconcile/", RECONCILE, &system_with_the_landscape().await).await;
}

#[tokio::test]
async fn cost_answers_its_samples() {
    let system = system().await;
    let services = cost::services(cost::Failing::default()).await;
    answers_samples("cost/", COST, &system, &cost::variables(&system, &services)).await;
}

#[test]
fn every_sample_is_in_the_table() {
    let table = table();
    for function in ["ingest", "verify", "render", "reconcile", "cost"] {
        for entry in std::fs::read_dir(folder().join(function)).unwrap() {
            let event = format!("{function}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(table.contains_key(&event), "no answer is written for events/{event}");
        }
    }
}

/// What `events/env.json` has `sam local` give a function's container, over what the template says.
fn given_by_sam_local() -> BTreeMap<String, String> {
    let file = include_str!("../../events/env.json");
    let mut file: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(file).unwrap();
    file.remove("Parameters").unwrap()
}

/// The local system has no CDN, and AWS's own must not be asked.
#[tokio::test]
async fn a_takedown_under_sam_local_calls_nobody_but_the_local_system() {
    let (system, aws) = (system_with_the_landscape().await, Aws::start().await);
    // With these of the template's, without the file, the real services would be called.
    let mut variables = aws.variables(&system);
    let given = given_by_sam_local().into_iter();
    variables.extend(given.filter(|(name, _)| !name.starts_with("AWS_ENDPOINT_URL_")));
    let lambda = Lambda::start(INGEST, &variables).await;
    let answer = lambda.invoke(&takedown_of(&ContentHash::of(LANDSCAPE))).await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["statusCode"], 202, "{answer}");
    let calls = aws.calls();
    assert!(calls.is_empty(), "{calls:?}");
}

/// But for what it empties: an empty variable counts as not set.
#[test]
fn the_environment_for_sam_local_is_the_local_systems() {
    let address = |port: u16| format!("http://127.0.0.1:{port}");
    let ports = local::cli::serve::ServeArgs::default();
    let endpoints = local::system::Endpoints {
        api: address(ports.port),
        s3: address(ports.s3_port),
        dynamodb: address(ports.dynamodb_port),
    };
    let variables: BTreeMap<_, _> = endpoints.variables().into_iter().collect();
    let given = given_by_sam_local();
    for (name, value) in given.iter().filter(|(_, value)| !value.is_empty()) {
        assert_eq!(variables.get(name.as_str()), Some(&value.as_str()), "{name}");
    }
    assert!(given.contains_key("AWS_ENDPOINT_URL_S3"));
}
