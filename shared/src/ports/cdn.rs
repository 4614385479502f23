//! The CDN in front of render, as far as it must be told to forget.

use serde::{Deserialize, Serialize};

use crate::hash::ContentHash;
use crate::time::Timestamp;

/// Makes a CDN forget what it keeps of an asset that was taken down.
///
/// Once is not enough: a render that read the asset before may fill the cache after the first invalidation. So a
/// takedown asks for a reminder too, which comes when no such render can still be under way.
pub trait CdnInvalidation {
    /// Makes the CDN forget every variant of an asset. The same invalidation a second time does nothing.
    ///
    /// # Errors
    /// [`CdnError`]; asking again is safe.
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError>;

    /// Has a reminder delivered later, at least once. How much later is the queue's own setting: twice the longest
    /// render.
    ///
    /// # Errors
    /// [`CdnError`]; whether the reminder will come is then unknown.
    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError>;
}

/// Without a CDN there is nothing to forget, and nothing to be reminded of.
impl<C: CdnInvalidation> CdnInvalidation for Option<C> {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError> {
        match self {
            Some(cdn) => cdn.invalidate(invalidation).await,
            None => Ok(()),
        }
    }

    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError> {
        match self {
            Some(cdn) => cdn.remind(reminder).await,
            None => Ok(()),
        }
    }
}

/// One of the two times that a takedown empties the CDN's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Invalidation {
    /// Whose variants.
    pub hash: ContentHash,
    /// When the asset was taken down, which tells one takedown of it from the next.
    pub taken_down_at: Timestamp,
    /// Which of the two.
    pub occasion: Occasion,
}

/// When a takedown empties the CDN's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// At once.
    AtOnce,
    /// When the renders that were under way have ended.
    Again,
}

impl Invalidation {
    /// The paths of all variants, as CDNs write them: the one `*` stands for whatever follows.
    pub fn path(&self) -> String {
        format!("/{}/*", self.hash)
    }

    /// A name that is the same whenever the same is asked for, by which a CDN knows a repetition.
    pub fn reference(&self) -> String {
        let occasion = match self.occasion {
            Occasion::AtOnce => "at-once",
            Occasion::Again => "again",
        };
        format!("{}-{}-{occasion}", self.hash, self.taken_down_at.epoch_millis())
    }
}

/// What the queue of reminders carries: of which asset the takedown is to be finished.
///
/// ```
/// use shared::{hash::ContentHash, ports::TakedownReminder};
/// let reminder = TakedownReminder { hash: ContentHash::of(b"") };
/// assert_eq!(TakedownReminder::parse(&reminder.to_message()), Some(reminder));
/// assert_eq!(TakedownReminder::parse("{}"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TakedownReminder {
    /// Which asset.
    pub hash: ContentHash,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    content_hash: String,
}

impl TakedownReminder {
    /// Reads a message; `None` for one that is no reminder.
    pub fn parse(message: &str) -> Option<Self> {
        let Message { content_hash } = serde_json::from_str(message).ok()?;
        content_hash.parse().ok().map(|hash| Self { hash })
    }

    /// The message, as JSON.
    pub fn to_message(self) -> String {
        // One text: serializing it can't fail.
        serde_json::to_string(&Message { content_hash: self.hash.to_string() }).unwrap_or_default()
    }
}

/// Why a CDN, or the queue of reminders, was not told.
#[derive(Debug, thiserror::Error)]
pub enum CdnError {
    /// It refuses us, now and until its configuration changes.
    #[error("{service} refuses the call")]
    Denied {
        /// Who refuses.
        service: &'static str,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It failed, timed out or has too much to do: another try may succeed.
    #[error("{service} is unavailable")]
    Unavailable {
        /// Who failed.
        service: &'static str,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_has_the_same_reference_and_nothing_else_has() {
        let first = Invalidation {
            hash: ContentHash::of(b"x"),
            taken_down_at: Timestamp::from_epoch_millis(1),
            occasion: Occasion::AtOnce,
        };
        assert_eq!(first.reference(), first.reference());
        assert_eq!(first.path(), format!("/{}/*", ContentHash::of(b"x")));
        let others = [
            Invalidation { hash: ContentHash::of(b"y"), ..first },
            Invalidation { taken_down_at: Timestamp::from_epoch_millis(2), ..first },
            Invalidation { occasion: Occasion::Again, ..first },
        ];
        for other in others {
            assert_ne!(other.reference(), first.reference());
        }
    }
}
