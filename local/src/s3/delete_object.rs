//! `DeleteObject` and `DeleteObjects`.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error,
    ObjectIdentifier,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::Store;
use super::condition::WriteCondition;
use super::error::StoreError;
use super::object_name::ObjectName;

/// S3's limit on the keys of one request.
const MAX_KEYS: usize = 1000;

pub(super) async fn delete_object(
    store: &Store,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let condition = WriteCondition::in_headers(&request.headers)?;
    let name = ObjectName::new(request.input.bucket, request.input.key);
    store.index.run(move |catalog| catalog.remove(&name, &condition)).await?;
    Ok(DeleteObjectOutput::default())
}

/// Deletes keys one by one: each is gone, or listed with the reason why not.
pub(super) async fn delete_objects(
    store: &Store,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    let DeleteObjectsInput { bucket, delete, .. } = input;
    if delete.objects.is_empty() || delete.objects.len() > MAX_KEYS {
        return Err(s3_error!(MalformedXML, "A request deletes 1 to {MAX_KEYS} keys."));
    }
    let is_quiet = delete.quiet.unwrap_or(false);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in delete.objects {
        let key = object.key.clone();
        match delete_one(store, &bucket, object).await {
            Ok(()) if is_quiet => {}
            Ok(()) => deleted.push(DeletedObject { key: Some(key), ..Default::default() }),
            Err(StoreError::NoSuchBucket) => return Err(StoreError::NoSuchBucket.into()),
            Err(error) => errors.push(listed(key, &error.into())),
        }
    }
    Ok(DeleteObjectsOutput { deleted: Some(deleted), errors: Some(errors), request_charged: None })
}

async fn delete_one(store: &Store, bucket: &str, object: ObjectIdentifier) -> Result<(), StoreError> {
    let name = ObjectName::new(bucket, object.key);
    let condition = match object.e_tag {
        Some(etag) if etag.value() == "*" => WriteCondition::Present,
        Some(etag) => WriteCondition::Unchanged(etag.value().to_owned()),
        None => WriteCondition::Always,
    };
    store.index.run(move |catalog| catalog.remove(&name, &condition)).await
}

fn listed(key: String, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}
