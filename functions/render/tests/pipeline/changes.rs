//! What chance does to a file.

use proptest::prelude::*;

use crate::parts::{mended, parts};

/// A change to a file. Places are shares of its length.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Set(f64, u8),
    Flip(f64, u8),
    Cut(f64),
    Remove(f64, usize),
    Repeat(f64, usize),
    /// Some bytes become all the same.
    Fill(f64, usize, u8),
    /// A number's bytes.
    Number(f64, Vec<u8>),
    /// Some bytes become some of another place: of another file of the same type, where it is its turn.
    Splice {
        to: f64,
        from: f64,
        length: usize,
    },
    OfParts(PartChange),
    /// Check values are made true again.
    Mend,
}

/// A change to the order of segments, chunks or entries, each by its share of their number.
#[derive(Debug, Clone)]
pub(crate) enum PartChange {
    /// One stands before another a second time.
    Repeat {
        part: f64,
        before: f64,
    },
    Remove(f64),
    Swap(f64, f64),
}

/// Changes as they come to a file.
pub(crate) fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop_oneof![
        3 => prop::collection::vec(change(), 1..6),
        1 => prop::collection::vec(change(), 1..40),
        // A check value hides all but the first mistake.
        4 => prop::collection::vec(change(), 1..6).prop_map(|changes| [changes, vec![Change::Mend]].concat()),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    // Headers matter most.
    let place = || prop_oneof![0.0..1.0, 0.0..0.1];
    let byte = || prop_oneof![any::<u8>(), Just(0), Just(255), Just(1), Just(127)];
    prop_oneof![
        4 => (place(), byte()).prop_map(|(at, value)| Change::Set(at, value)),
        4 => (place(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        1 => place().prop_map(Change::Cut),
        1 => (place(), 1_usize..20).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1_usize..20).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => (place(), 1_usize..200, byte()).prop_map(|(at, length, value)| Change::Fill(at, length, value)),
        4 => (place(), number()).prop_map(|(at, bytes)| Change::Number(at, bytes)),
        1 => (place(), 0.0..1.0, 1_usize..200)
            .prop_map(|(to, from, length)| Change::Splice { to, from, length }),
        3 => part_change().prop_map(Change::OfParts),
    ]
}

fn part_change() -> impl Strategy<Value = PartChange> {
    prop_oneof![
        (0.0..1.0, 0.0..1.0).prop_map(|(part, before)| PartChange::Repeat { part, before }),
        (0.0..1.0).prop_map(PartChange::Remove),
        (0.0..1.0, 0.0..1.0).prop_map(|(one, other)| PartChange::Swap(one, other)),
    ]
}

/// Numbers at which readers go wrong, as files of either byte order have them.
fn number() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        any::<u32>(),
        0_u32..70,
        (0_u32..32, -1_i32..=1).prop_map(|(bit, beside)| (1_u32 << bit).wrapping_add_signed(beside)),
    ];
    #[expect(clippy::cast_possible_truncation, reason = "a shorter number is as good")]
    (value, any::<bool>(), any::<bool>()).prop_map(|(value, is_short, is_big_endian)| {
        match (is_short, is_big_endian) {
            (true, true) => (value as u16).to_be_bytes().to_vec(),
            (true, false) => (value as u16).to_le_bytes().to_vec(),
            (false, true) => value.to_be_bytes().to_vec(),
            (false, false) => value.to_le_bytes().to_vec(),
        }
    })
}

/// The share of a length.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small files"
)]
fn place(share: f64, length: usize) -> usize {
    ((length as f64 * share) as usize).min(length.saturating_sub(1))
}

/// The file after all changes; `other` is one of its type.
pub(crate) fn changed(mut file: Vec<u8>, other: &[u8], changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if !file.is_empty() {
            apply(&mut file, other, change);
        }
    }
    file
}

fn apply(file: &mut Vec<u8>, other: &[u8], change: &Change) {
    let length = file.len();
    let at = |share: f64| place(share, length);
    let some = |share: f64, count: usize| at(share)..(at(share) + count).min(length);
    match change {
        Change::Set(share, value) => file[at(*share)] = *value,
        Change::Flip(share, bit) => file[at(*share)] ^= bit,
        Change::Cut(share) => file.truncate(at(*share)),
        Change::Remove(share, count) => drop(file.drain(some(*share, *count))),
        Change::Repeat(share, count) => {
            let repeated = file[some(*share, *count)].to_vec();
            file.splice(at(*share)..at(*share), repeated);
        }
        Change::Fill(share, count, value) => file[some(*share, *count)].fill(*value),
        Change::Number(share, bytes) => {
            let place = some(*share, bytes.len());
            let count = place.len();
            file[place].copy_from_slice(&bytes[..count]);
        }
        Change::Splice { to, from, length: count } => {
            let start = place(*from, other.len());
            let taken = &other[start..(start + count).min(other.len())];
            file.splice(some(*to, *count), taken.iter().copied());
        }
        Change::OfParts(change) => apply_to_parts(file, change),
        Change::Mend => *file = mended(std::mem::take(file)),
    }
}

fn apply_to_parts(file: &mut Vec<u8>, change: &PartChange) {
    let parts = parts(file);
    let nth = |share: f64| parts[place(share, parts.len())].clone();
    match change {
        PartChange::Repeat { part, before } => {
            let (content, at) = (file[nth(*part)].to_vec(), nth(*before).start);
            file.splice(at..at, content);
        }
        PartChange::Remove(part) => drop(file.drain(nth(*part))),
        PartChange::Swap(one, other) => {
            let (first, second) = (nth(one.min(*other)), nth(one.max(*other)));
            if first.end <= second.start {
                let (before, after) = (file[first.clone()].to_vec(), file[second.clone()].to_vec());
                file.splice(second, before);
                file.splice(first, after);
            }
        }
    }
}
