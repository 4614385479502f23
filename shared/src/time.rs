//! Points in time, to the millisecond.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A point in time, in UTC, to the millisecond.
///
/// Printed as RFC 3339 with exactly three digits of a second's fraction, so that the order of the texts is the order
/// of the times: DynamoDB's index by owner sorts by it.
///
/// ```
/// use shared::time::Timestamp;
/// let at: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
/// assert_eq!(at.to_string(), "2026-11-23T09:30:00.000Z");
/// assert!("yesterday".parse::<Timestamp>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The clock's time now, cut to the millisecond.
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// The time this many milliseconds after 1970 began; beyond the calendar's end (year 9999) that end.
    pub fn from_epoch_millis(millis: i64) -> Self {
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX))
    }

    /// Milliseconds since 1970 began.
    pub fn epoch_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// The time this many seconds after 1970 began, as DynamoDB's TTL writes it.
    pub fn from_epoch_seconds(seconds: i64) -> Self {
        Self::from_epoch_millis(seconds.saturating_mul(1000))
    }

    /// Whole seconds since 1970 began.
    pub fn epoch_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// This time and a duration; at the calendar's end (year 9999) that end.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_epoch_millis(self.epoch_millis().saturating_add(millis))
    }

    /// This time less a duration.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let earlier = self.epoch_millis().saturating_sub(millis);
        Self(jiff::Timestamp::from_millisecond(earlier).unwrap_or(jiff::Timestamp::MIN))
    }

    /// How long it is since another time; zero if that is still to come.
    pub fn since(self, earlier: Self) -> Duration {
        let millis = self.epoch_millis().saturating_sub(earlier.epoch_millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// Its day in UTC, as `2026-11-23`.
    pub fn date(self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::from_epoch_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// A text that is no RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no RFC 3339 time")]
pub struct ParseTimestampError(String);

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let parsed: jiff::Timestamp = text.parse().map_err(|_| ParseTimestampError(text.to_owned()))?;
        Ok(Self::from_epoch_millis(parsed.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_sort_as_times_do(a in 0_i64..253_000_000_000_000, b in 0_i64..253_000_000_000_000) {
            let (a, b) = (Timestamp::from_epoch_millis(a), Timestamp::from_epoch_millis(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
        }
    }

    #[test]
    fn a_time_past_the_end_of_the_calendar_is_its_end() {
        let end = Timestamp::from_epoch_millis(i64::MAX);
        assert_eq!(end.plus(Duration::MAX), end);
        assert!(end.to_string().starts_with("9999-12-30T"));
    }

    #[test]
    fn times_have_a_distance_and_a_day() {
        let at: Timestamp = "2026-11-23T23:59:59.900Z".parse().unwrap();
        assert_eq!(at.date(), "2026-11-23");
        assert_eq!(at.minus(Duration::from_hours(24)).date(), "2026-11-22");
        assert_eq!(at.since(at.minus(Duration::from_millis(7))), Duration::from_millis(7));
        assert_eq!(at.minus(Duration::from_secs(1)).since(at), Duration::ZERO);
        assert!(at.minus(Duration::MAX) < at);
    }
}
