//! How S3 keeps an object, as far as its price differs.

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
