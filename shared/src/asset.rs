//! The asset: what is known of an original that can't be derived from its bytes.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::dimensions::Dimensions;
use crate::hash::ContentHash;
use crate::media::MediaType;
use crate::shard::Shard;
use crate::time::Timestamp;

pub mod change;
pub mod source_key;
pub mod state;

pub use change::{Amendment, AssetChange, Authority, Declaration, Refusal, Takedown, Verification};
pub use source_key::{ParseSourceKeyError, SourceKey};
pub use state::{AssetEvent, AssetState, IllegalTransition, Transition};

/// An asset as the repository holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The SHA-256 of its bytes; identifier, storage key and URLs follow from it.
    pub content_hash: ContentHash,
    /// Size in bytes: declared while PENDING, measured afterwards.
    pub size_bytes: u64,
    /// Type: declared while PENDING, measured by leading bytes afterwards.
    pub media_type: MediaType,
    /// Where it stands in its life.
    pub state: AssetState,
    /// The stored object's `ETag` when it was last verified.
    pub etag: Option<ETag>,
    /// Size of the upright picture in pixels, once verified.
    pub dimensions: Option<Dimensions>,
    /// The name that it was uploaded under, for people.
    pub file_name: Option<FileName>,
    /// What the drop folder last brought its bytes as.
    pub source_key: Option<SourceKey>,
    /// Why it was rejected, or who took it down and why.
    pub reason: Option<String>,
    /// Who asked for it first.
    pub created_by: Principal,
    /// Whether another caller relies on it too, so that its owner alone may no longer delete it.
    pub shared: bool,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// When DynamoDB may forget it; only a PENDING item that never was READY or DELETED has one.
    pub expires_at: Option<Timestamp>,
}

impl Asset {
    /// Its identifier, derived from its hash.
    pub fn asset_id(&self) -> AssetId {
        AssetId::from(&self.content_hash)
    }
}

/// An asset's identifier: a `UUIDv8` of its hash's first 128 bits, with version and variant overwritten (RFC 9562, B.2).
///
/// The same bytes have the same identifier everywhere, so that no index is needed.
///
/// ```
/// use shared::{asset::AssetId, hash::ContentHash};
/// let of_nothing = AssetId::from(&ContentHash::of(b""));
/// assert_eq!(of_nothing.to_string(), "e3b0c442-98fc-8c14-9afb-f4c8996fb924");
/// assert_eq!("e3b0c442-98fc-8c14-9afb-f4c8996fb924".parse(), Ok(of_nothing));
/// assert!("e3b0c442-98fc-4c14-9afb-f4c8996fb924".parse::<AssetId>().is_err()); // version 4
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AssetId(Uuid);

impl AssetId {
    /// The shard of its first two hexadecimal digits, which are the hash's too: no version bit stands there.
    pub fn shard(&self) -> Shard {
        Shard::new(self.0.as_bytes()[0])
    }

    /// The least and the greatest hash that can have this identifier: all that start with its first 48 bits, which
    /// come before the version.
    pub fn hash_range(&self) -> (String, String) {
        let digits = self.0.simple().to_string();
        let (start, _) = digits.split_at(12);
        (format!("{start}{}", "0".repeat(52)), format!("{start}{}", "f".repeat(52)))
    }
}

impl From<&ContentHash> for AssetId {
    fn from(hash: &ContentHash) -> Self {
        let mut leading = [0; 16];
        leading.copy_from_slice(&hash.as_bytes()[..16]);
        Self(uuid::Builder::from_custom_bytes(leading).into_uuid())
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A text that is no asset identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an asset id is a UUID of version 8 in lowercase with hyphens, and {0:?} is not")]
pub struct ParseAssetIdError(String);

impl FromStr for AssetId {
    type Err = ParseAssetIdError;

    fn from_str(text: &str) -> Result<Self, ParseAssetIdError> {
        let parsed = Uuid::try_parse(text).ok().map(Self);
        parsed
            .filter(|id| id.0.get_version_num() == 8 && id.to_string() == text)
            .ok_or_else(|| ParseAssetIdError(text.to_owned()))
    }
}

/// An S3 entity tag, without the quotes that HTTP writes around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// Takes a tag as S3 sends it, with or without quotes.
    pub fn new(text: &str) -> Self {
        Self(text.trim_matches('"').to_owned())
    }

    /// The tag without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who calls: a token's subject, an IAM role, or one of Hashfolio's own names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(String);

impl Principal {
    /// The longest name in bytes; DynamoDB's index key allows 2,048.
    pub const MAX_BYTES: usize = 1024;

    /// A caller's name; `None` when it is empty, has control characters, or is longer than [`Principal::MAX_BYTES`].
    pub fn new(name: &str) -> Option<Self> {
        let fits = !name.is_empty() && name.len() <= Self::MAX_BYTES && !name.contains(char::is_control);
        fits.then(|| Self(name.to_owned()))
    }

    /// The owner of what came through the drop folder.
    pub fn drop_folder() -> Self {
        Self("drop-folder".to_owned())
    }

    /// The owner of an object that was found under its hash without metadata.
    pub fn orphanage() -> Self {
        Self("orphan".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an uploaded file, for people: never part of a key or path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

/// Why a text is no file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseFileNameError {
    /// It is empty.
    #[error("a file name has at least one character")]
    Empty,
    /// It is longer than [`FileName::MAX_BYTES`].
    #[error("a file name has at most {max} bytes of UTF-8, and this has {0}", max = FileName::MAX_BYTES)]
    TooLong(usize),
    /// It has a control character.
    #[error("a file name has no control characters")]
    Control,
}

impl FileName {
    /// The longest name in bytes, as file systems have it.
    pub const MAX_BYTES: usize = 255;

    /// The last part of a path or key as a file name, cut to fit and without control characters; `None` when nothing
    /// is left.
    pub fn from_path(path: &str) -> Option<Self> {
        let last = path.rsplit('/').next().unwrap_or(path);
        let mut name: String = last.chars().filter(|c| !c.is_control()).collect();
        while name.len() > Self::MAX_BYTES {
            name.pop();
        }
        name.parse().ok()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = ParseFileNameError;

    fn from_str(text: &str) -> Result<Self, ParseFileNameError> {
        match text {
            "" => Err(ParseFileNameError::Empty),
            long if long.len() > Self::MAX_BYTES => Err(ParseFileNameError::TooLong(long.len())),
            control if control.contains(char::is_control) => Err(ParseFileNameError::Control),
            good => Ok(Self(good.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_leads_back_to_the_range_that_holds_its_hash(bytes: Vec<u8>) {
            let hash = ContentHash::of(&bytes);
            let id = AssetId::from(&hash);
            let (least, greatest) = id.hash_range();
            prop_assert!((least..=greatest).contains(&hash.to_string()));
            prop_assert_eq!(id.shard(), hash.shard());
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn any_key_gives_a_valid_file_name_or_none(path: String) {
            if let Some(name) = FileName::from_path(&path) {
                prop_assert_eq!(name.as_str().parse(), Ok(name.clone()));
                prop_assert!(!name.as_str().contains('/'));
            }
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let upper = AssetId::from(&ContentHash::of(b"x")).to_string().to_uppercase();
        assert!(upper.parse::<AssetId>().is_err());
        assert!(upper.to_lowercase().replace('-', "").parse::<AssetId>().is_err());
    }
}
