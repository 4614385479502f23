//! Which metrics are read, and what it means when one says nothing.
//!
//! Some fifty, at .01 USD per 1,000 (AWS's price list, 2026): less than two cents a month.

use shared::ports::{MetricQuery, Statistic};
use shared::runtime::{METRICS_NAMESPACE, STACK_DIMENSION};

use super::Deployment;
use super::storage_type;

/// Where `CloudFront` keeps its metrics.
pub(super) const CDN_REGION: &str = "us-east-1";

/// The index of the table of assets: it is written to, and billed, beside the table.
const INDEX: &str = "by_owner";

/// The name that S3's console gives to a filter over a whole bucket.
const WHOLE_BUCKET: &str = "EntireBucket";

/// What a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Takes asks for uploads.
    Ingest,
    /// Verifies uploads.
    Verify,
    /// Renders variants.
    Render,
    /// Compares S3 with DynamoDB.
    Reconcile,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Verify, Self::Render, Self::Reconcile];
}

/// A kind of request to S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Put,
    Post,
    List,
    Get,
    Head,
    Select,
}

impl Verb {
    pub(super) const ALL: [Self; 6] =
        [Self::Put, Self::Post, Self::List, Self::Get, Self::Head, Self::Select];

    fn metric(self) -> &'static str {
        match self {
            Self::Put => "PutRequests",
            Self::Post => "PostRequests",
            Self::List => "ListRequests",
            Self::Get => "GetRequests",
            Self::Head => "HeadRequests",
            Self::Select => "SelectRequests",
        }
    }
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Metric {
    /// Invocations of a function.
    Invocations(Role),
    /// Milliseconds that a function ran.
    Duration(Role),
    /// Bytes that a function logged.
    LogBytes(Role),
    /// Requests to the distribution: all of them are billed, also the few that are for the API.
    CdnRequests,
    /// Bytes to its viewers.
    CdnBytes,
    /// Its hit ratio, in percent.
    CdnHitRate,
    /// Bytes in the bucket, of one of S3's storage types.
    Stored(&'static str),
    /// Objects in the bucket, of all types.
    Objects,
    /// Requests to the bucket.
    Requests(Verb),
    /// Units of the table and of its index.
    TableReads,
    TableWrites,
    IndexReads,
    IndexWrites,
    /// Reconciliations that were started.
    Runs,
    /// The portfolio's own: uploads that became READY, and bytes that renders read.
    UploadsVerified,
    OriginalBytes,
}

impl Metric {
    /// Every metric.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for of_role in [Self::Invocations, Self::Duration, Self::LogBytes] {
            all.extend(Role::ALL.map(of_role));
        }
        all.extend(storage_type::names().map(Self::Stored));
        all.extend(Verb::ALL.map(Self::Requests));
        all.extend([
            Self::CdnRequests,
            Self::CdnBytes,
            Self::CdnHitRate,
            Self::Objects,
            Self::TableReads,
            Self::TableWrites,
            Self::IndexReads,
            Self::IndexWrites,
            Self::Runs,
            Self::UploadsVerified,
            Self::OriginalBytes,
        ]);
        all
    }

    /// Whether a metric without a value is zero.
    ///
    /// - Lambda, `CloudWatch` Logs, `CloudFront`, DynamoDB and Step Functions send a value with the first event, and none
    ///   where nothing happens: zero.
    /// - A hit ratio and S3's requests are only sent where that is turned on; and a ratio of nothing is none.
    /// - What the bucket keeps is sent each day, a day or two late, unless it is empty: without any, it is too early to
    ///   tell.
    /// - Of the portfolio's own, the functions' invocations say more than the silence of a log, which may be turned off.
    pub(super) fn is_silent_at_zero(self) -> bool {
        match self {
            Self::Invocations(_)
            | Self::Duration(_)
            | Self::LogBytes(_)
            | Self::CdnRequests
            | Self::CdnBytes
            | Self::TableReads
            | Self::TableWrites
            | Self::IndexReads
            | Self::IndexWrites
            | Self::Runs => true,
            Self::CdnHitRate
            | Self::Requests(_)
            | Self::Stored(_)
            | Self::Objects
            | Self::UploadsVerified
            | Self::OriginalBytes => false,
        }
    }

    /// How it is asked for; `None` where the deployment has no such part.
    pub(super) fn query(self, deployment: &Deployment) -> Option<MetricQuery> {
        let function = |role: Role| deployment.functions.get(&role).map(|function| function.name.clone());
        let by = |name, value: String| vec![(name, value)];
        let (namespace, name, dimensions) = match self {
            Self::Invocations(role) => ("AWS/Lambda", "Invocations", by("FunctionName", function(role)?)),
            Self::Duration(role) => ("AWS/Lambda", "Duration", by("FunctionName", function(role)?)),
            Self::LogBytes(role) => {
                let group = format!("/aws/lambda/{}", function(role)?);
                ("AWS/Logs", "IncomingBytes", by("LogGroupName", group))
            }
            Self::CdnRequests => cdn(deployment, "Requests")?,
            Self::CdnBytes => cdn(deployment, "BytesDownloaded")?,
            Self::CdnHitRate => cdn(deployment, "CacheHitRate")?,
            Self::Stored(of_type) => bucket(deployment, "BucketSizeBytes", ("StorageType", of_type)),
            Self::Objects => bucket(deployment, "NumberOfObjects", ("StorageType", "AllStorageTypes")),
            Self::Requests(verb) => bucket(deployment, verb.metric(), ("FilterId", WHOLE_BUCKET)),
            Self::TableReads => table(deployment, "ConsumedReadCapacityUnits", None),
            Self::TableWrites => table(deployment, "ConsumedWriteCapacityUnits", None),
            Self::IndexReads => table(deployment, "ConsumedReadCapacityUnits", Some(INDEX)),
            Self::IndexWrites => table(deployment, "ConsumedWriteCapacityUnits", Some(INDEX)),
            Self::Runs => {
                let machine = by("StateMachineArn", deployment.state_machine.clone()?);
                ("AWS/States", "ExecutionsStarted", machine)
            }
            Self::UploadsVerified => own(deployment, "uploads_verified"),
            Self::OriginalBytes => own(deployment, "original_bytes_fetched"),
        };
        Some(MetricQuery { namespace, name, dimensions, statistic: self.statistic() })
    }

    fn statistic(self) -> Statistic {
        if matches!(self, Self::Stored(_) | Self::Objects | Self::CdnHitRate) {
            Statistic::Average
        } else {
            Statistic::Sum
        }
    }
}

/// A metric's namespace, name and dimensions.
type Named = (&'static str, &'static str, Vec<(&'static str, String)>);

/// The portfolio's own.
fn own(deployment: &Deployment, name: &'static str) -> Named {
    let stack = deployment.stack.clone().map(|stack| (STACK_DIMENSION, stack));
    (METRICS_NAMESPACE, name, stack.into_iter().collect())
}

fn cdn(deployment: &Deployment, name: &'static str) -> Option<Named> {
    let distribution = deployment.distribution.clone().filter(|_| deployment.region == CDN_REGION)?;
    let dimensions = vec![("DistributionId", distribution), ("Region", "Global".to_owned())];
    Some(("AWS/CloudFront", name, dimensions))
}

fn bucket(deployment: &Deployment, name: &'static str, (by, value): (&'static str, &str)) -> Named {
    ("AWS/S3", name, vec![("BucketName", deployment.bucket.clone()), (by, value.to_owned())])
}

fn table(deployment: &Deployment, name: &'static str, index: Option<&str>) -> Named {
    let mut dimensions = vec![("TableName", deployment.table.clone())];
    dimensions.extend(index.map(|index| ("GlobalSecondaryIndexName", index.to_owned())));
    ("AWS/DynamoDB", name, dimensions)
}
