//! Everything that appears on the bill, one item a price.

use crate::storage_class::{StorageClass, StoredAs};

/// The processors that functions run on, by Lambda's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Architecture {
    /// `arm64`
    Arm64,
    /// `x86_64`
    X86,
}

impl Architecture {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Arm64, Self::X86];

    /// Lambda's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Arm64 => Self::X86,
            Self::X86 => Self::Arm64,
        }
    }
}

/// Something that is billed. Its quantity is in bytes, requests, GB-seconds or objects, as its price says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    /// Bytes kept for a month.
    Stored(StoredAs),
    /// Objects that Intelligent-Tiering watches for a month.
    Monitored,
    /// S3 requests: PUT, COPY, POST, LIST.
    S3Writes,
    /// S3 requests: GET and all others, of objects in classes that can be read for nothing more.
    S3Reads,
    /// S3 requests that read objects of a class.
    ClassReads(StorageClass),
    /// S3 requests that put objects into a class.
    ClassWrites(StorageClass),
    /// Bytes read from a class.
    Retrieved(StorageClass),
    /// Objects that a lifecycle moved to a class.
    MovedTo(StorageClass),
    /// Invocations of functions.
    Invocations,
    /// GB-seconds of functions.
    ComputeTime(Architecture),
    /// Bytes from the CDN to its viewers.
    CdnBytes,
    /// Requests to the CDN.
    CdnRequests,
    /// Runs of the CDN's function.
    EdgeFunctionRuns,
    /// Requests that reach the CDN's shield from its other regions.
    ShieldRequests,
    /// DynamoDB write units.
    TableWrites,
    /// DynamoDB read units.
    TableReads,
    /// Bytes in DynamoDB for a month.
    TableBytes,
    /// Requests to the upload API.
    ApiRequests,
    /// State transitions of Step Functions.
    StateTransitions,
    /// Invocations by the scheduler.
    ScheduledCalls,
    /// Bytes of logs taken in.
    LogBytes,
    /// Custom metrics for a month.
    CustomMetrics,
    /// Alarms for a month.
    Alarms,
}

/// What quantities of an item are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// GB-seconds.
    GbSeconds,
    /// Requests, invocations, objects, or whatever else the item's name says.
    Times,
}

/// A part of the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// What S3 keeps.
    Storage,
    /// Requests to S3, and what reading and moving colder classes costs.
    Requests,
    /// Lambda.
    Compute,
    /// CloudFront.
    Cdn,
    /// DynamoDB.
    Metadata,
    /// The rest: the upload API, Step Functions, the scheduler, `CloudWatch`.
    Other,
}

impl Component {
    /// Every component, in the order of reports.
    pub const ALL: [Self; 6] =
        [Self::Storage, Self::Requests, Self::Compute, Self::Cdn, Self::Metadata, Self::Other];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Requests => "requests",
            Self::Compute => "compute",
            Self::Cdn => "cdn",
            Self::Metadata => "metadata",
            Self::Other => "other",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Storage => "Storage",
            Self::Requests => "Requests",
            Self::Compute => "Compute",
            Self::Cdn => "CDN",
            Self::Metadata => "Metadata",
            Self::Other => "Other",
        }
    }
}

impl Item {
    /// Every item.
    pub fn all() -> Vec<Self> {
        let mut items: Vec<Self> = StoredAs::ALL.map(Self::Stored).into();
        for of_class in [Self::ClassReads, Self::ClassWrites, Self::Retrieved, Self::MovedTo] {
            items.extend(StorageClass::ALL.map(of_class));
        }
        items.extend(Architecture::ALL.map(Self::ComputeTime));
        items.extend([
            Self::Monitored,
            Self::S3Writes,
            Self::S3Reads,
            Self::Invocations,
            Self::CdnBytes,
            Self::CdnRequests,
            Self::EdgeFunctionRuns,
            Self::ShieldRequests,
            Self::TableWrites,
            Self::TableReads,
            Self::TableBytes,
            Self::ApiRequests,
            Self::StateTransitions,
            Self::ScheduledCalls,
            Self::LogBytes,
            Self::CustomMetrics,
            Self::Alarms,
        ]);
        items
    }

    /// The name of its price in a price book.
    pub fn key(self) -> String {
        let plain = match self {
            Self::Stored(rate) => return format!("storage.{}", rate.name()),
            Self::ClassReads(class) => return format!("reads.{class}"),
            Self::ClassWrites(class) => return format!("writes.{class}"),
            Self::Retrieved(class) => return format!("retrieval.{class}"),
            Self::MovedTo(class) => return format!("transition.{class}"),
            Self::ComputeTime(architecture) => return format!("lambda.gbSeconds.{}", architecture.name()),
            Self::Monitored => "storage.INTELLIGENT_TIERING.monitoring",
            Self::S3Writes => "s3.putCopyPostList",
            Self::S3Reads => "s3.getAndOther",
            Self::Invocations => "lambda.invocations",
            Self::CdnBytes => "cdn.bytes",
            Self::CdnRequests => "cdn.requests",
            Self::EdgeFunctionRuns => "cdn.functions",
            Self::ShieldRequests => "cdn.originShield",
            Self::TableWrites => "dynamodb.writeUnits",
            Self::TableReads => "dynamodb.readUnits",
            Self::TableBytes => "dynamodb.bytes",
            Self::ApiRequests => "api.requests",
            Self::StateTransitions => "stepFunctions.transitions",
            Self::ScheduledCalls => "scheduler.invocations",
            Self::LogBytes => "logs.bytes",
            Self::CustomMetrics => "metrics.custom",
            Self::Alarms => "metrics.alarms",
        };
        plain.to_owned()
    }

    /// What its quantities are counted in.
    pub fn unit(self) -> Unit {
        match self {
            Self::Stored(_) | Self::Retrieved(_) | Self::CdnBytes | Self::TableBytes | Self::LogBytes => {
                Unit::Bytes
            }
            Self::ComputeTime(_) => Unit::GbSeconds,
            Self::Monitored
            | Self::S3Writes
            | Self::S3Reads
            | Self::ClassReads(_)
            | Self::ClassWrites(_)
            | Self::MovedTo(_)
            | Self::Invocations
            | Self::CdnRequests
            | Self::EdgeFunctionRuns
            | Self::ShieldRequests
            | Self::TableWrites
            | Self::TableReads
            | Self::ApiRequests
            | Self::StateTransitions
            | Self::ScheduledCalls
            | Self::CustomMetrics
            | Self::Alarms => Unit::Times,
        }
    }

    /// The part of the bill that it belongs to; S3's are as S3's own price page parts them.
    pub fn component(self) -> Component {
        match self {
            Self::Stored(_) | Self::Monitored => Component::Storage,
            Self::S3Writes
            | Self::S3Reads
            | Self::ClassReads(_)
            | Self::ClassWrites(_)
            | Self::Retrieved(_)
            | Self::MovedTo(_) => Component::Requests,
            Self::Invocations | Self::ComputeTime(_) => Component::Compute,
            Self::CdnBytes | Self::CdnRequests | Self::EdgeFunctionRuns | Self::ShieldRequests => {
                Component::Cdn
            }
            Self::TableWrites | Self::TableReads | Self::TableBytes => Component::Metadata,
            Self::ApiRequests
            | Self::StateTransitions
            | Self::ScheduledCalls
            | Self::LogBytes
            | Self::CustomMetrics
            | Self::Alarms => Component::Other,
        }
    }
}
