//! What S3 keeps of an object beside its bytes.

use std::collections::BTreeMap;

use s3s::dto::{Metadata, Timestamp};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::checksum::ObjectChecksum;
use super::instant::UnixMillis;
use super::storage_class::StorageClass;
use super::tags::Tags;

/// S3's limit on the names and values of user metadata together.
const MAX_USER_METADATA_BYTES: usize = 2 * 1024;

const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// The headers that a client stored with an object; they come back with every read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Representation {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) expires: Option<Timestamp>,
    pub(super) user_metadata: BTreeMap<String, String>,
}

impl Representation {
    /// Fills in what S3 fills in, and refuses what it refuses.
    ///
    /// # Errors
    /// `MetadataTooLarge` above 2 KiB of user metadata.
    pub(super) fn normalized(mut self) -> S3Result<Self> {
        let user_metadata_bytes: usize =
            self.user_metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if user_metadata_bytes > MAX_USER_METADATA_BYTES {
            return Err(s3_error!(
                MetadataTooLarge,
                "Your metadata headers exceed the maximum allowed metadata size of {MAX_USER_METADATA_BYTES} bytes."
            ));
        }
        self.content_type.get_or_insert_with(|| DEFAULT_CONTENT_TYPE.to_owned());
        self.content_encoding = self.content_encoding.as_deref().and_then(stored_encoding);
        Ok(self)
    }

    pub(super) fn metadata(&self) -> Metadata {
        self.user_metadata.clone().into_iter().collect()
    }
}

/// `aws-chunked` says how the request was framed, not what the object is.
fn stored_encoding(header: &str) -> Option<String> {
    let kept: Vec<&str> = header.split(',').map(str::trim).filter(|name| *name != "aws-chunked").collect();
    Some(kept.join(",")).filter(|encoding| !encoding.is_empty())
}

/// Everything about an object but its name, its bytes, their `ETag` and its date.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub(super) representation: Representation,
    pub(super) storage_class: StorageClass,
    pub(super) tags: Tags,
    pub(super) checksum: Option<ObjectChecksum>,
    /// Until when the restored copy of an archived object can be read.
    pub(super) restored_until: Option<UnixMillis>,
}

impl Attributes {
    /// Whether the bytes can be read now: always, unless they are archived and not restored.
    pub(super) fn is_readable(&self, now: UnixMillis) -> bool {
        !self.storage_class.is_archive() || self.restored(now).is_some()
    }

    /// Until when a restored copy is there.
    pub(super) fn restored(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.restored_until.filter(|until| *until > now)
    }

    /// The `x-amz-restore` header.
    pub(super) fn restore_header(&self, now: UnixMillis) -> Option<String> {
        let until = self.restored(now)?;
        Some(format!("ongoing-request=\"false\", expiry-date=\"{}\"", until.http_date()))
    }
}

/// The [`Representation`] that a request declares: the wire types of the three operations that create objects
/// have these fields in common, but no trait.
macro_rules! declared_representation {
    ($input:expr) => {
        $crate::s3::attributes::Representation {
            content_type: $input.content_type.take(),
            content_encoding: $input.content_encoding.take(),
            content_disposition: $input.content_disposition.take(),
            content_language: $input.content_language.take(),
            cache_control: $input.cache_control.take(),
            expires: $input.expires.take(),
            user_metadata: $input.metadata.take().unwrap_or_default().into_iter().collect(),
        }
        .normalized()
    };
}
pub(super) use declared_representation;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framing_of_the_request_is_not_stored_as_an_encoding() {
        assert_eq!(stored_encoding("aws-chunked"), None);
        assert_eq!(stored_encoding("gzip, aws-chunked"), Some("gzip".to_owned()));
    }

    #[test]
    fn more_than_two_kibibytes_of_user_metadata_are_refused() {
        let at_limit = BTreeMap::from([("k".to_owned(), "v".repeat(2047))]);
        let over = BTreeMap::from([("k".to_owned(), "v".repeat(2048))]);
        let of = |user_metadata| Representation { user_metadata, ..Default::default() }.normalized();
        assert!(of(at_limit).is_ok());
        assert_eq!(of(over).unwrap_err().code().as_str(), "MetadataTooLarge");
    }

    #[test]
    fn an_archived_object_is_readable_while_its_restored_copy_lives() {
        let now = UnixMillis::now();
        let mut archived = Attributes { storage_class: StorageClass::Glacier, ..Default::default() };
        assert!(!archived.is_readable(now));
        archived.restored_until = Some(now.midnight_after_days(1));
        assert!(archived.is_readable(now));
        assert!(!archived.is_readable(now.midnight_after_days(1)));
    }
}
