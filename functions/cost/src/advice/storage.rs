//! Which class the originals should be kept in.

use std::cmp::Ordering;

use super::{Advice, Situation};
use crate::bill::MonthlyUse;
use crate::item::{Component, Item};
use crate::money::MicroUsd;
use crate::month::add_stored;
use crate::quantity::Quantity;
use crate::storage_class::{StorageClass, StoredAs};
use crate::wording::{bytes, days as in_days, grouped, percent};

/// Classes that a render can read from at once.
const READABLE: [StorageClass; 4] = [
    StorageClass::Standard,
    StorageClass::IntelligentTiering,
    StorageClass::StandardIa,
    StorageClass::GlacierIr,
];

/// What is known of the originals and how they are read.
#[derive(Debug, Clone, Copy)]
struct Originals {
    bytes: u64,
    objects: u64,
    renders: Quantity,
    read_bytes: Quantity,
}

pub(super) fn advice(situation: &Situation<'_>) -> Vec<Advice> {
    let month = situation.month;
    let known = || {
        Some(Originals {
            bytes: month.bytes?,
            objects: month.objects.filter(|objects| *objects > 0)?,
            renders: month.renders?,
            read_bytes: month.read_bytes?,
        })
    };
    let Some(originals) = known() else { return Vec::new() };
    let kept_in = |class| month.stored.iter().flatten().all(|stored| stored.class == class);
    let others = READABLE.into_iter().filter(|class| !kept_in(*class));
    let mut advice: Vec<Advice> = others.map(|class| move_all(situation, originals, class)).collect();
    advice.extend(archive_unread(situation, originals));
    advice
}

/// All originals in another class.
fn move_all(situation: &Situation<'_>, originals: Originals, class: StorageClass) -> Advice {
    let changed = kept_in(situation, originals, class);
    let then = changed.bill(situation.prices);
    let monthly = situation.bill.total() - then.total();
    let by = |component| situation.bill.costs().of(component) - then.costs().of(component);
    let (storage, reading) = (by(Component::Storage), by(Component::Requests));
    // No lifecycle leads back to STANDARD: an original is copied there.
    let way = if class == StorageClass::Standard { Item::S3Writes } else { Item::MovedTo(class) };
    let once = situation.prices.cost(way, Quantity::of(originals.objects.into()));
    let read = originals.read_bytes.units();
    let mut why = format!(
        "Storage would cost {} a month, requests, retrieval and transitions {}: {} renders a month read {}. Moving \
         what is there costs {once} once",
        change(storage),
        change(reading),
        grouped(originals.renders.units()),
        bytes(read),
    );
    let days = situation.prices.minimums(class).days;
    if days > 0 {
        why.push_str(", and each object is billed for at least ");
        why.push_str(&in_days(days));
    }
    why.push('.');
    if class == StorageClass::IntelligentTiering {
        let unread_for = |months| share(unread(originals, months), originals.objects);
        let (a_month, a_quarter) = (unread_for(1), unread_for(3));
        why.push_str(" At least ");
        why.push_str(&a_month);
        why.push_str(" of the originals are unread for 30 days, ");
        why.push_str(&a_quarter);
        why.push_str(" for 90: as few as can be, if each render read another one.");
    }
    let title = if class == StorageClass::IntelligentTiering {
        "Keep the originals in INTELLIGENT_TIERING, without archive tiers".to_owned()
    } else {
        format!("Keep the originals in {class}")
    };
    Advice { title, monthly, why, break_even: break_even(originals, storage, reading) }
}

/// How many renders a month make what storage saves equal to what reading costs more.
fn break_even(originals: Originals, storage: MicroUsd, reading: MicroUsd) -> Option<String> {
    // Only a class that is cheaper to keep and dearer to read, or the other way round, has such a point.
    if (storage > MicroUsd::ZERO) == (reading > MicroUsd::ZERO) || reading == MicroUsd::ZERO {
        return None;
    }
    let (saved, lost) = (storage.millionths().unsigned_abs(), reading.millionths().unsigned_abs());
    let renders = originals.renders.units() * saved / lost;
    Some(format!("{} renders a month", grouped(renders)))
}

/// The month's use with all originals in a class.
fn kept_in(situation: &Situation<'_>, originals: Originals, class: StorageClass) -> MonthlyUse {
    let (month, prices) = (situation.month, situation.prices);
    let mut used = situation.used.clone();
    used.retain(|item| {
        !matches!(
            item,
            Item::Stored(_) | Item::Monitored | Item::ClassReads(_) | Item::Retrieved(_) | Item::MovedTo(_)
        )
    });
    for (rate, bytes, objects) in rates(originals, class) {
        add_stored(&mut used, prices, rate, (bytes, objects));
    }
    // Reads that are billed by class today are not among the others.
    let cold = month.retrieved.iter().fold(Quantity::ZERO, |sum, (_, _, reads)| sum + *reads);
    used.take(Item::S3Reads, originals.renders.less(cold));
    used.add(Item::ClassReads(class), originals.renders);
    used.add(Item::Retrieved(class), originals.read_bytes);
    // Intelligent-Tiering takes uploads as they are; a lifecycle brings them to the others.
    if !matches!(class, StorageClass::Standard | StorageClass::IntelligentTiering) {
        used.add(Item::MovedTo(class), month.uploads.unwrap_or_default());
    }
    used
}

/// How the originals are billed in a class; Intelligent-Tiering's tiers by how few originals may be unread.
fn rates(originals: Originals, class: StorageClass) -> Vec<(StoredAs, u64, u64)> {
    let Originals { bytes, objects, .. } = originals;
    if class != StorageClass::IntelligentTiering {
        return vec![(StoredAs::of(class, None), bytes, objects)];
    }
    let (for_30_days, for_90_days) = (unread(originals, 1), unread(originals, 3));
    let of = |part: u64| part_of(bytes, part, objects);
    vec![
        (StoredAs::Frequent, bytes - of(for_30_days), objects - for_30_days),
        (StoredAs::Infrequent, of(for_30_days) - of(for_90_days), for_30_days - for_90_days),
        (StoredAs::ArchiveInstant, of(for_90_days), for_90_days),
    ]
}

/// What has not been read for a year, in Deep Archive.
fn archive_unread(situation: &Situation<'_>, originals: Originals) -> Option<Advice> {
    let unread = unread(originals, 12);
    let everything_archived = situation.month.stored.iter().flatten();
    let archived = |class| matches!(class, StorageClass::Glacier | StorageClass::DeepArchive);
    if unread == 0 || everything_archived.clone().any(|stored| archived(stored.class)) {
        return None;
    }
    let mut used = situation.used.clone();
    for stored in everything_archived {
        let part = |whole: u64| Quantity::of(part_of(whole, unread, originals.objects).into());
        used.take(Item::Stored(StoredAs::of(stored.class, stored.tier)), part(stored.bytes.get()));
    }
    let moved = part_of(originals.bytes, unread, originals.objects);
    add_stored(&mut used, situation.prices, StoredAs::DeepArchive, (moved, unread));
    let once = situation.prices.cost(Item::MovedTo(StorageClass::DeepArchive), Quantity::of(unread.into()));
    let monthly = situation.saved_by(&used);
    let days = situation.prices.minimums(StorageClass::DeepArchive).days;
    Some(Advice {
        title: "Move originals that were unread for a year to DEEP_ARCHIVE".to_owned(),
        monthly,
        why: format!(
            "At this rate at least {} of the originals are unread for a year. Moving them costs {once} once, each is \
             billed for at least {days} days, and its new variants answer 409 until it is restored, which takes hours.",
            share(unread, originals.objects)
        ),
        break_even: None,
    })
}

/// How many originals can't have been read in so many months like this one: as few as can be, if each render read
/// another one.
fn unread(originals: Originals, months: u128) -> u64 {
    let read = u64::try_from(originals.renders.times(months, 1).units()).unwrap_or(u64::MAX);
    originals.objects.saturating_sub(read)
}

fn part_of(whole: u64, part: u64, of: u64) -> u64 {
    let share = (u128::from(whole) * u128::from(part)).checked_div(of.into()).unwrap_or(0);
    u64::try_from(share).unwrap_or(whole)
}

fn share(part: u64, whole: u64) -> String {
    percent(part.into(), whole.into()).unwrap_or_default()
}

/// A saving as words: less, more, or the same.
fn change(saved: MicroUsd) -> String {
    match saved.cmp(&MicroUsd::ZERO) {
        Ordering::Greater => format!("{saved} less"),
        Ordering::Less => format!("{} more", -saved),
        Ordering::Equal => "the same".to_owned(),
    }
}
