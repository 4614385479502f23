//! The functions on the local stores, and everything that runs until the system stops.

use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cost::{Cost, Inputs, PriceBook, PriceBookError};
use ingest::{Ingest, IngestApi};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reconcile::{Reconcile, Settings};
use render::{Render, RenderApi};
use shared::aws::Clients;
use shared::runtime::{ConfigError, Environment, describe_metrics, start_counters};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use verify::Verify;

use super::environment::{ASSETS_BUCKET, ASSETS_TABLE};
use crate::cost_schedule::{CostSchedule, Log};
use crate::deliver::{CountedVerify, deliver};
use crate::edge::{Edge, EdgeCache, LocalCdn, LocalIngest, LocalRender, Reminders};
use crate::reconcile::Schedule;
use crate::s3::LocalS3;
use crate::usage::{CountCapacity, CountReads, Counters, LocalUsage};

/// How often the metrics' histograms are tidied.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// What runs until the system stops, in the order in which it is waited for then.
pub(super) type Parts = [(&'static str, JoinHandle<()>); 8];

/// The functions on the local stores, as their `main`s wire them on Lambda.
pub(super) struct Functions {
    pub(super) clients: Clients,
    ingest: Arc<LocalIngest>,
    reminders: Reminders,
    cache: Option<EdgeCache>,
    render: Arc<LocalRender>,
    verify: Arc<CountedVerify>,
    schedule: Schedule,
    cost_every: Duration,
    cost_inputs: Inputs,
    pub(super) allowed_origins: Vec<String>,
}

/// What the functions are served with.
pub(super) struct Serving {
    pub(super) s3: LocalS3,
    pub(super) usage: Arc<LocalUsage>,
    pub(super) s3_listener: TcpListener,
    pub(super) edge_listener: TcpListener,
    /// What `/endpoints.env` says.
    pub(super) variables: String,
}

impl Functions {
    pub(super) fn new(
        env: &Environment<'_>,
        counters: &Arc<Counters>,
        cache: Option<EdgeCache>,
    ) -> Result<Self, ConfigError> {
        let count = || Arc::clone(counters);
        let clients = Clients::from_env(env)?.with_dynamodb_interceptor(CountCapacity(count()));
        let (store, assets) = (clients.object_store(ASSETS_BUCKET), clients.asset_repository(ASSETS_TABLE));
        let config = ingest::Config::from_env(env)?;
        let allowed_origins = config.allowed_origins.clone();
        let signer = clients.upload_signer(ASSETS_BUCKET);
        let render::Config { whitelist, limits, load, leases_table, .. } = render::Config::from_env(env)?;
        let (cdn, reminders) = LocalCdn::new(cache.clone(), reminder_delay(env, load.longest)?);
        let ingest = IngestApi::new(Ingest::new(store.clone(), signer, assets.clone(), cdn, config));
        let leases = leases_table.map(|table| clients.render_leases(&table));
        let originals = CountReads::new(store.clone(), count());
        let render = Render::new(originals, assets.clone(), whitelist, limits);
        let render = RenderApi::new(render.bounded_by(load).guarded_by(leases));
        let verifier = || Ok(Verify::new(store.clone(), assets.clone(), verify::Config::from_env(env)?));
        let schedule = Schedule {
            reconcile: Reconcile::new(store.clone(), assets.clone(), verifier()?),
            every: interval(env, "RECONCILE_EVERY_SECONDS")?,
            settings: Settings { grace: reconcile::Config::from_env(env)?.grace, ..Settings::default() },
            counters: count(),
        };
        let render = Arc::new(LocalRender::new(render, count()));
        let verify = Arc::new(CountedVerify::new(verifier()?, count()));
        let cost_every = interval(env, "COST_EVERY_SECONDS")?;
        let cost_inputs = Inputs::from_env(env)?;
        let ingest = Arc::new(LocalIngest::new(ingest, count()));
        Ok(Self {
            clients,
            ingest,
            reminders,
            cache,
            render,
            verify,
            schedule,
            cost_every,
            cost_inputs,
            allowed_origins,
        })
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// [`PriceBookError`], which a test of the built-in prices rules out; nothing is served then.
    pub(super) fn serve(
        self,
        serving: Serving,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Parts, PriceBookError> {
        let Serving { s3, usage, s3_listener, edge_listener, variables } = serving;
        let until_stopped = || until(stopped.clone());
        let assumptions = (PriceBook::us_east_1()?, self.cost_inputs);
        let reports = self.clients.object_store(ASSETS_BUCKET);
        let cost = CostSchedule {
            cost: Cost::new(Arc::clone(&usage), reports, Log, assumptions),
            every: self.cost_every,
        };
        let metrics = metrics_recorder();
        let delivery = deliver(s3.outbox(), self.verify, stopped.clone());
        let s3_stopped = until_stopped();
        let ingest = Arc::clone(&self.ingest);
        let reminders = self.reminders.deliver(async move |event| ingest.heed(event).await, until_stopped());
        let edge = Edge {
            ingest: self.ingest,
            render: self.render,
            cache: self.cache,
            metrics: metrics.clone(),
            usage: Arc::clone(&usage),
            variables,
        };
        Ok([
            ("edge", tokio::spawn(edge.serve(edge_listener, until_stopped()))),
            ("reconciliation", tokio::spawn(self.schedule.keep(until_stopped()))),
            ("cost report", tokio::spawn(cost.keep(until_stopped()))),
            ("reminders", tokio::spawn(reminders)),
            ("delivery", tokio::spawn(delivery)),
            ("S3", tokio::spawn(async move { s3.serve(s3_listener, s3_stopped).await })),
            ("counting", tokio::spawn(usage.keep(until_stopped()))),
            ("metrics", tokio::spawn(tidy(metrics, until_stopped()))),
        ])
    }
}

/// How often something is done: daily, unless a variable says otherwise.
fn interval(env: &Environment<'_>, variable: &'static str) -> Result<Duration, ConfigError> {
    let daily = NonZeroU32::new(24 * 60 * 60).unwrap_or(NonZeroU32::MAX);
    let form = "a whole number of seconds, at least 1";
    let seconds = env.parsed(variable, form, daily)?;
    Ok(Duration::from_secs(u64::from(seconds.get())))
}

/// How long after a takedown the edge is told to forget once more: twice what a render may take, unless
/// `REMINDER_DELAY_SECONDS` says otherwise.
fn reminder_delay(env: &Environment<'_>, longest_render: Duration) -> Result<Duration, ConfigError> {
    let twice = longest_render.saturating_mul(2).as_secs();
    Ok(Duration::from_secs(env.parsed("REMINDER_DELAY_SECONDS", "a whole number of seconds", twice)?))
}

/// The process's one recorder of metrics: a second system in it shares the first one's.
fn metrics_recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics go to a recorder of the embedding program: /metrics stays empty");
        }
        describe_metrics();
        start_counters();
        handle
    };
    HANDLE.get_or_init(install).clone()
}

async fn tidy(metrics: PrometheusHandle, stopped: impl Future<Output = ()>) {
    tokio::pin!(stopped);
    while tokio::time::timeout(METRICS_UPKEEP, &mut stopped).await.is_err() {
        metrics.run_upkeep();
    }
}

/// Done when the system is told to stop, or nobody is left to tell it.
async fn until(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}
