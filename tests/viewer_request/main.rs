//! The CloudFront Function beside the Rust code whose work it anticipates: whatever both are asked, both say the same.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail where it stands")]

mod answer; // what an edge says, in one form for both
mod cloudfront; // the function, run in process
mod generated; // ten thousand requests, valid, nearly valid and hostile
mod origin; // the local edge's rules with render behind them
mod shared_cases; // fixtures/variant_paths.json
mod source; // the file as it is deployed
