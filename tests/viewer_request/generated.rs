//! Ten thousand requests. The seed is fixed: a failure comes again, and shrinks to the shortest request that shows it.

use std::cell::Cell;

use harness::variant_paths::Asked;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use shared::variant::Whitelist;

use crate::answer::Answer;
use crate::cloudfront::{SOURCE, ViewerRequest};
use crate::origin::Origin;

const CASES: u32 = 10_000;

/// Numbers at which a check begins or ends.
const BOUNDS: &[u32] = &[0, 1, 9, 10, 100, 101, 255, 256, 336, 65_535, 99_999, 100_000];

/// What paths are damaged with, and hostile ones are made of.
const SCRAPS: &[&str] = &[
    "/",
    "//",
    ".",
    "..",
    "x",
    "X",
    "0",
    "00",
    "1",
    "9",
    "-",
    "+",
    "%",
    "%2F",
    "%2e",
    "%00",
    "'",
    "\"",
    "\\",
    "?",
    "#",
    "&",
    "=",
    ";",
    ":",
    "@",
    "~",
    "|",
    "<",
    "{",
    "}",
    "$",
    "$&",
    "a",
    "f",
    "g",
    "A",
    "é",
    "ß",
    "webp",
    "avif",
    "jpg",
    "jpeg",
    "png",
    "auto",
    "640",
    "480",
    "80",
    "640x480",
    "80.webp",
    "assets",
    "constructor",
    "__proto__",
    "NaN",
    "1e3",
    "0x10",
    " ",
];

fn hash() -> impl Strategy<Value = String> {
    "[0-9a-f]{64}"
}

fn number(listed: &'static [u32]) -> impl Strategy<Value = String> {
    prop_oneof![
        20 => select(listed).prop_map(|number| number.to_string()),
        1 => select(BOUNDS).prop_map(|number| number.to_string()),
        1 => (0_u32..3000).prop_map(|number| number.to_string()),
    ]
}

/// A path that is well-formed, most often on the whitelist.
fn plain() -> impl Strategy<Value = String> {
    let width = number(&[320, 640, 1024, 1920]);
    let height = number(&[0, 240, 480, 768, 1080]);
    let quality = number(&[50, 60, 70, 75, 80, 90]);
    let extension = select(&["webp", "avif", "jpg", "png", "auto", "auto", "auto", "gif"][..]);
    (hash(), width, height, quality, extension).prop_map(|(hash, width, height, quality, extension)| {
        format!("/{hash}/{width}x{height}/{quality}.{extension}")
    })
}

#[derive(Debug, Clone)]
enum Damage {
    Insert(Index, &'static str),
    Remove(Index),
    Replace(Index, &'static str),
    Capitals,
    Encode(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let scrap = || select(SCRAPS);
    prop_oneof![
        (any::<Index>(), scrap()).prop_map(|(at, scrap)| Damage::Insert(at, scrap)),
        any::<Index>().prop_map(Damage::Remove),
        (any::<Index>(), scrap()).prop_map(|(at, scrap)| Damage::Replace(at, scrap)),
        Just(Damage::Capitals),
        any::<Index>().prop_map(Damage::Encode),
    ]
}

fn damaged(path: &str, damage: &Damage) -> String {
    let at = |index: &Index| path.char_indices().nth(index.index(path.chars().count())).unwrap();
    let split = |index: &Index| {
        let (start, found) = at(index);
        (&path[..start], found, &path[start + found.len_utf8()..])
    };
    match damage {
        Damage::Insert(index, scrap) => {
            let (before, found, after) = split(index);
            format!("{before}{scrap}{found}{after}")
        }
        Damage::Remove(index) => {
            let (before, _, after) = split(index);
            // A path has at least its first slash.
            if before.is_empty() { path.to_owned() } else { format!("{before}{after}") }
        }
        Damage::Replace(index, scrap) => {
            let (before, _, after) = split(index);
            format!("{before}{scrap}{after}")
        }
        Damage::Capitals => path.to_uppercase(),
        Damage::Encode(index) => {
            let (before, found, after) = split(index);
            format!("{before}%{:02x}{after}", u32::from(found))
        }
    }
}

/// A path with a fault or two.
fn nearly_plain() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        plain(),
        (hash(), 0_u32..70).prop_map(|(hash, width)| format!("/{hash}/{width}x480/80.webp")),
    ];
    (path, prop::collection::vec(damage(), 1..3))
        .prop_map(|(path, faults)| faults.iter().fold(path, |path, fault| damaged(&path, fault)))
}

/// Anything that a socket can bring.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(select(SCRAPS), 0..12).prop_map(|scraps| format!("/{}", scraps.concat())),
        "/[!-~]{0,90}",
        "/[!-~]{64}/640x480/80\\.webp",
        "/[0-9a-f]{64}/[0-9x.]{0,12}/[0-9]{0,4}\\.(webp|auto|png)?",
    ]
}

fn accept() -> impl Strategy<Value = Vec<String>> {
    let range = select(
        &[
            "image/webp",
            "image/avif",
            "image/jpeg",
            "image/png",
            "image/*",
            "*/*",
            "IMAGE/WEBP",
            "image/webpx",
            "",
            " ",
        ][..],
    );
    let weight = select(
        &[
            "",
            "",
            "",
            ";q=0",
            ";q=0.0",
            " ; q=0.000 ",
            ";Q=0",
            ";q=0.5",
            ";q=",
            ";q=-1",
            ";q=00",
            ";level=1;q=0",
        ][..],
    );
    let line = prop::collection::vec((range, weight), 0..4).prop_map(|ranges| {
        ranges.iter().map(|(range, weight)| format!("{range}{weight}")).collect::<Vec<_>>().join(",")
    });
    prop::collection::vec(line, 0..3)
}

fn asked() -> impl Strategy<Value = Asked> {
    let path = prop_oneof![2 => plain(), 2 => nearly_plain(), 1 => hostile()];
    let method = prop_oneof![
        30 => Just("GET"),
        3 => Just("HEAD"),
        1 => select(&["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"][..]),
    ];
    let query = select(&["", "", "a=1", "a=1&b", "width=641"][..]);
    (method, path, query, accept()).prop_map(|(method, path, query, accept)| Asked {
        method: method.to_owned(),
        path,
        query: query.to_owned(),
        accept,
    })
}

#[test]
fn on_ten_thousand_requests_both_say_the_same() {
    let (function, origin) = (ViewerRequest::new(SOURCE), Origin::new(Whitelist::default()));
    let (served, malformed, unlisted) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config =
        Config { cases: CASES, rng_seed: RngSeed::Fixed(6), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&asked(), |asked| {
            let answer = function.answer(&asked);
            prop_assert_eq!(&answer, &origin.answer(&asked));
            let seen = match answer {
                Answer::Served(_) => &served,
                Answer::Refused { status: 400, .. } => &malformed,
                Answer::Refused { .. } => &unlisted,
            };
            seen.set(seen.get() + 1);
            Ok(())
        })
        .unwrap();
    // A comparison in which nearly all are refused would compare little.
    for (seen, least) in [(served.get(), 2000), (malformed.get(), 3000), (unlisted.get(), 500)] {
        assert!(seen >= least, "{seen} instead of {least}");
    }
}
