//! Everything that appears on the bill, one item a price.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A storage class that originals may have, by S3's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StorageClass {
    /// `STANDARD`
    Standard,
    /// `INTELLIGENT_TIERING`
    IntelligentTiering,
    /// `STANDARD_IA`
    StandardIa,
    /// `GLACIER_IR`
    GlacierIr,
    /// `GLACIER`: Flexible Retrieval
    Glacier,
    /// `DEEP_ARCHIVE`
    DeepArchive,
}

impl StorageClass {
    /// Every class.
    pub const ALL: [Self; 6] = [
        Self::Standard,
        Self::IntelligentTiering,
        Self::StandardIa,
        Self::GlacierIr,
        Self::Glacier,
        Self::DeepArchive,
    ];

    /// S3's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::StandardIa => "STANDARD_IA",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }
}

impl fmt::Display for StorageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no storage class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown storage class `{0}`; known are {known}", known = StorageClass::ALL.map(StorageClass::name).join(", "))]
pub struct UnknownStorageClass(String);

impl FromStr for StorageClass {
    type Err = UnknownStorageClass;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|class| class.name() == name);
        known.ok_or_else(|| UnknownStorageClass(name.to_owned()))
    }
}

/// What a stored byte is billed as: a class, or one of Intelligent-Tiering's tiers without archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredAs {
    /// `STANDARD`
    Standard,
    /// `INTELLIGENT_TIERING`, read within 30 days (FA)
    Frequent,
    /// `INTELLIGENT_TIERING`, not read for 30 days (IA)
    Infrequent,
    /// `INTELLIGENT_TIERING`, not read for 90 days (AIA)
    ArchiveInstant,
    /// `STANDARD_IA`
    StandardIa,
    /// `GLACIER_IR`
    GlacierIr,
    /// `GLACIER`
    Glacier,
    /// `DEEP_ARCHIVE`
    DeepArchive,
}

impl StoredAs {
    /// Every rate.
    pub const ALL: [Self; 8] = [
        Self::Standard,
        Self::Frequent,
        Self::Infrequent,
        Self::ArchiveInstant,
        Self::StandardIa,
        Self::GlacierIr,
        Self::Glacier,
        Self::DeepArchive,
    ];

    /// The class that objects of this rate have.
    pub fn class(self) -> StorageClass {
        match self {
            Self::Standard => StorageClass::Standard,
            Self::Frequent | Self::Infrequent | Self::ArchiveInstant => StorageClass::IntelligentTiering,
            Self::StandardIa => StorageClass::StandardIa,
            Self::GlacierIr => StorageClass::GlacierIr,
            Self::Glacier => StorageClass::Glacier,
            Self::DeepArchive => StorageClass::DeepArchive,
        }
    }

    /// The rate of a class; of Intelligent-Tiering, that of a tier, by default the dearest.
    pub fn of(class: StorageClass, tier: Option<Tier>) -> Self {
        match (class, tier) {
            (StorageClass::IntelligentTiering, None | Some(Tier::Frequent)) => Self::Frequent,
            (StorageClass::IntelligentTiering, Some(Tier::Infrequent)) => Self::Infrequent,
            (StorageClass::IntelligentTiering, Some(Tier::ArchiveInstant)) => Self::ArchiveInstant,
            (StorageClass::Standard, _) => Self::Standard,
            (StorageClass::StandardIa, _) => Self::StandardIa,
            (StorageClass::GlacierIr, _) => Self::GlacierIr,
            (StorageClass::Glacier, _) => Self::Glacier,
            (StorageClass::DeepArchive, _) => Self::DeepArchive,
        }
    }

    /// Its name in a price book: the class, and the tier if it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frequent => "INTELLIGENT_TIERING.FA",
            Self::Infrequent => "INTELLIGENT_TIERING.IA",
            Self::ArchiveInstant => "INTELLIGENT_TIERING.AIA",
            Self::Standard | Self::StandardIa | Self::GlacierIr | Self::Glacier | Self::DeepArchive => {
                self.class().name()
            }
        }
    }
}

/// A tier of Intelligent-Tiering, by the abbreviation that S3's metrics use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Tier {
    /// Read within 30 days.
    #[serde(rename = "FA")]
    Frequent,
    /// Not read for 30 days.
    #[serde(rename = "IA")]
    Infrequent,
    /// Not read for 90 days.
    #[serde(rename = "AIA")]
    ArchiveInstant,
}

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
