//! The local system measures its own use, as AWS would bill it.
//!
//! | file | what it does |
//! |---|---|
//! | `counters.rs` | what is counted, and the invocations of functions |
//! | `capacity.rs` | DynamoDB's units, from each call of the functions |
//! | `original_reads.rs` | bytes of originals, as render reads them |
//! | `s3_requests.rs` | S3's requests, as S3 bills them; the embedded S3 itself counts them, whoever asks |
//! | `ledger.rs` | totals by UTC day, kept in the data directory |
//! | `assemble.rs` | all of that as a usage file |

mod assemble;
mod capacity;
mod counters;
mod ledger;
mod original_reads;
mod s3_requests;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cost::{Bytes, Count, Stored, Usage, UsageSource, UsageSourceError};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::dynamodb::billed_bytes;
use crate::s3::LocalS3;
use assemble::Kept;
pub(crate) use capacity::CountCapacity;
pub(crate) use counters::{Counter, Counters, Function};
use ledger::Ledger;
pub use ledger::OpenLedgerError;
pub(crate) use original_reads::CountReads;

/// How often what was counted is written down: a `kill -9` loses no more than that.
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// The stores whose use is measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) s3: LocalS3,
    /// The embedded DynamoDB's database.
    pub(crate) dynamodb: PathBuf,
    pub(crate) region: &'static str,
}

/// The use of the local system.
#[derive(Debug)]
pub(crate) struct LocalUsage {
    dir: PathBuf,
    counters: Arc<Counters>,
    ledger: Mutex<Ledger>,
    measured: Measured,
}

impl LocalUsage {
    /// Opens what earlier runs counted in a directory, and goes on from there.
    ///
    /// # Errors
    /// [`OpenLedgerError`].
    pub(crate) fn open(
        dir: &Path,
        counters: Arc<Counters>,
        measured: Measured,
    ) -> Result<Self, OpenLedgerError> {
        Ok(Self { dir: dir.to_owned(), counters, ledger: Mutex::new(Ledger::open(dir)?), measured })
    }

    /// The counters, for whoever has something to count.
    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Writes down what was counted again and again, until `stopped` is done.
    pub(crate) async fn keep(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        while tokio::time::timeout(WRITE_EVERY, &mut stopped).await.is_err() {
            self.write().await;
        }
    }

    /// Writes down what was counted.
    pub(crate) async fn write(&self) {
        let Some(page) = self.up_to_now(today()).unwritten() else { return };
        let dir = self.dir.clone();
        let written = tokio::task::spawn_blocking(move || page.write_to(&dir)).await;
        if let Err(error) = written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            self.lock().keep_unwritten();
            tracing::warn!(error = &error as &dyn Error, "what was counted could not be written");
        }
    }

    fn up_to_now(&self, today: Date) -> MutexGuard<'_, Ledger> {
        // First the lock: of two who count at once, the later must not go back behind the earlier.
        let mut ledger = self.lock();
        let s3 = &self.measured.s3;
        let mut totals = s3_requests::totals(&s3.request_counts().snapshot(), &s3.retrieved());
        for counter in Counter::ALL {
            *totals.entry(counter).or_default() += self.counters.get(counter);
        }
        ledger.bring_up_to(totals, today);
        ledger
    }

    /// No change of the ledger can be left half done.
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn kept(&self) -> Result<Kept, UsageSourceError> {
        let unmeasured = |what: &str, why: String| UsageSourceError { what: what.to_owned(), why };
        let stored = self.measured.s3.stored().await;
        let stored = stored.map_err(|error| unmeasured("storage", error.to_string()))?;
        let storage = stored.into_iter().map(|(class, of_class)| Stored {
            class: s3_requests::priced_as(class),
            tier: None,
            bytes: Bytes::new(of_class.bytes),
            objects: Count::new(of_class.objects),
        });
        let database = self.measured.dynamodb.clone();
        let table_bytes = tokio::task::spawn_blocking(move || billed_bytes(&database)).await;
        let table_bytes = match table_bytes {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(error)) => return Err(unmeasured("dynamodb.bytes", error.to_string())),
            Err(error) => return Err(unmeasured("dynamodb.bytes", error.to_string())),
        };
        Ok(Kept { storage: storage.collect(), table_bytes })
    }
}

impl UsageSource for LocalUsage {
    /// The use on those of the last days, today among them, on which anything was used; what is kept is what is kept
    /// now.
    async fn usage(&self, period_days: u32) -> Result<Usage, UsageSourceError> {
        let kept = self.kept().await?;
        let today = today();
        let (days, totals) = self.up_to_now(today).last(period_days, today);
        Ok(assemble::usage(self.measured.region, days.max(1), &totals, kept))
    }
}

/// The day that it is in UTC, as AWS bills days.
fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}
