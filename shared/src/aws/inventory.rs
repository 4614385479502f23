//! The lists of S3 and DynamoDB, page by page.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_sdk_s3::types::{EncodingType, Object, ObjectStorageClass, OptionalObjectAttributes};
use percent_encoding::percent_decode_str;

use super::dynamodb::{DynamoAssetRepository, unavailable};
use super::item::{Item, asset_of, text};
use super::s3::{S3ObjectStore, classify, size, timestamp};
use crate::asset::ETag;
use crate::key::Folder;
use crate::ports::{
    AssetInventory, AssetItem, AssetPage, ListedObject, ObjectInventory, ObjectPage, RepositoryError,
    StorageClass, StoreError,
};
use crate::shard::Shard;

/// How many items half a read unit holds at least: 4 KB, and an item of Hashfolio's has half a kilobyte and more. Used
/// only where the service does not say what a page took.
const ITEMS_PER_HALF_UNIT: u64 = 8;

impl ObjectInventory for S3ObjectStore {
    async fn list(&self, folder: Folder, after: Option<&str>) -> Result<ObjectPage, StoreError> {
        let prefix = folder.prefix();
        let listed = self
            .client()
            .list_objects_v2()
            .bucket(self.bucket())
            .prefix(prefix)
            .set_start_after(after.map(str::to_owned))
            // A restored object still lists under its archive class.
            .optional_object_attributes(OptionalObjectAttributes::RestoreStatus)
            // A key may hold what XML can't.
            .encoding_type(EncodingType::Url)
            .send()
            .await
            .map_err(|error| classify(prefix, error))?;
        let objects: Vec<ListedObject> = listed.contents().iter().map(listed_object).collect();
        let more = listed.is_truncated() == Some(true);
        if more && objects.is_empty() {
            return Err(unavailable_list(prefix));
        }
        Ok(ObjectPage { objects, more })
    }
}

/// There would be nothing to go on after.
fn unavailable_list(prefix: &str) -> StoreError {
    StoreError::Unavailable { key: prefix.to_owned(), source: "an empty page that is not the last".into() }
}

fn listed_object(object: &Object) -> ListedObject {
    ListedObject {
        key: decoded(object.key().unwrap_or_default()),
        size_bytes: size(object.size()),
        etag: ETag::new(object.e_tag().unwrap_or_default()),
        last_modified: timestamp(object.last_modified()),
        storage_class: storage_class(object),
    }
}

/// A key as a listing with `encoding-type=url` shows it: S3 writes a space as a plus.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn storage_class(object: &Object) -> StorageClass {
    let cold =
        matches!(object.storage_class(), Some(ObjectStorageClass::Glacier | ObjectStorageClass::DeepArchive));
    let restored = object.restore_status().is_some_and(|status| {
        status.is_restore_in_progress() != Some(true) && status.restore_expiry_date().is_some()
    });
    if cold && !restored { StorageClass::Archived } else { StorageClass::Immediate }
}

impl AssetInventory for DynamoAssetRepository {
    async fn assets_of_shard(&self, shard: Shard, after: Option<&str>) -> Result<AssetPage, RepositoryError> {
        let start = after.map(|after| {
            Item::from([("shard".to_owned(), text(shard)), ("content_hash".to_owned(), text(after))])
        });
        let found = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("#shard = :shard")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_values(":shard", text(shard))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| unavailable(format!("list shard {shard}"), error))?;
        let items: Vec<AssetItem> = found.items().iter().map(item).collect();
        let next = found.last_evaluated_key().and_then(|key| key.get("content_hash")?.as_s().ok().cloned());
        let taken = found.consumed_capacity().and_then(|capacity| halves(capacity.capacity_units()?));
        let half_read_units = taken.unwrap_or(items.len() as u64 / ITEMS_PER_HALF_UNIT + 1);
        Ok(AssetPage { items, next, half_read_units })
    }
}

fn item(item: &Item) -> AssetItem {
    asset_of(item).map_or_else(
        |error| {
            let sort_key = item.get("content_hash").and_then(|value| value.as_s().ok()).cloned();
            let attribute = match error {
                RepositoryError::Corrupt { attribute, .. } => attribute,
                RepositoryError::Unavailable { .. } => "content_hash",
            };
            AssetItem::Unreadable { sort_key: sort_key.unwrap_or_default(), attribute }
        },
        AssetItem::Asset,
    )
}

/// Read units as whole halves; `None` for what is no count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a small positive number"
)]
fn halves(units: f64) -> Option<u64> {
    (units > 0.0 && units < 1e12).then(|| (units * 2.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::RestoreStatus;

    use super::*;

    #[test]
    fn a_listed_key_is_read_back_from_its_url_form() {
        assert_eq!(decoded("raw/a+b%2B%C3%BC%0A%25.jpg"), "raw/a b+ü\n%.jpg");
    }

    #[test]
    fn an_object_is_archived_until_its_restore_has_ended_well() {
        use aws_sdk_s3::primitives::DateTime;
        let under_way = RestoreStatus::builder().is_restore_in_progress(true).build();
        let expires = DateTime::from_secs(4_102_444_800);
        let done =
            RestoreStatus::builder().is_restore_in_progress(false).restore_expiry_date(expires).build();
        for (class, status, expected) in [
            (ObjectStorageClass::Standard, None, StorageClass::Immediate),
            (ObjectStorageClass::GlacierIr, None, StorageClass::Immediate),
            (ObjectStorageClass::IntelligentTiering, None, StorageClass::Immediate),
            (ObjectStorageClass::Glacier, None, StorageClass::Archived),
            (ObjectStorageClass::DeepArchive, Some(under_way), StorageClass::Archived),
            (ObjectStorageClass::Glacier, Some(done), StorageClass::Immediate),
        ] {
            let object = Object::builder().storage_class(class.clone()).set_restore_status(status).build();
            assert_eq!(storage_class(&object), expected, "{class:?}");
        }
    }

    #[test]
    fn capacity_is_counted_in_halves() {
        assert_eq!((halves(128.5), halves(0.0), halves(f64::NAN)), (Some(257), None, None));
    }
}
