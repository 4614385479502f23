//! The ports on AWS: S3 and DynamoDB through the SDK, and a few single calls of other services.
//!
//! Clients are built from the environment alone. The SDK's default chain (profiles, SSO, instance metadata) would add
//! megabytes and aws-lc to each binary, and none of it exists on Lambda.

mod call;
mod cdn;
mod cloudwatch;
mod dynamodb;
mod expression;
mod inventory;
mod item;
mod multipart;
mod render_leases;
mod reports;
mod s3;
mod signer;
mod sns;
mod table_size;
mod webhook;

pub use cdn::CloudFrontCdn;
pub use cloudwatch::CloudWatchMetrics;
pub use dynamodb::DynamoAssetRepository;
pub use render_leases::DynamoRenderLeases;
pub use s3::{S3Body, S3ObjectStore};
pub use signer::S3UploadSigner;
pub use sns::SnsTopic;
pub use webhook::Webhook;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Builder as HttpClientBuilder, tls::Provider};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::runtime::{ConfigError, Environment};
use crate::webhook::WebhookUrl;
use call::Caller;

/// How often a call is made at most, the first included; between them the SDK waits with exponential backoff and
/// jitter.
const MAX_ATTEMPTS: u32 = 3;

/// A connection inside a region takes a millisecond; one that takes longer than this is better tried again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a call may wait for the first byte of its answer. A COPY of 5 GB inside S3 takes minutes and has its own.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The SDK's clients: made once per process, so that connections stay warm.
#[derive(Debug, Clone)]
pub struct Clients {
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    caller: Caller,
}

impl Clients {
    /// Clients for the credentials, region and endpoints that the environment names: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_DYNAMODB`.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] for a credential or region that is not set.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let credentials = Credentials::new(
            env.required("AWS_ACCESS_KEY_ID")?,
            env.required("AWS_SECRET_ACCESS_KEY")?,
            env.optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let region = env.required("AWS_REGION")?;
        let http = HttpClientBuilder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS);
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();

        let s3_endpoint = env.optional("AWS_ENDPOINT_URL_S3");
        let mut s3 = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .credentials_provider(credentials.clone())
            .region(aws_sdk_s3::config::Region::new(region.clone()))
            .http_client(http.clone())
            .retry_config(retries.clone())
            .timeout_config(timeouts.clone())
            // A custom endpoint has no name per bucket.
            .force_path_style(s3_endpoint.is_some())
            // The ETag pins what is read, and TLS carries it: hashing each original once more would cost each render
            // milliseconds of CPU.
            .response_checksum_validation(aws_sdk_s3::config::ResponseChecksumValidation::WhenRequired)
            .request_checksum_calculation(aws_sdk_s3::config::RequestChecksumCalculation::WhenRequired);
        s3.set_endpoint_url(s3_endpoint);

        let mut dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .credentials_provider(credentials.clone())
            .region(aws_sdk_dynamodb::config::Region::new(region.clone()))
            .http_client(http.clone())
            .retry_config(retries.clone())
            .timeout_config(timeouts.clone());
        dynamodb.set_endpoint_url(env.optional("AWS_ENDPOINT_URL_DYNAMODB"));

        Ok(Self {
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
            caller: Caller { credentials, region, http, retries, timeouts },
        })
    }

    /// The same clients, with an interceptor that sees every call of DynamoDB.
    #[must_use]
    pub fn with_dynamodb_interceptor(
        self,
        interceptor: impl aws_sdk_dynamodb::config::Intercept + 'static,
    ) -> Self {
        let config = self.dynamodb.config().to_builder().interceptor(interceptor).build();
        Self { dynamodb: aws_sdk_dynamodb::Client::from_conf(config), ..self }
    }

    /// The S3 client itself, for what no port covers (setting a bucket up).
    pub fn s3(&self) -> &aws_sdk_s3::Client {
        &self.s3
    }

    /// The DynamoDB client itself, for what no port covers (setting a table up).
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        &self.dynamodb
    }

    /// The object store that a bucket is.
    pub fn object_store(&self, bucket: &str) -> S3ObjectStore {
        S3ObjectStore::new(self.s3.clone(), bucket)
    }

    /// The signer of uploads to and downloads from a bucket.
    pub fn upload_signer(&self, bucket: &str) -> S3UploadSigner {
        S3UploadSigner::new(self.s3.clone(), bucket, self.caller.clone())
    }

    /// The leases of renders that a table is.
    pub fn render_leases(&self, table: &str) -> DynamoRenderLeases {
        DynamoRenderLeases::new(self.dynamodb.clone(), table)
    }

    /// The asset repository that a table is.
    pub fn asset_repository(&self, table: &str) -> DynamoAssetRepository {
        DynamoAssetRepository::new(self.dynamodb.clone(), table)
    }

    /// The distribution whose id an SSM parameter holds, and the SQS queue that reminds of takedowns. `CloudFront`, SQS
    /// and SSM are where the environment says (`AWS_ENDPOINT_URL_CLOUDFRONT`, `AWS_ENDPOINT_URL_SQS`,
    /// `AWS_ENDPOINT_URL_SSM`), or else where they always are.
    pub fn cdn(&self, env: &Environment<'_>, distribution_parameter: &str, queue_url: &str) -> CloudFrontCdn {
        CloudFrontCdn::new(&self.caller, env, distribution_parameter, queue_url)
    }

    /// The metrics that `CloudWatch` keeps, where the environment says (`AWS_ENDPOINT_URL_CLOUDWATCH`) or where it always
    /// is.
    pub fn cloudwatch(&self, env: &Environment<'_>) -> CloudWatchMetrics {
        CloudWatchMetrics::new(&self.caller, env)
    }

    /// The announcer that a topic is. SNS is where the environment says (`AWS_ENDPOINT_URL_SNS`) or where it always is.
    pub fn sns(&self, env: &Environment<'_>, topic_arn: &str) -> SnsTopic {
        SnsTopic::new(&self.caller, env, topic_arn)
    }

    /// The announcer that a webhook is.
    pub fn webhook(&self, url: &WebhookUrl) -> Webhook {
        Webhook::new(&self.caller, url)
    }
}
