//! Receiving a body: streamed to a staged file while it is hashed, and believed only if it is what was
//! promised.

use std::io::{self, Write as _};

use bytes::Bytes;
use futures::TryStreamExt as _;
use http::{HeaderMap, StatusCode};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, StdError, TrailingHeaders, s3_error};
use tempfile::{NamedTempFile, TempPath};
use tokio::task::spawn_blocking;

use super::blobs::BlobStore;
use super::checksum::{Algorithm, DeclaredChecksum, Digester, Digests, declared_md5};
use super::error::{internal, refusal};

/// How much is handed to the disk at once. Two of these are in memory for each body: one on its way in, one
/// on its way out.
const BATCH_BYTES: usize = 512 * 1024;

/// The most that one request may carry; beyond it, S3 wants a multipart upload.
const MAX_BODY_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// What a request says of the body that follows it.
#[derive(Debug)]
pub(super) struct BodyPromise {
    length_bytes: Option<u64>,
    md5: Option<[u8; 16]>,
    checksum: Option<DeclaredChecksum>,
    trailer: Option<(Algorithm, TrailingHeaders)>,
    kept: Algorithm,
}

/// A body that kept its promise, not yet in any place.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) staged: TempPath,
    pub(super) size_bytes: u64,
    pub(super) md5: [u8; 16],
    /// The algorithm of the checksum to be kept, and its value in base64.
    pub(super) checksum: (Algorithm, String),
}

impl BodyPromise {
    /// Reads the promise from the headers. The checksum that is kept with the bytes is the one that is asked
    /// for here, or else the one that the client declares.
    ///
    /// # Errors
    /// `EntityTooLarge`, or whatever is malformed.
    pub(super) fn of(
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
        kept: Option<Algorithm>,
    ) -> S3Result<Self> {
        let length = headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length_bytes = length.and_then(|digits| digits.parse().ok());
        if length_bytes.is_some_and(|length| length > MAX_BODY_BYTES) {
            return Err(s3_error!(
                EntityTooLarge,
                "Your proposed upload exceeds the maximum allowed object size"
            ));
        }
        let checksum = DeclaredChecksum::in_headers(headers)?;
        let trailer = Algorithm::in_trailer(headers).zip(trailers);
        let declared = checksum.as_ref().map(|declared| declared.algorithm);
        let announced = trailer.as_ref().map(|(algorithm, _)| *algorithm);
        let kept = kept.or(declared).or(announced).unwrap_or(Algorithm::DEFAULT);
        Ok(Self { length_bytes, md5: declared_md5(headers)?, checksum, trailer, kept })
    }

    /// The algorithm that the client declares a checksum in, before or after the body.
    pub(super) fn declared_algorithm(&self) -> Option<Algorithm> {
        let declared = self.checksum.as_ref().map(|declared| declared.algorithm);
        declared.or(self.trailer.as_ref().map(|(algorithm, _)| *algorithm))
    }

    fn digester(&self) -> Digester {
        let mut algorithms = vec![self.kept];
        algorithms.extend(self.declared_algorithm());
        Digester::new(&algorithms).with_md5()
    }

    fn must_hold(&self, size_bytes: u64, digests: &Digests) -> S3Result<()> {
        if self.length_bytes.is_some_and(|promised| promised != size_bytes) {
            return Err(s3_error!(
                IncompleteBody,
                "You did not provide the number of bytes specified by the Content-Length HTTP header."
            ));
        }
        if self.md5.is_some() && self.md5 != digests.md5 {
            return Err(s3_error!(
                BadDigest,
                "The Content-MD5 you specified did not match what we received."
            ));
        }
        if let Some(declared) = &self.checksum {
            declared.must_equal(digests.get(declared.algorithm))?;
        }
        if let Some((algorithm, trailers)) = &self.trailer {
            let declared = in_trailer(*algorithm, trailers)?;
            declared.must_equal(digests.get(*algorithm))?;
        }
        Ok(())
    }
}

fn in_trailer(algorithm: Algorithm, trailers: &TrailingHeaders) -> S3Result<DeclaredChecksum> {
    let value = trailers.read(|headers| {
        let value = headers.get(algorithm.header())?;
        value.to_str().ok().map(str::to_owned)
    });
    match value.flatten() {
        Some(value) => DeclaredChecksum::parse(algorithm, &value),
        None => Err(refusal(
            "MalformedTrailerError",
            StatusCode::BAD_REQUEST,
            format!("The request announced the trailer {}, and did not send it.", algorithm.header()),
        )),
    }
}

/// Streams a body to a staged file. On any error nothing is left of it.
///
/// # Errors
/// `IncompleteBody`, `BadDigest` and their like if the body is not what was promised; `InternalError` if the
/// disk fails.
pub(super) async fn receive(
    blobs: &BlobStore,
    body: Option<StreamingBlob>,
    promise: &BodyPromise,
) -> S3Result<Received> {
    let (blobs, digester) = (blobs.clone(), promise.digester());
    let mut writing = spawn_blocking(move || Sink::open(&blobs, digester));
    if let Some(mut body) = body {
        loop {
            let batch = next_batch(&mut body).await;
            // Wait for the disk even if the body failed: the answer must not overtake the removal of the
            // file.
            let sink = settled(writing.await)?;
            let batch = batch.map_err(broken_body)?;
            let is_last = batch.size_bytes < BATCH_BYTES;
            writing = spawn_blocking(move || sink.absorb(&batch.chunks));
            if is_last {
                break;
            }
        }
    }
    let (staged, size_bytes, digests) = settled(writing.await)?.close();
    promise.must_hold(size_bytes, &digests)?;
    match (digests.md5, digests.get(promise.kept)) {
        (Some(md5), Some(value)) => {
            Ok(Received { staged, size_bytes, md5, checksum: (promise.kept, value.to_owned()) })
        }
        (None, _) | (_, None) => Err(internal(io::Error::other("a digest that was asked for is missing"))),
    }
}

fn settled(written: Result<io::Result<Sink>, tokio::task::JoinError>) -> S3Result<Sink> {
    written.map_err(io::Error::other).flatten().map_err(internal)
}

/// The file that a body goes to, and the digests so far.
struct Sink {
    file: NamedTempFile,
    digester: Digester,
    size_bytes: u64,
}

impl Sink {
    fn open(blobs: &BlobStore, digester: Digester) -> io::Result<Self> {
        Ok(Self { file: blobs.stage()?, digester, size_bytes: 0 })
    }

    fn absorb(mut self, chunks: &[Bytes]) -> io::Result<Self> {
        for chunk in chunks {
            self.digester.update(chunk);
            self.file.write_all(chunk)?;
            self.size_bytes += chunk.len() as u64;
        }
        Ok(self)
    }

    fn close(self) -> (TempPath, u64, Digests) {
        (self.file.into_temp_path(), self.size_bytes, self.digester.finish())
    }
}

struct Batch {
    chunks: Vec<Bytes>,
    size_bytes: usize,
}

/// Collects [`BATCH_BYTES`] or a little more; less only at the end of the body.
async fn next_batch(body: &mut StreamingBlob) -> Result<Batch, StdError> {
    let mut batch = Batch { chunks: Vec::new(), size_bytes: 0 };
    while batch.size_bytes < BATCH_BYTES {
        let Some(chunk) = body.try_next().await? else { break };
        batch.size_bytes += chunk.len();
        batch.chunks.push(chunk);
    }
    Ok(batch)
}

/// Names the fault of a body that broke off. The protocol crate verifies payload hashes and chunk signatures
/// inside the stream, and keeps the types of those errors to itself: only their texts tell them apart.
fn broken_body(source: StdError) -> S3Error {
    let text = source.to_string();
    let mut error = if text.contains("Sha256Mismatch") {
        refusal(
            "XAmzContentSHA256Mismatch",
            StatusCode::BAD_REQUEST,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )
    } else if text.contains("SignatureMismatch") {
        s3_error!(SignatureDoesNotMatch, "The signature of a chunk does not match its bytes.")
    } else {
        s3_error!(IncompleteBody, "The request body broke off or was malformed.")
    };
    error.set_source(source);
    error
}
