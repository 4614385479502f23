//! Hashfolio on one machine, and its command line.
//!
//! | module | what it is |
//! |---|---|
//! | [`system`] | everything started together: the same handlers as on Lambda, on real wire protocols |
//! | [`s3`] | an embedded S3: protocol, semantics, events |
//! | [`dynamodb`] | an embedded DynamoDB, with Hashfolio's tables |
//! | `deliver` | S3's events to verify, until it has taken them |
//! | `reconcile` | the schedule that compares S3 and DynamoDB |
//! | `cost_schedule` | the schedule that reports what the system costs |
//! | `usage` | what the system itself uses, as AWS would bill it |
//! | `edge` | what CloudFront and the HTTP API do in front of the functions |
//! | `cdn` | what takedowns tell the edge, at once and later |
//! | [`cli`] | the `hashfolio` command |
//! | [`client`] | the ingest API as a client sees it |

pub mod cli;
pub mod client;
mod connections;
mod cost_schedule;
mod deliver;
pub mod dynamodb;
mod edge;
mod reconcile;
pub mod s3;
pub mod system;
mod usage;
