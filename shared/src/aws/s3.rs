//! The object store on S3.

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ArchiveStatus, ChecksumAlgorithm, ChecksumMode, ChecksumType, MetadataDirective};
use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::asset::ETag;
use crate::hash::ContentHash;
use crate::key::ObjectKey;
use crate::media::MediaType;
use crate::ports::{ByteRange, CopyRequest, ObjectBody, ObjectHead, ObjectStore, StorageClass, StoreError};
use crate::time::Timestamp;

/// S3 answers a COPY only when it is done; 5 GB with a new checksum take minutes.
const COPY_TIMEOUT: Duration = Duration::from_mins(10);

/// `x-amz-copy-source` is a URL path: all but its unreserved characters and slashes are escaped.
const COPY_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A bucket as an object store.
#[derive(Debug, Clone)]
pub struct S3ObjectStore {
    client: Client,
    bucket: String,
}

impl S3ObjectStore {
    /// The store that a bucket is.
    pub fn new(client: Client, bucket: &str) -> Self {
        Self { client, bucket: bucket.to_owned() }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn bucket(&self) -> &str {
        &self.bucket
    }
}

impl ObjectStore for S3ObjectStore {
    type Body = S3Body;

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectHead>, StoreError> {
        let call = self.client.head_object().bucket(&self.bucket).key(key.to_string());
        let sent = call.checksum_mode(ChecksumMode::Enabled).send().await;
        found(sent.map(|head| head_of(&head)).map_err(|error| classify(key, error)))
    }

    async fn get(&self, key: &ObjectKey) -> Result<(ObjectHead, S3Body), StoreError> {
        let call = self.client.get_object().bucket(&self.bucket).key(key.to_string());
        let got = call.send().await.map_err(|error| classify(key, error))?;
        let head = ObjectHead {
            size_bytes: size(got.content_length),
            etag: ETag::new(got.e_tag.as_deref().unwrap_or_default()),
            // Not asked for: the client would then hash every byte to check it.
            sha256: None,
            last_modified: timestamp(got.last_modified.as_ref()),
            storage_class: StorageClass::Immediate,
        };
        Ok((head, S3Body { key: key.to_string(), stream: got.body }))
    }

    async fn get_range(&self, key: &ObjectKey, range: ByteRange, tag: &ETag) -> Result<Bytes, StoreError> {
        let last = range.offset.saturating_add(range.length).saturating_sub(1);
        let call = self.client.get_object().bucket(&self.bucket).key(key.to_string());
        let call = call.range(format!("bytes={}-{last}", range.offset)).if_match(quoted(tag));
        let got = call.send().await.map_err(|error| classify(key, error))?;
        let read = got.body.collect().await;
        read.map(aws_sdk_s3::primitives::AggregatedBytes::into_bytes).map_err(|error| unavailable(key, error))
    }

    async fn put(&self, key: &ObjectKey, bytes: Bytes, media_type: MediaType) -> Result<ETag, StoreError> {
        let checksum = ContentHash::of(&bytes).to_base64();
        let call = self.client.put_object().bucket(&self.bucket).key(key.to_string());
        let call = call.content_type(media_type.as_str()).checksum_sha256(checksum);
        let put = call.body(ByteStream::from(bytes)).send().await.map_err(|error| classify(key, error))?;
        Ok(ETag::new(put.e_tag().unwrap_or_default()))
    }

    async fn copy(&self, request: &CopyRequest<'_>) -> Result<ObjectHead, StoreError> {
        let source = format!("{}/{}", self.bucket, request.source);
        let mut call = self
            .client
            .copy_object()
            .bucket(&self.bucket)
            .key(request.target.to_string())
            .copy_source(utf8_percent_encode(&source, COPY_SOURCE).to_string())
            .copy_source_if_match(quoted(request.source_tag))
            .metadata_directive(MetadataDirective::Replace)
            .content_type(request.media_type.as_str())
            .checksum_algorithm(ChecksumAlgorithm::Sha256);
        if let Some(reason) = request.reason {
            // A header's value is ASCII.
            call = call.metadata("reason", reason.replace(|c: char| !(' '..='~').contains(&c), "?"));
        }
        let patient = TimeoutConfig::builder().read_timeout(COPY_TIMEOUT).build();
        let config = aws_sdk_s3::config::Config::builder().timeout_config(patient);
        let sent = call.customize().config_override(config).send().await;
        let copied = sent.map_err(|error| classify(request.source, error))?;
        let result = copied.copy_object_result();
        // A multipart source has a composite checksum, and a copy of it may too: then HEAD tells no more, and the
        // caller has none to compare.
        match self.head(request.target).await? {
            Some(head) if Some(head.etag.as_str()) == result.and_then(|r| r.e_tag()).map(unquoted) => {
                Ok(head)
            }
            Some(_) | None => Err(StoreError::Changed(request.target.to_string())),
        }
    }

    async fn delete(&self, key: &ObjectKey, tag: &ETag) -> Result<(), StoreError> {
        let call = self.client.delete_object().bucket(&self.bucket).key(key.to_string());
        let sent = call.if_match(quoted(tag)).send().await;
        found(sent.map_err(|error| classify(key, error))).map(|_| ())
    }
}

/// The bytes of an object as they arrive from S3. The SDK ends a stream that stalls.
#[derive(Debug)]
pub struct S3Body {
    key: String,
    stream: ByteStream,
}

impl ObjectBody for S3Body {
    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        match self.stream.next().await {
            None => Ok(None),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            Some(Err(error)) => {
                Err(StoreError::Unavailable { key: self.key.clone(), source: Box::new(error) })
            }
        }
    }
}

fn head_of(head: &HeadObjectOutput) -> ObjectHead {
    let whole = head.checksum_type() != Some(&ChecksumType::Composite);
    let sha256 = head.checksum_sha256().filter(|_| whole).and_then(ContentHash::from_base64);
    ObjectHead {
        size_bytes: size(head.content_length),
        etag: ETag::new(head.e_tag().unwrap_or_default()),
        sha256,
        last_modified: timestamp(head.last_modified()),
        storage_class: storage_class(head),
    }
}

fn storage_class(head: &HeadObjectOutput) -> StorageClass {
    use aws_sdk_s3::types::StorageClass as S3Class;
    let cold = matches!(head.storage_class(), Some(S3Class::Glacier | S3Class::DeepArchive));
    let tiered = matches!(
        head.archive_status(),
        Some(ArchiveStatus::ArchiveAccess | ArchiveStatus::DeepArchiveAccess)
    );
    let restored = head.restore().is_some_and(|restore| restore.contains("ongoing-request=\"false\""));
    if tiered || (cold && !restored) { StorageClass::Archived } else { StorageClass::Immediate }
}

/// What a call found, where finding nothing is an answer too.
pub(super) fn found<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Err(StoreError::NotFound(_)) => Ok(None),
        result => result.map(Some),
    }
}

pub(super) fn size(content_length: Option<i64>) -> u64 {
    content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)
}

pub(super) fn timestamp(time: Option<&DateTime>) -> Timestamp {
    Timestamp::from_epoch_millis(time.and_then(|time| time.to_millis().ok()).unwrap_or(0))
}

fn quoted(tag: &ETag) -> String {
    format!("\"{}\"", tag.as_str())
}

fn unquoted(tag: &str) -> &str {
    tag.trim_matches('"')
}

pub(super) fn unavailable(
    key: impl std::fmt::Display,
    source: impl Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unavailable { key: key.to_string(), source: Box::new(source) }
}

/// What an SDK error means to a caller of the port: the one place that knows S3's codes.
pub(super) fn classify<E>(key: impl std::fmt::Display, error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    match (error.code(), status) {
        (Some("NoSuchBucket"), _) => StoreError::Denied { key: key.to_string(), source: Box::new(error) },
        (Some("InvalidObjectState"), _) => StoreError::Archived(key.to_string()),
        (Some("NoSuchKey" | "NotFound"), _) | (_, Some(404)) => StoreError::NotFound(key.to_string()),
        (Some("PreconditionFailed"), _) | (_, Some(412)) => StoreError::Changed(key.to_string()),
        (_, Some(401 | 403)) => StoreError::Denied { key: key.to_string(), source: Box::new(error) },
        _ => unavailable(key, error),
    }
}
