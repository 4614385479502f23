//! Faults on the wire: throttles, errors, silence and cut connections between the real programs and S3 and DynamoDB.
//!
//! A proxy stands before the system's services and does to each call what a script says. So what is tested is all of it:
//! how often the SDK's clients try again, what the adapters make of what is left, and what a caller is told then.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail where it stands")]

mod cut_bodies; // an object's bytes that break off
mod fault; // what may happen to a call
mod late; // answers that take too long
mod leader; // a leader that is killed, across processes
mod leases; // a guard against stampedes that is out of order
mod outages; // what lasts, and what is left of it after
mod place; // a bucket and its tables
mod retries; // what passes by itself
mod scene; // what functions are asked to do
mod wire; // the proxy

use harness::{Hashfolio, StartOptions};

const INGEST: &str = env!("CARGO_BIN_EXE_lambda-ingest");
const VERIFY: &str = env!("CARGO_BIN_EXE_lambda-verify");
const RENDER: &str = env!("CARGO_BIN_EXE_lambda-render");

/// How often a call is made at most, as `shared::aws` has it.
const MAX_ATTEMPTS: usize = 3;

/// How many plays are on at one time: most of each is waiting between attempts.
const PLAYS_AT_ONCE: usize = 24;

/// A system. Its own verify has nothing to say of the buckets beside its own.
async fn system() -> Hashfolio {
    let environment = vec![("RUST_LOG".to_owned(), "off".to_owned())];
    let options = StartOptions { environment, ..StartOptions::default() };
    Hashfolio::start_with(env!("CARGO_BIN_EXE_hashfolio-under-test"), options).await
}
