//! Gets one file's bytes into the store.

mod in_parts;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt as _;
use shared::hash::ContentHash;
use shared::time::Timestamp;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::{Pipeline, found_there, verdict_on};
use crate::cli::error::CommandError;
use crate::cli::put::fingerprint::Fingerprint;
use crate::cli::put::gather::Found;
use crate::cli::put::ledger::{Stage, Underway};
use crate::cli::put::report::News;
use crate::cli::put::verdict::Verdict;
use crate::client::upload::UploadError;
use crate::client::{Answer, Backoff, Offer, WholeOffer};

/// How many times the bytes of one file are sent.
const ATTEMPTS: u32 = 5;
/// How much of a file is held in memory while it is uploaded, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;

/// A file on its way.
#[derive(Debug)]
pub(super) struct Job {
    /// Its hash when it was first asked for.
    asked: ContentHash,
    fingerprint: Fingerprint,
    offer: Option<Offer>,
    read_again: bool,
    uploaded: bool,
}

/// How a delivery ended.
#[derive(Debug)]
pub(super) enum Delivery {
    /// The store has the bytes; now they have to be verified.
    Done(Job),
    /// There is nothing more to be done, and this is why.
    Ended(Job, Verdict),
}

/// Why bytes were not delivered.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it changed while it was being put")]
    Changed,
    #[error("the upload that was to be gone on with is not there any more")]
    Forgotten,
    #[error(transparent)]
    Upload(#[from] UploadError),
}

/// What helps against a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    /// Send the bytes once more.
    SendAgain,
    /// Ask for a new offer: this one has ended.
    AskAgain,
    /// Look whether the file is still what was asked for.
    ReadAgain,
    /// Nothing.
    None,
}

impl Job {
    pub(super) fn new(fingerprint: Fingerprint, offer: Option<Offer>) -> Self {
        Self { asked: fingerprint.hash, fingerprint, offer, read_again: false, uploaded: false }
    }

    pub(super) fn hash(&self) -> ContentHash {
        self.fingerprint.hash
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.fingerprint.size_bytes
    }

    /// Size in bytes, unless the bytes were uploaded and counted then.
    pub(super) fn bytes_not_uploaded(&self) -> u64 {
        if self.uploaded { 0 } else { self.fingerprint.size_bytes }
    }

    /// The news that it has come this far.
    pub(super) fn reached(&self, stage: Stage) -> News {
        let Self { asked, fingerprint: Fingerprint { path, hash, .. }, .. } = self;
        News::Reached { path: path.clone(), underway: Underway { asked: *asked, hash: *hash, stage } }
    }

    pub(super) fn settled(self, verdict: Verdict) -> News {
        let Self { asked, fingerprint: Fingerprint { path, hash, .. }, .. } = self;
        News::Settled { path, asked, hash, verdict }
    }
}

impl Pipeline<'_> {
    /// Gets a file's bytes into the store: repeats what may succeed later, renews an offer that has ended, and reads a
    /// file that has changed once more.
    ///
    /// # Errors
    /// [`CommandError`] when the API can't be reached any more.
    pub(super) async fn deliver(
        &self,
        mut job: Job,
        news: &mpsc::UnboundedSender<News>,
    ) -> Result<Delivery, CommandError> {
        let mut backoff = Backoff::after_faults();
        let mut sent = 0;
        loop {
            let offer = match self.offer_for(&mut job, news).await? {
                Ok(offer) => offer,
                Err(verdict) => return Ok(Delivery::Ended(job, verdict)),
            };
            news.send(job.reached(Stage::Sending)).unwrap_or_default();
            let Err(fault) = self.send(&job.fingerprint, &offer).await else {
                job.uploaded = true;
                news.send(job.reached(Stage::Uploaded)).unwrap_or_default();
                return Ok(Delivery::Done(job));
            };
            sent += 1;
            if sent == ATTEMPTS || !self.remedied(&mut job, &fault, offer).await {
                return Ok(Delivery::Ended(job, Verdict::failed(fault.to_string())));
            }
            tokio::time::sleep(backoff.pause()).await;
        }
    }

    /// Prepares the next try after a failed one; false when there is no use in it.
    async fn remedied(&self, job: &mut Job, fault: &DeliveryError, offer: Offer) -> bool {
        match fault.remedy(&offer) {
            Remedy::SendAgain => {
                job.offer = Some(offer);
                true
            }
            Remedy::AskAgain => true,
            Remedy::ReadAgain => {
                let first_time = !std::mem::replace(&mut job.read_again, true);
                first_time && self.has_changed(job, fault).await
            }
            Remedy::None => false,
        }
    }

    /// The offer to upload a file: the one at hand, or a new one; a verdict when the file is not to be uploaded.
    async fn offer_for(
        &self,
        job: &mut Job,
        news: &mpsc::UnboundedSender<News>,
    ) -> Result<Result<Offer, Verdict>, CommandError> {
        if let Some(offer) = job.offer.take() {
            return Ok(Ok(offer));
        }
        let mut ask = job.fingerprint.ask();
        if let Some(begun) = self.resumable.find(job.hash()) {
            ask.go_on_with(begun.resume, begun.part_size_bytes);
        }
        Ok(Err(match self.api.ask(&ask).await {
            Ok(Answer::Upload(offer)) => return Ok(Ok(offer)),
            Ok(Answer::Present(asset)) => {
                let there = found_there(job, &asset, news);
                Verdict { url: self.url_of(job.hash()).await, ..there }
            }
            Ok(Answer::Refused(problem)) => Verdict::not_taken(&problem),
            Err(fault) => verdict_on(fault)?,
        }))
    }

    /// Sends a file's bytes once.
    async fn send(&self, fingerprint: &Fingerprint, offer: &Offer) -> Result<(), DeliveryError> {
        match offer {
            Offer::Whole(offer) => self.send_whole(fingerprint, offer).await,
            Offer::InParts(offer) => self.send_in_parts(fingerprint, offer).await,
        }
    }

    async fn send_whole(&self, fingerprint: &Fingerprint, offer: &WholeOffer) -> Result<(), DeliveryError> {
        let file = File::open(&fingerprint.path).await?;
        if !fingerprint.matches(&file.metadata().await?) {
            return Err(DeliveryError::Changed);
        }
        let sent = Arc::new(AtomicU64::new(0));
        let (sum, progress) = (Arc::clone(&sent), Arc::clone(&self.progress));
        let bytes = ReaderStream::with_capacity(file.take(fingerprint.size_bytes), CHUNK_BYTES);
        let counted = bytes.inspect_ok(move |chunk| {
            sum.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            progress.advance(chunk.len() as u64);
        });
        let Err(fault) = self.api.upload(offer, fingerprint.size_bytes, counted).await else {
            return Ok(());
        };
        self.progress.take_back(sent.load(Ordering::Relaxed));
        // A file that was cut short ends its upload too early, which looks like a broken connection.
        if !fingerprint.matches(&tokio::fs::metadata(&fingerprint.path).await?) {
            return Err(DeliveryError::Changed);
        }
        Err(fault.into())
    }

    /// Reads a file again; whether that explains the fault, so that it can be asked for anew as what it is now.
    async fn has_changed(&self, job: &mut Job, fault: &DeliveryError) -> bool {
        let file = Found { path: job.fingerprint.path.clone(), size_bytes: job.fingerprint.size_bytes };
        let Ok(now) = self.read(&file).await else {
            return false;
        };
        self.progress.take_back(now.size_bytes);
        let differs = now.hash != job.fingerprint.hash;
        job.fingerprint = now;
        // A file that was only touched is sent as before; one that the store refused as it is, is not.
        differs || matches!(fault, DeliveryError::Changed)
    }
}

impl DeliveryError {
    fn remedy(&self, offer: &Offer) -> Remedy {
        match self {
            Self::Unreadable(_) | Self::Upload(UploadError::UnusableOffer) => Remedy::None,
            Self::Forgotten => Remedy::AskAgain,
            Self::Upload(UploadError::Broken(_)) if offer.expires_at() <= Timestamp::now() => {
                Remedy::AskAgain
            }
            // The offer has ended; or it has by the store's clock, which is the one that counts.
            Self::Upload(fault) if fault.is_expired() => Remedy::AskAgain,
            Self::Upload(fault) if fault.is_transient() => Remedy::SendAgain,
            Self::Changed | Self::Upload(UploadError::Refused { status: 400, .. }) => Remedy::ReadAgain,
            Self::Upload(UploadError::Broken(_) | UploadError::Refused { .. }) => Remedy::None,
        }
    }
}
