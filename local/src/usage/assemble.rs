//! From what was counted to the usage file.

use cost::{
    Architecture, Bytes, Count, DynamoDbUse, GbSeconds, Retrieval, S3Requests, Share, StorageClass, Stored,
    Usage,
};

use super::counters::{Counter, Function};
use super::ledger::Totals;

/// What is kept at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) storage: Vec<Stored>,
    pub(super) table_bytes: u64,
}

/// The usage of some days. What the local system has nothing of (an Origin Shield, Step Functions, `CloudWatch`) stays
/// unmeasured; that no lifecycle moves anything here is known.
pub(super) fn usage(region: &str, period_days: u32, totals: &Totals, kept: Kept) -> Usage {
    let of = |counter: Counter| totals.get(&counter).copied().unwrap_or(0);
    let count = |counter: Counter| Some(Count::new(of(counter)));
    let bytes = |counter: Counter| Some(Bytes::new(of(counter)));
    let invocations = |function: Function| count(function.counters().0);
    let gb_seconds =
        |function: Function| Some(GbSeconds::of(function.memory_mb(), of(function.counters().1)));
    let reads_billed_by_class = of(Counter::StandardIaRequests) + of(Counter::GlacierIrRequests);
    Usage {
        period_days,
        region: Some(region.to_owned()),
        storage: Some(kept.storage),
        variant_requests: count(Counter::VariantRequests),
        cdn_bytes: bytes(Counter::CdnBytes),
        hit_ratio: Share::of(of(Counter::VariantHits), of(Counter::VariantRequests)),
        render_invocations: invocations(Function::Render),
        render_gb_seconds: gb_seconds(Function::Render),
        render_memory_mb: Some(Count::new(Function::Render.memory_mb().into())),
        original_bytes_read: bytes(Counter::OriginalBytesRead),
        ingest_invocations: invocations(Function::Ingest),
        ingest_gb_seconds: gb_seconds(Function::Ingest),
        verify_invocations: invocations(Function::Verify),
        verify_gb_seconds: gb_seconds(Function::Verify),
        reconcile_invocations: invocations(Function::Reconcile),
        reconcile_gb_seconds: gb_seconds(Function::Reconcile),
        // What the template deploys unless told otherwise.
        architecture: Some(Architecture::Arm64),
        retrieval: Some(retrieval(&of)),
        transitions: Some(Vec::new()),
        s3: Some(S3Requests {
            put_copy_post_list: count(Counter::S3Writes),
            get_and_other: Some(Count::new(of(Counter::S3Reads).saturating_sub(reads_billed_by_class))),
        }),
        dynamodb: Some(DynamoDbUse {
            write_units: count(Counter::WriteUnits),
            read_units: Some(Count::new(of(Counter::HalfReadUnits).div_ceil(2))),
            bytes: Some(Bytes::new(kept.table_bytes)),
        }),
        ..Usage::default()
    }
}

fn retrieval(of: &impl Fn(Counter) -> u64) -> Vec<Retrieval> {
    let of_class = |class: StorageClass| {
        let (requests, bytes) = Counter::of_retrieval(class)?;
        Some(Retrieval { class, bytes: Bytes::new(of(bytes)), requests: Count::new(of(requests)) })
    };
    let asked = |retrieval: &Retrieval| retrieval.requests.get() > 0 || retrieval.bytes.get() > 0;
    StorageClass::ALL.into_iter().filter_map(of_class).filter(asked).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(totals: &[(Counter, u64)]) -> Usage {
        let kept = Kept { storage: Vec::new(), table_bytes: 7 };
        usage("us-east-1", 3, &totals.iter().copied().collect(), kept)
    }

    #[test]
    fn time_is_billed_with_the_memory_of_the_template() {
        let usage = measured(&[(Counter::RenderMilliseconds, 2000), (Counter::VerifyMilliseconds, 2000)]);
        assert_eq!(usage.render_gb_seconds.unwrap().millionths(), 2_000_000 * 1769 / 1024);
        assert_eq!(usage.verify_gb_seconds.unwrap().millionths(), 1_000_000);
        assert_eq!(usage.render_memory_mb, Some(Count::new(1769)));
    }

    #[test]
    fn reads_of_colder_classes_are_billed_once() {
        let usage = measured(&[
            (Counter::S3Reads, 10),
            (Counter::StandardIaRequests, 3),
            (Counter::StandardIaBytes, 900),
            (Counter::GlacierRequests, 1),
        ]);
        assert_eq!(usage.s3.unwrap().get_and_other, Some(Count::new(7)));
        let retrieval = usage.retrieval.unwrap();
        assert_eq!(retrieval.len(), 2);
        assert_eq!((retrieval[0].class, retrieval[0].bytes), (StorageClass::StandardIa, Bytes::new(900)));
    }

    #[test]
    fn halves_of_read_units_are_added_up_before_they_are_rounded() {
        let usage = measured(&[(Counter::HalfReadUnits, 5)]);
        assert_eq!(usage.dynamodb.unwrap().read_units, Some(Count::new(3)));
    }

    #[test]
    fn hits_are_a_share_of_requests_and_unknown_without_any() {
        assert_eq!(measured(&[]).hit_ratio, None);
        let usage = measured(&[(Counter::VariantRequests, 4), (Counter::VariantHits, 3)]);
        assert_eq!(usage.hit_ratio, Share::of(3, 4));
    }

    #[test]
    fn a_usage_that_was_measured_can_be_read_back() {
        let usage = measured(&[(Counter::VariantRequests, 4), (Counter::RenderMilliseconds, 1)]);
        let json = serde_json::to_vec(&usage).unwrap();
        assert_eq!(Usage::parse(&json).unwrap(), (usage, Vec::new()));
    }
}
