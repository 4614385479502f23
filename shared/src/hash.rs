//! The SHA-256 that an asset *is*.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use crate::shard::Shard;

/// The SHA-256 of an original's bytes: its name everywhere.
///
/// There is one spelling: 64 lowercase hexadecimal digits.
///
/// ```
/// use shared::hash::ContentHash;
/// let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(of_nothing.parse::<ContentHash>().unwrap().to_string(), of_nothing);
/// assert!(of_nothing.to_uppercase().parse::<ContentHash>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of bytes that are already in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as S3 writes it in `x-amz-checksum-sha256`: standard base64 with padding.
    pub fn to_base64(self) -> String {
        BASE64.encode(self.0)
    }

    /// The hash with these bytes.
    pub fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads S3's spelling; `None` for anything but the padded base64 of 32 bytes (a composite checksum ends in `-N`).
    pub fn from_base64(text: &str) -> Option<Self> {
        BASE64.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The shard that the asset's metadata lives in: the first two hexadecimal digits.
    pub fn shard(&self) -> Shard {
        Shard::new(self.0[0])
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

/// Why a text is no content hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseHashError {
    /// It has another number of characters than 64.
    #[error("a content hash has 64 hexadecimal digits, and this has {0} characters")]
    Length(usize),
    /// A character is not one of `0-9a-f`.
    #[error("a content hash is written in 0-9 and a-f, and character {position} is {found:?}")]
    Digit {
        /// Where it stands, from 1.
        position: usize,
        /// What stands there.
        found: char,
    },
}

impl FromStr for ContentHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let wrong_digit = |c: &char| !matches!(c, '0'..='9' | 'a'..='f');
        let length = text.chars().count();
        if length != 64 {
            return Err(ParseHashError::Length(length));
        }
        if let Some((at, found)) = text.chars().enumerate().find(|(_, c)| wrong_digit(c)) {
            return Err(ParseHashError::Digit { position: at + 1, found });
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = nibble(pair[0]) << 4 | nibble(pair[1]);
        }
        Ok(Self(digest))
    }
}

/// The value of a digit that has been checked to be one.
fn nibble(digit: u8) -> u8 {
    if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 }
}

/// Hashes a stream, in constant memory.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    digest: Sha256,
    size_bytes: u64,
}

impl Hasher {
    /// Takes the next bytes of the stream.
    pub fn update(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
    }

    /// The hash of everything taken, and how many bytes that was.
    pub fn finish(self) -> (ContentHash, u64) {
        (ContentHash(self.digest.finalize().into()), self.size_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_hash_reads_back_from_both_spellings(bytes: [u8; 32]) {
            let hash = ContentHash(bytes);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
            prop_assert_eq!(ContentHash::from_base64(&hash.to_base64()), Some(hash));
            prop_assert!(hash.to_string().starts_with(&hash.shard().to_string()));
        }

        #[test]
        fn a_stream_hashes_to_the_same_as_its_bytes_at_once(chunks: Vec<Vec<u8>>) {
            let mut hasher = Hasher::default();
            for chunk in &chunks {
                hasher.update(chunk);
            }
            let whole = chunks.concat();
            prop_assert_eq!(hasher.finish(), (ContentHash::of(&whole), whole.len() as u64));
        }
    }

    #[test]
    fn a_wrong_text_is_refused_with_what_is_wrong() {
        let good = ContentHash::of(b"x").to_string();
        let cases = [
            (good[1..].to_owned(), ParseHashError::Length(63)),
            (format!("{good}0"), ParseHashError::Length(65)),
            (String::new(), ParseHashError::Length(0)),
            (format!("{}G", &good[1..]), ParseHashError::Digit { position: 64, found: 'G' }),
            (format!("é{}", &good[1..]), ParseHashError::Digit { position: 1, found: 'é' }),
        ];
        for (text, why) in cases {
            assert_eq!(text.parse::<ContentHash>(), Err(why), "{text}");
        }
    }

    #[test]
    fn a_composite_checksum_is_not_a_content_hash() {
        let composite = format!("{}-2", ContentHash::of(b"x").to_base64());
        assert_eq!(ContentHash::from_base64(&composite), None);
    }
}
