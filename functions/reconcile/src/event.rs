//! The edge: an event's JSON to what is asked for.
//!
//! An event without a `step` is a whole run over its range of shards: enough for a portfolio that one invocation can
//! compare. The steps are for the state machine, which plans all ranges before anything is applied.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

use crate::sums::Sums;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    /// Everything, over a range of shards.
    Run {
        /// Which shards.
        range: ShardRange,
        /// How.
        options: Options,
    },
    /// Plan shards, and keep what was found.
    Plan(Stage),
    /// Decide over all that was planned.
    Decide {
        /// What every range has counted.
        parts: Vec<Sums>,
        /// How.
        options: Options,
    },
    /// Mend what was planned.
    Apply(Stage),
    /// Sum up.
    Report {
        /// Which run.
        run: Run,
        /// What every range has counted, in planning and in mending.
        parts: Vec<Sums>,
        /// Why nothing was mended.
        halted: Option<String>,
        /// How.
        options: Options,
    },
}

/// One step over a range of shards.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// Which run.
    pub(crate) run: Run,
    /// What is left to do of the range.
    pub(crate) range: ShardRange,
    /// What was counted so far.
    pub(crate) sums: Sums,
    /// How.
    pub(crate) options: Options,
}

/// A run of several steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// Its name: its findings lie under it.
    pub(crate) id: RunId,
    /// When it started. What is younger than this less the grace is left alone in every step.
    pub(crate) started_at: Timestamp,
}

/// How a run goes about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether nothing is to be changed.
    pub(crate) dry_run: bool,
    /// Whether a great loss is written down all the same.
    pub(crate) force: bool,
    /// Another grace than the configuration's.
    pub(crate) grace: Option<Duration>,
}

/// The name of a run: 1 to 80 letters, digits, hyphens and underscores, as Step Functions names its executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunId(String);

impl RunId {
    /// A name; `None` for what is none.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fits = (1..=80).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event that asks for nothing that can be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {what}")]
pub struct BadEvent {
    field: &'static str,
    what: String,
}

/// The fields of an event. `EventBridge` adds its own, which are ignored.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    step: Option<String>,
    run: Option<String>,
    started_at: Option<String>,
    shards: Option<RangeFields>,
    sums: Option<Sums>,
    parts: Option<Vec<Part>>,
    planned: Option<Vec<Part>>,
    applied: Option<Vec<Part>>,
    halted: Option<String>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    force: bool,
    grace_seconds: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct RangeFields {
    from: String,
    to: String,
}

/// What a step has answered, as far as the next ones need it.
#[derive(Debug, Deserialize)]
struct Part {
    sums: Sums,
}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    /// [`BadEvent`] with the field that is wrong.
    pub(crate) fn parse(event: &Value) -> Result<Self, BadEvent> {
        let fields: Fields = serde_json::from_value(event.clone()).map_err(|error| bad("event", error))?;
        let options = Options {
            dry_run: fields.dry_run,
            force: fields.force,
            grace: fields.grace_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        };
        let range = fields.shards.as_ref().map_or(Ok(ShardRange::ALL), range)?;
        match fields.step.as_deref() {
            None => Ok(Self::Run { range, options }),
            Some("plan") => fields.stage(range, options).map(Self::Plan),
            Some("apply") => fields.stage(range, options).map(Self::Apply),
            Some("decide") => Ok(Self::Decide { parts: sums_of("parts", fields.parts)?, options }),
            Some("report") => {
                let (run, mut parts) = (fields.run()?, sums_of("planned", fields.planned)?);
                parts.extend(sums_of("applied", fields.applied)?);
                Ok(Self::Report { run, parts, halted: fields.halted, options })
            }
            Some(other) => Err(bad("step", format!("{other:?} is none of plan, decide, apply and report"))),
        }
    }
}

impl Fields {
    fn stage(&self, range: ShardRange, options: Options) -> Result<Stage, BadEvent> {
        Ok(Stage { run: self.run()?, range, sums: self.sums.clone().unwrap_or_default(), options })
    }

    fn run(&self) -> Result<Run, BadEvent> {
        let id = self.run.as_deref().and_then(RunId::new);
        let id = id.ok_or_else(|| bad("run", "must be 1 to 80 letters, digits, hyphens and underscores"))?;
        let started_at = self.started_at.as_deref().unwrap_or_default();
        let started_at = started_at.parse().map_err(|error| bad("startedAt", error))?;
        Ok(Run { id, started_at })
    }
}

fn sums_of(field: &'static str, parts: Option<Vec<Part>>) -> Result<Vec<Sums>, BadEvent> {
    let parts = parts.ok_or_else(|| bad(field, "must be what the steps before answered"))?;
    Ok(parts.into_iter().map(|part| part.sums).collect())
}

fn range(fields: &RangeFields) -> Result<ShardRange, BadEvent> {
    let shard = |field, text: &str| text.parse::<Shard>().map_err(|error| bad(field, error));
    let (first, last) = (shard("shards.from", &fields.from)?, shard("shards.to", &fields.to)?);
    ShardRange::new(first, last).map_err(|error| bad("shards", error))
}

fn bad(field: &'static str, what: impl std::fmt::Display) -> BadEvent {
    BadEvent { field, what: what.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_without_a_step_is_a_whole_run() {
        let daily = serde_json::from_str(include_str!("../../../events/reconcile/daily.json")).unwrap();
        for event in [daily, json!({})] {
            let expected = Request::Run { range: ShardRange::ALL, options: Options::default() };
            assert_eq!(Request::parse(&event), Ok(expected));
        }
        let part = serde_json::from_str(include_str!("../../../events/reconcile/range.json")).unwrap();
        let Ok(Request::Run { range, options }) = Request::parse(&part) else { panic!("{part}") };
        assert_eq!(range.to_string(), "00 to 0f");
        assert_eq!((options.dry_run, options.grace), (true, Some(Duration::from_hours(1))));
    }

    #[test]
    fn a_step_has_its_run_and_what_was_counted_so_far() {
        let event = serde_json::from_str(include_str!("../../../events/reconcile/plan.json")).unwrap();
        let Ok(Request::Plan(stage)) = Request::parse(&event) else { panic!("{event}") };
        assert_eq!(stage.run.id.as_str(), "8f3a1c52-2d0b-4c56-9c1e-0f6f4f0a7b11");
        assert_eq!((stage.range.to_string().as_str(), stage.sums.shards), ("13 to 1f", 3));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let run = json!({ "run": "a", "startedAt": "2026-11-23T04:00:00Z" });
        let with = |more: Value| {
            let mut event = run.clone();
            event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            event
        };
        for (event, field) in [
            (json!([]), "event"),
            (json!({ "shards": "all" }), "event"),
            (json!({ "shards": { "from": "00" } }), "event"),
            (json!({ "shards": { "from": "0", "to": "0f" } }), "shards.from"),
            (json!({ "shards": { "from": "00", "to": "FF" } }), "shards.to"),
            (json!({ "shards": { "from": "10", "to": "0f" } }), "shards"),
            (json!({ "graceSeconds": -1 }), "event"),
            (json!({ "step": "mend" }), "step"),
            (json!({ "step": "plan" }), "run"),
            (json!({ "step": "plan", "run": "../x", "startedAt": "2026-11-23T04:00:00Z" }), "run"),
            (json!({ "step": "apply", "run": "a" }), "startedAt"),
            (with(json!({ "step": "decide" })), "parts"),
            (with(json!({ "step": "report", "planned": [] })), "applied"),
            (with(json!({ "step": "decide", "parts": [{}] })), "event"),
        ] {
            let error = Request::parse(&event).unwrap_err();
            assert_eq!(error.field, field, "{event}: {error}");
        }
    }
}
