//! The state machine's definition, interpreted: as much of the Amazon States Language as it uses.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use reconcile::{Config, Handler};
use serde_json::{Map, Value, json};
use shared::asset::AssetState;
use shared::key::ReportFormat;
use shared::memory::{MemoryAssetRepository, MemoryObjectStore};

use crate::world::{Verifying, World, days_report, gif, original};

const DEFINITION: &str = include_str!("../../state_machine.asl.json");

/// Step Functions' limit for the input and output of a state.
const STATE_BYTES: usize = 256 * 1024;

struct Machine {
    handler: Handler<MemoryObjectStore, MemoryAssetRepository, Verifying>,
    /// How long each invocation may take: none at all makes every step stop after the least that it does.
    patience: Duration,
    context: Value,
    invocations: usize,
    largest_state_bytes: usize,
}

impl Machine {
    fn new(world: &World, patience: Duration) -> Self {
        let config = Config {
            assets_bucket: "assets".to_owned(),
            assets_table: "items".to_owned(),
            grace: Duration::ZERO,
            memory_mb: 1769,
        };
        let context = json!({ "Execution": {
            "Name": "daily-1",
            "StartTime": shared::time::Timestamp::now().to_string(),
        } });
        let handler = Handler::new(world.reconcile(), config);
        Self { handler, patience, context, invocations: 0, largest_state_bytes: 0 }
    }

    /// Runs the machine: its output, or the error that it ends with.
    async fn run(&mut self) -> Result<Value, String> {
        let definition: Value = serde_json::from_str(DEFINITION).unwrap();
        Box::pin(self.run_states(&definition, json!({}))).await
    }

    async fn run_states(&mut self, machine: &Value, input: Value) -> Result<Value, String> {
        let (mut name, mut state) = (machine["StartAt"].as_str().unwrap(), input);
        for _ in 0..10_000 {
            let step = &machine["States"][name];
            self.largest_state_bytes = self.largest_state_bytes.max(state.to_string().len());
            match step["Type"].as_str().unwrap() {
                "Pass" => put(&mut state, step, step["Result"].clone()),
                "Task" => {
                    let payload = self.filled(&step["Parameters"]["Payload"], &state, None);
                    let payload = match step["Parameters"].get("Payload.$") {
                        Some(path) => at(&state, path.as_str().unwrap()).clone(),
                        None => payload,
                    };
                    let result = json!({ "Payload": self.invoke(payload).await });
                    let result = match step.get("ResultSelector") {
                        Some(selector) => self.filled(selector, &result, None),
                        None => result,
                    };
                    put(&mut state, step, result);
                }
                "Map" => {
                    let mut results = Vec::new();
                    for item in at(&state, step["ItemsPath"].as_str().unwrap()).as_array().unwrap().clone() {
                        let input = self.filled(&step["ItemSelector"], &state, Some(&item));
                        results.push(Box::pin(self.run_states(&step["ItemProcessor"], input)).await?);
                    }
                    put(&mut state, step, Value::Array(results));
                }
                "Choice" => {
                    let choice = &step["Choices"][0];
                    let holds = chosen(choice, &state);
                    name = if holds { &choice["Next"] } else { &step["Default"] }.as_str().unwrap();
                    continue;
                }
                "Succeed" => return Ok(state),
                "Fail" => return Err(step["Error"].as_str().unwrap().to_owned()),
                other => panic!("{other} is not interpreted"),
            }
            name = step["Next"].as_str().unwrap();
        }
        panic!("the machine does not come to an end")
    }

    async fn invoke(&mut self, payload: Value) -> Value {
        self.invocations += 1;
        let deadline = SystemTime::now() + self.patience;
        self.handler.handle(&payload, deadline).await.unwrap_or_else(|error| panic!("{error}: {payload}"))
    }

    /// A template with its paths filled in.
    fn filled(&self, template: &Value, state: &Value, item: Option<&Value>) -> Value {
        let Some(fields) = template.as_object() else { return template.clone() };
        let mut filled = Map::new();
        for (name, value) in fields {
            match name.strip_suffix(".$") {
                Some(name) => {
                    let path = value.as_str().unwrap();
                    let found = match (path, path.strip_prefix("$$.")) {
                        ("$$.Map.Item.Value", _) => item.unwrap().clone(),
                        (_, Some(path)) => at(&self.context, &format!("$.{path}")).clone(),
                        (path, None) => at(state, path).clone(),
                    };
                    filled.insert(name.to_owned(), found);
                }
                None => {
                    filled.insert(name.clone(), self.filled(value, state, item));
                }
            }
        }
        Value::Object(filled)
    }
}

fn at<'a>(state: &'a Value, path: &str) -> &'a Value {
    let names = path.strip_prefix('$').unwrap().split('.').filter(|name| !name.is_empty());
    names.fold(state, |value, name| value.get(name).unwrap_or_else(|| panic!("no {path} in {state}")))
}

/// Puts a state's result where its paths say.
fn put(state: &mut Value, step: &Value, result: Value) {
    if let Some(path) = step.get("ResultPath") {
        state[path.as_str().unwrap().strip_prefix("$.").unwrap()] = result;
    } else {
        *state = match step.get("OutputPath") {
            Some(path) => at(&result, path.as_str().unwrap()).clone(),
            None => result,
        };
    }
}

fn chosen(choice: &Value, state: &Value) -> bool {
    let name = choice["Variable"].as_str().unwrap();
    if choice["IsPresent"] == true {
        return state.get(name.strip_prefix("$.").unwrap()).is_some();
    }
    at(state, name) == &choice["BooleanEquals"]
}

#[tokio::test]
async fn the_machine_mends_what_a_run_mends() {
    for patience in [Duration::from_mins(15), Duration::ZERO] {
        let world = World::with_every_drift().await;
        let mut machine = Machine::new(&world, patience);
        let summary = machine.run().await.unwrap();
        assert_eq!(summary["findingsTotal"], 13, "{summary}");
        assert_eq!((summary["mended"].as_u64(), summary["shards"].as_u64()), (Some(10), Some(256)));
        assert_eq!(summary["applied"], true);
        assert!(summary["estimatedCostUsd"].as_f64().unwrap() > 0.0);
        // 34 where there is time; where there is none, an invocation for each shard and each finding.
        assert_eq!(machine.invocations > 256, patience.is_zero(), "{}", machine.invocations);
        assert!(machine.largest_state_bytes < STATE_BYTES / 8, "{}", machine.largest_state_bytes);
        assert_eq!(world.run().await.findings.len(), 2);
        let report: Value = serde_json::from_str(&days_report(&world, ReportFormat::Json)).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let mended = findings.iter().filter(|finding| finding["applied"] == true).count();
        assert_eq!((findings.len(), mended), (13, 10));
    }
}

#[tokio::test]
async fn a_great_loss_ends_the_machine_as_failed_and_nothing_is_changed() {
    let world = World::default();
    for number in 0..20 {
        world.ready(&gif(number)).await;
        world.store.remove(&original(&gif(number)));
    }
    assert_eq!(Machine::new(&world, Duration::from_mins(15)).run().await, Err("Halted".to_owned()));
    assert_eq!(world.state(&gif(0)).await, Some(AssetState::Ready));
    let page = days_report(&world, ReportFormat::Html);
    assert!(page.contains("20 of 20 assets would turn MISSING or MISMATCH"));
}

#[tokio::test]
async fn a_step_that_comes_twice_does_no_harm() {
    let world = World::with_every_drift().await;
    let mut machine = Machine::new(&world, Duration::from_mins(15));
    let shards = json!({ "from": "00", "to": "0f" });
    let event = |step: &str, machine: &Machine| {
        let started_at = &machine.context["Execution"]["StartTime"];
        json!({ "step": step, "run": "daily-1", "startedAt": started_at, "shards": shards })
    };
    for step in ["plan", "plan", "apply", "apply", "plan", "apply"] {
        let event = event(step, &machine);
        machine.invoke(event).await;
    }
    assert_eq!(world.run().await.findings.len(), 2);
}

#[test]
fn the_definition_covers_every_shard_once_and_leads_nowhere_else() {
    let definition: Value = serde_json::from_str(DEFINITION).unwrap();
    let shards: Vec<u8> = definition["States"]["Ranges"]["Result"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|range| {
            let end = |name: &str| u8::from_str_radix(range[name].as_str().unwrap(), 16).unwrap();
            end("from")..=end("to")
        })
        .collect();
    assert_eq!(shards, (0..=u8::MAX).collect::<Vec<_>>());
    for machine in [
        &definition,
        &definition["States"]["PlanRanges"]["ItemProcessor"],
        &definition["States"]["ApplyRanges"]["ItemProcessor"],
    ] {
        let states = machine["States"].as_object().unwrap();
        let mut reached = BTreeSet::from([machine["StartAt"].as_str().unwrap()]);
        for state in states.values() {
            reached.extend(["Next", "Default"].iter().filter_map(|way| state[*way].as_str()));
            for choice in state["Choices"].as_array().into_iter().flatten() {
                reached.extend(choice["Next"].as_str());
            }
        }
        assert_eq!(reached, states.keys().map(String::as_str).collect());
    }
}
