//! The pipeline from outside: files in, files out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a suite of tests: what fails must show where")]

mod colors;
mod corpus;
mod files;
mod formats;
mod incomplete;
mod jpeg_kinds;
mod jpeg_output;
mod limits;
mod mutations;
mod orientation;
mod pictures;
