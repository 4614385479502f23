//! Every S3 key there is. Keys are formatted and parsed here, and nowhere else.

use std::fmt;

use crate::hash::ContentHash;
use crate::multipart::UploadId;
use crate::shard::Shard;
use crate::variant::{VariantSpec, VariantUrl};

mod report;

pub use report::{ReconcileStage, ReportFormat, ReportName};

/// The key of an object.
///
/// ```
/// use shared::key::ObjectKey;
/// let key = format!("raw/{}", "a".repeat(64));
/// assert_eq!(ObjectKey::parse(&key).unwrap().to_string(), key);
/// assert!(ObjectKey::parse("raw/cat.jpg").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// `raw/{hash}`: an original, exactly as uploaded.
    Original(ContentHash),
    /// `incoming/{name}`: what was put into the drop folder.
    Incoming(DropName),
    /// `incoming/.parts/{hash}/{upload}`: what the parts of an upload make, until it is known to be what was promised.
    Parts {
        /// What was promised.
        hash: ContentHash,
        /// The upload.
        upload: UploadId,
    },
    /// `refused/{name}`: what the drop folder held and was refused.
    Refused(DropName),
    /// `variants/{hash}/{w}x{h}/{q}.{ext}`: a variant that is shared for minutes.
    Variant {
        /// Whose variant it is.
        hash: ContentHash,
        /// Which variant it is.
        spec: VariantSpec,
    },
    /// `reports/{name}`: a report.
    Report(ReportName),
}

/// A folder whose objects are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Folder {
    /// `raw/`: originals, and whatever else somebody put there.
    Originals,
    /// `incoming/`: the drop folder.
    Incoming,
}

impl Folder {
    /// What every key in it starts with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Originals => "raw/",
            Self::Incoming => "incoming/",
        }
    }
}

/// The part of the originals' folder that belongs to a shard: every key after one key, up to another and with it. The
/// parts of all shards are the whole folder, keys that are no hash included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardKeys {
    /// The key before the first; `None` where the folder begins.
    pub after: Option<String>,
    /// The last key that can be in it; `None` where the folder ends.
    pub last: Option<String>,
}

impl ShardKeys {
    /// The keys of a shard. A listing starts after a key, so a border's own key (`raw/0a`, which no hash has) belongs
    /// to the shard before it.
    pub fn of(shard: Shard) -> Self {
        let border = |shard: Shard| format!("{}{shard}", Folder::Originals.prefix());
        Self { after: (shard != Shard::FIRST).then(|| border(shard)), last: shard.next().map(border) }
    }

    /// Whether a key that comes after the shard's first border comes before its last one too.
    pub fn reach(&self, key: &str) -> bool {
        self.last.as_deref().is_none_or(|last| key <= last)
    }
}

/// Where tools keep the parts of an upload to the drop folder that is under way, and where uploads in parts end.
const PARTS_FOLDER: &str = ".parts/";

/// The name of an object in the drop folder: whatever comes after `incoming/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropName(String);

impl DropName {
    /// A name; `None` when it is empty.
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// Whether an object of this size is an upload: not a part of one that is under way, nor the empty object that
    /// consoles make for an empty folder.
    pub fn is_upload(&self, size_bytes: u64) -> bool {
        let is_part = self.0.starts_with(PARTS_FOLDER);
        let is_marker = size_bytes == 0 && self.0.ends_with('/');
        !is_part && !is_marker
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ObjectKey {
    /// Reads a key; `None` for one that is not Hashfolio's.
    pub fn parse(key: &str) -> Option<Self> {
        let (folder, rest) = key.split_once('/')?;
        match folder {
            "raw" => rest.parse().ok().map(Self::Original),
            "incoming" => parts(rest).or_else(|| DropName::new(rest).map(Self::Incoming)),
            "refused" => DropName::new(rest).map(Self::Refused),
            "variants" => {
                let VariantUrl { hash, spec } = format!("/{rest}").parse().ok()?;
                Some(Self::Variant { hash, spec })
            }
            "reports" => ReportName::new(rest).map(Self::Report),
            _ => None,
        }
    }
}

fn parts(name: &str) -> Option<ObjectKey> {
    let (hash, upload) = name.strip_prefix(PARTS_FOLDER)?.split_once('/')?;
    Some(ObjectKey::Parts { hash: hash.parse().ok()?, upload: upload.parse().ok()? })
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(hash) => write!(f, "raw/{hash}"),
            Self::Incoming(name) => write!(f, "incoming/{}", name.as_str()),
            Self::Parts { hash, upload } => write!(f, "incoming/{PARTS_FOLDER}{hash}/{upload}"),
            Self::Refused(name) => write!(f, "refused/{}", name.as_str()),
            Self::Variant { hash, spec } => {
                write!(f, "variants{}", VariantUrl { hash: *hash, spec: *spec })
            }
            Self::Report(name) => write!(f, "reports/{}", name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shard::ShardRange;

    proptest! {
        #[test]
        fn a_key_that_parses_prints_as_it_was(key in "(raw|incoming|refused|variants|reports)/[ -~é]{0,80}") {
            if let Some(parsed) = ObjectKey::parse(&key) {
                prop_assert_eq!(parsed.to_string(), key);
            }
        }
    }

    #[test]
    fn every_kind_of_key_reads_back() {
        let hash = ContentHash::of(b"x");
        for key in [
            format!("raw/{hash}"),
            "incoming/2026/summer holiday/cat #1.jpg".to_owned(),
            "incoming//..".to_owned(),
            format!("incoming/.parts/{hash}/{}", "0f".repeat(16)),
            format!("incoming/.parts/{hash}/1"),
            "refused/page.html".to_owned(),
            format!("variants/{hash}/640x0/80.webp"),
            "reports/reconcile/2026-11-23.html".to_owned(),
        ] {
            assert_eq!(ObjectKey::parse(&key).map(|parsed| parsed.to_string()), Some(key));
        }
    }

    #[test]
    fn a_part_and_a_folders_marker_are_no_uploads() {
        for (name, size_bytes, expected) in
            [("a.jpg", 0, true), ("a/", 0, false), ("a/", 1, true), (".parts/a.jpg/1", 7, false)]
        {
            assert_eq!(DropName::new(name).unwrap().is_upload(size_bytes), expected, "{name}");
        }
    }

    #[test]
    fn only_what_the_api_names_so_is_an_upload_in_parts() {
        let (hash, upload) = (ContentHash::of(b"x"), "0f".repeat(16));
        let is_parts =
            |key: &str| matches!(ObjectKey::parse(&format!("incoming/{key}")), Some(ObjectKey::Parts { .. }));
        assert!(is_parts(&format!(".parts/{hash}/{upload}")));
        for other in [
            format!("parts/{hash}/{upload}"),
            format!(".parts/{hash}/{}", upload.to_uppercase()),
            format!(".parts/{hash}/{upload}/1"),
            format!(".parts/cat.jpg/{upload}"),
            format!(".parts/{hash}"),
        ] {
            assert!(!is_parts(&other), "{other}");
        }
    }

    #[test]
    fn a_foreign_key_is_none_of_ours() {
        let upper = ContentHash::of(b"x").to_string().to_uppercase();
        for key in [
            "",
            "raw",
            "raw/",
            "raw/readme.txt",
            "incoming/",
            "other/x",
            "reports/x",
            &format!("raw/{upper}"),
        ] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }

    #[test]
    fn every_key_of_the_originals_folder_belongs_to_one_shard() {
        let hash = |start: &str| format!("raw/{start}{}", "7".repeat(64 - start.len()));
        let foreign =
            ["raw/", "raw/!", "raw/00", "raw/0a", "raw/0a/x", "raw/0b", "raw/ff", "raw/README", "raw/～"];
        let keys = [hash("00"), hash("09"), hash("0a"), hash("0b"), hash("ff")];
        for key in foreign.into_iter().map(str::to_owned).chain(keys) {
            let holds =
                |keys: &ShardKeys| keys.after.as_ref().is_none_or(|after| *after < key) && keys.reach(&key);
            let homes: Vec<Shard> =
                ShardRange::ALL.shards().filter(|shard| holds(&ShardKeys::of(*shard))).collect();
            assert_eq!(homes.len(), 1, "{key}");
            if let Some(ObjectKey::Original(hash)) = ObjectKey::parse(&key) {
                assert_eq!(homes, [hash.shard()]);
            }
        }
    }
}
