//! Carries out what an event asks for.
//!
//! What a step answers is, with other shards, the event that goes on with it: a state machine that loops until no
//! shards are left needs to know nothing else.

use std::time::{Instant, SystemTime};

use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::{Value, json};
use shared::key::{ReconcileStage, ReportName};
use shared::ports::{
    AssetInventory, AssetRepository, ObjectInventory, ObjectStore, ReportStore, StoreError, Verifier,
};
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

use crate::config::Config;
use crate::event::{BadEvent, Options, Request, Run, Stage};
use crate::finding::Finding;
use crate::planner::ShardPlan;
use crate::planning::Planning;
use crate::reconcile::{Reconcile, SHARDS_AT_ONCE};
use crate::report::{FINDINGS_IN_REPORT, Report, range_json};
use crate::settings::Settings;
use crate::sums::Sums;

/// Reconcile on Lambda.
#[derive(Debug)]
pub struct Handler<S, R, V> {
    reconcile: Reconcile<S, R, V>,
    config: Config,
}

/// Why an event was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// It asks for nothing that can be done.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// What a step left for the next can't be read or written.
    #[error("the findings of a run cannot be kept or read: {0}")]
    Findings(#[source] StoreError),
}

impl<S, R, V> Handler<S, R, V>
where
    S: ObjectStore + ObjectInventory + ReportStore,
    R: AssetRepository + AssetInventory,
    V: Verifier,
{
    /// Reconcile with this configuration.
    pub fn new(reconcile: Reconcile<S, R, V>, config: Config) -> Self {
        Self { reconcile, config }
    }

    /// Carries an event out, as far as there is time until the deadline.
    ///
    /// # Errors
    /// [`HandleError`]. Nothing is lost then: the same event may come again.
    pub async fn handle(&self, event: &Value, deadline: SystemTime) -> Result<Value, HandleError> {
        let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        let start = Instant::now();
        let settings = |options: &Options| Settings {
            grace: options.grace.unwrap_or(self.config.grace),
            dry_run: options.dry_run,
            force: options.force,
            deadline: Some(start + left),
            ..Settings::default()
        };
        match Request::parse(event)? {
            Request::Run { range, options } => {
                let mut report = self.reconcile.run(range, &settings(&options), &|_| {}).await;
                report.sums.usage.compute_ms += elapsed_ms(start);
                report.memory_mb = self.config.memory_mb;
                Ok(report.to_json())
            }
            Request::Plan(mut stage) => {
                let settings = settings(&stage.options);
                let left = self.plan(&mut stage, &settings).await;
                Ok(answer("plan", stage, left, start))
            }
            Request::Decide { parts, options } => Ok(decided(&parts, options)),
            Request::Apply(mut stage) => {
                let settings = settings(&stage.options);
                let left = self.apply(&mut stage, &settings).await.map_err(HandleError::Findings)?;
                Ok(answer("apply", stage, left, start))
            }
            Request::Report { run, parts, halted, options } => {
                let report = self.sum_up(&run, &parts, halted, options).await;
                Ok(report.map_err(HandleError::Findings)?.summary())
            }
        }
    }

    /// Plans the shards of a stage, keeps what was found in each, and returns the first that no time was left for.
    async fn plan(&self, stage: &mut Stage, settings: &Settings) -> Option<Shard> {
        let run = stage.run.clone();
        let planning = Planning::new(stage.range, settings, run.started_at);
        let mut planned = futures::stream::iter(stage.range.shards())
            .map(|shard| self.plan_and_keep(&planning, &run, shard))
            .buffered(SHARDS_AT_ONCE);
        while let Some((shard, plan)) = planned.next().await {
            match plan {
                Some(plan) => stage.sums.add(&plan.sums),
                None => return Some(shard),
            }
        }
        None
    }

    async fn plan_and_keep(
        &self,
        planning: &Planning<'_>,
        run: &Run,
        shard: Shard,
    ) -> (Shard, Option<ShardPlan>) {
        let (store, assets) = (&self.reconcile.store, &self.reconcile.assets);
        let (shard, Some(mut plan)) = planning.shard(store, assets, shard).await else {
            return (shard, None);
        };
        if !plan.findings.is_empty() {
            plan.sums.usage.put_requests += 1;
            if let Err(error) = self.keep(run, shard, ReconcileStage::Planned, &plan.findings).await {
                tracing::error!(%shard, error = &error as &dyn std::error::Error, "findings could not be kept");
                plan = ShardPlan::default();
                plan.sums.unchecked(shard, &format!("its findings could not be kept: {error}"));
            }
        }
        (shard, Some(plan))
    }

    /// Mends what was found in the shards of a stage, and returns the first that no time was left for.
    async fn apply(&self, stage: &mut Stage, settings: &Settings) -> Result<Option<Shard>, StoreError> {
        for shard in stage.range.shards() {
            if shard != stage.range.first() && settings.is_late() {
                return Ok(Some(shard));
            }
            stage.sums.usage.get_requests += 1;
            let findings = self.kept(&stage.run, shard).await?;
            if !findings.iter().any(Finding::is_planned) {
                continue;
            }
            let started_at = stage.run.started_at;
            let mended = self.reconcile.mend_shard(findings, settings, started_at, &mut stage.sums).await;
            stage.sums.usage.put_requests += 1;
            self.keep(&stage.run, shard, ReconcileStage::Applied, &mended).await?;
            if mended.iter().any(Finding::is_planned) {
                return Ok(Some(shard));
            }
        }
        Ok(None)
    }

    async fn sum_up(
        &self,
        run: &Run,
        parts: &[Sums],
        halted: Option<String>,
        options: Options,
    ) -> Result<Report, StoreError> {
        let sums = Sums::total(parts);
        let applied = halted.is_none() && !options.dry_run;
        let mut report = Report::new(run.started_at, applied, halted);
        report.memory_mb = self.config.memory_mb;
        for shard in ShardRange::ALL.shards() {
            if report.findings.len() == FINDINGS_IN_REPORT {
                break;
            }
            report.keep(self.kept(run, shard).await?);
        }
        report.sums = sums;
        report.duration = Timestamp::now().since(run.started_at);
        if !options.dry_run {
            self.reconcile.publish(&report).await;
        }
        Ok(report)
    }

    /// Keeps a shard's findings, a line each.
    async fn keep(
        &self,
        run: &Run,
        shard: Shard,
        stage: ReconcileStage,
        findings: &[Finding],
    ) -> Result<(), StoreError> {
        let lines: Vec<String> = findings.iter().map(|finding| json!(finding).to_string() + "\n").collect();
        let name = ReportName::of_reconcile_shard(run.id.as_str(), shard, stage);
        self.reconcile.store.write_report(&name, Bytes::from(lines.concat())).await
    }

    /// A shard's findings: as the last step left them.
    async fn kept(&self, run: &Run, shard: Shard) -> Result<Vec<Finding>, StoreError> {
        for stage in [ReconcileStage::Applied, ReconcileStage::Planned] {
            let name = ReportName::of_reconcile_shard(run.id.as_str(), shard, stage);
            if let Some(lines) = self.reconcile.store.read_report(&name).await? {
                return findings(&name, &lines);
            }
        }
        Ok(Vec::new())
    }
}

fn findings(name: &ReportName, lines: &[u8]) -> Result<Vec<Finding>, StoreError> {
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.map(serde_json::from_slice).collect::<Result<_, _>>();
    read.map_err(|error| StoreError::Unavailable { key: name.as_str().to_owned(), source: Box::new(error) })
}

/// What a step answers: the event that goes on with what is left, if shards are.
fn answer(step: &str, stage: Stage, left: Option<Shard>, start: Instant) -> Value {
    let Stage { run, range, mut sums, options } = stage;
    sums.usage.compute_ms += elapsed_ms(start);
    let mut answer = json!({
        "step": step,
        "run": run.id.as_str(),
        "startedAt": run.started_at.to_string(),
        "sums": sums,
        "dryRun": options.dry_run,
        "force": options.force,
    });
    if let Some(grace) = options.grace {
        answer["graceSeconds"] = json!(grace.as_secs());
    }
    if let Some(left) = left.and_then(|shard| range.from_shard(shard)) {
        answer["shards"] = range_json(left);
    }
    answer
}

/// Whether what was planned may be applied.
fn decided(parts: &[Sums], options: Options) -> Value {
    let sums = Sums::total(parts);
    let halted = sums.halt(options.force);
    let applies = halted.is_none() && !options.dry_run && sums.findings() > 0;
    json!({ "applies": applies, "halted": halted, "findingsTotal": sums.findings() })
}

fn elapsed_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
