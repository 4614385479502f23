//! Totals by UTC day, in one file of the data directory: so that a restart keeps them.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::counters::Counter;

/// The file in the data directory.
const FILE: &str = "usage.json";

/// Raised when a counter changes its meaning; a file of another version is refused.
const VERSION: u32 = 1;

/// The longest period that a report may ask for is a year.
const KEPT_DAYS: u32 = 366;

/// What was counted, by counter; what is absent is zero.
pub(crate) type Totals = BTreeMap<Counter, u64>;

/// Why the counters of earlier runs can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the counters {} cannot be read ({why}): put them right, or remove the file to count from zero", .path.display())]
pub struct OpenLedgerError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// The days, and how far they are counted.
#[derive(Debug)]
pub(crate) struct Ledger {
    days: BTreeMap<Date, Totals>,
    /// What the counters of this run said when the days were last brought up to them.
    counted: Totals,
    changed: bool,
}

/// The file as it lies there.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    days: BTreeMap<Date, Totals>,
}

/// A ledger's file with its content, to be written.
#[derive(Debug)]
pub(crate) struct Page {
    json: Vec<u8>,
}

impl Ledger {
    /// Opens what earlier runs counted in a directory.
    ///
    /// # Errors
    /// [`OpenLedgerError`].
    pub(crate) fn open(dir: &Path) -> Result<Self, OpenLedgerError> {
        let path = dir.join(FILE);
        let refused = |why: String| OpenLedgerError { path: path.clone(), why };
        let days = match std::fs::read(&path) {
            Ok(json) => {
                let file: File = serde_json::from_slice(&json).map_err(|error| refused(error.to_string()))?;
                if file.version != VERSION {
                    return Err(refused(format!("it has version {}, not {VERSION}", file.version)));
                }
                file.days
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(refused(error.to_string())),
        };
        Ok(Self { days, counted: Totals::new(), changed: false })
    }

    /// Brings the days up to what the counters of this run say: whatever is new happened today.
    pub(crate) fn bring_up_to(&mut self, now: Totals, today: Date) {
        for (counter, count) in &now {
            let before = self.counted.get(counter).copied().unwrap_or(0);
            let more = count.saturating_sub(before);
            if more > 0 {
                *self.days.entry(today).or_default().entry(*counter).or_default() += more;
                self.changed = true;
            }
        }
        self.counted = now;
        let oldest = first_of(KEPT_DAYS, today);
        self.days.retain(|day, _| *day >= oldest);
    }

    /// How many of the last days something was counted on, today among them, and the sum of those.
    pub(crate) fn last(&self, days: u32, today: Date) -> (u32, Totals) {
        let mut sum = Totals::new();
        let mut counted_days = 0;
        for (_, totals) in self.days.range(first_of(days, today)..=today) {
            counted_days += 1;
            for (counter, count) in totals {
                *sum.entry(*counter).or_default() += count;
            }
        }
        (counted_days, sum)
    }

    /// The file as it should be, unless it is so already.
    pub(crate) fn unwritten(&mut self) -> Option<Page> {
        if !self.changed {
            return None;
        }
        let file = File { version: VERSION, days: self.days.clone() };
        let json = serde_json::to_vec(&file).ok()?;
        self.changed = false;
        Some(Page { json })
    }

    /// Says that a page could not be written: the next one is due in any case.
    pub(crate) fn keep_unwritten(&mut self) {
        self.changed = true;
    }
}

impl Page {
    /// Writes the file at once, so that a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// What the operating system says; the file is as it was then.
    pub(crate) fn write_to(&self, dir: &Path) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(dir)?;
        file.write_all(&self.json)?;
        file.persist(dir.join(FILE))?;
        Ok(())
    }
}

/// The first of so many days of which today is the last.
fn first_of(days: u32, today: Date) -> Date {
    let before = Span::new().try_days(i64::from(days.max(1)) - 1);
    before.and_then(|before| today.checked_sub(before)).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn day(number: i8) -> Date {
        Date::constant(2026, 11, number)
    }

    fn requests(count: u64) -> Totals {
        Totals::from([(Counter::VariantRequests, count)])
    }

    #[test]
    fn what_is_new_belongs_to_the_day_on_which_it_is_noticed() {
        let mut ledger = Ledger::open(TempDir::new().unwrap().path()).unwrap();
        ledger.bring_up_to(requests(3), day(1));
        ledger.bring_up_to(requests(3), day(2));
        ledger.bring_up_to(requests(10), day(4));
        assert_eq!(ledger.last(30, day(4)), (2, requests(10)));
        assert_eq!(ledger.last(3, day(4)), (1, requests(7)));
        assert_eq!(ledger.last(1, day(5)), (0, Totals::new()));
    }

    #[test]
    fn a_new_run_adds_to_what_earlier_ones_wrote() {
        let dir = TempDir::new().unwrap();
        let mut first = Ledger::open(dir.path()).unwrap();
        first.bring_up_to(requests(3), day(1));
        first.unwritten().unwrap().write_to(dir.path()).unwrap();
        assert!(first.unwritten().is_none());
        let mut second = Ledger::open(dir.path()).unwrap();
        assert!(second.unwritten().is_none());
        second.bring_up_to(requests(2), day(1));
        assert_eq!(second.last(30, day(1)), (1, requests(5)));
        assert!(second.unwritten().is_some());
        second.keep_unwritten();
        assert!(second.unwritten().is_some());
    }

    #[test]
    fn days_older_than_a_year_are_forgotten() {
        let mut ledger = Ledger::open(TempDir::new().unwrap().path()).unwrap();
        ledger.bring_up_to(requests(1), Date::constant(2025, 11, 1));
        ledger.bring_up_to(requests(2), Date::constant(2026, 11, 2));
        assert_eq!(ledger.last(u32::MAX, Date::constant(2026, 11, 2)), (1, requests(1)));
    }

    #[test]
    fn a_file_that_is_not_the_counters_is_refused_by_name() {
        let dir = TempDir::new().unwrap();
        for (content, why) in [
            ("{", "EOF"),
            (r#"{"version":7,"days":{}}"#, "version 7"),
            (r#"{"version":1,"days":{"2026-13-01":{}}}"#, "month"),
            (r#"{"version":1,"days":{"2026-11-01":{"teaCups":1}}}"#, "teaCups"),
        ] {
            std::fs::write(dir.path().join(FILE), content).unwrap();
            let refused = Ledger::open(dir.path()).unwrap_err().to_string();
            assert!(refused.contains("usage.json") && refused.contains(why), "{refused}");
        }
    }
}
