//! What the bucket keeps, by class, and how much of it renders read.

use std::collections::BTreeMap;

use super::metric::Metric;
use super::readings::Readings;
use super::storage_type::{self, BESIDE_EACH_BYTES, Kind};
use crate::storage_class::{StorageClass, Tier};
use crate::usage::{Bytes, Count, Retrieval, Stored};

/// What is kept, what is read of colder classes, and what there is to say about both.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) stored: Option<Vec<Stored>>,
    pub(super) retrieved: Option<Vec<Retrieval>>,
    pub(super) notes: Vec<String>,
}

/// A class, and of Intelligent-Tiering the tier.
type Place = (StorageClass, Option<Tier>);

/// What was kept, on the mean of the days that S3 has measured. `reads`: bytes that renders read, and how many renders.
pub(super) fn kept(readings: &Readings, reads: Option<(u64, u64)>) -> Kept {
    let days = readings.days_of(storage_type::names().map(Metric::Stored));
    let objects = readings.mean(Metric::Objects).map(|_| readings.mean_among(Metric::Objects, &days));
    let Some(objects) = objects.filter(|_| !days.is_empty()) else { return Kept::default() };
    let mut notes = Vec::new();
    let (mut sizes, mut archived) = (BTreeMap::<Place, u64>::new(), BTreeMap::<StorageClass, u64>::new());
    for (name, kind) in storage_type::ALL {
        let bytes = readings.mean_among(Metric::Stored(name), &days);
        match kind {
            _ if bytes == 0 => {}
            Kind::Objects(class, tier) => *sizes.entry((class, tier)).or_default() += bytes,
            Kind::Padding(class) => *sizes.entry((class, None)).or_default() += bytes,
            Kind::BesideEach(class) => *archived.entry(class).or_default() += bytes / BESIDE_EACH_BYTES,
            Kind::Unpriced => {
                let size = crate::wording::bytes(bytes.into());
                notes.push(format!(
                    "{size} of {name} are on AWS's bill, and not on this one: they have no price here."
                ));
            }
        }
    }
    let stored = with_objects(&sizes, &archived, objects, &mut notes);
    let retrieved = retrieved(&stored, reads, &mut notes);
    Kept { stored: Some(stored), retrieved, notes }
}

/// Gives each place its objects. S3 counts those of a bucket, not those of a class: but for the archive classes, they
/// are spread in proportion to bytes.
fn with_objects(
    sizes: &BTreeMap<Place, u64>,
    archived: &BTreeMap<StorageClass, u64>,
    objects: u64,
    notes: &mut Vec<String>,
) -> Vec<Stored> {
    let counted = |(class, _): &Place| archived.get(class).copied();
    let spread: u64 = objects.saturating_sub(archived.values().sum());
    let uncounted = || sizes.iter().filter(|(place, _)| counted(place).is_none());
    let of: u64 = uncounted().map(|(_, bytes)| *bytes).sum();
    if uncounted().count() > 1 {
        notes.push(
            "S3 counts the objects of a bucket, not those of each class: they are spread over its classes in proportion \
             to bytes."
                .to_owned(),
        );
    }
    let largest = uncounted().max_by_key(|(_, bytes)| **bytes).map(|(place, _)| *place);
    let given: u64 = uncounted().map(|(_, bytes)| part(spread, *bytes, of)).sum();
    let objects_in = |place: Place, bytes: u64| {
        let rest = if largest == Some(place) { spread - given } else { 0 };
        counted(&place).unwrap_or_else(|| part(spread, bytes, of) + rest)
    };
    let stored = |(place, bytes): (&Place, &u64)| Stored {
        class: place.0,
        tier: place.1,
        bytes: Bytes::new(*bytes),
        objects: Count::new(objects_in(*place, *bytes)),
    };
    sizes.iter().map(stored).collect()
}

/// What renders read of the classes that charge for it. No metric tells: each class is taken to be read as much as its
/// share of all that can be read.
fn retrieved(
    stored: &[Stored],
    reads: Option<(u64, u64)>,
    notes: &mut Vec<String>,
) -> Option<Vec<Retrieval>> {
    let charges = |class| matches!(class, StorageClass::StandardIa | StorageClass::GlacierIr);
    let archive = |class| matches!(class, StorageClass::Glacier | StorageClass::DeepArchive);
    let cold: Vec<&Stored> = stored.iter().filter(|stored| charges(stored.class)).collect();
    if cold.is_empty() {
        return Some(Vec::new());
    }
    let (read_bytes, renders) = reads?;
    let readable =
        stored.iter().filter(|stored| !archive(stored.class)).map(|stored| stored.bytes.get()).sum();
    notes.push(
        "No metric tells which class a read was of: renders are taken to read each class in proportion to its bytes."
            .to_owned(),
    );
    let of = |stored: &Stored| Retrieval {
        class: stored.class,
        bytes: Bytes::new(part(read_bytes, stored.bytes.get(), readable)),
        requests: Count::new(part(renders, stored.bytes.get(), readable)),
    };
    Some(cold.into_iter().map(of).collect())
}

/// A whole's part that is as large as `part` is of `of`, rounded down.
fn part(whole: u64, part: u64, of: u64) -> u64 {
    let part = (u128::from(whole) * u128::from(part)).checked_div(of.into()).unwrap_or(0);
    u64::try_from(part).unwrap_or(whole)
}
