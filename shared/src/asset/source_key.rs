//! Where in the drop folder an asset's bytes came from.

use std::fmt;
use std::str::FromStr;

use crate::key::{DropName, ObjectKey};

/// The key that a file had in the drop folder, by which whoever put it there knows it again.
///
/// Events are made of it by filling templates in, and nothing is escaped there: a quotation mark, a backslash or a
/// control character would break the event's JSON, or have it say something else. A file with one in its name has no
/// such key; its asset is known by its hash alone.
///
/// ```
/// use shared::asset::SourceKey;
/// let key: SourceKey = "incoming/2026/cat #1.jpg".parse().unwrap();
/// assert_eq!(key.to_string(), "incoming/2026/cat #1.jpg");
/// assert!("incoming/2026/\"cat\".jpg".parse::<SourceKey>().is_err());
/// assert!("raw/cat.jpg".parse::<SourceKey>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceKey(DropName);

/// A text that is no key of the drop folder, or one that no event can tell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a source key is a key of the drop folder without quotation marks, backslashes and control characters, and {0:?} is none"
)]
pub struct ParseSourceKeyError(String);

impl SourceKey {
    /// The key of a file in the drop folder; `None` for a name that no event can tell.
    pub fn new(name: &DropName) -> Option<Self> {
        let breaks = |letter: char| matches!(letter, '"' | '\\') || letter.is_control();
        (!name.as_str().contains(breaks)).then(|| Self(name.clone()))
    }
}

impl fmt::Display for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ObjectKey::Incoming(self.0.clone()).fmt(f)
    }
}

impl FromStr for SourceKey {
    type Err = ParseSourceKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = match ObjectKey::parse(text) {
            Some(ObjectKey::Incoming(name)) => Self::new(&name),
            _ => None,
        };
        name.ok_or_else(|| ParseSourceKeyError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_stands_in_json_as_it_is(name in "[ -~é\u{0}\n]{1,20}") {
            if let Some(key) = DropName::new(&name).as_ref().and_then(SourceKey::new) {
                let told = format!("{{\"sourceKey\": \"{key}\"}}");
                let told: serde_json::Value = serde_json::from_str(&told).unwrap();
                prop_assert_eq!(&told["sourceKey"], &format!("incoming/{name}"));
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
        }
    }
}
