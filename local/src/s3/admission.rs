//! Before any operation: requests are counted, and those that ask for what this store does not have are
//! refused by name, rather than half obeyed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::HeaderMap;
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use super::checksum::Algorithm;
use super::query;

/// Headers that ask for something this store does not do.
const UNSUPPORTED_HEADERS: [&str; 15] = [
    "x-amz-expected-bucket-owner",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// Headers that are harmless with one of these values, and unsupported with any other.
const SUPPORTED_VALUES: [(&str, &[&str]); 2] =
    [("x-amz-acl", &["private", "bucket-owner-full-control"]), ("x-amz-server-side-encryption", &["AES256"])];

/// How often each S3 operation was asked for, by an authenticated caller, since the start: what AWS would
/// bill.
#[derive(Debug, Default)]
pub struct RequestCounts {
    by_operation: RwLock<BTreeMap<String, AtomicU64>>,
}

impl RequestCounts {
    /// The counts by the names of the operations, such as `PutObject`.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        let counts = self.by_operation.read().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(operation, count)| (operation.clone(), count.load(Ordering::Relaxed))).collect()
    }

    fn add_one(&self, operation: &str) {
        {
            let counts = self.by_operation.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = counts.get(operation) {
                count.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        let mut counts = self.by_operation.write().unwrap_or_else(PoisonError::into_inner);
        counts.entry(operation.to_owned()).or_default().fetch_add(1, Ordering::Relaxed);
    }
}

/// The gate in front of the operations.
pub(super) struct Admission {
    counts: Arc<RequestCounts>,
}

impl Admission {
    pub(super) fn new(counts: Arc<RequestCounts>) -> Self {
        Self { counts }
    }
}

#[async_trait::async_trait]
impl S3Access for Admission {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Anonymous access is forbidden for this operation"));
        }
        self.counts.add_one(context.s3_op().name());
        must_be_supported(context.headers(), context.uri().query().unwrap_or_default())
    }
}

fn must_be_supported(headers: &HeaderMap, query: &str) -> S3Result<()> {
    if let Some(name) = UNSUPPORTED_HEADERS.into_iter().find(|name| headers.contains_key(*name)) {
        return Err(s3_error!(NotImplemented, "This store does not support the header {name}."));
    }
    let mut checksums = headers.keys().filter(|name| name.as_str().starts_with("x-amz-checksum-"));
    if let Some(name) = checksums.find(|name| !is_known_checksum_header(name.as_str())) {
        return Err(s3_error!(NotImplemented, "This store does not support the header {name}."));
    }
    if headers.contains_key("x-amz-trailer") && Algorithm::in_trailer(headers).is_none() {
        return Err(s3_error!(
            NotImplemented,
            "This store does not support the trailer that x-amz-trailer names."
        ));
    }
    for (name, supported) in SUPPORTED_VALUES {
        if let Some(value) = headers.get(name)
            && !supported.iter().any(|supported| value == supported)
        {
            return Err(s3_error!(
                NotImplemented,
                "This store does not support this value of the header {name}."
            ));
        }
    }
    for (name, value) in query::pairs(query) {
        match name.as_str() {
            "versionId" if value != "null" => {
                return Err(s3_error!(NotImplemented, "This store keeps no versions of objects."));
            }
            "partNumber" if !query.contains("uploadId=") => {
                return Err(s3_error!(
                    NotImplemented,
                    "This store does not read objects by the parts they came in."
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A checksum that is not understood must not pass for one that was verified.
fn is_known_checksum_header(name: &str) -> bool {
    Algorithm::of_header(name).is_some()
        || ["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn refusal(name: &'static str, value: &'static str, query: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
        let refused = must_be_supported(&headers, query).err()?;
        assert_eq!(refused.code().as_str(), "NotImplemented");
        refused.message().map(str::to_owned)
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let refused = refusal("x-amz-object-lock-mode", "COMPLIANCE", "").unwrap();
        assert!(refused.contains("x-amz-object-lock-mode"));
        assert!(refusal("x-amz-acl", "public-read", "").is_some());
        assert!(refusal("x-amz-checksum-sha512", "AAAA", "").is_some());
        assert!(refusal("x-amz-trailer", "x-amz-checksum-sha512", "").is_some());
        assert!(refusal("accept", "*/*", "versionId=3").is_some());
        assert!(refusal("accept", "*/*", "partNumber=1").is_some());
    }

    #[test]
    fn what_means_nothing_here_is_let_through() {
        assert_eq!(refusal("x-amz-checksum-mode", "ENABLED", ""), None);
        assert_eq!(refusal("x-amz-trailer", "x-amz-checksum-crc32", ""), None);
        assert_eq!(refusal("x-amz-acl", "private", "partNumber=1&uploadId=u"), None);
        assert_eq!(refusal("x-amz-server-side-encryption", "AES256", "versionId=null"), None);
    }

    #[test]
    fn requests_are_counted_by_operation() {
        let counts = RequestCounts::default();
        counts.add_one("PutObject");
        counts.add_one("PutObject");
        assert_eq!(counts.snapshot(), BTreeMap::from([("PutObject".to_owned(), 2)]));
    }
}
