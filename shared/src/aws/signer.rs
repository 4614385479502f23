//! Presigned requests, by S3's query signature (SigV4).

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::Caller;
use crate::asset::FileName;
use crate::key::ObjectKey;
use crate::ports::{Download, SignedRequest, SigningError, Upload, UploadSigner};
use crate::time::Timestamp;

/// What RFC 8187 allows unescaped in an extended parameter.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// A download's bytes never change, but who holds its URL may differ: browsers alone may keep it.
const DOWNLOAD_CACHE_CONTROL: &str = "private, max-age=31536000, immutable";

/// Signs requests to a bucket with the client's own credentials.
#[derive(Debug, Clone)]
pub struct S3UploadSigner {
    pub(super) client: Client,
    pub(super) bucket: String,
    /// Who signs what the client does not.
    pub(super) caller: Caller,
}

impl S3UploadSigner {
    pub(super) fn new(client: Client, bucket: &str, caller: Caller) -> Self {
        Self { client, bucket: bucket.to_owned(), caller }
    }
}

impl UploadSigner for S3UploadSigner {
    async fn sign_upload(&self, upload: &Upload, now: Timestamp) -> Result<SignedRequest, SigningError> {
        let size = i64::try_from(upload.size_bytes).map_err(signing)?;
        let call = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(ObjectKey::Original(upload.hash).to_string())
            .content_type(upload.media_type.as_str())
            .content_length(size)
            .checksum_sha256(upload.hash.to_base64());
        let signed = call.presigned(config(upload.valid_for, now)?).await.map_err(signing)?;
        Ok(request(&signed, now.plus(upload.valid_for)))
    }

    async fn sign_download(
        &self,
        download: &Download,
        now: Timestamp,
    ) -> Result<SignedRequest, SigningError> {
        let call = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(ObjectKey::Original(download.hash).to_string())
            .response_content_type(download.media_type.as_str())
            .response_content_disposition(attachment(download.file_name.as_ref()))
            .response_cache_control(DOWNLOAD_CACHE_CONTROL);
        let signed = call.presigned(config(download.valid_for, now)?).await.map_err(signing)?;
        Ok(request(&signed, now.plus(download.valid_for)))
    }
}

pub(super) fn signing(error: impl Error + Send + Sync + 'static) -> SigningError {
    SigningError(Box::new(error))
}

/// From when on a signed request may be used.
pub(super) fn start(now: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.epoch_millis()).unwrap_or(0))
}

pub(super) fn config(valid_for: Duration, now: Timestamp) -> Result<PresigningConfig, SigningError> {
    PresigningConfig::builder().start_time(start(now)).expires_in(valid_for).build().map_err(signing)
}

pub(super) fn request(signed: &PresignedRequest, expires_at: Timestamp) -> SignedRequest {
    let headers = signed.headers().filter(|(name, _)| client_sets(name));
    SignedRequest {
        method: signed.method().to_owned(),
        url: signed.uri().to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        expires_at,
    }
}

/// `Host` and `Content-Length` are signed too, but every client sets them itself, and browsers may not be told.
fn client_sets(header: &str) -> bool {
    !header.eq_ignore_ascii_case("content-length") && !header.eq_ignore_ascii_case("host")
}

/// `Content-Disposition` in both of RFC 6266's forms: ASCII for old clients, UTF-8 for all others.
fn attachment(name: Option<&FileName>) -> String {
    let Some(name) = name else {
        return "attachment".to_owned();
    };
    let plain = |c: char| {
        if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }
    };
    let ascii: String = name.as_str().chars().map(plain).collect();
    let extended = utf8_percent_encode(name.as_str(), ATTR_CHAR);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{extended}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_is_named_in_ascii_and_in_utf_8() {
        let name: FileName = "Grüße \"1\".jpg".parse().unwrap();
        let expected =
            "attachment; filename=\"Gr__e _1_.jpg\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.jpg";
        assert_eq!(attachment(Some(&name)), expected);
        assert_eq!(attachment(None), "attachment");
    }
}
