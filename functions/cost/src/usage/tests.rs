use super::*;

/// Every field of the contract, each with another number.
const WHOLE: &str = r#"{"periodDays":30,"region":"us-east-1",
    "storage":[{"class":"STANDARD","bytes":2.1e15,"objects":50000000},
               {"class":"INTELLIGENT_TIERING","tier":"AIA","bytes":7,"objects":1}],
    "variantRequests":1260000000,"cdnBytes":37800000000000,
    "renderInvocations":75600000,"renderGbSeconds":12345678.25,"ingestInvocations":54000000,"ingestGbSeconds":0.000001,
    "architecture":"arm64","retrieval":[{"class":"STANDARD_IA","bytes":3,"requests":4}],
    "transitions":[{"class":"GLACIER_IR","objects":5}],"verifyInvocations":54000001,"verifyGbSeconds":6,
    "reconcileInvocations":8,"reconcileGbSeconds":9,"s3":{"putCopyPostList":10,"getAndOther":11},
    "dynamodb":{"writeUnits":12,"readUnits":13,"bytes":14}}"#;

fn refusal(json: &str) -> String {
    Usage::parse(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn every_field_of_the_contract_is_read_and_written_back() {
    let (usage, unknown) = Usage::parse(WHOLE.as_bytes()).unwrap();
    assert_eq!(unknown, Vec::<String>::new());
    assert_eq!(usage.bytes(), Some(2_100_000_000_000_007));
    assert_eq!(usage.objects(), Some(50_000_001));
    assert_eq!(usage.render_gb_seconds.unwrap().millionths(), 12_345_678_250_000);
    assert_eq!(usage.ingest_gb_seconds.unwrap().millionths(), 1);
    assert_eq!(usage.storage.as_ref().unwrap()[1].tier, Some(Tier::ArchiveInstant));
    let written = serde_json::to_string(&usage).unwrap();
    assert_eq!(Usage::parse(written.as_bytes()).unwrap().0, usage);
}

#[test]
fn what_is_absent_was_not_measured() {
    let (usage, _) = Usage::parse(br#"{"periodDays":7,"s3":{"getAndOther":0}}"#).unwrap();
    assert_eq!(usage.storage, None);
    assert_eq!(usage.objects(), None);
    let requests = usage.s3.unwrap();
    assert_eq!((requests.put_copy_post_list, requests.get_and_other), (None, Some(Count::new(0))));
}

#[test]
fn unknown_fields_are_named() {
    let json = br#"{"periodDays":7,"renderInvocation":3,"s3":{"gets":1}}"#;
    assert_eq!(Usage::parse(json).unwrap().1, ["renderInvocation", "s3.gets"]);
}

#[test]
fn a_wrong_value_is_refused_by_the_name_of_its_field() {
    let cases = [
        (r#"{"periodDays":30,"renderInvocations":-1}"#, "renderInvocations"),
        (r#"{"periodDays":30,"renderInvocations":1.5}"#, "renderInvocations"),
        (r#"{"periodDays":30,"renderInvocations":"9"}"#, "renderInvocations"),
        (r#"{"periodDays":30,"renderInvocations":1e16}"#, "renderInvocations"),
        (r#"{"periodDays":30,"cdnBytes":1e19}"#, "cdnBytes"),
        (r#"{"periodDays":30,"renderGbSeconds":-0.5}"#, "renderGbSeconds"),
        (r#"{"periodDays":30,"hitRatio":1.01}"#, "hitRatio"),
        (r#"{"periodDays":30,"dynamodb":{"readUnits":-3}}"#, "dynamodb.readUnits"),
        (r#"{"periodDays":30,"storage":[{"class":"WARM","bytes":1}]}"#, "storage[0].class"),
        (r#"{"periodDays":30,"storage":[{"class":"WARM","bytes":1}]}"#, "`WARM`"),
        (r#"{"periodDays":30,"storage":[{"class":"STANDARD","objects":1}]}"#, "bytes"),
        (r#"{"periodDays":30,"storage":[{"class":"STANDARD","tier":"IA","bytes":1}]}"#, "storage[0].tier"),
        (r#"{"periodDays":30,"storage":[{"class":"INTELLIGENT_TIERING","tier":"XA","bytes":1}]}"#, "`XA`"),
        (r#"{"periodDays":30,"architecture":"mips"}"#, "architecture"),
        (
            r#"{"periodDays":30,"transitions":[{"class":"GLACIER_IR","objects":-5}]}"#,
            "transitions[0].objects",
        ),
        (r#"{"periodDays":0}"#, "periodDays"),
        (r#"{"periodDays":367}"#, "periodDays"),
        (r#"{"periodDays":-30}"#, "periodDays"),
        ("{}", "periodDays"),
        ("[]", "cannot be read"),
        (r#"[30,"us-east-1"]"#, "must be an object"),
        (r#"{"periodDays":30,"s3":[5,6]}"#, "s3: has a list"),
        (r#"{"periodDays":30,"storage":[["STANDARD",null,1,5]]}"#, "storage: has a list"),
        ("{\"periodDays\":1} x", "trailing"),
    ];
    for (json, named) in cases {
        let said = refusal(json);
        assert!(said.contains(named), "{json}: {said}");
    }
}

#[test]
fn a_function_of_a_gigabyte_takes_a_gb_second_each_second() {
    assert_eq!(GbSeconds::of(1024, 1000).millionths(), 1_000_000);
    assert_eq!(GbSeconds::of(1769, 10).millionths(), 17_275);
}
