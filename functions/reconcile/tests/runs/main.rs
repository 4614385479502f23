//! Whole runs over a store and a repository in memory, with the real verifier.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail where it stands")]

mod convergence; // every record beside every object
mod faults; // S3 or DynamoDB failing at any call
mod findings; // each kind of drift: found, mended, and not found again
mod machine; // the state machine, interpreted over the real handler
mod safety; // what is left alone, and what stops a run
mod world; // what the tests start from
