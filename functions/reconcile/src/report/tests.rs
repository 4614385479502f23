use shared::asset::AssetState;
use shared::hash::ContentHash;
use shared::memory::MemoryObjectStore;

use super::*;
use crate::finding::Kind;
use crate::finding::tests::lost;

fn report() -> Report {
    let mut sums = Sums { shards: 256, records: 3, assets_checked: 4, objects_listed: 2, ..Sums::default() };
    sums.found(Kind::ObjectMissing);
    let mended = lost("the object is gone").mended(Some(AssetState::Missing), None);
    sums.applied(&mended);
    let mut report = Report::new("2026-11-23T04:00:00Z".parse().unwrap(), true, None);
    report.keep(vec![mended]);
    report.sums = sums;
    report.duration = Duration::from_millis(1_234);
    report
}

#[test]
fn the_json_has_the_fields_that_others_read() {
    let json = report().to_json();
    for (field, expected) in [
        ("startedAt", json!("2026-11-23T04:00:00.000Z")),
        ("durationMs", json!(1234)),
        ("applied", json!(true)),
        ("shards", json!(256)),
        ("objectsListed", json!(2)),
        ("assetsChecked", json!(4)),
        ("mismatchCount", json!(1)),
        ("driftRatio", json!(0.25)),
        ("findingsTotal", json!(1)),
        ("listRequests", json!(0)),
        ("estimatedCostUsd", json!(0.0)),
    ] {
        assert_eq!(json[field], expected, "{field}");
    }
    assert_eq!((json.get("halted"), json.get("left")), (None, None));
    let hash = ContentHash::of(b"x").to_string();
    let expected = json!([{
        "kind": "object_missing", "contentHash": hash, "key": format!("raw/{hash}"), "from": "READY", "to": "MISSING",
        "action": "mark_missing", "status": "mended", "applied": true, "reason": "the object is gone",
    }]);
    assert_eq!(json["findings"], expected);
}

#[test]
fn a_run_is_clean_when_all_was_mended_and_nothing_was_missed() {
    assert_eq!(report().verdict(), Verdict::Clean);
    let mut drifting = report();
    drifting.sums.mended = 0;
    assert_eq!(drifting.verdict(), Verdict::DriftLeft);
    let mut blind = report();
    blind.sums.unchecked(shared::shard::Shard::FIRST, "down");
    assert_eq!(blind.verdict(), Verdict::DriftLeft);
    let unfinished = Report { left: Some(ShardRange::ALL), ..report() };
    assert_eq!(unfinished.verdict(), Verdict::DriftLeft);
    let halted = Report { halted: Some("a disaster".to_owned()), ..report() };
    assert_eq!(halted.verdict(), Verdict::Halted);
}

#[test]
fn a_report_shows_the_first_findings_and_counts_all() {
    let mut report = report();
    report.keep(vec![lost("one of many"); 2 * FINDINGS_IN_REPORT]);
    assert_eq!(report.findings.len(), FINDINGS_IN_REPORT);
}

#[test]
fn the_page_shows_what_a_stranger_wrote_as_text() {
    let mut report = report();
    report.keep(vec![lost("<script>alert(\"&\")</script>")]);
    let page = report.to_html();
    assert!(page.contains("&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("object missing") && page.contains("Reconciliation of 2026-11-23"), "{page}");
}

#[tokio::test]
async fn the_days_report_is_kept_as_json_and_as_a_page() {
    let store = MemoryObjectStore::default();
    report().write_to(&store).await.unwrap();
    assert_eq!(store.keys(), ["reports/reconcile/2026-11-23.html", "reports/reconcile/2026-11-23.json"]);
}
