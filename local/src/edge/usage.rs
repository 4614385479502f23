//! `GET /usage?days=30`: what was used on the last days, as a usage file.

use bytes::Bytes;
use cost::UsageSource as _;
use http::Response;
use shared::problem::Problem;

use super::{plain, refused};
use crate::usage::LocalUsage;

/// The period of a bill.
const DEFAULT_DAYS: u32 = 30;

/// A usage file covers a year at most.
const MAX_DAYS: u32 = 366;

/// Answers with the use of as many days as the query says.
pub(super) async fn answer(usage: &LocalUsage, query: &str) -> Response<Bytes> {
    let Some(days) = days(query) else {
        let detail = format!("days: must be a whole number from 1 to {MAX_DAYS}");
        return refused(&Problem::new(400, "invalid_request", "Invalid request", detail).at_field("days"));
    };
    let measured = usage.usage(days).await.map_err(|error| error.to_string());
    match measured.and_then(|usage| serde_json::to_vec(&usage).map_err(|error| error.to_string())) {
        Ok(json) => plain(json, "application/json"),
        Err(error) => {
            tracing::error!(error, "the use of the system could not be measured");
            refused(&Problem::internal())
        }
    }
}

/// The days that are asked for; `None` when that is no number of days.
fn days(query: &str) -> Option<u32> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, days)) = pairs.find(|(name, _)| *name == "days") else { return Some(DEFAULT_DAYS) };
    days.parse().ok().filter(|days| (1..=MAX_DAYS).contains(days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_thirty_unless_the_query_says_a_number_of_them() {
        for (query, expected) in [
            ("", Some(30)),
            ("days=7", Some(7)),
            ("a=b&days=366", Some(366)),
            ("days=0", None),
            ("days=367", None),
            ("days=-1", None),
            ("days=", None),
            ("days=many", None),
        ] {
            assert_eq!(days(query), expected, "{query}");
        }
    }
}
