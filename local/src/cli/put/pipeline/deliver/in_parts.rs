//! Sends a file's bytes in parts, and only those that the store does not have.

use std::io::SeekFrom;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use shared::multipart::PartPlan;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::{ATTEMPTS, CHUNK_BYTES, DeliveryError};
use crate::cli::put::fingerprint::Fingerprint;
use crate::cli::put::pipeline::{PARTS_AT_ONCE, Pipeline};
use crate::cli::put::progress::Progress;
use crate::cli::put::resumable::Begun;
use crate::client::answer::PartOffer;
use crate::client::parts::StoredPart;
use crate::client::upload::UploadError;
use crate::client::{Backoff, PartsOffer};

/// A part of a file, and the permission to upload it.
#[derive(Clone, Copy)]
struct FilePart<'a> {
    offer: &'a PartOffer,
    offset: u64,
    size_bytes: u64,
}

/// What of a file counts as uploaded, so that it can be taken back.
#[derive(Debug, Clone)]
struct Tally {
    progress: Arc<Progress>,
    bytes: Arc<AtomicU64>,
}

impl Tally {
    fn of(progress: &Arc<Progress>) -> Self {
        Self { progress: Arc::clone(progress), bytes: Arc::default() }
    }

    fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.progress.advance(bytes);
    }

    fn take_back(&self) {
        self.progress.take_back(self.bytes.swap(0, Ordering::Relaxed));
    }
}

impl FilePart<'_> {
    /// Whether a part that the store has is this one.
    fn is(&self, stored: &StoredPart) -> bool {
        let same_sum = self.offer.checksum().is_none_or(|sum| stored.sha256.as_deref() == Some(sum));
        stored.number == self.offer.number && stored.size_bytes == self.size_bytes && same_sum
    }
}

impl Pipeline<'_> {
    /// Sends what the store does not have of a file yet, and has it put together.
    pub(super) async fn send_in_parts(
        &self,
        fingerprint: &Fingerprint,
        offer: &PartsOffer,
    ) -> Result<(), DeliveryError> {
        let tally = Tally::of(&self.progress);
        let sent = self.send_missing_parts(fingerprint, offer, &tally).await;
        if let Err(fault) = &sent {
            tally.take_back();
            if matches!(fault, DeliveryError::Changed) {
                // Nobody will go on with these parts. The store forgets them, if not now then tomorrow.
                self.resumable.forget(fingerprint.hash);
                self.api.abort_upload(offer).await.ok();
            }
        }
        sent
    }

    async fn send_missing_parts(
        &self,
        fingerprint: &Fingerprint,
        offer: &PartsOffer,
        tally: &Tally,
    ) -> Result<(), DeliveryError> {
        let parts = cut(fingerprint, offer)?;
        let Some(stored) = self.stored_before(fingerprint, offer).await? else { return Ok(()) };
        let send = async |part: FilePart<'_>| match stored.iter().find(|stored| part.is(stored)) {
            Some(stored) => {
                tally.add(part.size_bytes);
                Ok(stored.clone())
            }
            None => self.send_part(fingerprint, part, tally).await,
        };
        let sending = stream::iter(parts).map(Ok).map_ok(send).try_buffered(PARTS_AT_ONCE);
        let all: Vec<StoredPart> = sending.try_collect().await?;
        self.complete(fingerprint, offer, &all).await
    }

    /// The parts that the store has of an upload that is gone on with; `None` when it has put them together already.
    /// What begins is remembered.
    async fn stored_before(
        &self,
        fingerprint: &Fingerprint,
        offer: &PartsOffer,
    ) -> Result<Option<Vec<StoredPart>>, DeliveryError> {
        let hash = fingerprint.hash;
        let begun = self.resumable.find(hash).filter(|begun| begun.resume == offer.resume);
        let Some(begun) = begun else {
            self.resumable.keep(hash, &begun_by(offer, false));
            return Ok(Some(Vec::new()));
        };
        match self.api.stored_parts(offer).await {
            Ok(stored) => Ok(Some(stored)),
            Err(fault) if fault.is_unknown_upload() && begun.completing => Ok(None),
            Err(fault) if fault.is_unknown_upload() => {
                self.resumable.forget(hash);
                Err(DeliveryError::Forgotten)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Sends a part, and sends it again while that may help.
    async fn send_part(
        &self,
        fingerprint: &Fingerprint,
        part: FilePart<'_>,
        tally: &Tally,
    ) -> Result<StoredPart, DeliveryError> {
        let mut backoff = Backoff::after_faults();
        for _ in 1..ATTEMPTS {
            match self.send_part_once(fingerprint, part, tally).await {
                Err(DeliveryError::Upload(fault)) if fault.is_transient() => {
                    tokio::time::sleep(backoff.pause()).await;
                }
                done => return done,
            }
        }
        self.send_part_once(fingerprint, part, tally).await
    }

    async fn send_part_once(
        &self,
        fingerprint: &Fingerprint,
        part: FilePart<'_>,
        tally: &Tally,
    ) -> Result<StoredPart, DeliveryError> {
        // The semaphore lives as long as this, and nobody closes it.
        let _slot = self.part_slots.acquire().await.ok();
        let mut file = File::open(&fingerprint.path).await?;
        if !fingerprint.matches(&file.metadata().await?) {
            return Err(DeliveryError::Changed);
        }
        file.seek(SeekFrom::Start(part.offset)).await?;
        let (own, counted) = (Tally::of(&self.progress), tally.clone());
        let sum = own.clone();
        let bytes = ReaderStream::with_capacity(file.take(part.size_bytes), CHUNK_BYTES);
        let bytes = bytes.inspect_ok(move |chunk| sum.add(chunk.len() as u64));
        match self.api.upload_part(part.offer, part.size_bytes, bytes).await {
            Ok(stored) => {
                counted.bytes.fetch_add(own.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
                Ok(stored)
            }
            Err(fault) => {
                own.take_back();
                // A file that was cut short ends its upload too early, which looks like a broken connection.
                if !fingerprint.matches(&tokio::fs::metadata(&fingerprint.path).await?) {
                    return Err(DeliveryError::Changed);
                }
                Err(fault.into())
            }
        }
    }

    async fn complete(
        &self,
        fingerprint: &Fingerprint,
        offer: &PartsOffer,
        parts: &[StoredPart],
    ) -> Result<(), DeliveryError> {
        if !fingerprint.matches(&tokio::fs::metadata(&fingerprint.path).await?) {
            return Err(DeliveryError::Changed);
        }
        self.resumable.keep(fingerprint.hash, &begun_by(offer, true));
        let completed = self.api.complete_upload(offer, parts).await;
        if let Err(UploadError::Refused { .. }) = &completed {
            // It is known that this try did not go through.
            self.resumable.keep(fingerprint.hash, &begun_by(offer, false));
        }
        Ok(completed?)
    }
}

fn begun_by(offer: &PartsOffer, completing: bool) -> Begun {
    Begun { resume: offer.resume.clone(), part_size_bytes: offer.part_size_bytes, completing }
}

/// A file as the offer cuts it.
fn cut<'a>(fingerprint: &Fingerprint, offer: &'a PartsOffer) -> Result<Vec<FilePart<'a>>, DeliveryError> {
    let unusable = || DeliveryError::Upload(UploadError::UnusableOffer);
    let plan = PartPlan::new(fingerprint.size_bytes, offer.part_size_bytes).map_err(|_| unusable())?;
    let numbered = (1..).zip(&offer.parts).all(|(number, part)| part.number == number);
    if plan.count() != offer.parts.len() as u64 || !numbered {
        return Err(unusable());
    }
    let cut = offer.parts.iter().zip(plan.sizes()).scan(0, |offset, (offer, size_bytes)| {
        let part = FilePart { offer, offset: *offset, size_bytes };
        *offset += size_bytes;
        Some(part)
    });
    Ok(cut.collect())
}
