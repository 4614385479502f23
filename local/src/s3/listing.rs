//! `ListObjectsV2` and its predecessor: a walk over the keys in their byte order, one page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as TOKEN_BASE64;
use rusqlite::{Connection, Row, params};
use s3s::dto::{
    ChecksumAlgorithm, CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass, OptionalObjectAttributes,
    RestoreStatus,
};
use s3s::{S3Result, s3_error};

use super::Store;
use super::attributes::Attributes;
use super::catalog::require_bucket;
use super::error::StoreError;
use super::instant::UnixMillis;
use super::object_name::key_of;
use super::query::encode_key;
use super::wire_size;

/// The most entries of a page, whatever the client asks for.
const MAX_KEYS: i32 = 1000;

/// No key begins with this byte: it is not part of any UTF-8 text.
const AFTER_EVERY_KEY: &[u8] = &[0xFF];

/// What to list.
#[derive(Debug)]
struct Walk {
    bucket: String,
    prefix: String,
    delimiter: Option<String>,
    /// The walk begins at the first key that is not less than these bytes.
    from: Vec<u8>,
    max_entries: usize,
}

/// Keys, and the prefixes that stand for all keys below them.
#[derive(Debug, Default)]
struct Page {
    objects: Vec<ListedObject>,
    common_prefixes: Vec<String>,
    /// Where the next page begins, if there is one, and the last entry of this page.
    next: Option<(Vec<u8>, String)>,
}

#[derive(Debug)]
struct ListedObject {
    key: String,
    size_bytes: u64,
    etag: String,
    modified_at: UnixMillis,
    attributes: Attributes,
}

impl Walk {
    fn new(
        bucket: &str,
        prefix: Option<&str>,
        delimiter: Option<&str>,
        max_keys: Option<i32>,
    ) -> S3Result<Self> {
        let max_keys = max_keys.unwrap_or(MAX_KEYS).min(MAX_KEYS);
        let Ok(max_entries) = usize::try_from(max_keys) else {
            return Err(s3_error!(
                InvalidArgument,
                "Argument maxKeys must be an integer between 0 and 2147483647"
            ));
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix: prefix.unwrap_or_default().to_owned(),
            delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()).map(str::to_owned),
            from: Vec::new(),
            max_entries,
        })
    }

    /// Skips everything up to this key; if it is a common prefix of the listing, everything below it too.
    #[must_use]
    fn after(mut self, key: Option<&str>) -> Self {
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            let is_common_prefix = self.common_prefix_of(key) == Some(key);
            self.from = if is_common_prefix { after_prefix(key) } else { after_key(key) };
        }
        self
    }

    /// Goes on where an earlier page ended.
    ///
    /// # Errors
    /// `InvalidArgument` for a token that this store did not make.
    fn resume(mut self, token: &str) -> S3Result<Self> {
        match TOKEN_BASE64.decode(token) {
            Ok(from) => {
                self.from = from;
                Ok(self)
            }
            Err(source) => {
                Err(s3_error!(source, InvalidArgument, "The continuation token provided is incorrect"))
            }
        }
    }

    /// The part of a key up to the delimiter, if it has one beyond the listing's prefix.
    fn common_prefix_of<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.strip_prefix(self.prefix.as_str())?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        key.get(..end)
    }

    fn page(&self, connection: &Connection) -> Result<Page, StoreError> {
        require_bucket(connection, &self.bucket)?;
        let mut page = Page::default();
        let mut from = self.from.clone().max(self.prefix.as_bytes().to_vec());
        let end = if self.prefix.is_empty() { AFTER_EVERY_KEY.to_vec() } else { after_prefix(&self.prefix) };
        let mut last = String::new();
        while let Some(skip_to) = self.scan(connection, (&from, &end), &mut page, &mut last)? {
            from = skip_to;
        }
        Ok(page)
    }

    /// Reads on until the page is full, the keys end, or a common prefix is met: returns where to go on after
    /// it.
    fn scan(
        &self,
        connection: &Connection,
        (from, end): (&[u8], &[u8]),
        page: &mut Page,
        last: &mut String,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT key, size_bytes, etag, modified_at, attributes FROM objects
             WHERE bucket = ?1 AND key >= ?2 AND key < ?3 ORDER BY key",
        )?;
        let mut rows = statement.query(params![self.bucket, from, end])?;
        while let Some(row) = rows.next()? {
            let key = key_of(row, 0)?;
            let common_prefix = self.common_prefix_of(&key).map(str::to_owned);
            if page.objects.len() + page.common_prefixes.len() == self.max_entries {
                let resume_at = common_prefix.unwrap_or(key).into_bytes();
                page.next = (self.max_entries > 0).then(|| (resume_at, std::mem::take(last)));
                return Ok(None);
            }
            if let Some(common_prefix) = common_prefix {
                last.clone_from(&common_prefix);
                let skip_to = after_prefix(&common_prefix);
                page.common_prefixes.push(common_prefix);
                return Ok(Some(skip_to));
            }
            last.clone_from(&key);
            page.objects.push(read(row, key)?);
        }
        Ok(None)
    }
}

fn read(row: &Row<'_>, key: String) -> Result<ListedObject, StoreError> {
    let attributes: String = row.get(4)?;
    Ok(ListedObject {
        key,
        size_bytes: row.get(1)?,
        etag: row.get(2)?,
        modified_at: row.get(3)?,
        attributes: serde_json::from_str(&attributes)?,
    })
}

/// The least bytes that are greater than a key.
fn after_key(key: &str) -> Vec<u8> {
    let mut bytes = key.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// The least bytes that are greater than everything that begins with a prefix. No byte of UTF-8 text is the
/// greatest, so raising the last one never overflows.
fn after_prefix(prefix: &str) -> Vec<u8> {
    let mut bytes = prefix.as_bytes().to_vec();
    if let Some(last) = bytes.last_mut() {
        *last = last.saturating_add(1);
    }
    bytes
}

/// How the entries of a page are to be shown.
#[derive(Debug, Clone)]
struct Style {
    encoding: Option<EncodingType>,
    shows_restore_status: bool,
}

impl Style {
    /// # Errors
    /// `InvalidArgument` for an encoding other than `url`.
    fn new(
        encoding: Option<EncodingType>,
        attributes: Option<&Vec<OptionalObjectAttributes>>,
    ) -> S3Result<Self> {
        if encoding.as_ref().is_some_and(|encoding| encoding.as_str() != EncodingType::URL) {
            return Err(s3_error!(InvalidArgument, "Invalid Encoding Method specified in Request"));
        }
        let restore_status = OptionalObjectAttributes::RESTORE_STATUS;
        let shows_restore_status = attributes.is_some_and(|attributes| {
            attributes.iter().any(|attribute| attribute.as_str() == restore_status)
        });
        Ok(Self { encoding, shows_restore_status })
    }

    fn key(&self, key: String) -> String {
        if self.encoding.is_some() { encode_key(&key) } else { key }
    }

    fn object(&self, object: ListedObject) -> Object {
        let attributes = object.attributes;
        let restored = attributes.restored(UnixMillis::now()).filter(|_| self.shows_restore_status);
        let checksum = attributes.checksum.as_ref();
        let algorithms =
            checksum.map(|checksum| vec![ChecksumAlgorithm::from_static(checksum.algorithm.as_str())]);
        Object {
            key: Some(self.key(object.key)),
            size: Some(wire_size(object.size_bytes)),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.modified_at.into()),
            storage_class: Some(ObjectStorageClass::from_static(attributes.storage_class.as_str())),
            checksum_algorithm: algorithms,
            checksum_type: checksum.map(|checksum| checksum.coverage.wire()),
            restore_status: restored.map(|until| RestoreStatus {
                is_restore_in_progress: Some(false),
                restore_expiry_date: Some(until.into()),
            }),
            owner: None,
        }
    }

    fn common_prefix(&self, prefix: String) -> CommonPrefix {
        CommonPrefix { prefix: Some(self.key(prefix)) }
    }
}

pub(super) async fn list_objects_v2(
    store: &Store,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let style = Style::new(input.encoding_type, input.optional_object_attributes.as_ref())?;
    let walk = Walk::new(&input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), input.max_keys)?;
    let walk = match &input.continuation_token {
        Some(token) => walk.resume(token)?,
        None => walk.after(input.start_after.as_deref()),
    };
    let max_keys = i32::try_from(walk.max_entries).ok();
    let page = store.index.run(move |catalog| walk.page(catalog.connection())).await?;
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(style.key(input.prefix.unwrap_or_default())),
        delimiter: input.delimiter.map(|delimiter| style.key(delimiter)),
        start_after: input.start_after.map(|key| style.key(key)),
        continuation_token: input.continuation_token,
        encoding_type: style.encoding.clone(),
        max_keys,
        key_count: i32::try_from(page.objects.len() + page.common_prefixes.len()).ok(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|(from, _)| TOKEN_BASE64.encode(from)),
        contents: Some(page.objects.into_iter().map(|object| style.object(object)).collect()),
        common_prefixes: Some(
            page.common_prefixes.into_iter().map(|prefix| style.common_prefix(prefix)).collect(),
        ),
        request_charged: None,
    })
}

pub(super) async fn list_objects(store: &Store, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let style = Style::new(input.encoding_type, input.optional_object_attributes.as_ref())?;
    let walk = Walk::new(&input.bucket, input.prefix.as_deref(), input.delimiter.as_deref(), input.max_keys)?
        .after(input.marker.as_deref());
    let max_keys = i32::try_from(walk.max_entries).ok();
    let page = store.index.run(move |catalog| walk.page(catalog.connection())).await?;
    // Without a delimiter, the last key is the marker, and S3 does not repeat it.
    let next_marker = page.next.as_ref().filter(|_| input.delimiter.is_some());
    Ok(ListObjectsOutput {
        next_marker: next_marker.map(|(_, last)| style.key(last.clone())),
        name: Some(input.bucket),
        prefix: Some(style.key(input.prefix.unwrap_or_default())),
        marker: Some(style.key(input.marker.unwrap_or_default())),
        delimiter: input.delimiter.map(|delimiter| style.key(delimiter)),
        encoding_type: style.encoding.clone(),
        max_keys,
        is_truncated: Some(page.next.is_some()),
        contents: Some(page.objects.into_iter().map(|object| style.object(object)).collect()),
        common_prefixes: Some(
            page.common_prefixes.into_iter().map(|prefix| style.common_prefix(prefix)).collect(),
        ),
        request_charged: None,
    })
}
