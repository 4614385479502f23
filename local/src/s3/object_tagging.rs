//! The operations on object tags.

use s3s::S3Result;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};

use super::Store;
use super::attributes::Attributes;
use super::object_name::ObjectName;
use super::tags::Tags;

pub(super) async fn put_object_tagging(
    store: &Store,
    input: PutObjectTaggingInput,
) -> S3Result<PutObjectTaggingOutput> {
    let pairs = input.tagging.tag_set.into_iter();
    let tags =
        Tags::new(pairs.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default())).collect())?;
    replace(store, ObjectName::new(input.bucket, input.key), tags).await?;
    Ok(PutObjectTaggingOutput::default())
}

pub(super) async fn delete_object_tagging(
    store: &Store,
    input: DeleteObjectTaggingInput,
) -> S3Result<DeleteObjectTaggingOutput> {
    replace(store, ObjectName::new(input.bucket, input.key), Tags::default()).await?;
    Ok(DeleteObjectTaggingOutput::default())
}

async fn replace(store: &Store, name: ObjectName, tags: Tags) -> S3Result<()> {
    let change = move |attributes: &mut Attributes| {
        attributes.tags = tags;
        Ok(())
    };
    Ok(store.index.run(move |catalog| catalog.amend(&name, change)).await?)
}

pub(super) async fn get_object_tagging(
    store: &Store,
    input: GetObjectTaggingInput,
) -> S3Result<GetObjectTaggingOutput> {
    let name = ObjectName::new(input.bucket, input.key);
    let object = store.index.run(move |catalog| catalog.object(&name)).await?;
    let pairs = object.attributes.tags.into_pairs();
    let tag_set = pairs.map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect();
    Ok(GetObjectTaggingOutput { tag_set, version_id: None })
}
