//! Messages to people.

/// Tells people something.
pub trait Announcer {
    /// Sends a message.
    ///
    /// # Errors
    /// [`AnnounceError`]: somebody who was to hear of it may not have.
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError>;
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// One line, of at most 100 ASCII characters: longer ones no topic takes.
    pub subject: String,
    /// The message itself.
    pub text: String,
}

/// A message that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{channel} did not take the message: {why}")]
pub struct AnnounceError {
    /// What it was sent to. Never an address that is a secret.
    pub channel: String,
    /// Why it was not taken.
    pub why: String,
}

/// Nobody is there to be told, and that is no error.
impl<A: Announcer> Announcer for Option<A> {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        match self {
            Some(announcer) => announcer.announce(message).await,
            None => Ok(()),
        }
    }
}

/// Both are told, also when the first does not take it.
impl<A: Announcer, B: Announcer> Announcer for (A, B) {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        let first = self.0.announce(message).await;
        let second = self.1.announce(message).await;
        match (first, second) {
            (Err(first), Err(second)) => Err(AnnounceError {
                channel: format!("{} and {}", first.channel, second.channel),
                why: format!("{}; {}", first.why, second.why),
            }),
            (first, second) => first.and(second),
        }
    }
}
