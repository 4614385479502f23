//! `CopyObject`. The copy shares the bytes of its source; they are read only if a digest of them is missing.

use std::fs::File;
use std::io::{self, Read as _};

use http::StatusCode;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, ETag, MetadataDirective,
    TaggingDirective,
};
use s3s::{S3Request, S3Result, s3_error};
use tempfile::TempPath;
use tokio::task::spawn_blocking;

use super::Store;
use super::attributes::{Attributes, Representation, declared_representation};
use super::catalog::{ObjectRow, Placement};
use super::checksum::{Algorithm, Coverage, Digester, Digests, ObjectChecksum, answer_checksum};
use super::condition::{ReadCondition, Verdict, WriteCondition};
use super::error::{internal, precondition_failed, refusal};
use super::etag;
use super::events::EventKind;
use super::instant::UnixMillis;
use super::object_name::ObjectName;
use super::storage_class::StorageClass;
use super::tags::Tags;

/// S3's limit on what one copy may carry.
const MAX_COPY_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// How much of a file is hashed at once.
const READ_BYTES: usize = 1024 * 1024;

pub(super) async fn copy_object(
    store: &Store,
    request: S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let S3Request { mut input, headers, .. } = request;
    let condition = WriteCondition::in_headers(&headers)?;
    let changes = Changes::of(&mut input)?;
    let source = source_of(&input.copy_source)?;
    let name = ObjectName::new(input.bucket, input.key);
    if source == name && !changes.change_anything() {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    let source_condition = ReadCondition {
        matching: input.copy_source_if_match,
        none_matching: input.copy_source_if_none_match,
        modified_since: input.copy_source_if_modified_since,
        unmodified_since: input.copy_source_if_unmodified_since,
    };
    let (object, staged) = take(store, source, &source_condition).await?;
    let algorithm =
        changes.algorithm.or(object.attributes.checksum.as_ref().map(|checksum| checksum.algorithm));
    let (etag, checksum, staged) = digests(&object, staged, algorithm.unwrap_or(Algorithm::DEFAULT)).await?;

    let mut result = CopyObjectResult { e_tag: Some(ETag::Strong(etag.clone())), ..Default::default() };
    answer_checksum!(result, checksum.algorithm, checksum.value);
    result.checksum_type = Some(checksum.coverage.wire());
    let (size_bytes, source_class) = (object.size_bytes, object.attributes.storage_class);
    let attributes = changes.apply(object.attributes, checksum);
    let kind = EventKind::ObjectCreatedCopy;
    let placement = Placement { name, staged, size_bytes, etag, attributes, condition, kind };
    let modified_at = store.index.run(move |catalog| catalog.place(placement)).await?;
    store.retrievals.taken(source_class, size_bytes);
    result.last_modified = Some(modified_at.into());
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..Default::default() })
}

fn source_of(source: &CopySource) -> S3Result<ObjectName> {
    match source {
        CopySource::Bucket { bucket, key, version_id: None } => Ok(ObjectName::new(&**bucket, &**key)),
        CopySource::Bucket { version_id: Some(_), .. } => {
            Err(s3_error!(NotImplemented, "This store keeps no versions of objects."))
        }
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            Err(s3_error!(NotImplemented, "This store has no access points."))
        }
    }
}

/// Takes hold of the source's bytes, as they are at this moment.
async fn take(
    store: &Store,
    source: ObjectName,
    condition: &ReadCondition,
) -> S3Result<(ObjectRow, TempPath)> {
    let share = move |catalog: &mut super::catalog::Catalog| {
        let object = catalog.object(&source)?;
        let staged = catalog.blobs().share(&object.blob)?;
        Ok((object, staged))
    };
    let (object, staged) = store.index.run(share).await?;
    match condition.judge(&object.etag, object.modified_at) {
        Verdict::Proceed => {}
        Verdict::Failed | Verdict::NotModified => return Err(precondition_failed()),
    }
    if !object.attributes.is_readable(UnixMillis::now()) {
        return Err(refusal(
            "ObjectNotInActiveTierError",
            StatusCode::FORBIDDEN,
            "The source object of the COPY operation is not in the active tier.",
        ));
    }
    if object.size_bytes > MAX_COPY_BYTES {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is larger than the maximum allowable size for a copy source: {MAX_COPY_BYTES}"
        ));
    }
    Ok((object, staged))
}

/// The copy's `ETag` and checksum. A copy is written in one piece: what the source has of its parts does not
/// hold for it.
async fn digests(
    object: &ObjectRow,
    staged: TempPath,
    algorithm: Algorithm,
) -> S3Result<(String, ObjectChecksum, TempPath)> {
    let known = object
        .attributes
        .checksum
        .clone()
        .filter(|checksum| checksum.algorithm == algorithm && checksum.coverage == Coverage::FullObject);
    if let Some(checksum) = known
        && etag::is_of_bytes(&object.etag)
    {
        return Ok((object.etag.clone(), checksum, staged));
    }
    let reading = spawn_blocking(move || Ok((hash(&staged, algorithm)?, staged)));
    let (found, staged) = reading.await.map_err(io::Error::other).flatten().map_err(internal)?;
    match (found.md5, found.get(algorithm)) {
        (Some(md5), Some(value)) => {
            let checksum =
                ObjectChecksum { algorithm, coverage: Coverage::FullObject, value: value.to_owned() };
            Ok((etag::of_bytes(md5), checksum, staged))
        }
        (None, _) | (_, None) => Err(internal(io::Error::other("a digest that was asked for is missing"))),
    }
}

fn hash(path: &TempPath, algorithm: Algorithm) -> io::Result<Digests> {
    let mut file = File::open(path)?;
    let mut digester = Digester::new(&[algorithm]).with_md5();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(digester.finish());
        }
        digester.update(buffer.get(..length).unwrap_or_default());
    }
}

/// What a copy is to have in place of what its source has.
struct Changes {
    representation: Option<Representation>,
    tags: Option<Tags>,
    storage_class: Option<StorageClass>,
    algorithm: Option<Algorithm>,
}

impl Changes {
    fn of(input: &mut CopyObjectInput) -> S3Result<Self> {
        let replaces_metadata = input
            .metadata_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let replaces_tags = input
            .tagging_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == TaggingDirective::REPLACE);
        let representation = declared_representation!(input)?;
        let tags = Tags::parse_header(input.tagging.as_deref())?;
        let storage_class = input.storage_class.as_ref();
        let algorithm = input.checksum_algorithm.as_ref();
        Ok(Self {
            representation: replaces_metadata.then_some(representation),
            tags: replaces_tags.then_some(tags),
            storage_class: storage_class.map(|class| StorageClass::declared(Some(class))).transpose()?,
            algorithm: algorithm.map(|algorithm| Algorithm::parse(algorithm.as_str())).transpose()?,
        })
    }

    /// Whether S3 takes them as reason enough to copy an object to itself.
    fn change_anything(&self) -> bool {
        self.representation.is_some() || self.storage_class.is_some() || self.algorithm.is_some()
    }

    /// The copy is of the standard class unless it asks for another, and its restored days do not come along.
    fn apply(self, source: Attributes, checksum: ObjectChecksum) -> Attributes {
        Attributes {
            representation: self.representation.unwrap_or(source.representation),
            tags: self.tags.unwrap_or(source.tags),
            storage_class: self.storage_class.unwrap_or_default(),
            checksum: Some(checksum),
            restored_until: None,
        }
    }
}
