//! Buckets, and the configurations that are kept for them. Lifecycle and notification configurations are
//! stored and returned; nothing expires or moves by them, and the outbox records the events of every bucket.

use rusqlite::{Connection, OptionalExtension as _, params};
use s3s::dto::{
    Bucket, BucketLifecycleConfiguration, CreateBucketInput, CreateBucketOutput, DeleteBucketCorsInput,
    DeleteBucketCorsOutput, DeleteBucketInput, DeleteBucketLifecycleInput, DeleteBucketLifecycleOutput,
    DeleteBucketOutput, GetBucketCorsInput, GetBucketCorsOutput, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsOutput, NotificationConfiguration, PutBucketCorsInput, PutBucketCorsOutput,
    PutBucketLifecycleConfigurationInput, PutBucketLifecycleConfigurationOutput,
    PutBucketNotificationConfigurationInput, PutBucketNotificationConfigurationOutput,
};
use s3s::{S3Result, s3_error};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use super::catalog::require_bucket;
use super::cors::CorsRule;
use super::error::StoreError;
use super::instant::UnixMillis;

/// What a bucket can be configured for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Configuration {
    Cors,
    Lifecycle,
    Notification,
}

impl Configuration {
    fn name(self) -> &'static str {
        match self {
            Self::Cors => "cors",
            Self::Lifecycle => "lifecycle",
            Self::Notification => "notification",
        }
    }
}

/// # Errors
/// [`StoreError::BucketExists`].
pub(super) fn create(connection: &Connection, bucket: &str) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT OR IGNORE INTO buckets (name, created_at) VALUES (?1, ?2)")?;
    match statement.execute(params![bucket, UnixMillis::now()])? {
        0 => Err(StoreError::BucketExists),
        _ => Ok(()),
    }
}

fn delete(connection: &Connection, bucket: &str) -> Result<(), StoreError> {
    require_bucket(connection, bucket)?;
    let mut contents = connection.prepare_cached(
        "SELECT 1 FROM objects WHERE bucket = ?1 UNION ALL SELECT 1 FROM uploads WHERE bucket = ?1 LIMIT 1",
    )?;
    if contents.exists([bucket])? {
        return Err(StoreError::BucketNotEmpty);
    }
    connection.prepare_cached("DELETE FROM buckets WHERE name = ?1")?.execute([bucket])?;
    Ok(())
}

fn list(connection: &Connection) -> Result<Vec<Bucket>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name, created_at FROM buckets ORDER BY name")?;
    let buckets = statement.query_map([], |row| {
        let created_at: UnixMillis = row.get(1)?;
        Ok(Bucket { name: row.get(0)?, creation_date: Some(created_at.into()), ..Default::default() })
    })?;
    Ok(buckets.collect::<Result<_, _>>()?)
}

/// # Errors
/// [`StoreError::NoSuchBucket`].
pub(super) fn configure<T: Serialize>(
    connection: &Connection,
    bucket: &str,
    kind: Configuration,
    document: &T,
) -> Result<(), StoreError> {
    require_bucket(connection, bucket)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO bucket_configurations (bucket, kind, document) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![bucket, kind.name(), serde_json::to_string(document)?])?;
    Ok(())
}

/// # Errors
/// [`StoreError::NoSuchBucket`].
pub(super) fn configuration<T: DeserializeOwned>(
    connection: &Connection,
    bucket: &str,
    kind: Configuration,
) -> Result<Option<T>, StoreError> {
    require_bucket(connection, bucket)?;
    let mut statement = connection
        .prepare_cached("SELECT document FROM bucket_configurations WHERE bucket = ?1 AND kind = ?2")?;
    let document: Option<String> = statement.query_row([bucket, kind.name()], |row| row.get(0)).optional()?;
    Ok(document.map(|document| serde_json::from_str(&document)).transpose()?)
}

fn forget(connection: &Connection, bucket: &str, kind: Configuration) -> Result<(), StoreError> {
    require_bucket(connection, bucket)?;
    connection
        .prepare_cached("DELETE FROM bucket_configurations WHERE bucket = ?1 AND kind = ?2")?
        .execute([bucket, kind.name()])?;
    Ok(())
}

impl Store {
    async fn configure<T: Serialize + Send + 'static>(
        &self,
        bucket: String,
        kind: Configuration,
        document: T,
    ) -> S3Result<()> {
        let write = move |connection: &Connection| configure(connection, &bucket, kind, &document);
        Ok(self.index.run(move |catalog| write(catalog.connection())).await?)
    }

    async fn configuration<T: DeserializeOwned + Send + 'static>(
        &self,
        bucket: String,
        kind: Configuration,
    ) -> S3Result<Option<T>> {
        let read = move |connection: &Connection| configuration(connection, &bucket, kind);
        Ok(self.index.run(move |catalog| read(catalog.connection())).await?)
    }

    async fn forget(&self, bucket: String, kind: Configuration) -> S3Result<()> {
        Ok(self.index.run(move |catalog| forget(catalog.connection(), &bucket, kind)).await?)
    }
}

pub(super) async fn create_bucket(store: &Store, input: CreateBucketInput) -> S3Result<CreateBucketOutput> {
    let location = format!("/{}", input.bucket);
    store.index.run(move |catalog| create(catalog.connection(), &input.bucket)).await?;
    Ok(CreateBucketOutput { location: Some(location) })
}

pub(super) async fn head_bucket(store: &Store, input: HeadBucketInput) -> S3Result<HeadBucketOutput> {
    store.index.run(move |catalog| require_bucket(catalog.connection(), &input.bucket)).await?;
    Ok(HeadBucketOutput::default())
}

/// Every bucket is where S3 has no name for the place: in `us-east-1`.
pub(super) async fn get_bucket_location(
    store: &Store,
    input: GetBucketLocationInput,
) -> S3Result<GetBucketLocationOutput> {
    store.index.run(move |catalog| require_bucket(catalog.connection(), &input.bucket)).await?;
    Ok(GetBucketLocationOutput::default())
}

pub(super) async fn delete_bucket(store: &Store, input: DeleteBucketInput) -> S3Result<DeleteBucketOutput> {
    store.index.run(move |catalog| delete(catalog.connection(), &input.bucket)).await?;
    Ok(DeleteBucketOutput::default())
}

pub(super) async fn list_buckets(store: &Store) -> S3Result<ListBucketsOutput> {
    let buckets = store.index.run(|catalog| list(catalog.connection())).await?;
    Ok(ListBucketsOutput { buckets: Some(buckets), ..Default::default() })
}

pub(super) async fn put_bucket_cors(
    store: &Store,
    input: PutBucketCorsInput,
) -> S3Result<PutBucketCorsOutput> {
    let rules = input.cors_configuration.cors_rules.into_iter().map(CorsRule::try_from);
    let rules: Vec<CorsRule> = rules.collect::<S3Result<_>>()?;
    store.configure(input.bucket, Configuration::Cors, rules).await?;
    Ok(PutBucketCorsOutput::default())
}

pub(super) async fn get_bucket_cors(
    store: &Store,
    input: GetBucketCorsInput,
) -> S3Result<GetBucketCorsOutput> {
    let rules: Option<Vec<CorsRule>> = store.configuration(input.bucket, Configuration::Cors).await?;
    match rules {
        Some(rules) => {
            Ok(GetBucketCorsOutput { cors_rules: Some(rules.into_iter().map(Into::into).collect()) })
        }
        None => Err(s3_error!(NoSuchCORSConfiguration, "The CORS configuration does not exist")),
    }
}

pub(super) async fn delete_bucket_cors(
    store: &Store,
    input: DeleteBucketCorsInput,
) -> S3Result<DeleteBucketCorsOutput> {
    store.forget(input.bucket, Configuration::Cors).await?;
    Ok(DeleteBucketCorsOutput::default())
}

pub(super) async fn put_bucket_lifecycle(
    store: &Store,
    input: PutBucketLifecycleConfigurationInput,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let Some(configuration) = input.lifecycle_configuration else {
        return Err(s3_error!(MalformedXML, "The lifecycle configuration is missing."));
    };
    store.configure(input.bucket, Configuration::Lifecycle, configuration).await?;
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

pub(super) async fn get_bucket_lifecycle(
    store: &Store,
    input: GetBucketLifecycleConfigurationInput,
) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let found: Option<BucketLifecycleConfiguration> =
        store.configuration(input.bucket, Configuration::Lifecycle).await?;
    match found {
        Some(configuration) => Ok(GetBucketLifecycleConfigurationOutput {
            rules: Some(configuration.rules),
            ..Default::default()
        }),
        None => Err(s3_error!(NoSuchLifecycleConfiguration, "The lifecycle configuration does not exist")),
    }
}

pub(super) async fn delete_bucket_lifecycle(
    store: &Store,
    input: DeleteBucketLifecycleInput,
) -> S3Result<DeleteBucketLifecycleOutput> {
    store.forget(input.bucket, Configuration::Lifecycle).await?;
    Ok(DeleteBucketLifecycleOutput::default())
}

pub(super) async fn put_bucket_notification(
    store: &Store,
    input: PutBucketNotificationConfigurationInput,
) -> S3Result<PutBucketNotificationConfigurationOutput> {
    store.configure(input.bucket, Configuration::Notification, input.notification_configuration).await?;
    Ok(PutBucketNotificationConfigurationOutput::default())
}

pub(super) async fn get_bucket_notification(
    store: &Store,
    input: GetBucketNotificationConfigurationInput,
) -> S3Result<GetBucketNotificationConfigurationOutput> {
    let found: Option<NotificationConfiguration> =
        store.configuration(input.bucket, Configuration::Notification).await?;
    let configuration = found.unwrap_or_default();
    Ok(GetBucketNotificationConfigurationOutput {
        event_bridge_configuration: configuration.event_bridge_configuration,
        lambda_function_configurations: configuration.lambda_function_configurations,
        queue_configurations: configuration.queue_configurations,
        topic_configurations: configuration.topic_configurations,
    })
}
