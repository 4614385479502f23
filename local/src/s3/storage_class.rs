//! Storage classes, and which of them must be restored before they can be read.

use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// How an object is stored. Locally the bytes lie in the same place whatever the class says; what the class
/// changes is whether they may be read, and what S3 would charge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StorageClass {
    /// `STANDARD`
    #[default]
    Standard,
    /// `REDUCED_REDUNDANCY`
    ReducedRedundancy,
    /// `STANDARD_IA`
    StandardIa,
    /// `ONEZONE_IA`
    OnezoneIa,
    /// `INTELLIGENT_TIERING`
    IntelligentTiering,
    /// `GLACIER_IR`
    GlacierIr,
    /// `GLACIER`
    Glacier,
    /// `DEEP_ARCHIVE`
    DeepArchive,
}

impl StorageClass {
    /// Every class of a general-purpose bucket.
    pub const ALL: [Self; 8] = [
        Self::Standard,
        Self::ReducedRedundancy,
        Self::StandardIa,
        Self::OnezoneIa,
        Self::IntelligentTiering,
        Self::GlacierIr,
        Self::Glacier,
        Self::DeepArchive,
    ];

    /// # Errors
    /// `InvalidStorageClass` for a name that a general-purpose bucket does not have.
    fn parse(name: &str) -> S3Result<Self> {
        Self::named(name).ok_or_else(|| {
            s3_error!(InvalidStorageClass, "The storage class you specified is not valid: {name}")
        })
    }

    /// The class of this name; `None` when there is none.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == name)
    }

    /// The class that a request asks for; the standard one if it does not say.
    ///
    /// # Errors
    /// As for [`StorageClass::parse`].
    pub(super) fn declared(class: Option<&s3s::dto::StorageClass>) -> S3Result<Self> {
        class.map_or(Ok(Self::Standard), |class| Self::parse(class.as_str()))
    }

    /// S3's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::ReducedRedundancy => "REDUCED_REDUNDANCY",
            Self::StandardIa => "STANDARD_IA",
            Self::OnezoneIa => "ONEZONE_IA",
            Self::IntelligentTiering => "INTELLIGENT_TIERING",
            Self::GlacierIr => "GLACIER_IR",
            Self::Glacier => "GLACIER",
            Self::DeepArchive => "DEEP_ARCHIVE",
        }
    }

    /// The class as response headers name it: S3 leaves the header out for the standard class.
    pub(super) fn unless_standard(self) -> Option<s3s::dto::StorageClass> {
        match self {
            Self::Standard => None,
            Self::ReducedRedundancy
            | Self::StandardIa
            | Self::OnezoneIa
            | Self::IntelligentTiering
            | Self::GlacierIr
            | Self::Glacier
            | Self::DeepArchive => Some(s3s::dto::StorageClass::from_static(self.as_str())),
        }
    }

    /// Whether S3 charges for every byte that is read of an object of this class. Those of an archive are charged for
    /// when they are restored, and never again.
    pub(super) fn charges_reads(self) -> bool {
        match self {
            Self::StandardIa | Self::OnezoneIa | Self::GlacierIr => true,
            Self::Standard
            | Self::ReducedRedundancy
            | Self::IntelligentTiering
            | Self::Glacier
            | Self::DeepArchive => false,
        }
    }

    /// Whether an object of this class can be read only after it was restored.
    pub(super) fn is_archive(self) -> bool {
        match self {
            Self::Glacier | Self::DeepArchive => true,
            Self::Standard
            | Self::ReducedRedundancy
            | Self::StandardIa
            | Self::OnezoneIa
            | Self::IntelligentTiering
            | Self::GlacierIr => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_read_back_from_its_name() {
        for class in StorageClass::ALL {
            assert_eq!(StorageClass::parse(class.as_str()).unwrap(), class);
            assert_eq!(serde_json::to_string(&class).unwrap(), format!("\"{}\"", class.as_str()));
        }
    }

    #[test]
    fn an_unknown_class_is_refused_by_name() {
        let refusal = StorageClass::parse("FROZEN").unwrap_err();
        assert_eq!(refusal.code().as_str(), "InvalidStorageClass");
    }
}
