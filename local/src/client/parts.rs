//! Uploads in parts, as S3 takes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use reqwest::header::ETAG;
use reqwest::{Body, Method};

use super::Api;
use super::answer::{PartOffer, PartsOffer};
use super::upload::{Reply, StoreRequest, UploadError, element, patience};

/// How long a call may take that sends no part.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);
/// How long S3 may take to put 5 GB together.
const COMPLETION_TIMEOUT: Duration = Duration::from_mins(15);

/// The header that a part's checksum is declared in.
const CHECKSUM_HEADER: &str = "x-amz-checksum-sha256";

/// A part that the store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: u32,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its tag, in quotes as S3 writes it.
    pub etag: String,
    /// Its SHA-256 in base64, if it was declared.
    pub sha256: Option<String>,
}

impl PartOffer {
    /// The SHA-256 in base64 that the part must have, if the offer says so.
    pub fn checksum(&self) -> Option<&str> {
        self.headers.get(CHECKSUM_HEADER).map(String::as_str)
    }
}

impl Api {
    /// Uploads one part of `size_bytes` bytes, in one try.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn upload_part<S>(
        &self,
        part: &PartOffer,
        size_bytes: u64,
        bytes: S,
    ) -> Result<StoredPart, UploadError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let reply = self
            .ask_store(StoreRequest {
                method: Method::PUT,
                url: &part.url,
                headers: &part.headers,
                body: Some((size_bytes, Body::wrap_stream(bytes))),
                time_limit: patience(size_bytes),
            })
            .await?;
        let etag = reply.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).unwrap_or_default().to_owned();
        let sha256 = part.checksum().map(str::to_owned);
        Ok(StoredPart { number: part.number, size_bytes, etag, sha256 })
    }

    /// The parts of an upload that the store has.
    ///
    /// # Errors
    /// [`UploadError`], of status 404 when there is no such upload, or not any more.
    pub async fn stored_parts(&self, offer: &PartsOffer) -> Result<Vec<StoredPart>, UploadError> {
        let reply = self.call_store(Method::GET, &offer.list_url, None, CALL_TIMEOUT).await?;
        Ok(reply.body.split("<Part>").skip(1).filter_map(listed).collect())
    }

    /// Makes the object of an upload's parts, which come in order.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn complete_upload(&self, offer: &PartsOffer, parts: &[StoredPart]) -> Result<(), UploadError> {
        let list = Some(completion(parts));
        self.call_store(Method::POST, &offer.complete_url, list, COMPLETION_TIMEOUT).await.map(|_| ())
    }

    /// Gives an upload up: the store forgets its parts.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn abort_upload(&self, offer: &PartsOffer) -> Result<(), UploadError> {
        self.call_store(Method::DELETE, &offer.abort_url, None, CALL_TIMEOUT).await.map(|_| ())
    }

    async fn call_store(
        &self,
        method: Method,
        url: &str,
        body: Option<String>,
        time_limit: Duration,
    ) -> Result<Reply, UploadError> {
        let body = body.map(|text| (text.len() as u64, Body::from(text)));
        let headers = &BTreeMap::new();
        self.ask_store(StoreRequest { method, url, headers, body, time_limit }).await
    }
}

/// An entry of S3's list of parts; `None` when it is not as S3 writes it, and then the part is sent again.
fn listed(xml: &str) -> Option<StoredPart> {
    Some(StoredPart {
        number: element(xml, "PartNumber")?.parse().ok()?,
        size_bytes: element(xml, "Size")?.parse().ok()?,
        etag: element(xml, "ETag")?.replace("&quot;", "\"").replace("&#34;", "\""),
        sha256: element(xml, "ChecksumSHA256"),
    })
}

/// The list that completes an upload. Neither tags nor checksums have a character that XML would want escaped.
fn completion(parts: &[StoredPart]) -> String {
    let mut xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for StoredPart { number, etag, sha256, .. } in parts {
        // Writing to a text can't fail.
        let _written = write!(xml, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>");
        if let Some(sha256) = sha256 {
            let _written = write!(xml, "<ChecksumSHA256>{sha256}</ChecksumSHA256>");
        }
        xml.push_str("</Part>");
    }
    xml.push_str("</CompleteMultipartUpload>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_parts_is_read_and_what_is_malformed_left_out() {
        let xml = "<ListPartsResult><Part><PartNumber>2</PartNumber><ETag>&quot;abc&quot;</ETag><Size>5242880</Size>\
                   <ChecksumSHA256>c3Vt</ChecksumSHA256></Part><Part><PartNumber>x</PartNumber></Part>\
                   <Part><Size>1</Size><ETag>&#34;d&#34;</ETag><PartNumber>3</PartNumber></Part></ListPartsResult>";
        let parts: Vec<StoredPart> = xml.split("<Part>").skip(1).filter_map(listed).collect();
        let part = |number, size_bytes, etag: &str, sha256: Option<&str>| StoredPart {
            number,
            size_bytes,
            etag: etag.to_owned(),
            sha256: sha256.map(str::to_owned),
        };
        assert_eq!(parts, [part(2, 5_242_880, "\"abc\"", Some("c3Vt")), part(3, 1, "\"d\"", None)]);
        let list = completion(&parts);
        assert!(
            list.contains("<PartNumber>2</PartNumber><ETag>\"abc\"</ETag><ChecksumSHA256>c3Vt<"),
            "{list}"
        );
        assert_eq!(list.matches("<Part>").count(), 2);
    }
}
