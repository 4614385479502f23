//! The whole system on loopback: S3, DynamoDB, the functions, and the edge in front of them.

mod environment;
mod parts;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cost::PriceBookError;
use shared::runtime::{ConfigError, Environment};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::connections;
use crate::dynamodb::{DynamoDbError, LocalDynamoDb, ensure_assets_table, ensure_leases_table};
use crate::edge::Edge;
use crate::s3::{ConfigureBucketError, CorsRule, Credentials, LocalS3, OpenS3Error, RecordedEvents};
pub use crate::usage::OpenLedgerError;
use crate::usage::{Counters, LocalUsage, Measured};
pub use environment::Endpoints;
use environment::{
    ACCESS_KEY, ASSETS_BUCKET, ASSETS_TABLE, REGION, RENDER_LEASES_TABLE, SECRET_KEY, variable,
};
use parts::{Functions, Parts, Serving};

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
    /// Another system runs with it, and is found by it.
    #[error("the data directory {} is in use by another process; name another with --data-dir", .0.display())]
    InUse(PathBuf),
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
    /// What earlier runs counted can't be read.
    #[error(transparent)]
    Usage(#[from] OpenLedgerError),
    /// The built-in prices are none.
    #[error(transparent)]
    Prices(#[from] PriceBookError),
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
    /// In the order in which they are waited for.
    parts: Parts,
    usage: Arc<LocalUsage>,
    dynamodb: LocalDynamoDb,
    /// Where everything is kept, if it is to be forgotten.
    temporary: Option<TempDir>,
    /// The data directory is this system's as long as this is open.
    occupied: File,
}

impl System {
    /// Starts the system, and returns when it answers.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then.
    pub async fn start(options: &Options) -> Result<Self, StartError> {
        let unwritable = |source| StartError::DataDir { dir: options.data_dir.clone(), source };
        fs::create_dir_all(&options.data_dir).map_err(unwritable)?;
        let occupied = occupy(&options.data_dir)?;
        let temporary = options.ephemeral.then(TempDir::new).transpose().map_err(unwritable)?;
        let kept_in = temporary.as_ref().map_or(options.data_dir.as_path(), TempDir::path).to_owned();

        let listener = listen(options.port, "--port")?;
        let s3_listener = listen(options.s3_port, "--s3-port")?;
        let dynamodb_listener = listen(options.dynamodb_port, "--dynamodb-port")?;
        let endpoints = Endpoints::of([&listener, &s3_listener, &dynamodb_listener]).map_err(unwritable)?;
        let lookup = |name: &str| variable(&endpoints, name);
        let counters = Arc::new(Counters::default());
        let cache = Edge::cache(options.edge_cache);
        let functions = Functions::new(&Environment::new(&lookup), &counters, cache)?;

        let s3 = open_s3(&kept_in, &functions.allowed_origins).await?;
        let measured =
            Measured { s3: s3.clone(), dynamodb: LocalDynamoDb::file_in(&kept_in), region: REGION };
        let usage = Arc::new(LocalUsage::open(&kept_in, counters, measured)?);
        let dynamodb = LocalDynamoDb::start(&kept_in, dynamodb_listener)?;
        ensure_assets_table(functions.clients.dynamodb(), ASSETS_TABLE).await?;
        ensure_leases_table(functions.clients.dynamodb(), RENDER_LEASES_TABLE).await?;

        let (stop, stopped) = watch::channel(false);
        let serving = Serving {
            s3,
            usage: Arc::clone(&usage),
            s3_listener,
            edge_listener: listener,
            variables: endpoints.lines(),
        };
        let parts = functions.serve(serving, &stopped)?;
        let endpoints_file = endpoints.write(&options.data_dir).map_err(unwritable)?;
        Ok(Self { endpoints, endpoints_file, stop, parts, usage, dynamodb, temporary, occupied })
    }

    /// Where it is reached.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Stops it: requests under way end, then the stores close.
    pub async fn stop(self) {
        drop(fs::remove_file(&self.endpoints_file));
        self.stop.send_replace(true);
        for (what, task) in self.parts {
            if let Err(error) = task.await {
                tracing::error!(
                    what,
                    error = &error as &dyn std::error::Error,
                    "a part of the system failed"
                );
            }
        }
        self.usage.write().await;
        self.dynamodb.stop().await;
        drop((self.temporary, self.occupied));
    }
}

/// Takes the data directory for one system alone: by it others are told where the system is, also when what is kept
/// lies elsewhere. A directory can be locked as a file can, and nothing is left in it.
fn occupy(data_dir: &Path) -> Result<File, StartError> {
    let unusable = |source| StartError::DataDir { dir: data_dir.to_owned(), source };
    let directory = File::open(data_dir).map_err(unusable)?;
    match directory.try_lock() {
        Ok(()) => Ok(directory),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

fn listen(port: u16, flag: &'static str) -> Result<TcpListener, StartError> {
    connections::listen(port).map_err(|source| StartError::Port { port, flag, source })
}

async fn open_s3(dir: &Path, allowed_origins: &[String]) -> Result<LocalS3, StartError> {
    let credentials = Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() };
    let s3 = LocalS3::open(&dir.join("s3"), credentials, RecordedEvents::Created)?;
    s3.ensure_bucket(ASSETS_BUCKET).await?;
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let uploads = CorsRule {
        allowed_origins: allowed_origins.to_vec(),
        allowed_methods: texts(&["GET", "HEAD", "PUT", "POST", "DELETE"]),
        allowed_headers: texts(&["*"]),
        exposed_headers: texts(&["ETag", "x-amz-checksum-sha256"]),
        max_age_seconds: Some(3600),
        ..CorsRule::default()
    };
    s3.set_cors(ASSETS_BUCKET, vec![uploads]).await?;
    Ok(s3)
}
