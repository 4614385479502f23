//! `RestoreObject`. Locally the archive answers at once: the restored copy is there when the request returns.

use http::StatusCode;
use s3s::dto::{RestoreObjectInput, RestoreObjectOutput};
use s3s::{S3Response, S3Result, s3_error};

use super::Store;
use super::attributes::Attributes;
use super::error::StoreError;
use super::instant::UnixMillis;
use super::object_name::ObjectName;
use super::server::StatusOverride;

pub(super) async fn restore_object(
    store: &Store,
    input: RestoreObjectInput,
) -> S3Result<S3Response<RestoreObjectOutput>> {
    let request = input.restore_request.unwrap_or_default();
    if request.select_parameters.is_some() || request.output_location.is_some() || request.type_.is_some() {
        return Err(s3_error!(NotImplemented, "This store does not run queries on archived objects."));
    }
    let days = request.days.and_then(|days| u32::try_from(days).ok()).filter(|days| *days > 0);
    let Some(days) = days else {
        return Err(s3_error!(MalformedXML, "Days must be a positive number."));
    };
    let name = ObjectName::new(input.bucket, input.key);
    let restored = store.index.run(move |catalog| {
        let object = catalog.object(&name)?;
        let was_restored = catalog.amend(&name, |found| restore(found, days))?;
        Ok((object, was_restored))
    });
    let (object, was_restored) = restored.await?;
    let mut response = S3Response::new(RestoreObjectOutput::default());
    if !was_restored {
        // Asked for again, it only stays longer: nothing is brought back anew.
        store.retrievals.restored(object.attributes.storage_class, object.size_bytes);
        response.extensions.insert(StatusOverride(StatusCode::ACCEPTED));
    }
    Ok(response)
}

/// Makes the object readable for these days, counted from now; tells whether it was so already.
fn restore(attributes: &mut Attributes, days: u32) -> Result<bool, StoreError> {
    if !attributes.storage_class.is_archive() {
        return Err(StoreError::NotArchived);
    }
    let now = UnixMillis::now();
    let was_restored = attributes.restored(now).is_some();
    attributes.restored_until = Some(now.midnight_after_days(days));
    Ok(was_restored)
}
