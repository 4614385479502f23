//! The pipeline from outside: files in, files out.
#![expect(clippy::unwrap_used, reason = "a suite of tests: what fails must show where")]

mod corpus;
mod pictures;
