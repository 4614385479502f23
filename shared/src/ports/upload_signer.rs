//! Signed requests that let a client talk to the store itself.

use std::time::Duration;

use crate::asset::FileName;
use crate::hash::ContentHash;
use crate::media::MediaType;
use crate::time::Timestamp;

/// Makes requests that the store accepts from whoever holds them. Signing is local: it costs no call.
pub trait UploadSigner {
    /// A PUT of exactly the bytes with this hash: the store itself refuses all others.
    ///
    /// # Errors
    /// [`SigningError`] when no credentials are at hand.
    async fn sign_upload(&self, upload: &Upload, now: Timestamp) -> Result<SignedRequest, SigningError>;

    /// A GET of an original, as a download.
    ///
    /// # Errors
    /// [`SigningError`] when no credentials are at hand.
    async fn sign_download(&self, download: &Download, now: Timestamp)
    -> Result<SignedRequest, SigningError>;
}

/// The upload that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The hash that the bytes must have; key and checksum follow from it.
    pub hash: ContentHash,
    /// Their exact size in bytes.
    pub size_bytes: u64,
    /// The `Content-Type` that the client must send.
    pub media_type: MediaType,
    /// How long the request may be used.
    pub valid_for: Duration,
}

/// The download that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Whose original.
    pub hash: ContentHash,
    /// The `Content-Type` to answer with.
    pub media_type: MediaType,
    /// The name to save it under.
    pub file_name: Option<FileName>,
    /// How long the request may be used.
    pub valid_for: Duration,
}

/// A request that carries its own permission. Its `Debug` hides the URL: who has it may use it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The HTTP method.
    pub method: String,
    /// The URL, signature included.
    pub url: String,
    /// The headers that the client must set itself, in this spelling, with these values.
    pub headers: Vec<(String, String)>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest")
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// No request could be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request could not be signed")]
pub struct SigningError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
