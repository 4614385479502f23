//! `hashfolio reconcile`: S3 and DynamoDB compared, and mended.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use reconcile::{Finding, Progress, Reconcile, Report, Settings, Status, Verdict};
use shared::aws::Clients;
use shared::runtime::{ConfigError, Environment};
use shared::shard::ShardRange;
use verify::Verify;

use super::endpoint::{EndpointArgs, FindError};
use super::error::CommandError;
use super::printable;
use crate::client::Api;
use crate::client::stack::StackOutputs;

/// What `hashfolio reconcile` can be told.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct ReconcileArgs {
    /// Find what disagrees, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Leave alone what is younger [default: `RECONCILE_GRACE_SECONDS`, or 900]
    #[arg(long, value_name = "N")]
    pub grace_seconds: Option<u32>,
    /// Write down even a loss so great that it stops a run
    #[arg(long)]
    pub force: bool,
    /// Reconcile on AWS, with the credentials, region, `ASSETS_BUCKET` and `ASSETS_TABLE` of the environment
    #[arg(long, conflicts_with_all = ["data_dir", "api", "stack"])]
    pub aws: bool,
    /// Which system to reconcile.
    #[command(flatten)]
    pub endpoint: EndpointArgs,
}

/// The exit code of a run whose drift is not all mended.
const DRIFT_LEFT: u8 = 2;
/// The exit code of a run that was stopped.
const HALTED: u8 = 3;

/// Compares and mends, prints the report, and says how it stands: 0 when all agrees, 2 when some drift is left, 3 when
/// the run was halted.
///
/// # Errors
/// [`CommandError`] when the system isn't found, its variables are wrong, or the output can't be written.
pub(crate) async fn run(
    args: &ReconcileArgs,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<ExitCode, CommandError> {
    let report = if let Some(stack) = &args.endpoint.stack {
        let outputs = StackOutputs::of(stack, &environment).await.map_err(FindError::from)?;
        let bucket = outputs.get(stack, "AssetsBucketName").map_err(FindError::from)?;
        let table = outputs.get(stack, "AssetsTableName").map_err(FindError::from)?;
        let lookup = |name: &str| match name {
            "ASSETS_BUCKET" => Some(bucket.to_owned()),
            "ASSETS_TABLE" => Some(table.to_owned()),
            _ => environment(name),
        };
        reconciled(args, &lookup).await.map_err(CommandError::Config)?
    } else if args.aws {
        reconciled(args, &environment).await.map_err(CommandError::Config)?
    } else {
        let endpoint = args.endpoint.find(&environment)?;
        let variables = Api::new(endpoint.url, None)?.variables().await?;
        let lookup = |name: &str| match variables.get(name) {
            Some(value) => Some(value.clone()),
            // The local keys are whole without one.
            None if name == "AWS_SESSION_TOKEN" => None,
            None => environment(name),
        };
        reconciled(args, &lookup).await.map_err(CommandError::Config)?
    };
    let mut out = io::stdout();
    if args.json {
        writeln!(out, "{}", report.to_json())?;
    } else {
        print(&report, &mut out)?;
    }
    out.flush()?;
    Ok(match report.verdict() {
        Verdict::Clean => ExitCode::SUCCESS,
        Verdict::DriftLeft => ExitCode::from(DRIFT_LEFT),
        Verdict::Halted => ExitCode::from(HALTED),
    })
}

async fn reconciled(
    args: &ReconcileArgs,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Report, ConfigError> {
    let env = Environment::new(lookup);
    let (config, clients) = (reconcile::Config::from_env(&env)?, Clients::from_env(&env)?);
    let (store, assets) =
        (clients.object_store(&config.assets_bucket), clients.asset_repository(&config.assets_table));
    let verify = Verify::new(store.clone(), assets.clone(), verify::Config::from_env(&env)?);
    let settings = Settings {
        grace: args.grace_seconds.map_or(config.grace, |seconds| Duration::from_secs(seconds.into())),
        dry_run: args.dry_run,
        force: args.force,
        ..Settings::default()
    };
    let bar = bar();
    let progress = |progress: Progress| show(&bar, progress);
    let report = Reconcile::new(store, assets, verify).run(ShardRange::ALL, &settings, &progress).await;
    bar.finish_and_clear();
    Ok(report)
}

/// A bar over shards, and then over findings; hidden when nobody is watching.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(256), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg}  {elapsed}") {
        bar.set_style(style);
    }
    if io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    let (done, of, what) = match progress {
        Progress::Compared { shards, of } => (shards, of, "shards compared"),
        Progress::Mended { findings, of } => (findings, of, "findings dealt with"),
    };
    bar.set_length(of as u64);
    bar.set_message(what);
    bar.set_position(done as u64);
}

fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", line(finding))?;
    }
    let (sums, shown) = (&report.sums, report.findings.len() as u64);
    if sums.findings() > shown {
        writeln!(out, "and {} more", HumanCount(sums.findings() - shown))?;
    }
    for (shard, why) in &sums.unchecked {
        writeln!(out, "shard {shard} could not be compared: {}", printable(why))?;
    }
    writeln!(
        out,
        "{} assets and {} objects compared in {:.1} s: {} findings, {} mended, {} left. Estimated cost: {:.4} USD",
        HumanCount(sums.records),
        HumanCount(sums.objects_listed),
        report.duration.as_secs_f64(),
        HumanCount(sums.findings()),
        HumanCount(sums.mended + sums.settled),
        HumanCount(sums.standing()),
        report.cost().dollars()
    )?;
    if let Some(why) = &report.halted {
        writeln!(out, "HALTED, and nothing was changed: {}. If that is right, say --force.", printable(why))?;
    }
    Ok(())
}

fn line(finding: &Finding) -> String {
    let hash = finding.content_hash.map(|hash| hash.to_string());
    let object = finding.key.clone().or(hash).unwrap_or_default();
    let status = match finding.status {
        Status::Planned => "found",
        Status::Mended => "mended",
        Status::Settled => "settled",
        Status::Left => "left",
    };
    let change = match (finding.from, finding.to) {
        (Some(from), Some(to)) if from != to => format!(" {from} -> {to}"),
        (None, Some(to)) => format!(" -> {to}"),
        (Some(_) | None, _) => String::new(),
    };
    format!("{status:8}{}{change}: {}", printable(&object), printable(&finding.reason))
}
