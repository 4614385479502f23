//! Hashes that belong to no asset: whoever asks for them again and again costs nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::hash::ContentHash;

/// For how long a hash stays unknown: short, for an upload may make it known any moment.
const UNKNOWN_FOR: Duration = Duration::from_secs(2);

/// How many are remembered. Beyond it, those whose time has passed are forgotten, and if that is not enough, all.
const MOST: usize = 4096;

/// What the repository has just said that it does not have.
#[derive(Debug, Default)]
pub(crate) struct UnknownHashes {
    until: Mutex<HashMap<ContentHash, Instant>>,
}

impl UnknownHashes {
    /// Remembers that there is no such asset.
    pub(crate) fn remember(&self, hash: &ContentHash, now: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST {
            until.retain(|_, until| *until > now);
            if until.len() >= MOST {
                until.clear();
            }
        }
        until.insert(*hash, now + UNKNOWN_FOR);
    }

    /// Whether there was no such asset a moment ago.
    pub(crate) fn contains(&self, hash: &ContentHash, now: Instant) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(hash).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_unknown_for_seconds() {
        let (unknown, now, hash) = (UnknownHashes::default(), Instant::now(), ContentHash::of(b"x"));
        assert!(!unknown.contains(&hash, now));
        unknown.remember(&hash, now);
        assert!(unknown.contains(&hash, now));
        assert!(!unknown.contains(&ContentHash::of(b"y"), now));
        assert!(!unknown.contains(&hash, now + UNKNOWN_FOR));
    }

    #[test]
    fn no_number_of_hashes_takes_more_than_its_share_of_memory() {
        let (unknown, now) = (UnknownHashes::default(), Instant::now());
        for number in 0..3 * MOST {
            unknown.remember(&ContentHash::of(&number.to_le_bytes()), now);
        }
        assert!(unknown.until.lock().unwrap().len() <= MOST);
    }
}
