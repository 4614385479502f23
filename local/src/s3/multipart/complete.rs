//! `CompleteMultipartUpload`: what the parts are to become is decided first, from their rows alone; then
//! their bytes are joined, and the object takes the place of its upload in one transaction.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};

use http::HeaderMap;
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart, ETag};
use s3s::{S3Request, S3Response, S3Result, s3_error};
use tempfile::TempPath;
use tokio::task::spawn_blocking;

use crate::s3::Store;
use crate::s3::blobs::{BlobName, BlobStore};
use crate::s3::catalog::{Catalog, Placement};
use crate::s3::checksum::{
    Algorithm, Coverage, DeclaredChecksum, Digester, ObjectChecksum, answer_checksum, declared_in_part,
    digest_of_digests,
};
use crate::s3::condition::WriteCondition;
use crate::s3::error::{StoreError, internal};
use crate::s3::etag;
use crate::s3::events::EventKind;
use crate::s3::keep_alive::UnderWay;
use crate::s3::multipart::must_match;
use crate::s3::object_name::ObjectName;
use crate::s3::uploads::{self, PartRow, UploadPlan};

/// Every part but the last must be this large.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// Above this the answer begins before the bytes are joined, and is kept alive with white space, as S3 does
/// it: a client does not wait for minutes in silence.
const KEEP_ALIVE_BYTES: u64 = 64 * 1024 * 1024;

const MAX_PARTS: usize = 10_000;
const COPY_BYTES: usize = 1024 * 1024;

pub(in crate::s3) async fn complete_multipart_upload(
    store: &Store,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let S3Request { input, headers, .. } = request;
    let condition = WriteCondition::in_headers(&headers)?;
    let name = ObjectName::new(input.bucket.clone(), input.key.clone());
    let upload = input.upload_id.clone();
    let (asked, admitted) = (name.clone(), condition.clone());
    let look = move |catalog: &mut Catalog| {
        let plan = uploads::find(catalog.connection(), &asked, &upload)?;
        catalog.admits(&asked, &admitted)?;
        Ok((plan, uploads::parts(catalog.connection(), &upload, 0, MAX_PARTS)?))
    };
    let (plan, parts) = store.index.run(look).await?;
    let assembly = Assembly::decide(plan, parts, &input, &headers)?;
    let size_bytes = assembly.size_bytes();
    let completion = Completion { store: store.clone(), name, upload: input.upload_id, condition, assembly };
    if size_bytes <= KEEP_ALIVE_BYTES {
        return completion.carry_out().await.map(S3Response::new);
    }
    let mut response = S3Response::new(CompleteMultipartUploadOutput::default());
    response.extensions.insert(UnderWay::new(tokio::spawn(completion.carry_out())));
    Ok(response)
}

/// What the parts are to become.
struct Assembly {
    plan: UploadPlan,
    parts: Vec<PartRow>,
    etag: String,
    /// The checksum of the checksums; none if the bytes themselves are to be read for it.
    composite: Option<String>,
    promised: Option<DeclaredChecksum>,
}

impl Assembly {
    fn decide(
        plan: UploadPlan,
        parts: Vec<PartRow>,
        input: &CompleteMultipartUploadInput,
        headers: &HeaderMap,
    ) -> S3Result<Self> {
        if input.checksum_type.as_ref().is_some_and(|coverage| coverage.as_str() != plan.coverage.as_str()) {
            return Err(s3_error!(InvalidRequest, "The upload was created with another checksum type."));
        }
        let requested = input.multipart_upload.as_ref().and_then(|upload| upload.parts.as_deref());
        let parts = choose(parts, requested.unwrap_or_default(), &plan)?;
        let size_bytes: u64 = parts.iter().map(|part| part.size_bytes).sum();
        if input.mpu_object_size.is_some_and(|promised| u64::try_from(promised) != Ok(size_bytes)) {
            return Err(s3_error!(
                InvalidRequest,
                "The provided 'x-amz-mp-object-size' header does not match the size of the parts."
            ));
        }
        let etag = etag::of_parts(parts.iter().map(|part| part.md5.as_str()));
        let composite = match plan.coverage {
            Coverage::FullObject => None,
            Coverage::Composite => {
                digest_of_digests(plan.algorithm, parts.iter().map(|part| part.checksum.as_str()))
            }
        };
        let promised = promised(headers, &plan, parts.len(), composite.as_deref())?;
        Ok(Self { plan, parts, etag, composite, promised })
    }

    fn size_bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.size_bytes).sum()
    }

    /// The algorithm to read the bytes with, if they must be read.
    fn algorithm_of_bytes(&self) -> Option<Algorithm> {
        self.composite.is_none().then_some(self.plan.algorithm)
    }

    /// The object's checksum; `of_bytes` is what reading them gave.
    fn checksum(&self, of_bytes: Option<String>) -> S3Result<ObjectChecksum> {
        let (coverage, value) = match &self.composite {
            Some(composite) => (Coverage::Composite, Some(format!("{composite}-{}", self.parts.len()))),
            None => (Coverage::FullObject, of_bytes),
        };
        if let Some(promised) = &self.promised {
            promised.must_equal(value.as_deref())?;
        }
        let value =
            value.ok_or_else(|| internal(io::Error::other("a digest that was asked for is missing")))?;
        Ok(ObjectChecksum { algorithm: self.plan.algorithm, coverage, value })
    }
}

/// The parts that the client names, if they are the ones that it means.
fn choose(parts: Vec<PartRow>, requested: &[CompletedPart], plan: &UploadPlan) -> S3Result<Vec<PartRow>> {
    if requested.is_empty() {
        return Err(s3_error!(MalformedXML, "You must specify at least one part"));
    }
    let mut uploaded: BTreeMap<i32, PartRow> = parts.into_iter().map(|part| (part.number, part)).collect();
    let mut chosen: Vec<PartRow> = Vec::with_capacity(requested.len());
    for request in requested {
        let number = request.part_number.unwrap_or_default();
        if let Some(previous) = chosen.last() {
            if number <= previous.number {
                return Err(s3_error!(
                    InvalidPartOrder,
                    "The list of parts was not in ascending order. The parts list must be specified in order by part \
                     number."
                ));
            }
            if previous.size_bytes < MIN_PART_BYTES {
                return Err(s3_error!(
                    EntityTooSmall,
                    "Your proposed upload is smaller than the minimum allowed object size"
                ));
            }
        }
        let part = uploaded.remove(&number).filter(|part| is_meant(request, part));
        let part = part.ok_or_else(|| {
            s3_error!(
                InvalidPart,
                "Part {number} could not be found. It may not have been uploaded, or its entity tag differs."
            )
        })?;
        must_declare(request, &part, plan)?;
        chosen.push(part);
    }
    Ok(chosen)
}

fn is_meant(request: &CompletedPart, part: &PartRow) -> bool {
    request.e_tag.as_ref().is_some_and(|etag| etag.value() == part.md5)
}

/// A composite checksum is made of checksums that the client has seen: it must name each of them.
fn must_declare(request: &CompletedPart, part: &PartRow, plan: &UploadPlan) -> S3Result<()> {
    let name = plan.algorithm.as_str();
    let number = part.number;
    match declared_in_part(request)? {
        Some(declared) if declared.algorithm != plan.algorithm && !plan.is_algorithm_chosen => Ok(()),
        Some(declared) if declared.algorithm == plan.algorithm && declared.value == part.checksum => Ok(()),
        Some(_) => {
            Err(s3_error!(InvalidPart, "The checksum of part {number} is not the one that was uploaded."))
        }
        None if plan.coverage == Coverage::FullObject => Ok(()),
        None => Err(s3_error!(
            InvalidRequest,
            "The upload was created using a {name} checksum. The complete request must include the checksum for each \
             part. It was missing for part {number} in the request."
        )),
    }
}

/// The checksum of the whole that the client declares, as it is to be compared: with the composite at once,
/// or with the bytes once they are read.
fn promised(
    headers: &HeaderMap,
    plan: &UploadPlan,
    part_count: usize,
    composite: Option<&str>,
) -> S3Result<Option<DeclaredChecksum>> {
    must_match(plan, Algorithm::in_headers(headers))?;
    let Some(value) = headers.get(plan.algorithm.header()).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let digest = match composite {
        Some(_) => value.strip_suffix(&format!("-{part_count}")).unwrap_or(value),
        None => value,
    };
    let declared = DeclaredChecksum::parse(plan.algorithm, digest)?;
    match composite {
        Some(_) => declared.must_equal(composite).map(|()| None),
        None => Ok(Some(declared)),
    }
}

/// The part of the request that takes time.
struct Completion {
    store: Store,
    name: ObjectName,
    upload: String,
    condition: WriteCondition,
    assembly: Assembly,
}

impl Completion {
    async fn carry_out(self) -> S3Result<CompleteMultipartUploadOutput> {
        let Self { store, name, upload, condition, assembly } = self;
        let size_bytes = assembly.size_bytes();
        let (staged, of_bytes) = join(&store.blobs, &assembly).await?;
        let checksum = assembly.checksum(of_bytes)?;

        let mut output = CompleteMultipartUploadOutput {
            bucket: Some(name.bucket.clone()),
            key: Some(name.key.clone()),
            location: Some(format!("/{}/{}", name.bucket, name.key)),
            e_tag: Some(ETag::Strong(assembly.etag.clone())),
            checksum_type: Some(checksum.coverage.wire()),
            ..Default::default()
        };
        answer_checksum!(output, checksum.algorithm, checksum.value);
        let mut attributes = assembly.plan.attributes;
        attributes.checksum = Some(checksum);
        let kind = EventKind::ObjectCreatedCompleteMultipartUpload;
        let etag = assembly.etag;
        let placement = Placement { name, staged, size_bytes, etag, attributes, condition, kind };
        let finish = move |catalog: &mut Catalog| {
            catalog.place_and(placement, |connection| uploads::end(connection, &upload))
        };
        store.index.run(finish).await?;
        Ok(output)
    }
}

/// Writes the parts one after the other into a staged file; digests them on the way, if that is needed.
async fn join(blobs: &BlobStore, assembly: &Assembly) -> S3Result<(TempPath, Option<String>)> {
    let algorithm = assembly.algorithm_of_bytes();
    let parts: Vec<BlobName> = assembly.parts.iter().map(|part| part.blob.clone()).collect();
    let blobs = blobs.clone();
    let joining = spawn_blocking(move || join_files(&blobs, &parts, algorithm));
    match joining.await.map_err(io::Error::other).flatten() {
        Ok(joined) => Ok(joined),
        // A part is gone: the upload was aborted, completed or changed by another request in the meantime.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NoSuchUpload.into()),
        Err(error) => Err(internal(error)),
    }
}

fn join_files(
    blobs: &BlobStore,
    parts: &[BlobName],
    algorithm: Option<Algorithm>,
) -> io::Result<(TempPath, Option<String>)> {
    let mut whole = blobs.stage()?;
    let mut digester = algorithm.map(|algorithm| Digester::new(&[algorithm]));
    let mut buffer = vec![0; COPY_BYTES];
    for part in parts {
        let mut part = blobs.read(part)?;
        loop {
            let length = part.read(&mut buffer)?;
            let bytes = buffer.get(..length).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            if let Some(digester) = &mut digester {
                digester.update(bytes);
            }
            whole.write_all(bytes)?;
        }
    }
    let digests = digester.map(Digester::finish);
    let value =
        algorithm.zip(digests).and_then(|(algorithm, digests)| digests.get(algorithm).map(str::to_owned));
    Ok((whole.into_temp_path(), value))
}
