//! Uploads in parts on S3. Parts are signed by the SDK; the calls around them, which it does not presign, like it.

use std::time::Duration;

use aws_sdk_s3::types::ChecksumAlgorithm;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::Caller;
use super::s3::{S3ObjectStore, classify};
use super::signer::{S3UploadSigner, config, request, signing, start};
use crate::key::ObjectKey;
use crate::multipart::UploadToken;
use crate::ports::{
    MultipartSigner, MultipartStore, PartChecksums, PartedUpload, SignedParts, SignedRequest, SigningError,
    StoreError,
};
use crate::time::Timestamp;

/// What a query's values are escaped but for (RFC 3986, 2.3), as signatures count on it.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl MultipartStore for S3ObjectStore {
    async fn begin(&self, key: &ObjectKey, checksums: PartChecksums) -> Result<UploadToken, StoreError> {
        let call = self.client().create_multipart_upload().bucket(self.bucket()).key(key.to_string());
        let call = match checksums {
            PartChecksums::Pinned => call.checksum_algorithm(ChecksumAlgorithm::Sha256),
            PartChecksums::Unknown => call,
        };
        let begun = call.send().await.map_err(|error| classify(key, error))?;
        UploadToken::new(begun.upload_id().unwrap_or_default()).ok_or_else(|| StoreError::Unavailable {
            key: key.to_string(),
            source: "S3 began an upload without naming it".into(),
        })
    }
}

impl MultipartSigner for S3UploadSigner {
    async fn sign_parts(&self, upload: &PartedUpload, now: Timestamp) -> Result<SignedParts, SigningError> {
        let presigning = config(upload.valid_for, now)?;
        let expires_at = now.plus(upload.valid_for);
        let mut parts = Vec::new();
        for (index, size_bytes) in upload.plan.sizes().enumerate() {
            let checksum = upload.checksums.as_ref().and_then(|checksums| checksums.get(index));
            let call = self
                .client
                .upload_part()
                .bucket(&self.bucket)
                .key(upload.key.to_string())
                .upload_id(upload.token.as_str())
                .part_number(i32::try_from(index + 1).map_err(signing)?)
                .content_length(i64::try_from(size_bytes).map_err(signing)?)
                .set_checksum_sha256(checksum.map(|checksum| checksum.to_base64()));
            let signed = call.presigned(presigning.clone()).await.map_err(signing)?;
            parts.push(request(&signed, expires_at));
        }
        // Where the bucket is, the SDK knows best.
        let part = parts.first().map(|part| part.url.as_str()).unwrap_or_default();
        let url = part.split_once('?').map_or(part, |(url, _)| url).to_owned();
        let upload_id = utf8_percent_encode(upload.token.as_str(), UNRESERVED);
        let url = format!("{url}?uploadId={upload_id}");
        let sign = |method| presigned(&self.caller, method, &url, upload.valid_for, now);
        Ok(SignedParts { complete: sign("POST")?, abort: sign("DELETE")?, list: sign("GET")?, parts })
    }
}

/// A request to S3 without headers of its own, as `SigV4` signs a query.
fn presigned(
    caller: &Caller,
    method: &str,
    url: &str,
    valid_for: Duration,
    now: Timestamp,
) -> Result<SignedRequest, SigningError> {
    let identity = Identity::from(caller.credentials.clone());
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(valid_for);
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(&caller.region)
        .name("s3")
        .time(start(now))
        .settings(settings)
        .build()
        .map_err(signing)?
        .into();
    let signable = SignableRequest::new(method, url, std::iter::empty(), SignableBody::UnsignedPayload)
        .map_err(signing)?;
    let (signature, _) = sign(signable, &parameters).map_err(signing)?.into_parts();
    let mut url = url.to_owned();
    for (name, value) in signature.params() {
        url.extend(["&", name, "="]);
        url.extend(utf8_percent_encode(value, UNRESERVED));
    }
    Ok(SignedRequest { method: method.to_owned(), url, headers: Vec::new(), expires_at: now.plus(valid_for) })
}
