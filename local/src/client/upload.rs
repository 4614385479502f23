//! Sends bytes to where the API said they should go.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Method};

use super::Api;
use super::answer::Offer;
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
    /// The offer has a method or header that HTTP doesn't know.
    #[error("the upload offer cannot be followed")]
    UnusableOffer,
}

impl Api {
    /// Uploads `size_bytes` bytes of a stream as an offer says, in one try.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn upload<S>(&self, offer: &Offer, size_bytes: u64, bytes: S) -> Result<(), UploadError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let method = Method::from_bytes(offer.method.as_bytes()).map_err(|_| UploadError::UnusableOffer)?;
        let time_limit = UPLOAD_TIMEOUT + Duration::from_secs(size_bytes / SLOWEST_BYTES_PER_SECOND);
        let request = self.http.request(method, &offer.url).timeout(time_limit);
        let response = offer
            .headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .header(CONTENT_LENGTH, size_bytes)
            .body(Body::wrap_stream(bytes))
            .send()
            .await
            .map_err(fault_of)?;
        let status = response.status();
        // Also read on success: only then is the connection free for the next upload.
        let body = response.text().await.unwrap_or_default();
        if status.is_success() {
            return Ok(());
        }
        let (code, message) = (element(&body, "Code"), element(&body, "Message"));
        Err(UploadError::Refused { status: status.as_u16(), code, message })
    }
}

fn fault_of(fault: reqwest::Error) -> UploadError {
    if fault.is_builder() {
        return UploadError::UnusableOffer;
    }
    UploadError::Broken(innermost(&fault.without_url()))
}

/// The text of an element of S3's error document, which is flat.
fn element(xml: &str, name: &str) -> Option<String> {
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
