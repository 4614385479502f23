//! Sends bytes to where the API said they should go.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Body, Method};

use super::Api;
use super::answer::WholeOffer;
use super::error::innermost;

/// The slowest upload that is waited for, in bytes per second; connections that die altogether are found by TCP.
const SLOWEST_BYTES_PER_SECOND: u64 = 16 * 1024;
/// The part of an upload's time limit that doesn't depend on its size.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// Why bytes did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The store answered, and did not take them.
    #[error("the store refused the upload: {}", words(.status.to_owned(), .code.as_deref(), .message.as_deref()))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// S3's name of the error, if it gave one.
        code: Option<String>,
        /// S3's explanation, if it gave one.
        message: Option<String>,
    },
    /// The connection failed, or the bytes ended too early.
    #[error("the upload broke off: {0}")]
    Broken(String),
    /// The offer has a method or header that HTTP doesn't know, or parts that don't make the whole.
    #[error("the upload offer cannot be followed")]
    UnusableOffer,
}

/// A request to the store.
pub(super) struct StoreRequest<'a> {
    pub(super) method: Method,
    pub(super) url: &'a str,
    pub(super) headers: &'a BTreeMap<String, String>,
    pub(super) body: Option<(u64, Body)>,
    pub(super) time_limit: Duration,
}

/// What the store answered to a request that it took.
pub(super) struct Reply {
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl UploadError {
    /// Whether the same request may succeed a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Broken(_) => true,
            Self::UnusableOffer => false,
            Self::Refused { status, code, .. } => match (status, code.as_deref()) {
                // S3 says 400 also of a connection that stood still, and 200 before it knows that it fails.
                (400, Some("RequestTimeout")) | (200 | 408 | 429 | 500.., _) => true,
                _ => false,
            },
        }
    }

    /// Whether the offer has ended, by the store's clock or with the credentials that signed it.
    pub(crate) fn is_expired(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => *status == 403 || code.as_deref() == Some("ExpiredToken"),
            Self::Broken(_) | Self::UnusableOffer => false,
        }
    }

    /// Whether the store knows nothing of an upload in parts: it was completed, given up or forgotten.
    pub(crate) fn is_unknown_upload(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status == 404,
            Self::Broken(_) | Self::UnusableOffer => false,
        }
    }
}

impl Api {
    /// Uploads `size_bytes` bytes of a stream as an offer says, in one try.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn upload<S>(&self, offer: &WholeOffer, size_bytes: u64, bytes: S) -> Result<(), UploadError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let method = Method::from_bytes(offer.method.as_bytes()).map_err(|_| UploadError::UnusableOffer)?;
        let body = Some((size_bytes, Body::wrap_stream(bytes)));
        let (url, headers, time_limit) = (offer.url.as_str(), &offer.headers, patience(size_bytes));
        self.ask_store(StoreRequest { method, url, headers, body, time_limit }).await.map(|_| ())
    }

    /// Sends a request to the store.
    pub(super) async fn ask_store(&self, request: StoreRequest<'_>) -> Result<Reply, UploadError> {
        let StoreRequest { method, url, headers, body, time_limit } = request;
        let request = self.http.request(method, url).timeout(time_limit);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = match body {
            Some((size_bytes, body)) => request.header(CONTENT_LENGTH, size_bytes).body(body),
            None => request,
        };
        let response = request.send().await.map_err(fault_of)?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Also read on success: only then is the connection free for the next request.
        let body = response.text().await.map_err(fault_of);
        // S3 may have promised success before it failed.
        let failed = body.as_ref().is_ok_and(|body| body.contains("<Error>"));
        if status.is_success() && !failed {
            return Ok(Reply { headers, body: body? });
        }
        let body = body.unwrap_or_default();
        let (code, message) = (element(&body, "Code"), element(&body, "Message"));
        Err(UploadError::Refused { status: status.as_u16(), code, message })
    }
}

/// How long an upload of this many bytes may take.
pub(super) fn patience(size_bytes: u64) -> Duration {
    UPLOAD_TIMEOUT + Duration::from_secs(size_bytes / SLOWEST_BYTES_PER_SECOND)
}

fn fault_of(fault: reqwest::Error) -> UploadError {
    if fault.is_builder() {
        return UploadError::UnusableOffer;
    }
    UploadError::Broken(innermost(&fault.without_url()))
}

/// The text of an element of S3's documents, where it has no elements itself.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, after) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = after.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}

fn words(status: u16, code: Option<&str>, message: Option<&str>) -> String {
    match (message, code) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => format!("status {status}"),
    }
}
