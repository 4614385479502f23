//! Preconditions: when a write may replace what is there, and when a read may answer.

use http::HeaderMap;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use s3s::dto::{ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use super::error::StoreError;
use super::instant::UnixMillis;

/// What must hold of the object that a write replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WriteCondition {
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Unchanged(String),
}

impl WriteCondition {
    /// Reads `If-Match` and `If-None-Match` of a request that writes.
    ///
    /// # Errors
    /// `NotImplemented` for the combinations that S3 does not have either; `InvalidArgument` for a malformed
    /// `ETag`.
    pub(super) fn in_headers(headers: &HeaderMap) -> S3Result<Self> {
        match (condition(headers, &IF_MATCH)?, condition(headers, &IF_NONE_MATCH)?) {
            (None, None) => Ok(Self::Always),
            (None, Some(ETagCondition::Any)) => Ok(Self::Absent),
            (Some(ETagCondition::Any), None) => Ok(Self::Present),
            (Some(ETagCondition::ETag(etag)), None) => Ok(Self::Unchanged(etag.value().to_owned())),
            (None, Some(ETagCondition::ETag(_))) => {
                Err(s3_error!(NotImplemented, "If-None-Match of a write can only be *."))
            }
            (Some(_), Some(_)) => {
                Err(s3_error!(NotImplemented, "If-Match and If-None-Match of a write exclude each other."))
            }
        }
    }

    /// # Errors
    /// [`StoreError::PreconditionFailed`], or [`StoreError::NoSuchKey`] if the object to match does not
    /// exist.
    pub(super) fn admits(&self, current_etag: Option<&str>) -> Result<(), StoreError> {
        match (self, current_etag) {
            (Self::Always, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Unchanged(expected), Some(current)) if expected == current => Ok(()),
            (Self::Absent | Self::Unchanged(_), Some(_)) => Err(StoreError::PreconditionFailed),
            (Self::Present | Self::Unchanged(_), None) => Err(StoreError::NoSuchKey),
        }
    }
}

fn condition(headers: &HeaderMap, name: &HeaderName) -> S3Result<Option<ETagCondition>> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    match ETagCondition::parse_http_header(value.as_bytes()) {
        Ok(condition) => Ok(Some(condition)),
        Err(source) => Err(s3_error!(source, InvalidArgument, "The {name} header is malformed.")),
    }
}

/// What must hold of an object for a read (or for being the source of a copy).
#[derive(Debug, Default)]
pub(super) struct ReadCondition {
    /// `If-Match`
    pub(super) matching: Option<ETagCondition>,
    /// `If-None-Match`
    pub(super) none_matching: Option<ETagCondition>,
    /// `If-Modified-Since`
    pub(super) modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`
    pub(super) unmodified_since: Option<Timestamp>,
}

/// The outcome of a [`ReadCondition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Proceed,
    NotModified,
    Failed,
}

impl ReadCondition {
    /// Judges in the order of RFC 9110, section 13.2.2: an `ETag` condition overrides the date of its pair.
    pub(super) fn judge(&self, etag: &str, modified_at: UnixMillis) -> Verdict {
        let modified_at = Timestamp::from(modified_at.truncated_to_second());
        let unchanged = match (&self.matching, &self.unmodified_since) {
            (Some(condition), _) => names(condition, etag),
            (None, Some(since)) => modified_at <= *since,
            (None, None) => true,
        };
        let fresh = match (&self.none_matching, &self.modified_since) {
            (Some(condition), _) => !names(condition, etag),
            (None, Some(since)) => modified_at > *since,
            (None, None) => true,
        };
        match (unchanged, fresh) {
            (false, _) => Verdict::Failed,
            (true, false) => Verdict::NotModified,
            (true, true) => Verdict::Proceed,
        }
    }
}

fn names(condition: &ETagCondition, etag: &str) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(expected) => expected.value() == etag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn etag(value: &str) -> ETagCondition {
        value.parse().unwrap()
    }

    fn written_at(seconds: u64) -> UnixMillis {
        UnixMillis::from(UNIX_EPOCH + Duration::from_millis(seconds * 1_000 + 700))
    }

    fn date(seconds: u64) -> Timestamp {
        Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn a_matching_etag_overrides_the_date_beside_it() {
        let condition = ReadCondition {
            matching: Some(etag("\"a\"")),
            unmodified_since: Some(date(1)),
            ..Default::default()
        };
        assert_eq!(condition.judge("a", written_at(9)), Verdict::Proceed);
        assert_eq!(condition.judge("b", written_at(9)), Verdict::Failed);
    }

    #[test]
    fn an_object_is_unmodified_since_the_second_of_its_own_last_modified_header() {
        let condition = ReadCondition { modified_since: Some(date(9)), ..Default::default() };
        assert_eq!(condition.judge("a", written_at(9)), Verdict::NotModified);
        assert_eq!(condition.judge("a", written_at(10)), Verdict::Proceed);
    }

    #[test]
    fn a_known_etag_is_not_sent_again() {
        let condition = ReadCondition { none_matching: Some(etag("\"a\"")), ..Default::default() };
        assert_eq!(condition.judge("a", written_at(9)), Verdict::NotModified);
        assert_eq!(condition.judge("b", written_at(9)), Verdict::Proceed);
    }

    #[test]
    fn a_write_may_replace_only_what_its_condition_names() {
        let unchanged = WriteCondition::Unchanged("a".into());
        assert!(unchanged.admits(Some("a")).is_ok());
        assert!(matches!(unchanged.admits(Some("b")), Err(StoreError::PreconditionFailed)));
        assert!(matches!(unchanged.admits(None), Err(StoreError::NoSuchKey)));
        assert!(matches!(WriteCondition::Absent.admits(Some("a")), Err(StoreError::PreconditionFailed)));
        assert!(WriteCondition::Absent.admits(None).is_ok());
        assert!(matches!(WriteCondition::Present.admits(None), Err(StoreError::NoSuchKey)));
    }
}
