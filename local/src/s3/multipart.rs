//! Multipart uploads: begun, filled part by part, listed, abandoned. Completing them is in [`complete`].

pub(super) mod complete;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput, MultipartUpload, Part,
    StorageClass as WireStorageClass, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Result, s3_error};

use super::Store;
use super::attributes::{Attributes, declared_representation};
use super::catalog::Catalog;
use super::checksum::{Algorithm, Coverage, answer_checksum};
use super::etag;
use super::object_name::ObjectName;
use super::receive::{BodyPromise, receive};
use super::storage_class::StorageClass;
use super::tags::Tags;
use super::uploads::{self, PartPlacement, PartRow, UploadPlan, UploadRow};
use super::wire_size;

/// Parts are numbered from 1 to this.
const MAX_PART_NUMBER: i32 = 10_000;

/// The most entries that one listing has.
const MAX_LISTED: i32 = 1000;

pub(super) async fn create_multipart_upload(
    store: &Store,
    mut input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let (algorithm, coverage) = planned(input.checksum_algorithm.as_ref(), input.checksum_type.as_ref())?;
    let attributes = Attributes {
        representation: declared_representation!(input)?,
        storage_class: StorageClass::declared(input.storage_class.as_ref())?,
        tags: Tags::parse_header(input.tagging.as_deref())?,
        ..Attributes::default()
    };
    let is_algorithm_chosen = input.checksum_algorithm.is_some();
    let plan = UploadPlan { attributes, algorithm, coverage, is_algorithm_chosen };
    let name = ObjectName::new(input.bucket.clone(), input.key.clone());
    let id = store.index.run(move |catalog| uploads::start(catalog.connection(), &name, &plan)).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: is_algorithm_chosen.then(|| coverage.wire()),
        ..Default::default()
    })
}

/// Which checksum the object will have: each algorithm has its own default, and not every pair exists.
fn planned(
    algorithm: Option<&ChecksumAlgorithm>,
    coverage: Option<&ChecksumType>,
) -> S3Result<(Algorithm, Coverage)> {
    let Some(algorithm) = algorithm else {
        return match coverage {
            None => Ok((Algorithm::DEFAULT, Coverage::FullObject)),
            Some(_) => Err(s3_error!(
                InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )),
        };
    };
    let algorithm = Algorithm::parse(algorithm.as_str())?;
    let asked = coverage.map(ChecksumType::as_str);
    let coverage = match (algorithm, asked) {
        (Algorithm::Crc64Nvme, None | Some(ChecksumType::FULL_OBJECT))
        | (Algorithm::Crc32 | Algorithm::Crc32c, Some(ChecksumType::FULL_OBJECT)) => Coverage::FullObject,
        (
            Algorithm::Crc32 | Algorithm::Crc32c | Algorithm::Sha1 | Algorithm::Sha256,
            None | Some(ChecksumType::COMPOSITE),
        ) => Coverage::Composite,
        (_, Some(coverage)) => {
            let name = algorithm.as_str();
            return Err(s3_error!(
                InvalidRequest,
                "The {coverage} checksum type cannot be used with the {name} checksum algorithm."
            ));
        }
    };
    Ok((algorithm, coverage))
}

pub(super) async fn upload_part(
    store: &Store,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let S3Request { mut input, headers, trailing_headers, .. } = request;
    let number = input.part_number;
    if !(1..=MAX_PART_NUMBER).contains(&number) {
        return Err(s3_error!(
            InvalidArgument,
            "Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive"
        ));
    }
    let name = ObjectName::new(input.bucket, input.key);
    let (asked, upload) = (name.clone(), input.upload_id.clone());
    let plan = store.index.run(move |catalog| uploads::find(catalog.connection(), &asked, &upload)).await?;
    let promise = BodyPromise::of(&headers, trailing_headers, Some(plan.algorithm))?;
    must_match(&plan, promise.declared_algorithm())?;

    let received = receive(&store.blobs, input.body.take(), &promise).await?;
    let md5 = etag::of_bytes(received.md5);
    let (algorithm, checksum) = received.checksum;
    let mut output = UploadPartOutput { e_tag: Some(ETag::Strong(md5.clone())), ..Default::default() };
    answer_checksum!(output, algorithm, checksum);
    let part = PartPlacement {
        upload: input.upload_id,
        name,
        number,
        staged: received.staged,
        size_bytes: received.size_bytes,
        md5,
        checksum,
    };
    store.index.run(move |catalog| uploads::place_part(catalog, part)).await?;
    Ok(output)
}

fn must_match(plan: &UploadPlan, declared: Option<Algorithm>) -> S3Result<()> {
    match declared {
        Some(declared) if plan.is_algorithm_chosen && declared != plan.algorithm => Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            plan.algorithm.as_str(),
            declared.as_str()
        )),
        Some(_) | None => Ok(()),
    }
}

pub(super) async fn abort_multipart_upload(
    store: &Store,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let name = ObjectName::new(input.bucket, input.key);
    let abort = move |catalog: &mut Catalog| {
        uploads::find(catalog.connection(), &name, &input.upload_id)?;
        let orphans = catalog.transact(|connection| uploads::end(connection, &input.upload_id))?;
        for blob in &orphans {
            catalog.blobs().discard(blob);
        }
        Ok(())
    };
    store.index.run(abort).await?;
    Ok(AbortMultipartUploadOutput::default())
}

pub(super) async fn list_parts(store: &Store, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let name = ObjectName::new(input.bucket.clone(), input.key.clone());
    let upload = input.upload_id.clone();
    let after = input.part_number_marker.unwrap_or(0);
    let (max_parts, limit) = listed(input.max_parts)?;
    let list = move |catalog: &mut Catalog| {
        let plan = uploads::find(catalog.connection(), &name, &upload)?;
        Ok((plan, uploads::parts(catalog.connection(), &upload, after, limit + 1)?))
    };
    let (plan, mut parts) = store.index.run(list).await?;
    let is_truncated = parts.len() > limit;
    parts.truncate(limit);
    let storage_class = WireStorageClass::from_static(plan.attributes.storage_class.as_str());
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: Some(after),
        next_part_number_marker: parts.last().map(|part| part.number).filter(|_| is_truncated),
        max_parts: Some(max_parts),
        is_truncated: Some(is_truncated),
        checksum_algorithm: Some(ChecksumAlgorithm::from_static(plan.algorithm.as_str())),
        checksum_type: Some(plan.coverage.wire()),
        storage_class: Some(storage_class),
        parts: Some(parts.into_iter().map(|part| listed_part(part, plan.algorithm)).collect()),
        ..Default::default()
    })
}

fn listed_part(part: PartRow, algorithm: Algorithm) -> Part {
    let mut listed = Part {
        part_number: Some(part.number),
        e_tag: Some(ETag::Strong(part.md5)),
        size: Some(wire_size(part.size_bytes)),
        last_modified: Some(part.modified_at.into()),
        ..Default::default()
    };
    answer_checksum!(listed, algorithm, part.checksum);
    listed
}

pub(super) async fn list_multipart_uploads(
    store: &Store,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    if input.delimiter.is_some() || input.prefix.as_ref().is_some_and(|prefix| !prefix.is_empty()) {
        return Err(s3_error!(NotImplemented, "This store lists uploads without prefix and delimiter."));
    }
    let (max_uploads, limit) = listed(input.max_uploads)?;
    let bucket = input.bucket.clone();
    let after_key = input.key_marker.clone().unwrap_or_default();
    // Without an upload id, the marker stands for every upload of its key: ids are hexadecimal, and `~` comes
    // after.
    let after_id = input.upload_id_marker.clone().unwrap_or_else(|| "~".to_owned());
    let look = move |catalog: &mut Catalog| {
        uploads::list(catalog.connection(), &bucket, (&after_key, &after_id), limit + 1)
    };
    let mut found = store.index.run(look).await?;
    let is_truncated = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_truncated);
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        next_key_marker: last.map(|upload| upload.key.clone()),
        next_upload_id_marker: last.map(|upload| upload.id.clone()),
        max_uploads: Some(max_uploads),
        is_truncated: Some(is_truncated),
        uploads: Some(found.into_iter().map(listed_upload).collect()),
        ..Default::default()
    })
}

fn listed_upload(upload: UploadRow) -> MultipartUpload {
    let storage_class = upload.plan.attributes.storage_class.as_str();
    MultipartUpload {
        upload_id: Some(upload.id),
        key: Some(upload.key),
        initiated: Some(upload.started_at.into()),
        storage_class: Some(WireStorageClass::from_static(storage_class)),
        checksum_algorithm: Some(ChecksumAlgorithm::from_static(upload.plan.algorithm.as_str())),
        checksum_type: Some(upload.plan.coverage.wire()),
        ..Default::default()
    }
}

/// How many entries a listing has at most: as many as were asked for, up to S3's own limit.
fn listed(asked: Option<i32>) -> S3Result<(i32, usize)> {
    let max = asked.unwrap_or(MAX_LISTED).min(MAX_LISTED);
    match usize::try_from(max) {
        Ok(limit) if limit > 0 => Ok((max, limit)),
        Ok(_) | Err(_) => Err(s3_error!(InvalidArgument, "The number of entries must be positive.")),
    }
}
