//! DynamoDB on one machine: dynoxide on a thread of its own, and Hashfolio's tables in it.
//!
//! Its handlers run SQLite where they stand: on a thread of its own they stall nobody else. It checks no signatures,
//! which is why it listens on loopback only.

mod stored;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::operation::update_time_to_live::UpdateTimeToLiveError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) use stored::billed_bytes;

/// How often expired items are looked for. DynamoDB itself takes up to days.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why the embedded DynamoDB did not start.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// Its file cannot be opened.
    #[error("the database {path} cannot be opened: {reason}")]
    Open {
        /// The file.
        path: String,
        /// What SQLite said.
        reason: String,
    },
    /// Its thread or its socket could not be had.
    #[error("the embedded DynamoDB could not be started")]
    Start(#[from] io::Error),
    /// A table could not be made.
    #[error("a table could not be made")]
    CreateTable(#[from] Box<SdkError<CreateTableError>>),
    /// Expiry could not be set up.
    #[error("the expiry of a table's items could not be set up")]
    TimeToLive(#[from] Box<SdkError<UpdateTimeToLiveError>>),
    /// A table's description is incomplete.
    #[error("a table's description is incomplete")]
    Describe(#[from] BuildError),
}

/// The embedded DynamoDB, on its thread.
#[derive(Debug)]
pub struct LocalDynamoDb {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl LocalDynamoDb {
    /// Opens the database in a directory and serves it on a listener.
    ///
    /// # Errors
    /// [`DynamoDbError`].
    pub fn start(dir: &Path, listener: TcpListener) -> Result<Self, DynamoDbError> {
        let path = Self::file_in(dir).display().to_string();
        let open = |reason: dynoxide::DynoxideError| DynamoDbError::Open {
            path: path.clone(),
            reason: reason.to_string(),
        };
        let database = Database::new(&path).map_err(open)?;
        // Without an fsync for each write: what was acknowledged survives the end of the process, `kill -9` included,
        // but not a power cut; and writes are five times as fast.
        database.enable_bulk_loading().map_err(open)?;
        let listener = listener.into_std()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || runtime.block_on(serve(listener, database, stopped));
        let thread = thread::Builder::new().name("dynamodb".to_owned()).spawn(serve)?;
        Ok(Self { stop, thread })
    }

    /// The database's file in the directory that it is kept in.
    pub(crate) fn file_in(dir: &Path) -> PathBuf {
        dir.join("dynamodb.sqlite")
    }

    /// Stops serving, once the requests under way are done.
    pub async fn stop(self) {
        drop(self.stop);
        let joined = tokio::task::spawn_blocking(|| self.thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the embedded DynamoDB ended in a panic");
        }
    }
}

async fn serve(listener: std::net::TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let sweeper = tokio::spawn(sweep(database.clone()));
    let shutdown = async move {
        // Either the word to stop, or that nobody is left to give it.
        drop(stopped.await);
    };
    let served = match TcpListener::from_std(listener) {
        Ok(listener) => dynoxide::server::serve_with_shutdown(listener, database, shutdown).await,
        Err(error) => Err(error.to_string()),
    };
    sweeper.abort();
    if let Err(reason) = served {
        tracing::error!(reason, "the embedded DynamoDB failed");
    }
}

async fn sweep(database: Database) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        if let Err(error) = database.sweep_ttl() {
            tracing::warn!(%error, "expired items could not be removed");
        }
    }
}

/// Makes the table of assets, unless it is there.
///
/// # Errors
/// [`DynamoDbError`].
pub async fn ensure_assets_table(client: &Client, table: &str) -> Result<(), DynamoDbError> {
    let mut create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for name in ["shard", "content_hash", "created_by", "created_at"] {
        create = create.attribute_definitions(text_attribute(name)?);
    }
    let by_owner = GlobalSecondaryIndex::builder()
        .index_name("by_owner")
        .key_schema(key("created_by", KeyType::Hash)?)
        .key_schema(key("created_at", KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()?;
    let created = create
        .key_schema(key("shard", KeyType::Hash)?)
        .key_schema(key("content_hash", KeyType::Range)?)
        .global_secondary_indexes(by_owner)
        .send()
        .await;
    if unless_there(created)? {
        expire(client, table).await?;
    }
    Ok(())
}

/// Makes the table of render leases, unless it is there.
///
/// # Errors
/// [`DynamoDbError`].
pub async fn ensure_leases_table(client: &Client, table: &str) -> Result<(), DynamoDbError> {
    let create = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    let created = create
        .attribute_definitions(text_attribute("variant")?)
        .key_schema(key("variant", KeyType::Hash)?)
        .send()
        .await;
    if unless_there(created)? {
        expire(client, table).await?;
    }
    Ok(())
}

/// Whether a table was made; one that was there before is no error.
fn unless_there<T>(created: Result<T, SdkError<CreateTableError>>) -> Result<bool, DynamoDbError> {
    match created {
        Ok(_) => Ok(true),
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            Ok(false)
        }
        Err(error) => Err(Box::new(error).into()),
    }
}

async fn expire(client: &Client, table: &str) -> Result<(), DynamoDbError> {
    let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build()?;
    let update = client.update_time_to_live().table_name(table).time_to_live_specification(expiry);
    update.send().await.map_err(Box::new)?;
    Ok(())
}

fn text_attribute(name: &str) -> Result<AttributeDefinition, BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}
