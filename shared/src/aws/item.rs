//! An asset as a DynamoDB item. The attributes' names are a contract: other readers of the table rely on them.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::asset::{Asset, ETag, FileName, Principal, SourceKey};
use crate::dimensions::Dimensions;
use crate::hash::ContentHash;
use crate::key::ObjectKey;
use crate::ports::RepositoryError;
use crate::time::Timestamp;

/// An item of the table.
pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::S(format!("{value}"))
}

pub(super) fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// The primary key of an asset's item.
pub(super) fn key(hash: &ContentHash) -> Item {
    HashMap::from([("shard".to_owned(), text(hash.shard())), ("content_hash".to_owned(), text(hash))])
}

/// The item that an asset is written as.
pub(super) fn item_of(asset: &Asset) -> Item {
    let mut item = key(&asset.content_hash);
    let mut set = |name: &str, value: Option<AttributeValue>| {
        if let Some(value) = value {
            item.insert(name.to_owned(), value);
        }
    };
    set("asset_id", Some(text(asset.asset_id())));
    set("storage_key", Some(text(ObjectKey::Original(asset.content_hash))));
    set("size_bytes", Some(number(asset.size_bytes)));
    set("mime_type", Some(text(asset.media_type)));
    set("state", Some(text(asset.state)));
    set("etag", asset.etag.as_ref().map(|etag| text(etag.as_str())));
    set("width", asset.dimensions.map(|size| number(size.width())));
    set("height", asset.dimensions.map(|size| number(size.height())));
    set("file_name", asset.file_name.as_ref().map(|name| text(name.as_str())));
    set("source_key", asset.source_key.as_ref().map(text));
    set("reason", asset.reason.as_ref().map(text));
    set("created_by", Some(text(&asset.created_by)));
    set("shared", asset.shared.then_some(AttributeValue::Bool(true)));
    set("created_at", Some(text(asset.created_at)));
    set("updated_at", Some(text(asset.updated_at)));
    set("expires_at", asset.expires_at.map(|at| number(at.epoch_seconds())));
    item
}

/// The asset that an item is.
///
/// # Errors
/// [`RepositoryError::Corrupt`] with the attribute that is missing or has another form.
pub(super) fn asset_of(item: &Item) -> Result<Asset, RepositoryError> {
    let read = Reader { item };
    let (width, height) = (read.maybe("width", number_in)?, read.maybe("height", number_in)?);
    Ok(Asset {
        content_hash: read.must("content_hash", parsed)?,
        size_bytes: read.must("size_bytes", number_in)?,
        media_type: read.must("mime_type", parsed)?,
        state: read.must("state", parsed)?,
        etag: read.maybe("etag", |value| value.as_s().ok().map(|etag| ETag::new(etag)))?,
        dimensions: width.zip(height).and_then(|(width, height)| Dimensions::new(width, height)),
        file_name: read.maybe("file_name", parsed::<FileName>)?,
        source_key: read.maybe("source_key", parsed::<SourceKey>)?,
        reason: read.maybe("reason", |value| value.as_s().ok().cloned())?,
        created_by: read.must("created_by", |value| Principal::new(value.as_s().ok()?))?,
        shared: read.maybe("shared", |value| value.as_bool().ok().copied())?.unwrap_or(false),
        created_at: read.must("created_at", parsed)?,
        updated_at: read.must("updated_at", parsed)?,
        expires_at: read.maybe("expires_at", number_in)?.map(Timestamp::from_epoch_seconds),
    })
}

struct Reader<'a> {
    item: &'a Item,
}

impl Reader<'_> {
    fn maybe<T>(
        &self,
        attribute: &'static str,
        read: impl Fn(&AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, RepositoryError> {
        let Some(value) = self.item.get(attribute) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| self.corrupt(attribute))
    }

    fn must<T>(
        &self,
        attribute: &'static str,
        read: impl Fn(&AttributeValue) -> Option<T>,
    ) -> Result<T, RepositoryError> {
        self.maybe(attribute, read)?.ok_or_else(|| self.corrupt(attribute))
    }

    fn corrupt(&self, attribute: &'static str) -> RepositoryError {
        let hash = self.item.get("content_hash").and_then(|value| value.as_s().ok());
        RepositoryError::Corrupt { item: hash.cloned().unwrap_or_default(), attribute }
    }
}

fn parsed<T: FromStr>(value: &AttributeValue) -> Option<T> {
    value.as_s().ok()?.parse().ok()
}

fn number_in<T: FromStr>(value: &AttributeValue) -> Option<T> {
    value.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::AssetState;
    use crate::media::MediaType;

    fn an_asset() -> Asset {
        Asset {
            content_hash: ContentHash::of(b"x"),
            size_bytes: 5_000_000_000,
            media_type: MediaType::Png,
            state: AssetState::Ready,
            etag: Some(ETag::new("\"abc\"")),
            dimensions: Dimensions::new(640, 480),
            file_name: "cat.png".parse().ok(),
            source_key: "incoming/cats/cat.png".parse().ok(),
            reason: Some("because".to_owned()),
            created_by: Principal::drop_folder(),
            shared: true,
            created_at: Timestamp::from_epoch_millis(1_000),
            updated_at: Timestamp::from_epoch_millis(2_001),
            expires_at: Some(Timestamp::from_epoch_seconds(86_400)),
        }
    }

    #[test]
    fn an_asset_reads_back_from_its_item() {
        let full = an_asset();
        assert_eq!(asset_of(&item_of(&full)).unwrap(), full);
        let bare = Asset {
            etag: None,
            dimensions: None,
            file_name: None,
            source_key: None,
            reason: None,
            shared: false,
            expires_at: None,
            ..full
        };
        assert_eq!(asset_of(&item_of(&bare)).unwrap(), bare);
    }

    #[test]
    fn an_item_that_was_tampered_with_names_the_attribute() {
        for (attribute, value) in [
            ("state", text("ready")),
            ("size_bytes", text("12")),
            ("created_at", text("yesterday")),
            ("expires_at", number("soon")),
        ] {
            let mut item = item_of(&an_asset());
            item.insert(attribute.to_owned(), value);
            let Err(RepositoryError::Corrupt { attribute: named, .. }) = asset_of(&item) else {
                panic!("{attribute} was read");
            };
            assert_eq!(named, attribute);
        }
        let mut item = item_of(&an_asset());
        item.remove("created_by");
        assert!(asset_of(&item).is_err());
    }
}
