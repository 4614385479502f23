//! Uploads in parts: begun here, and carried out by whoever holds the signed requests.

use std::time::Duration;

use super::{SignedRequest, SigningError, StoreError};
use crate::hash::ContentHash;
use crate::key::ObjectKey;
use crate::multipart::{PartPlan, UploadToken};
use crate::time::Timestamp;

/// Begins uploads in parts.
pub trait MultipartStore {
    /// Begins an upload of an object in parts. Nothing is there before it is completed; one that never is, the store
    /// forgets after a day.
    ///
    /// # Errors
    /// [`StoreError`]; an upload may have begun that nobody knows of.
    async fn begin(&self, key: &ObjectKey, checksums: PartChecksums) -> Result<UploadToken, StoreError>;
}

/// Whether the SHA-256 of each part is known before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartChecksums {
    /// It is, and the store refuses other bytes.
    Pinned,
    /// It is not: the store takes any bytes of the right number.
    Unknown,
}

/// Signs what an upload in parts takes. Signing is local: it costs no call.
pub trait MultipartSigner {
    /// The requests of an upload that was begun.
    ///
    /// # Errors
    /// [`SigningError`] when no credentials are at hand.
    async fn sign_parts(&self, upload: &PartedUpload, now: Timestamp) -> Result<SignedParts, SigningError>;
}

/// The upload whose requests are to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartedUpload {
    /// What its parts make.
    pub key: ObjectKey,
    /// The store's name for it.
    pub token: UploadToken,
    /// How the original is cut.
    pub plan: PartPlan,
    /// The SHA-256 of each part, in order, where they are known.
    pub checksums: Option<Vec<ContentHash>>,
    /// How long the requests may be used.
    pub valid_for: Duration,
}

/// The requests of an upload in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedParts {
    /// A PUT for each part, in order, of exactly its length and, where it is known, its SHA-256.
    pub parts: Vec<SignedRequest>,
    /// A POST that makes the object of the parts that it names.
    pub complete: SignedRequest,
    /// A DELETE that forgets the upload and every part of it.
    pub abort: SignedRequest,
    /// A GET of the list of parts that have arrived.
    pub list: SignedRequest,
}
