//! Every S3 key there is. Keys are formatted and parsed here, and nowhere else.

use std::fmt;

use crate::hash::ContentHash;
use crate::variant::{VariantSpec, VariantUrl};

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
    /// `refused/{name}`: what the drop folder held and was refused.
    Refused(DropName),
    /// `variants/{hash}/{w}x{h}/{q}.{ext}`: a variant that is shared for minutes.
    Variant {
        /// Whose variant it is.
        hash: ContentHash,
        /// Which variant it is.
        spec: VariantSpec,
    },
}

/// The name of an object in the drop folder: whatever comes after `incoming/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropName(String);

impl DropName {
    /// A name; `None` when it is empty.
    pub fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
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
            "incoming" => DropName::new(rest).map(Self::Incoming),
            "refused" => DropName::new(rest).map(Self::Refused),
            "variants" => {
                let VariantUrl { hash, spec } = format!("/{rest}").parse().ok()?;
                Some(Self::Variant { hash, spec })
            }
            _ => None,
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Original(hash) => write!(f, "raw/{hash}"),
            Self::Incoming(name) => write!(f, "incoming/{}", name.as_str()),
            Self::Refused(name) => write!(f, "refused/{}", name.as_str()),
            Self::Variant { hash, spec } => {
                write!(f, "variants{}", VariantUrl { hash: *hash, spec: *spec })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
            "refused/page.html".to_owned(),
            format!("variants/{hash}/640x0/80.webp"),
        ] {
            assert_eq!(ObjectKey::parse(&key).map(|parsed| parsed.to_string()), Some(key));
        }
    }

    #[test]
    fn a_foreign_key_is_none_of_ours() {
        let upper = ContentHash::of(b"x").to_string().to_uppercase();
        for key in ["", "raw", "raw/", "raw/readme.txt", "incoming/", "other/x", &format!("raw/{upper}")] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }
}
