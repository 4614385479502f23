//! A whole run: every shard is planned, one decision is taken over all of them, and what was found is mended.

use std::time::Instant;

use futures::StreamExt as _;
use shared::ports::{AssetInventory, AssetRepository, ObjectInventory, ObjectStore, ReportStore, Verifier};
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

use crate::execute::Executor;
use crate::finding::Finding;
use crate::planner::ShardPlan;
use crate::planning::Planning;
use crate::report::Report;
use crate::settings::Settings;
use crate::sums::Sums;
use crate::usage::Usage;

/// How many shards are read at once: listing waits for S3 and DynamoDB much more than it computes.
pub(crate) const SHARDS_AT_ONCE: usize = 16;

/// How many findings are mended at once; each may stream an object of gigabytes to hash it.
const FINDINGS_AT_ONCE: usize = 16;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many shards are compared.
    Compared {
        /// How many.
        shards: usize,
        /// Of how many.
        of: usize,
    },
    /// So many findings are dealt with.
    Mended {
        /// How many.
        findings: usize,
        /// Of how many.
        of: usize,
    },
}

/// Reconciliation over any store, repository and verifier.
#[derive(Debug)]
pub struct Reconcile<S, R, V> {
    pub(crate) store: S,
    pub(crate) assets: R,
    pub(crate) verifier: V,
}

impl<S, R, V> Reconcile<S, R, V>
where
    S: ObjectStore + ObjectInventory + ReportStore,
    R: AssetRepository + AssetInventory,
    V: Verifier,
{
    /// Reconciliation over these ports.
    pub fn new(store: S, assets: R, verifier: V) -> Self {
        Self { store, assets, verifier }
    }

    /// Compares a range of shards, and mends what is safe to mend. What no time was left for is said in the report.
    ///
    /// The day's report is written to the store when all shards were asked for, and something may be changed.
    pub async fn run(
        &self,
        range: ShardRange,
        settings: &Settings,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Report {
        let (started_at, start) = (Timestamp::now(), Instant::now());
        let (plans, unplanned) = self.plan(range, settings, started_at, progress).await;
        let sums = Sums::total(plans.iter().map(|(_, plan)| &plan.sums));
        let halted = sums.halt(settings.force);
        let applies = halted.is_none() && !settings.dry_run;
        let mut report = Report::new(started_at, applies, halted);
        report.sums = sums;
        report.left = unplanned.and_then(|shard| range.from_shard(shard));
        let findings = plans.into_iter().map(|(shard, plan)| (shard, plan.findings));
        if applies {
            let unmended = self.mend(findings.collect(), settings, &mut report, progress).await;
            report.left = unmended.and_then(|shard| range.from_shard(shard)).or(report.left);
        } else {
            findings.for_each(|(_, findings)| report.keep(findings));
        }
        report.duration = start.elapsed();
        if range == ShardRange::ALL && !settings.dry_run {
            self.publish(&report).await;
        }
        report
    }

    /// Writes the day's report, and counts. A report that can't be written is logged: the run itself is done.
    pub(crate) async fn publish(&self, report: &Report) {
        report.record();
        if let Err(error) = report.write_to(&self.store).await {
            tracing::error!(error = &error as &dyn std::error::Error, "the report could not be written");
        }
    }

    /// Plans every shard of a range, and returns where it stopped, if time ran out.
    async fn plan(
        &self,
        range: ShardRange,
        settings: &Settings,
        now: Timestamp,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> (Vec<(Shard, ShardPlan)>, Option<Shard>) {
        let of = range.shards().count();
        // What is planned must be mended too: half of the time for each.
        let settings = settings.with_half_of_the_time();
        let planning = Planning::new(range, &settings, now);
        let mut plans = Vec::with_capacity(of);
        let mut planned = futures::stream::iter(range.shards())
            .map(|shard| planning.shard(&self.store, &self.assets, shard))
            .buffered(SHARDS_AT_ONCE);
        while let Some((shard, plan)) = planned.next().await {
            let Some(plan) = plan else { return (plans, Some(shard)) };
            plans.push((shard, plan));
            progress(Progress::Compared { shards: plans.len(), of });
        }
        (plans, None)
    }

    /// Mends findings shard by shard, and returns the first shard that no time was left for.
    async fn mend(
        &self,
        shards: Vec<(Shard, Vec<Finding>)>,
        settings: &Settings,
        report: &mut Report,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Option<Shard> {
        let of = shards.iter().map(|(_, findings)| findings.len()).sum();
        let (mut done, mut stopped_at) = (0, None);
        for (shard, findings) in shards {
            let expected = findings.len();
            let mended = self.mend_shard(findings, settings, report.started_at, &mut report.sums).await;
            done += expected;
            if mended.iter().any(Finding::is_planned) {
                stopped_at = stopped_at.or(Some(shard));
            }
            report.keep(mended);
            if expected > 0 {
                progress(Progress::Mended { findings: done, of });
            }
        }
        stopped_at
    }

    /// Mends the findings of a shard, in order; those that no time was left for stay planned.
    pub(crate) async fn mend_shard(
        &self,
        findings: Vec<Finding>,
        settings: &Settings,
        started_at: Timestamp,
        sums: &mut Sums,
    ) -> Vec<Finding> {
        let youngest = started_at.minus(settings.grace);
        let executor =
            Executor { store: &self.store, assets: &self.assets, verifier: &self.verifier, youngest };
        let first = findings.iter().position(Finding::is_planned);
        let mended = futures::stream::iter(findings.into_iter().enumerate()).map(|(index, finding)| {
            // One is mended however late it is, so that a run of many steps comes to an end.
            let is_due = finding.is_planned() && (Some(index) == first || !settings.is_late());
            mend_one(&executor, finding, is_due)
        });
        let mut mended = mended.buffered(FINDINGS_AT_ONCE);
        let mut all = Vec::new();
        while let Some((finding, used)) = mended.next().await {
            if let Some(usage) = used {
                sums.usage.add(&usage);
                sums.applied(&finding);
                finding.log();
            }
            all.push(finding);
        }
        all
    }
}

async fn mend_one<S: ObjectStore, R: AssetRepository, V: Verifier>(
    executor: &Executor<'_, S, R, V>,
    finding: Finding,
    is_due: bool,
) -> (Finding, Option<Usage>) {
    if !is_due {
        return (finding, None);
    }
    let (finding, usage) = executor.apply(finding, Timestamp::now()).await;
    (finding, Some(usage))
}
