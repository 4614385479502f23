//! Instants as the index stores them: whole milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use s3s::dto::{Timestamp, TimestampFormat};
use serde::{Deserialize, Serialize};

const MILLIS_PER_SECOND: i64 = 1_000;
const MILLIS_PER_DAY: i64 = 86_400_000;

/// An instant in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct UnixMillis(i64);

impl UnixMillis {
    pub(super) fn now() -> Self {
        Self::from(SystemTime::now())
    }

    pub(super) fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The first midnight (UTC) that leaves at least this many days.
    pub(super) fn midnight_after_days(self, days: u32) -> Self {
        let earliest = self.0.saturating_add(i64::from(days).saturating_mul(MILLIS_PER_DAY));
        let midnights = earliest.div_euclid(MILLIS_PER_DAY).saturating_add(1);
        Self(midnights.saturating_mul(MILLIS_PER_DAY))
    }

    /// HTTP dates have no fraction: what is compared with one must lose its own.
    pub(super) fn truncated_to_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(MILLIS_PER_SECOND))
    }

    /// `Fri, 21 Dec 2012 00:00:00 GMT`.
    pub(super) fn http_date(self) -> String {
        let mut text = Vec::new();
        // Every instant of this clock has an HTTP date, and a Vec takes every byte.
        if Timestamp::from(self).format(TimestampFormat::HttpDate, &mut text).is_err() {
            return String::new();
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

impl From<SystemTime> for UnixMillis {
    fn from(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<UnixMillis> for SystemTime {
    fn from(instant: UnixMillis) -> Self {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(instant.0).unwrap_or_default())
    }
}

impl From<UnixMillis> for Timestamp {
    fn from(instant: UnixMillis) -> Self {
        Self::from(SystemTime::from(instant))
    }
}

impl ToSql for UnixMillis {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for UnixMillis {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_copy_lives_until_the_midnight_after_its_days() {
        let noon = UnixMillis(MILLIS_PER_DAY / 2);
        assert_eq!(noon.midnight_after_days(1), UnixMillis(2 * MILLIS_PER_DAY));
        assert_eq!(noon.midnight_after_days(1).http_date(), "Sat, 03 Jan 1970 00:00:00 GMT");
    }
}
