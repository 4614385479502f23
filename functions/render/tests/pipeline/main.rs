//! The pipeline from outside: files in, files out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a suite of tests: what fails must show where")]

mod allocations;
mod centring;
mod changes;
mod colors;
mod corpus;
mod files;
mod fingerprints;
mod formats;
mod incomplete;
mod jpeg_kinds;
mod jpeg_output;
mod libjpeg;
mod likeness;
mod limits;
mod mutations;
mod oracle;
mod orientation;
mod parts;
mod pictures;
mod scans;
mod seeds;
mod truncations;
mod unread_bits;
mod waste;
