use super::*;
use crate::item::Architecture;
use crate::storage_class::StoredAs;
use jiff::ToSpan as _;
use proptest::prelude::*;

const GB: u128 = 1 << 30;
const TB: u128 = 1 << 40;

fn dollars(item: Item, quantity: Quantity) -> f64 {
    PriceBook::us_east_1().unwrap().cost(item, quantity).as_dollars()
}

/// Each by hand, from the price list.
#[test]
fn a_quantity_costs_what_the_price_list_says_at_and_around_each_edge() {
    let stored = |bytes| dollars(Item::Stored(StoredAs::Standard), Quantity::of(bytes));
    let cdn = |bytes| dollars(Item::CdnBytes, Quantity::of(bytes));
    let compute = |architecture, seconds| dollars(Item::ComputeTime(architecture), Quantity::of(seconds));
    let cases = [
        (stored(0), 0.0),
        (stored(GB), 0.023),
        (stored(50 * TB), 51_200.0 * 0.023),
        (stored(50 * TB + GB), 51_200.0 * 0.023 + 0.022),
        (stored(500 * TB), 51_200.0 * 0.023 + 460_800.0 * 0.022),
        (stored(501 * TB), 51_200.0 * 0.023 + 460_800.0 * 0.022 + 1_024.0 * 0.021),
        (cdn(10 * TB), 10_240.0 * 0.085),
        (cdn(11 * TB), 10_240.0 * 0.085 + 1_024.0 * 0.080),
        (cdn(150 * TB + 10 * GB), 870.4 + 40_960.0 * 0.080 + 102_400.0 * 0.060 + 10.0 * 0.040),
        (compute(Architecture::Arm64, 1_000_000), 13.3334),
        (compute(Architecture::X86, 1_000_000), 16.6667),
        (compute(Architecture::Arm64, 7_500_000_001), 100_000.5 + 0.000_012),
        (dollars(Item::S3Writes, Quantity::of(1_000_000)), 5.0),
        (dollars(Item::S3Reads, Quantity::of(1)), 0.0),
        (dollars(Item::S3Reads, Quantity::of(2)), 0.000_001),
        (dollars(Item::Monitored, Quantity::of(50_000_000)), 125.0),
        (dollars(Item::TableWrites, Quantity::of(1_000_000)), 0.625),
    ];
    for (position, (found, expected)) in cases.into_iter().enumerate() {
        assert!((found - expected).abs() < 0.000_001, "case {position}: {found} instead of {expected}");
    }
}

#[test]
fn the_built_in_book_is_of_us_east_1_and_says_where_it_is_from() {
    let book = PriceBook::us_east_1().unwrap();
    assert_eq!(book.region(), "us-east-1");
    assert!(book.sources().iter().all(|source| source.starts_with("https://aws.amazon.com/")));
    assert_eq!(book.minimums(StorageClass::StandardIa).days, 30);
    assert_eq!(book.minimums(StorageClass::GlacierIr).object_bytes, 128 << 10);
}

#[test]
fn a_book_is_old_after_a_year() {
    let book = PriceBook::us_east_1().unwrap();
    let (day, later) = (365.days(), 366.days());
    assert!(!book.is_old(book.as_of() + day));
    assert!(book.is_old(book.as_of() + later));
    assert!(!book.is_old(book.as_of() - later));
}

fn altered(from: &str, to: &str) -> String {
    let book = US_EAST_1.replacen(from, to, 1);
    assert_ne!(book, US_EAST_1, "the book has no {from}");
    PriceBook::parse(book.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_book_that_is_wrong_is_refused_by_the_name_of_the_price() {
    let lacks = altered("\"retrieval.GLACIER_IR\"", "\"retrieval.GLACIER_IT\"");
    assert_eq!(lacks, "the price book lacks the price `retrieval.GLACIER_IR`");
    let unknown = altered(
        "\"metrics.alarms\":",
        "\"metrics.alerts\": {\"per\": 1, \"tiers\": []}, \"metrics.alarms\":",
    );
    assert!(unknown.contains("`metrics.alerts`"), "{unknown}");
    for (wrong, named) in [
        ("\"-0.625\"", "`usd`"),
        ("\"cheap\"", "`usd`"),
        ("\"10000.1\"", "`usd`"),
        ("\"0.625\", \"upTo\": 3", "`upTo`"),
    ] {
        let said = altered("\"0.625\"", wrong);
        assert!(said.contains("`dynamodb.writeUnits`") && said.contains(named), "{wrong}: {said}");
    }
    assert!(altered("\"upTo\": 512000", "\"upTo\": 51200").contains("must ascend"));
    assert!(altered("\"per\": 1000,", "\"per\": 0,").contains("`per`"));
    assert!(altered("\"upTo\": 51200", "\"upTo\": -1").contains("prices."));
    assert!(
        altered("\"DEEP_ARCHIVE\": {\"days\"", "\"DEEPER\": {\"days\"").contains("minimums.DEEP_ARCHIVE")
    );
    assert!(PriceBook::parse(b"{").is_err());
}

proptest! {
    #[test]
    fn more_of_anything_never_costs_less(item in 0..Item::all().len(), a in 0..u128::MAX >> 40, b in 0..u128::MAX >> 40) {
        let book = PriceBook::us_east_1().unwrap();
        let cost = |parts| book.cost(Item::all()[item], Quantity::of_parts(parts));
        prop_assert!(cost(a.min(b)) <= cost(a.max(b)));
    }

    #[test]
    fn two_halves_cost_no_less_than_the_whole(item in 0..Item::all().len(), a in 0..1_u128 << 70, b in 0..1_u128 << 70) {
        let book = PriceBook::us_east_1().unwrap();
        let cost = |parts| book.cost(Item::all()[item], Quantity::of_parts(parts)).millionths();
        // Tiers only ever get cheaper; each part is rounded by itself.
        prop_assert!(cost(a + b) <= cost(a) + cost(b) + 1);
    }
}
