//! What a run counts, in a form that steps hand on to each other, and the stop that it may call for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::shard::Shard;

use crate::finding::{Finding, Kind, Status};
use crate::usage::Usage;

/// A loss is stopped when it is more than a hundredth of all assets …
const STOP_OF_ALL: u64 = 100;
/// … or more than a tenth of a shard's …
const STOP_OF_SHARD: u64 = 10;
/// … but never below this many: a small portfolio may lose a few.
const STOP_FROM: u64 = 10;

/// What a run, or a part of it, has counted. Parts add up, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sums {
    /// Shards that were compared.
    pub shards: u64,
    /// Shards that could not be, each with the reason.
    pub unchecked: BTreeMap<String, String>,
    /// Objects that were listed, foreign ones and the drop folder's included.
    pub objects_listed: u64,
    /// Items of the table that were read.
    pub records: u64,
    /// Hashes that were compared: those of records and those of objects without one.
    pub assets_checked: u64,
    /// What was found, by kind.
    pub found: BTreeMap<Kind, u64>,
    /// Findings beyond what one run takes from a shard: they are left to the next.
    pub postponed: u64,
    /// Findings that were mended.
    pub mended: u64,
    /// Findings that were no longer so when they were looked at again.
    pub settled: u64,
    /// Shards that alone would stop the run, in words.
    pub alarming: BTreeMap<String, String>,
    /// What the run asked of AWS.
    pub usage: Usage,
}

impl Sums {
    /// Counts a finding.
    pub fn found(&mut self, kind: Kind) {
        *self.found.entry(kind).or_default() += 1;
    }

    /// Notes that a shard could not be compared.
    pub fn unchecked(&mut self, shard: Shard, why: &str) {
        self.unchecked.insert(shard.to_string(), shortened(why));
    }

    /// Counts what became of a finding.
    pub fn applied(&mut self, finding: &Finding) {
        match finding.status {
            Status::Mended => self.mended += 1,
            Status::Settled => self.settled += 1,
            Status::Left | Status::Planned => {}
        }
    }

    /// Ends the count of one shard: remembers it if its losses alone would stop the run.
    pub fn close_shard(&mut self, shard: Shard) {
        self.shards += 1;
        let losses = self.losses();
        if losses >= STOP_FROM && losses * STOP_OF_SHARD > self.records {
            let what = format!("{losses} of the {} assets of shard {shard} would be lost", self.records);
            self.alarming.insert(shard.to_string(), what);
        }
    }

    /// How many findings there are.
    pub fn findings(&self) -> u64 {
        self.found.values().sum()
    }

    /// How many of them stand: neither mended nor gone by themselves.
    pub fn standing(&self) -> u64 {
        self.findings().saturating_sub(self.mended + self.settled)
    }

    /// In how many ways storage and metadata of assets disagree.
    pub fn mismatches(&self) -> u64 {
        self.found.iter().filter(|(kind, _)| kind.is_mismatch()).map(|(_, count)| count).sum()
    }

    /// How many assets would turn MISSING or MISMATCH.
    pub fn losses(&self) -> u64 {
        self.found.iter().filter(|(kind, _)| kind.is_loss()).map(|(_, count)| count).sum()
    }

    /// Why nothing may be applied; `None` when all is well. With `force`, a great loss is no reason.
    pub fn halt(&self, force: bool) -> Option<String> {
        self.blindness().or_else(|| self.great_loss().filter(|_| !force))
    }

    /// Nothing was seen at all: a wrong bucket or table, or a denied list.
    fn blindness(&self) -> Option<String> {
        let (shard, why) = self.unchecked.iter().next().filter(|_| self.shards == 0)?;
        Some(format!("no shard could be compared; {shard}: {why}"))
    }

    /// So much would be lost that it is no drift but a disaster, or a look at the wrong place (another bucket, a wiped
    /// prefix): writing it down would make it worse.
    fn great_loss(&self) -> Option<String> {
        let losses = self.losses();
        if losses >= STOP_FROM && losses * STOP_OF_ALL > self.records {
            return Some(format!("{losses} of {} assets would turn MISSING or MISMATCH", self.records));
        }
        self.alarming.values().next().cloned()
    }

    /// The sum of some parts.
    pub fn total<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut total = Self::default();
        for part in parts {
            total.add(part);
        }
        total
    }

    /// Adds another part.
    pub fn add(&mut self, other: &Self) {
        self.shards += other.shards;
        self.objects_listed += other.objects_listed;
        self.records += other.records;
        self.assets_checked += other.assets_checked;
        self.postponed += other.postponed;
        self.mended += other.mended;
        self.settled += other.settled;
        self.usage.add(&other.usage);
        for (kind, count) in &other.found {
            *self.found.entry(*kind).or_default() += count;
        }
        self.unchecked.extend(other.unchecked.clone());
        self.alarming.extend(other.alarming.clone());
    }
}

/// The start of a text: 256 of them must fit into a Step Functions state of 256 KiB.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of a shard with so many records, of which so many are lost.
    fn shard(records: u64, lost: u64) -> Sums {
        let mut sums = Sums { records, ..Sums::default() };
        (0..lost).for_each(|_| sums.found(Kind::ObjectMissing));
        sums.close_shard(Shard::FIRST);
        sums
    }

    #[test]
    fn a_great_loss_stops_the_run() {
        for (records, lost, stops) in [
            (9, 9, false),        // under ten it is no disaster
            (10, 10, true),       // everything
            (100, 10, true),      // over 1 % of all
            (10_000, 100, false), // just 1 %
            (10_000, 101, true),
        ] {
            let halt = shard(records, lost).halt(false);
            assert_eq!(halt.is_some(), stops, "{lost} of {records}: {halt:?}");
        }
    }

    #[test]
    fn a_great_loss_in_one_shard_stops_the_run_though_it_is_little_of_all() {
        let mut all = Sums { records: 1_000_000, shards: 255, ..Sums::default() };
        all.add(&shard(110, 11));
        assert_eq!(all.halt(false), None);
        all.add(&shard(109, 11));
        assert_eq!(all.halt(false).unwrap(), "11 of the 109 assets of shard 00 would be lost");
    }

    #[test]
    fn objects_that_differ_are_losses_too_and_orphans_are_none() {
        let mut sums = Sums { records: 100, shards: 1, ..Sums::default() };
        (0..100).for_each(|_| sums.found(Kind::OrphanObject));
        assert_eq!(sums.halt(false), None);
        (0..10).for_each(|_| sums.found(Kind::ObjectDiffers));
        assert!(sums.halt(false).is_some());
        assert_eq!(sums.halt(true), None);
    }

    #[test]
    fn a_run_that_sees_nothing_is_stopped_and_one_that_misses_a_shard_is_not() {
        let mut sums = Sums::default();
        sums.unchecked(Shard::FIRST, "the store refuses the call");
        assert!(sums.halt(false).unwrap().contains("refuses"));
        assert!(sums.halt(true).is_some(), "nobody can insist on what was not seen");
        sums.add(&shard(1000, 0));
        assert_eq!(sums.halt(false), None);
    }

    #[test]
    fn sums_read_back_from_json_and_old_ones_lack_nothing() {
        let mut sums = shard(10, 10);
        sums.unchecked(Shard::LAST, "down");
        let text = serde_json::to_string(&sums).unwrap();
        assert_eq!(serde_json::from_str::<Sums>(&text).unwrap(), sums);
        assert_eq!(serde_json::from_str::<Sums>("{}").unwrap(), Sums::default());
    }
}
