//! Requests with something special about each, and what must become of them.

use harness::variant_paths::{Outcome, variant_paths};
use serde_json::Value;
use shared::hash::ContentHash;
use shared::variant::Whitelist;

use crate::answer::Answer;
use crate::cloudfront::{SOURCE, ViewerRequest};
use crate::origin::Origin;

#[test]
fn both_edges_decide_every_case_as_it_is_written() {
    let (function, origin) = (ViewerRequest::new(SOURCE), Origin::new(Whitelist::default()));
    for case in variant_paths(&ContentHash::of(b"x").to_string()) {
        let answer = function.answer(&case.asked);
        assert_eq!(answer, origin.answer(&case.asked), "{}", case.why);
        match (&answer, &case.outcome) {
            (Answer::Served(path), Outcome::Served { served }) => assert_eq!(path, served, "{}", case.why),
            (Answer::Refused { status, body, .. }, Outcome::Refused { status: expected, code }) => {
                assert_eq!(status, expected, "{}", case.why);
                if case.asked.method != "HEAD" {
                    let problem: Value = serde_json::from_str(body).unwrap();
                    assert_eq!(problem["code"], *code, "{}", case.why);
                }
            }
            _ => unreachable!("{}: {answer:?}, and not {:?}", case.why, case.outcome),
        }
    }
}

#[test]
fn a_refusal_says_how_long_it_holds_and_that_pages_may_read_it() {
    let function = ViewerRequest::new(SOURCE);
    let cases = variant_paths(&ContentHash::of(b"x").to_string());
    let refused: Vec<_> = cases
        .iter()
        .filter_map(|case| match function.answer(&case.asked) {
            Answer::Refused { status, headers, .. } => Some((status, headers)),
            Answer::Served(_) => None,
        })
        .collect();
    for (status, headers) in &refused {
        let keep = if *status == 405 { "no-store" } else { "public, max-age=86400" };
        assert_eq!(headers["cache-control"], keep);
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers.get("allow").map(String::as_str), (*status == 405).then_some("GET, HEAD"));
    }
    assert!(refused.len() > 40, "{}", refused.len());
}
