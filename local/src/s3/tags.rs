//! Object tags: the `x-amz-tagging` header, and S3's limits on them.

use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::query;

const MAX_TAGS: usize = 10;
const MAX_KEY_CHARS: usize = 128;
const MAX_VALUE_CHARS: usize = 256;

/// At most ten pairs of a unique key and a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// # Errors
    /// `InvalidTag` beyond S3's limits, or for a key that occurs twice.
    pub(super) fn new(pairs: Vec<(String, String)>) -> S3Result<Self> {
        if pairs.len() > MAX_TAGS {
            return Err(s3_error!(InvalidTag, "Object tags cannot be greater than {MAX_TAGS}"));
        }
        for (position, (key, value)) in pairs.iter().enumerate() {
            let key_chars = key.chars().count();
            if key_chars == 0 || key_chars > MAX_KEY_CHARS {
                return Err(s3_error!(InvalidTag, "A TagKey has 1 to {MAX_KEY_CHARS} characters"));
            }
            if value.chars().count() > MAX_VALUE_CHARS {
                return Err(s3_error!(InvalidTag, "A TagValue has at most {MAX_VALUE_CHARS} characters"));
            }
            if pairs.iter().take(position).any(|(earlier, _)| earlier == key) {
                return Err(s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key"));
            }
        }
        Ok(Self(pairs))
    }

    /// Reads the `x-amz-tagging` header, which is written like a query string.
    ///
    /// # Errors
    /// As for [`Tags::new`].
    pub(super) fn parse_header(header: Option<&str>) -> S3Result<Self> {
        Self::new(query::pairs(header.unwrap_or_default()).collect())
    }

    pub(super) fn into_pairs(self) -> impl Iterator<Item = (String, String)> {
        self.0.into_iter()
    }

    pub(super) fn count(&self) -> Option<i32> {
        i32::try_from(self.0.len()).ok().filter(|count| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_read_like_a_query_string() {
        let tags = Tags::parse_header(Some("team=image+desk&note=a%26b&empty")).unwrap();
        let expected = [("team", "image desk"), ("note", "a&b"), ("empty", "")];
        assert_eq!(tags.0, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_repeated_key_and_an_eleventh_tag_are_refused() {
        assert_eq!(Tags::parse_header(Some("a=1&a=2")).unwrap_err().code().as_str(), "InvalidTag");
        let eleven: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        assert_eq!(Tags::parse_header(Some(&eleven.join("&"))).unwrap_err().code().as_str(), "InvalidTag");
    }
}
