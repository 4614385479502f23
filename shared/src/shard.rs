//! Shards: the 256 parts that hashes fall into by their first byte.

use std::fmt;
use std::str::FromStr;

/// A 256th of all assets: those whose hash starts with these two hexadecimal digits. It is the partition key of the
/// assets' table, and a range of keys in the bucket.
///
/// ```
/// use shared::shard::Shard;
/// assert_eq!("0a".parse::<Shard>().unwrap().to_string(), "0a");
/// assert!("0A".parse::<Shard>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(u8);

impl Shard {
    /// The first of all shards.
    pub const FIRST: Self = Self(0);
    /// The last of all shards.
    pub const LAST: Self = Self(u8::MAX);

    /// The shard of hashes that start with this byte.
    pub fn new(first_byte: u8) -> Self {
        Self(first_byte)
    }

    /// The shard behind this one; `None` behind the last.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}", self.0)
    }
}

/// A text that names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a shard is two digits of 0-9a-f, and {0:?} is not")]
pub struct ParseShardError(String);

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Self, ParseShardError> {
        let parsed = u8::from_str_radix(text, 16).ok().map(Self);
        parsed.filter(|shard| shard.to_string() == text).ok_or_else(|| ParseShardError(text.to_owned()))
    }
}

/// A run of shards, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardRange {
    first: Shard,
    last: Shard,
}

/// Two shards in the wrong order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a range of shards ends where it starts or later, and {first} to {last} does not")]
pub struct BackwardsRangeError {
    first: Shard,
    last: Shard,
}

impl ShardRange {
    /// Every shard.
    pub const ALL: Self = Self { first: Shard::FIRST, last: Shard::LAST };

    /// The shards from the first to the last.
    ///
    /// # Errors
    /// [`BackwardsRangeError`] when the last comes before the first.
    pub fn new(first: Shard, last: Shard) -> Result<Self, BackwardsRangeError> {
        if last < first { Err(BackwardsRangeError { first, last }) } else { Ok(Self { first, last }) }
    }

    /// Where it starts.
    pub fn first(self) -> Shard {
        self.first
    }

    /// Where it ends.
    pub fn last(self) -> Shard {
        self.last
    }

    /// What is left of it from a shard on; `None` behind its end.
    pub fn from_shard(self, shard: Shard) -> Option<Self> {
        Self::new(self.first.max(shard), self.last).ok()
    }

    /// Its shards, in order.
    pub fn shards(self) -> impl DoubleEndedIterator<Item = Shard> {
        (self.first.0..=self.last.0).map(Shard)
    }
}

impl fmt::Display for ShardRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_has_one_spelling() {
        for shard in ShardRange::ALL.shards() {
            assert_eq!(shard.to_string().parse(), Ok(shard));
        }
        for text in ["", "0", "000", "0G", "FF", "+1", " 1", "é"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_has_its_ends_and_all_between() {
        let (a, b) = (Shard::new(9), Shard::new(11));
        let range = ShardRange::new(a, b).unwrap();
        assert_eq!(range.shards().map(|shard| shard.to_string()).collect::<Vec<_>>(), ["09", "0a", "0b"]);
        assert_eq!(ShardRange::ALL.shards().count(), 256);
        assert!(ShardRange::new(b, a).is_err());
        assert_eq!(range.from_shard(b), ShardRange::new(b, b).ok());
        assert_eq!(range.from_shard(Shard::new(12)), None);
    }
}
