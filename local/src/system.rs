//! The whole system on loopback: S3, DynamoDB, the functions, and the edge in front of them.

mod environment;

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ingest::{Ingest, IngestApi};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reconcile::{Reconcile, Settings};
use render::{Render, RenderApi};
use shared::aws::Clients;
use shared::runtime::{ConfigError, Environment, describe_metrics};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use verify::Verify;

use crate::deliver::{LocalVerify, deliver};
use crate::dynamodb::{DynamoDbError, LocalDynamoDb, ensure_assets_table, ensure_leases_table};
use crate::edge::Edge;
use crate::reconcile::Schedule;
use crate::s3::{ConfigureBucketError, CorsRule, Credentials, LocalS3, OpenS3Error, RecordedEvents};
pub use environment::Endpoints;
use environment::{ACCESS_KEY, ASSETS_BUCKET, ASSETS_TABLE, RENDER_LEASES_TABLE, SECRET_KEY, variable};

/// How often the metrics' histograms are tidied.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// How the system is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Port of the ingest API and the edge; 0 for a free one.
    pub port: u16,
    /// Port of the embedded S3; 0 for a free one.
    pub s3_port: u16,
    /// Port of the embedded DynamoDB; 0 for a free one.
    pub dynamodb_port: u16,
    /// Where everything is kept, and where `endpoints.env` is written.
    pub data_dir: PathBuf,
    /// Whether what is kept goes to a temporary folder instead, and is forgotten at the end.
    pub ephemeral: bool,
    /// Whether the edge keeps variants.
    pub edge_cache: bool,
}

/// Why the system did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory can't be written.
    #[error("the data directory {} cannot be written: {source}; name another with --data-dir", .dir.display())]
    DataDir {
        /// The directory.
        dir: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A port can't be had.
    #[error(
        "port {port} on 127.0.0.1 cannot be had: {source}; choose another with {flag} (0 picks a free one)"
    )]
    Port {
        /// The port.
        port: u16,
        /// The flag that chooses it.
        flag: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The embedded S3 could not be opened.
    #[error("the embedded S3 could not be opened: {0}")]
    S3(#[from] OpenS3Error),
    /// The bucket could not be set up.
    #[error("the bucket could not be set up: {0}")]
    Bucket(#[from] ConfigureBucketError),
    /// The embedded DynamoDB could not be started.
    #[error("the embedded DynamoDB could not be started: {0}")]
    DynamoDb(#[from] DynamoDbError),
    /// A variable of the environment is not as it must be.
    #[error("the configuration is wrong: {0}")]
    Config(#[from] ConfigError),
}

/// A system that runs.
#[derive(Debug)]
pub struct System {
    endpoints: Endpoints,
    endpoints_file: PathBuf,
    stop: watch::Sender<bool>,
    s3: JoinHandle<()>,
    edge: JoinHandle<()>,
    deliverer: JoinHandle<()>,
    schedule: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    dynamodb: LocalDynamoDb,
    /// Where everything is kept, if it is to be forgotten.
    temporary: Option<TempDir>,
}

impl System {
    /// Starts the system, and returns when it answers.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let unwritable = |source| StartError::DataDir { dir: options.data_dir.clone(), source };
        fs::create_dir_all(&options.data_dir).map_err(unwritable)?;
        let temporary = options.ephemeral.then(TempDir::new).transpose().map_err(unwritable)?;
        let kept_in = temporary.as_ref().map_or(options.data_dir.as_path(), TempDir::path).to_owned();

        let listener = bind(options.port, "--port").await?;
        let s3_listener = bind(options.s3_port, "--s3-port").await?;
        let dynamodb_listener = bind(options.dynamodb_port, "--dynamodb-port").await?;
        let endpoints = Endpoints::of([&listener, &s3_listener, &dynamodb_listener]).map_err(unwritable)?;
        let lookup = |name: &str| variable(&endpoints, name);
        let functions = Functions::new(&Environment::new(&lookup))?;

        let s3 = open_s3(&kept_in, &functions.allowed_origins).await?;
        let dynamodb = LocalDynamoDb::start(&kept_in, dynamodb_listener)?;
        ensure_assets_table(functions.clients.dynamodb(), ASSETS_TABLE).await?;
        ensure_leases_table(functions.clients.dynamodb(), RENDER_LEASES_TABLE).await?;

        let metrics = metrics_recorder();
        let (stop, stopped) = watch::channel(false);
        let deliverer = tokio::spawn(deliver(s3.outbox(), functions.verify, stopped.clone()));
        let s3_stopped = until(stopped.clone());
        let s3 = tokio::spawn(async move { s3.serve(s3_listener, s3_stopped).await });
        let cache = Edge::cache(options.edge_cache);
        let edge = Edge {
            ingest: functions.ingest,
            render: functions.render,
            cache,
            metrics: metrics.clone(),
            variables: endpoints.lines(),
        };
        let edge = tokio::spawn(edge.serve(listener, until(stopped.clone())));
        let schedule = tokio::spawn(functions.schedule.keep(until(stopped.clone())));
        let upkeep = tokio::spawn(tidy(metrics, stopped));

        let endpoints_file = endpoints.write(&options.data_dir).map_err(unwritable)?;
        Ok(Self {
            endpoints,
            endpoints_file,
            stop,
            s3,
            edge,
            deliverer,
            schedule,
            upkeep,
            dynamodb,
            temporary,
        })
    }

    /// Where it is reached.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops it: requests under way end, then the stores close.
    pub async fn stop(self) {
        drop(fs::remove_file(&self.endpoints_file));
        self.stop.send_replace(true);
        for (what, task) in
            [("edge", self.edge), ("schedule", self.schedule), ("delivery", self.deliverer), ("S3", self.s3)]
        {
            if let Err(error) = task.await {
                tracing::error!(
                    what,
                    error = &error as &dyn std::error::Error,
                    "a part of the system failed"
                );
            }
        }
        self.upkeep.abort();
        self.dynamodb.stop().await;
        drop(self.temporary);
    }
}

/// The functions on the local stores, as their `main`s wire them on Lambda.
struct Functions {
    clients: Clients,
    ingest: crate::edge::LocalIngest,
    render: Arc<crate::edge::LocalRender>,
    verify: Arc<LocalVerify>,
    schedule: Schedule,
    allowed_origins: Vec<String>,
}

impl Functions {
    fn new(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let clients = Clients::from_env(env)?;
        let (store, assets) = (clients.object_store(ASSETS_BUCKET), clients.asset_repository(ASSETS_TABLE));
        let config = ingest::Config::from_env(env)?;
        let allowed_origins = config.allowed_origins.clone();
        let signer = clients.upload_signer(ASSETS_BUCKET);
        let ingest = IngestApi::new(Ingest::new(store.clone(), signer, assets.clone(), config));
        let render::Config { whitelist, limits, load, leases_table, .. } = render::Config::from_env(env)?;
        let leases = leases_table.map(|table| clients.render_leases(&table));
        let render = Render::new(store.clone(), assets.clone(), whitelist, limits);
        let render = render.bounded_by(load).guarded_by(leases);
        let verifier = || Ok(Verify::new(store.clone(), assets.clone(), verify::Config::from_env(env)?));
        let schedule = Schedule {
            reconcile: Reconcile::new(store.clone(), assets.clone(), verifier()?),
            every: interval(env)?,
            settings: Settings { grace: reconcile::Config::from_env(env)?.grace, ..Settings::default() },
        };
        let (render, verify) = (Arc::new(RenderApi::new(render)), Arc::new(verifier()?));
        Ok(Self { clients, ingest, render, verify, schedule, allowed_origins })
    }
}

/// How often S3 and DynamoDB are compared: daily, unless `RECONCILE_EVERY_SECONDS` says otherwise.
fn interval(env: &Environment<'_>) -> Result<Duration, ConfigError> {
    let daily = NonZeroU32::new(24 * 60 * 60).unwrap_or(NonZeroU32::MAX);
    let form = "a whole number of seconds, at least 1";
    let seconds = env.parsed("RECONCILE_EVERY_SECONDS", form, daily)?;
    Ok(Duration::from_secs(u64::from(seconds.get())))
}

async fn bind(port: u16, flag: &'static str) -> Result<TcpListener, StartError> {
    // Loopback only: the embedded DynamoDB checks no signature, and the edge takes every caller for an admin.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).await.map_err(|source| StartError::Port { port, flag, source })
}

async fn open_s3(dir: &Path, allowed_origins: &[String]) -> Result<LocalS3, StartError> {
    let credentials = Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() };
    let s3 = LocalS3::open(&dir.join("s3"), credentials, RecordedEvents::Created)?;
    s3.ensure_bucket(ASSETS_BUCKET).await?;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let uploads = CorsRule {
        allowed_origins: allowed_origins.to_vec(),
        allowed_methods: texts(&["GET", "HEAD", "PUT"]),
        allowed_headers: texts(&["*"]),
        exposed_headers: texts(&["ETag", "x-amz-checksum-sha256"]),
        max_age_seconds: Some(3600),
        ..CorsRule::default()
    };
    s3.set_cors(ASSETS_BUCKET, vec![uploads]).await?;
    Ok(s3)
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
        handle
    };
    HANDLE.get_or_init(install).clone()
}

async fn tidy(metrics: PrometheusHandle, stopped: watch::Receiver<bool>) {
    let stopped = until(stopped);
    tokio::pin!(stopped);
    while tokio::time::timeout(METRICS_UPKEEP, &mut stopped).await.is_err() {
        metrics.run_upkeep();
    }
}

/// Done when the system is told to stop, or nobody is left to tell it.
async fn until(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|stop| *stop).await);
}
