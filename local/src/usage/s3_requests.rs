//! S3's requests as S3 bills them.

use std::collections::BTreeMap;

use super::counters::Counter;
use super::ledger::Totals;
use crate::s3::{Retrieved, StorageClass};

/// What the embedded S3 was asked for, by counter. Refused requests are billed too, if the caller was known.
pub(super) fn totals(
    by_operation: &BTreeMap<String, u64>,
    retrieved: &BTreeMap<StorageClass, Retrieved>,
) -> Totals {
    let mut totals = Totals::new();
    for (operation, count) in by_operation {
        if let Some(counter) = billed_as(operation) {
            *totals.entry(counter).or_default() += count;
        }
    }
    for (class, Retrieved { requests, bytes }) in retrieved {
        if let Some((of_requests, of_bytes)) = Counter::of_retrieval(priced_as(*class)) {
            *totals.entry(of_requests).or_default() += requests;
            *totals.entry(of_bytes).or_default() += bytes;
        }
    }
    totals
}

/// How an operation is billed; `None` for what is free, or billed by what it retrieves.
///
/// From the price list: PUT, COPY, POST and LIST have one price, all others another, and DELETE and CANCEL none. A
/// restoration is billed as a retrieval from its class.
fn billed_as(operation: &str) -> Option<Counter> {
    let begins = |words: &[&str]| words.iter().any(|word| operation.starts_with(word));
    if begins(&["Delete", "Abort", "Restore"]) {
        return None;
    }
    let writes = begins(&["Put", "Copy", "Create", "Upload", "Complete", "List"]);
    Some(if writes { Counter::S3Writes } else { Counter::S3Reads })
}

/// The class of the price book that a class is priced as. Those that Hashfolio never uses itself are priced as their
/// nearest: `REDUCED_REDUNDANCY` costs slightly more than `STANDARD`, and `ONEZONE_IA` a fifth less than `STANDARD_IA`.
pub(super) fn priced_as(class: StorageClass) -> cost::StorageClass {
    match class {
        StorageClass::Standard | StorageClass::ReducedRedundancy => cost::StorageClass::Standard,
        StorageClass::StandardIa | StorageClass::OnezoneIa => cost::StorageClass::StandardIa,
        StorageClass::IntelligentTiering => cost::StorageClass::IntelligentTiering,
        StorageClass::GlacierIr => cost::StorageClass::GlacierIr,
        StorageClass::Glacier => cost::StorageClass::Glacier,
        StorageClass::DeepArchive => cost::StorageClass::DeepArchive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_billed_as_the_price_list_says() {
        let cases = [
            ("PutObject", Some(Counter::S3Writes)),
            ("CopyObject", Some(Counter::S3Writes)),
            ("CreateMultipartUpload", Some(Counter::S3Writes)),
            ("UploadPart", Some(Counter::S3Writes)),
            ("CompleteMultipartUpload", Some(Counter::S3Writes)),
            ("ListObjectsV2", Some(Counter::S3Writes)),
            ("GetObject", Some(Counter::S3Reads)),
            ("HeadObject", Some(Counter::S3Reads)),
            ("GetBucketLocation", Some(Counter::S3Reads)),
            ("DeleteObject", None),
            ("DeleteObjects", None),
            ("AbortMultipartUpload", None),
            ("RestoreObject", None),
        ];
        for (operation, billed) in cases {
            assert_eq!(billed_as(operation), billed, "{operation}");
        }
    }

    #[test]
    fn operations_and_retrievals_are_summed_up() {
        let operations = [("PutObject", 2), ("ListObjectsV2", 3), ("GetObject", 4), ("DeleteObject", 9)];
        let operations = operations.map(|(name, count)| (name.to_owned(), count)).into();
        let retrieved = BTreeMap::from([
            (StorageClass::StandardIa, Retrieved { requests: 1, bytes: 10 }),
            (StorageClass::OnezoneIa, Retrieved { requests: 1, bytes: 20 }),
            (StorageClass::DeepArchive, Retrieved { requests: 1, bytes: 40 }),
        ]);
        let expected = [
            (Counter::S3Writes, 5),
            (Counter::S3Reads, 4),
            (Counter::StandardIaRequests, 2),
            (Counter::StandardIaBytes, 30),
            (Counter::DeepArchiveRequests, 1),
            (Counter::DeepArchiveBytes, 40),
        ];
        assert_eq!(totals(&operations, &retrieved), Totals::from(expected));
    }
}
