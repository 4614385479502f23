//! The local S3 over the real wire, through the AWS SDK and through plain HTTP.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests themselves do")]

mod harness;

mod buckets;
mod charges;
mod copy;
mod cors;
mod delete;
mod durability;
mod events;
mod list;
mod multipart;
mod presigned;
mod put;
mod read;
