//! S3's storage types: as what its storage metrics tell the bytes of a bucket apart.

use crate::storage_class::{StorageClass, Tier};

/// What a type of S3's storage metrics is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Objects of a class.
    Objects(StorageClass, Option<Tier>),
    /// What small objects of a class are billed for beyond their size.
    Padding(StorageClass),
    /// What S3 keeps beside each object of an archive class: 32 KB at that class's rate. It counts the objects.
    BesideEach(StorageClass),
    /// Billed, and not in the price book.
    Unpriced,
}

/// Of an archived object S3 keeps so much beside it, by its documentation.
pub(super) const BESIDE_EACH_BYTES: u64 = 32 << 10;

/// Every type by its name.
pub(super) const ALL: [(&str, Kind); 19] = {
    use Kind::{BesideEach, Objects, Padding, Unpriced};
    use StorageClass::{DeepArchive, Glacier, GlacierIr, IntelligentTiering, Standard, StandardIa};
    [
        ("StandardStorage", Objects(Standard, None)),
        // Parts of unfinished uploads into the archive classes are billed as STANDARD.
        ("GlacierStagingStorage", Padding(Standard)),
        ("DeepArchiveStagingStorage", Padding(Standard)),
        ("IntelligentTieringFAStorage", Objects(IntelligentTiering, Some(Tier::Frequent))),
        ("IntelligentTieringIAStorage", Objects(IntelligentTiering, Some(Tier::Infrequent))),
        ("IntelligentTieringAIAStorage", Objects(IntelligentTiering, Some(Tier::ArchiveInstant))),
        ("StandardIAStorage", Objects(StandardIa, None)),
        ("StandardIASizeOverhead", Padding(StandardIa)),
        ("GlacierInstantRetrievalStorage", Objects(GlacierIr, None)),
        // AWS's documentation has had both names.
        ("GlacierIRSizeOverhead", Padding(GlacierIr)),
        ("GlacierInstantRetrievalSizeOverhead", Padding(GlacierIr)),
        ("GlacierStorage", Objects(Glacier, None)),
        ("GlacierObjectOverhead", BesideEach(Glacier)),
        ("DeepArchiveStorage", Objects(DeepArchive, None)),
        ("DeepArchiveObjectOverhead", BesideEach(DeepArchive)),
        ("IntelligentTieringAAStorage", Unpriced),
        ("IntelligentTieringDAAStorage", Unpriced),
        ("OneZoneIAStorage", Unpriced),
        ("ReducedRedundancyStorage", Unpriced),
    ]
};

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(|(name, _)| name)
}
