//! `PutObject`.

use http::header::EXPECT;
use s3s::dto::{ETag, PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result};

use super::Store;
use super::attributes::{Attributes, declared_representation};
use super::catalog::Placement;
use super::checksum::{Coverage, ObjectChecksum, answer_checksum};
use super::condition::WriteCondition;
use super::etag;
use super::events::EventKind;
use super::object_name::ObjectName;
use super::receive::{BodyPromise, receive};
use super::storage_class::StorageClass;
use super::tags::Tags;

pub(super) async fn put_object(
    store: &Store,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let S3Request { mut input, headers, trailing_headers, .. } = request;
    let condition = WriteCondition::in_headers(&headers)?;
    let promise = BodyPromise::of(&headers, trailing_headers, None)?;
    let mut attributes = Attributes {
        representation: declared_representation!(input)?,
        storage_class: StorageClass::declared(input.storage_class.as_ref())?,
        tags: Tags::parse_header(input.tagging.as_deref())?,
        ..Attributes::default()
    };
    let name = ObjectName::new(input.bucket, input.key);
    if headers.contains_key(EXPECT) {
        // The client waits for a word before it sends the body: refuse now what would be refused later.
        let (name, condition) = (name.clone(), condition.clone());
        store.index.run(move |catalog| catalog.admits(&name, &condition)).await?;
    }

    let received = receive(&store.blobs, input.body.take(), &promise).await?;
    let (algorithm, value) = received.checksum;
    let mut output = PutObjectOutput::default();
    answer_checksum!(output, algorithm, value);
    attributes.checksum = Some(ObjectChecksum { algorithm, coverage: Coverage::FullObject, value });

    let etag = etag::of_bytes(received.md5);
    output.e_tag = Some(ETag::Strong(etag.clone()));
    output.checksum_type = Some(Coverage::FullObject.wire());
    let placement = Placement {
        name,
        staged: received.staged,
        size_bytes: received.size_bytes,
        etag,
        attributes,
        condition,
        kind: EventKind::ObjectCreatedPut,
    };
    store.index.run(move |catalog| catalog.place(placement)).await?;
    Ok(output)
}
