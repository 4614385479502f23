//! The edge and the use case from outside: requests in, responses out, over ports in memory.
#![expect(clippy::unwrap_used, reason = "a suite of tests: what fails must show where")]

mod answers;
mod assets;
mod events;
mod faults;
mod metrics;
mod stampede;
