//! Counting: one addition to an atomic, wherever something happens that AWS would bill.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cost::StorageClass;
use serde::{Deserialize, Serialize};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Counter {
    /// GET and HEAD requests for variants, at the edge.
    VariantRequests,
    /// Those of them that the edge's cache answered.
    VariantHits,
    /// Bytes of the bodies that the edge answered them with.
    CdnBytes,
    /// Bytes of originals that render read.
    OriginalBytesRead,
    /// Invocations of render.
    RenderInvocations,
    /// Their time, as Lambda bills it, in milliseconds.
    RenderMilliseconds,
    /// Invocations of ingest.
    IngestInvocations,
    /// Their time in milliseconds.
    IngestMilliseconds,
    /// Invocations of verify.
    VerifyInvocations,
    /// Their time in milliseconds.
    VerifyMilliseconds,
    /// Invocations of reconcile.
    ReconcileInvocations,
    /// Their time in milliseconds.
    ReconcileMilliseconds,
    /// S3 requests: PUT, COPY, POST and LIST.
    S3Writes,
    /// S3 requests: GET and all others, of objects in whatever class.
    S3Reads,
    /// Requests that read objects in `STANDARD_IA`; these too are among [`Counter::S3Reads`].
    StandardIaRequests,
    /// Bytes read from it.
    StandardIaBytes,
    /// Requests that read objects in `GLACIER_IR`; these too are among [`Counter::S3Reads`].
    GlacierIrRequests,
    /// Bytes read from it.
    GlacierIrBytes,
    /// Objects restored from `GLACIER`.
    GlacierRequests,
    /// Their bytes.
    GlacierBytes,
    /// Objects restored from `DEEP_ARCHIVE`.
    DeepArchiveRequests,
    /// Their bytes.
    DeepArchiveBytes,
    /// DynamoDB write units.
    WriteUnits,
    /// Halves of DynamoDB read units: an eventually consistent read takes one.
    HalfReadUnits,
}

impl Counter {
    /// Every counter, in the order of their declaration.
    pub(crate) const ALL: [Self; 24] = [
        Self::VariantRequests,
        Self::VariantHits,
        Self::CdnBytes,
        Self::OriginalBytesRead,
        Self::RenderInvocations,
        Self::RenderMilliseconds,
        Self::IngestInvocations,
        Self::IngestMilliseconds,
        Self::VerifyInvocations,
        Self::VerifyMilliseconds,
        Self::ReconcileInvocations,
        Self::ReconcileMilliseconds,
        Self::S3Writes,
        Self::S3Reads,
        Self::StandardIaRequests,
        Self::StandardIaBytes,
        Self::GlacierIrRequests,
        Self::GlacierIrBytes,
        Self::GlacierRequests,
        Self::GlacierBytes,
        Self::DeepArchiveRequests,
        Self::DeepArchiveBytes,
        Self::WriteUnits,
        Self::HalfReadUnits,
    ];

    /// The requests and bytes that were retrieved from a class; `None` of classes whose reads are not charged by the
    /// byte.
    pub(crate) fn of_retrieval(class: StorageClass) -> Option<(Self, Self)> {
        match class {
            StorageClass::StandardIa => Some((Self::StandardIaRequests, Self::StandardIaBytes)),
            StorageClass::GlacierIr => Some((Self::GlacierIrRequests, Self::GlacierIrBytes)),
            StorageClass::Glacier => Some((Self::GlacierRequests, Self::GlacierBytes)),
            StorageClass::DeepArchive => Some((Self::DeepArchiveRequests, Self::DeepArchiveBytes)),
            StorageClass::Standard | StorageClass::IntelligentTiering => None,
        }
    }
}

/// The functions whose invocations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    /// Ingest.
    Ingest,
    /// Verify.
    Verify,
    /// Render.
    Render,
    /// Reconcile.
    Reconcile,
}

impl Function {
    /// The memory that `template.yaml` gives the function on Lambda (`MemorySize`), in MB: its time on this machine is
    /// billed as if it had as much. 1,769 MB are one whole CPU.
    pub(crate) fn memory_mb(self) -> u32 {
        match self {
            Self::Ingest | Self::Verify => 512,
            Self::Render | Self::Reconcile => 1769,
        }
    }

    /// Its invocations, and their milliseconds.
    pub(crate) fn counters(self) -> (Counter, Counter) {
        match self {
            Self::Ingest => (Counter::IngestInvocations, Counter::IngestMilliseconds),
            Self::Verify => (Counter::VerifyInvocations, Counter::VerifyMilliseconds),
            Self::Render => (Counter::RenderInvocations, Counter::RenderMilliseconds),
            Self::Reconcile => (Counter::ReconcileInvocations, Counter::ReconcileMilliseconds),
        }
    }
}

/// Everything that was counted since the system started.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; Counter::ALL.len()]);

impl Counters {
    /// Adds to a counter.
    pub(crate) fn add(&self, counter: Counter, more: u64) {
        self.0[counter as usize].fetch_add(more, Ordering::Relaxed);
    }

    /// What a counter says.
    pub(crate) fn get(&self, counter: Counter) -> u64 {
        self.0[counter as usize].load(Ordering::Relaxed)
    }

    /// An invocation that begins now, and ends when what is returned is dropped: also when nobody waits for it any
    /// more.
    pub(crate) fn invocation(&self, function: Function) -> Invocation<'_> {
        Invocation { counters: self, function, began: Instant::now() }
    }
}

/// An invocation under way.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    counters: &'a Counters,
    function: Function,
    began: Instant,
}

impl Drop for Invocation<'_> {
    fn drop(&mut self) {
        let (invocations, milliseconds) = self.function.counters();
        self.counters.add(invocations, 1);
        self.counters.add(milliseconds, billed_milliseconds(self.began.elapsed()));
    }
}

/// A duration as Lambda bills it: up to the next millisecond.
fn billed_milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_has_its_own_place() {
        for (place, counter) in Counter::ALL.into_iter().enumerate() {
            assert_eq!(counter as usize, place, "{counter:?}");
        }
    }

    /// The `MemorySize` of a function in the template, or the default of the parameter that it names.
    fn memory_in_template(function: &str) -> u32 {
        let template = include_str!("../../../template.yaml");
        let value = |block: &str, name: &str| {
            let (_, block) = template.split_once(&format!("\n  {block}:\n")).unwrap();
            let (_, value) = block.split_once(&format!(" {name}: ")).unwrap();
            value.lines().next().unwrap().to_owned()
        };
        let memory = value(function, "MemorySize");
        let memory =
            memory.strip_prefix("!Ref ").map_or(memory.clone(), |parameter| value(parameter, "Default"));
        memory.parse().unwrap()
    }

    #[test]
    fn functions_have_the_memory_of_the_template() {
        for (function, name) in [
            (Function::Ingest, "IngestFunction"),
            (Function::Verify, "VerifyFunction"),
            (Function::Render, "RenderFunction"),
            (Function::Reconcile, "ReconcileFunction"),
        ] {
            assert_eq!(function.memory_mb(), memory_in_template(name), "{name}");
        }
    }

    #[test]
    fn an_invocation_is_billed_up_to_the_next_millisecond_when_it_ends() {
        assert_eq!(billed_milliseconds(Duration::from_micros(2001)), 3);
        assert_eq!(billed_milliseconds(Duration::from_millis(2)), 2);
        let counters = Counters::default();
        let under_way = counters.invocation(Function::Verify);
        assert_eq!(counters.get(Counter::VerifyInvocations), 0);
        drop(under_way);
        assert_eq!(counters.get(Counter::VerifyInvocations), 1);
        assert!(counters.get(Counter::VerifyMilliseconds) >= 1);
    }
}
