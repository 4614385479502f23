//! `GetObject` and `HeadObject`.

use std::fs::File;
use std::io::SeekFrom;
use std::ops::Range;

use http::header::{CACHE_CONTROL, CONTENT_RANGE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{
    self, ChecksumMode, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    StreamingBlob,
};
use s3s::{S3Error, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::Store;
use super::catalog::ObjectRow;
use super::checksum::{ObjectChecksum, answer_checksum};
use super::condition::{ReadCondition, Verdict};
use super::error::{internal, precondition_failed};
use super::instant::UnixMillis;
use super::object_name::ObjectName;
use super::server::StatusOverride;

/// How much of a file is read ahead for the client.
const READ_BYTES: usize = 256 * 1024;

/// Fills in what both kinds of read say of an object: their wire types have these fields in common, but no
/// trait.
macro_rules! describe {
    ($output:expr, $object:expr, $slice:expr, $now:expr) => {{
        let representation = &$object.attributes.representation;
        $output.accept_ranges = Some("bytes".to_owned());
        $output.cache_control = representation.cache_control.clone();
        $output.content_disposition = representation.content_disposition.clone();
        $output.content_encoding = representation.content_encoding.clone();
        $output.content_language = representation.content_language.clone();
        $output.content_length = Some($slice.length());
        $output.content_range = $slice.content_range();
        $output.content_type = representation.content_type.clone();
        $output.e_tag = Some(ETag::Strong($object.etag.clone()));
        $output.expires = representation.expires.clone();
        $output.last_modified = Some($object.modified_at.into());
        $output.metadata = Some(representation.metadata());
        $output.restore = $object.attributes.restore_header($now);
        $output.storage_class = $object.attributes.storage_class.unless_standard();
    }};
}

/// Answers with the checksum, if it was asked for.
macro_rules! show_checksum {
    ($output:expr, $checksum:expr) => {
        if let Some(checksum) = $checksum {
            answer_checksum!($output, checksum.algorithm, checksum.value);
            $output.checksum_type = Some(checksum.coverage.wire());
        }
    };
}

pub(super) async fn get_object(store: &Store, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    let name = ObjectName::new(input.bucket, input.key);
    let (object, file) = store.index.run(move |catalog| catalog.read(&name)).await?;
    store.retrievals.asked(object.attributes.storage_class);
    let condition = ReadCondition {
        matching: input.if_match,
        none_matching: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    admit(&condition, &object)?;
    let now = UnixMillis::now();
    if !object.attributes.is_readable(now) {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the object's storage class"
        ));
    }
    let slice = Slice::of(input.range, object.size_bytes)?;
    let mut output = GetObjectOutput { tag_count: object.attributes.tags.count(), ..Default::default() };
    describe!(output, object, slice, now);
    show_checksum!(output, asked_for(input.checksum_mode, &object, &slice));
    output.body = Some(slice.stream(file).await?);
    store.retrievals.taken(object.attributes.storage_class, slice.range.end - slice.range.start);
    Ok(output)
}

pub(super) async fn head_object(
    store: &Store,
    input: HeadObjectInput,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let name = ObjectName::new(input.bucket, input.key);
    let object = store.index.run(move |catalog| catalog.object(&name)).await?;
    store.retrievals.asked(object.attributes.storage_class);
    let condition = ReadCondition {
        matching: input.if_match,
        none_matching: input.if_none_match,
        modified_since: input.if_modified_since,
        unmodified_since: input.if_unmodified_since,
    };
    admit(&condition, &object)?;
    let slice = Slice::of(input.range, object.size_bytes)?;
    let mut output = HeadObjectOutput::default();
    describe!(output, object, slice, UnixMillis::now());
    show_checksum!(output, asked_for(input.checksum_mode, &object, &slice));
    output.content_type = input.response_content_type.or(output.content_type);
    output.content_disposition = input.response_content_disposition.or(output.content_disposition);
    output.cache_control = input.response_cache_control.or(output.cache_control);
    let is_partial = output.content_range.is_some();
    let mut response = S3Response::new(output);
    if is_partial {
        response.extensions.insert(StatusOverride(StatusCode::PARTIAL_CONTENT));
    }
    Ok(response)
}

/// The object's checksum, if it was asked for and is one of what is sent.
fn asked_for<'a>(
    mode: Option<ChecksumMode>,
    object: &'a ObjectRow,
    slice: &Slice,
) -> Option<&'a ObjectChecksum> {
    let is_wanted = mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    object.attributes.checksum.as_ref().filter(|_| is_wanted && !slice.is_partial)
}

fn admit(condition: &ReadCondition, object: &ObjectRow) -> S3Result<()> {
    match condition.judge(&object.etag, object.modified_at) {
        Verdict::Proceed => Ok(()),
        Verdict::Failed => Err(precondition_failed()),
        Verdict::NotModified => Err(not_modified(object)),
    }
}

/// 304 repeats the headers that a cache may update its copy with.
fn not_modified(object: &ObjectRow) -> S3Error {
    let mut error = s3_error!(NotModified);
    let cache_control = object.attributes.representation.cache_control.clone();
    let entries = [
        (ETAG, Some(format!("\"{}\"", object.etag))),
        (LAST_MODIFIED, Some(object.modified_at.http_date())),
        (CACHE_CONTROL, cache_control),
    ];
    let header = |(name, value): (_, Option<String>)| Some((name, HeaderValue::try_from(value?).ok()?));
    error.set_headers(entries.into_iter().filter_map(header).collect());
    error
}

/// The part of an object that is sent.
#[derive(Debug)]
struct Slice {
    range: Range<u64>,
    size_bytes: u64,
    is_partial: bool,
}

impl Slice {
    fn of(range: Option<dto::Range>, size_bytes: u64) -> S3Result<Self> {
        let Some(range) = range else {
            return Ok(Self { range: 0..size_bytes, size_bytes, is_partial: false });
        };
        match range.check(size_bytes) {
            Ok(range) => Ok(Self { range, size_bytes, is_partial: true }),
            Err(_) => Err(not_satisfiable(size_bytes)),
        }
    }

    fn length(&self) -> i64 {
        i64::try_from(self.range.end - self.range.start).unwrap_or(i64::MAX)
    }

    fn content_range(&self) -> Option<String> {
        let (first, last) = (self.range.start, self.range.end.checked_sub(1)?);
        self.is_partial.then(|| format!("bytes {first}-{last}/{}", self.size_bytes))
    }

    async fn stream(&self, file: File) -> S3Result<StreamingBlob> {
        let mut file = tokio::fs::File::from_std(file);
        if self.range.start > 0 {
            file.seek(SeekFrom::Start(self.range.start)).await.map_err(internal)?;
        }
        let part = file.take(self.range.end - self.range.start);
        Ok(StreamingBlob::wrap(ReaderStream::with_capacity(part, READ_BYTES)))
    }
}

fn not_satisfiable(size_bytes: u64) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    let size = HeaderValue::try_from(format!("bytes */{size_bytes}")).ok();
    error.set_headers(size.into_iter().map(|size| (CONTENT_RANGE, size)).collect::<HeaderMap>());
    error
}
