//! Looks at every object that an event names.

use futures::StreamExt as _;
use shared::key::ObjectKey;
use shared::ports::{AssetRepository, LookError, ObjectStore, Outcome, StoreError, Verifier};
use shared::runtime::with_sources;
use shared::time::Timestamp;
use tracing::Instrument as _;

use crate::config::Config;
use crate::error::VerifyError;
use crate::event::{Notice, S3Event};

/// How often an object is looked at in one go while other writers change what was seen.
pub(crate) const LOOKS: usize = 6;

/// How many objects are looked at at the same time. S3 puts one record into an event nearly always; of those that it
/// puts together, each may stream a file of gigabytes.
const LOOKS_AT_ONCE: usize = 4;

/// Verify, over any object store and repository.
#[derive(Debug)]
pub struct Verify<S, R> {
    pub(crate) store: S,
    pub(crate) assets: R,
    pub(crate) config: Config,
}

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// Verify over a store and a repository.
    pub fn new(store: S, assets: R, config: Config) -> Self {
        Self { store, assets, config }
    }

    /// Looks at every object that an event names. Safe to repeat.
    ///
    /// # Errors
    /// [`VerifyError`] when one could not be looked at: the event must come again. Those that could are done.
    pub async fn handle(&self, event: S3Event) -> Result<(), VerifyError> {
        self.handle_at(&event, Timestamp::now()).await
    }

    pub(crate) async fn handle_at(&self, event: &S3Event, now: Timestamp) -> Result<(), VerifyError> {
        let keys = self.keys(event);
        let total = keys.len();
        let looks = futures::stream::iter(keys).map(|key| self.look_and_log(key, now));
        let failed: Vec<_> =
            looks.buffer_unordered(LOOKS_AT_ONCE).filter_map(std::future::ready).collect().await;
        if failed.is_empty() { Ok(()) } else { Err(VerifyError::new(failed, total)) }
    }

    fn keys(&self, event: &S3Event) -> Vec<ObjectKey> {
        let notices = event.notices(&self.config.assets_bucket).into_iter();
        notices
            .filter_map(|notice| match notice {
                Notice::Look(key) => Some(key),
                Notice::Ignore(why) => {
                    tracing::debug!(record.ignored = %why, "a record is no news of an upload");
                    None
                }
                Notice::Strange(why) => {
                    tracing::warn!(record.ignored = %why, "a record can't be acted on");
                    None
                }
            })
            .collect()
    }

    async fn look_and_log(&self, key: ObjectKey, now: Timestamp) -> Option<(ObjectKey, LookError)> {
        let span = tracing::info_span!("look", object.key = %key);
        let looked = self.look(&key, now).instrument(span.clone()).await;
        let _in_span = span.enter();
        match looked {
            Ok(outcome @ (Outcome::Left { .. } | Outcome::Differs)) => {
                tracing::warn!(look.outcome = %outcome, "a person should see to an object");
                None
            }
            Ok(outcome) => {
                tracing::info!(look.outcome = %outcome, "looked at an object");
                None
            }
            Err(error) => {
                tracing::error!(error.message = with_sources(&error), "an object could not be looked at");
                Some((key, error))
            }
        }
    }

    async fn look_once(&self, key: &ObjectKey, now: Timestamp) -> Result<Outcome, LookError> {
        let looked = match key {
            ObjectKey::Original(hash) => self.verify_original(*hash, now).await,
            ObjectKey::Incoming(name) => self.adopt_drop(name, now).await,
            ObjectKey::Parts { hash, upload } => self.verify_parts(*hash, *upload, now).await,
            ObjectKey::Refused(_) | ObjectKey::Variant { .. } | ObjectKey::Report(_) => Ok(Outcome::Skipped),
        };
        match looked {
            Err(LookError::Store(StoreError::Archived(_))) => Ok(Outcome::Left {
                reason: "the object is archived, and must be restored before it can be read",
            }),
            looked => looked,
        }
    }
}

impl<S: ObjectStore, R: AssetRepository> Verifier for Verify<S, R> {
    /// Looks again, at once, when what was seen is no longer so.
    async fn look(&self, key: &ObjectKey, now: Timestamp) -> Result<Outcome, LookError> {
        for _ in 1..LOOKS {
            match self.look_once(key, now).await {
                Err(error) if error.is_stale() => {}
                looked => return looked,
            }
        }
        self.look_once(key, now).await
    }
}

#[cfg(test)]
mod tests;
