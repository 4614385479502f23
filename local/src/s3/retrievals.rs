//! Reads that S3 charges for by the byte: of objects in the infrequent-access classes and in Glacier Instant
//! Retrieval, and what is restored from an archive.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::storage_class::StorageClass;

/// What was retrieved from one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retrieved {
    /// Requests: reads of such objects or of what is known of them, and restorations.
    pub requests: u64,
    /// Bytes that were asked for; a client that left early may have got fewer.
    pub bytes: u64,
}

/// What was retrieved from each class since the store was opened.
#[derive(Debug, Default)]
pub(super) struct Retrievals {
    by_class: [ClassRetrievals; StorageClass::ALL.len()],
}

#[derive(Debug, Default)]
struct ClassRetrievals {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Retrievals {
    /// A request that reads an object, or what is known of it, whether or not bytes follow.
    pub(super) fn asked(&self, class: StorageClass) {
        if class.charges_reads() {
            self.of(class).requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Bytes of an object that are sent, or copied inside the store.
    pub(super) fn taken(&self, class: StorageClass, bytes: u64) {
        if class.charges_reads() {
            self.of(class).bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// An object that is brought back from an archive.
    pub(super) fn restored(&self, class: StorageClass, bytes: u64) {
        let of_class = self.of(class);
        of_class.requests.fetch_add(1, Ordering::Relaxed);
        of_class.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn snapshot(&self) -> BTreeMap<StorageClass, Retrieved> {
        let read = |of: &ClassRetrievals| Retrieved {
            requests: of.requests.load(Ordering::Relaxed),
            bytes: of.bytes.load(Ordering::Relaxed),
        };
        let classes = StorageClass::ALL.into_iter().zip(self.by_class.iter().map(read));
        classes.filter(|(_, retrieved)| *retrieved != Retrieved::default()).collect()
    }

    fn of(&self, class: StorageClass) -> &ClassRetrievals {
        &self.by_class[class as usize]
    }
}
