//! Hashfolio's domain, the ports through which it meets the world, and their adapters.
//!
//! With default features there is only the domain: it knows no AWS, no Lambda and no async runtime.
//!
//! | module | what lives there |
//! |---|---|
//! | [`hash`] | the SHA-256 that names an asset, and the hasher that makes one from a stream |
//! | [`media`] | the closed list of media types, and how leading bytes tell them apart |
//! | [`dimensions`] | the width and height of a picture |
//! | [`header`] | type, width, height and orientation from the few bytes of a file that hold them |
//! | [`asset`] | the asset, its states, and the one table of transitions |
//! | [`variant`] | what a page asks for: size, quality, format, and their one spelling as a URL |
//! | [`shard`] | the 256 parts that hashes fall into |
//! | [`key`] | every S3 key there is |
//! | [`multipart`] | how a big original is cut into parts, and how its upload is named |
//! | [`ports`] | object store, signer, asset repository, their inventories, reports, announcements, measurements, CDN, and the verifier |
//! | [`html`] | text inside pages |
//! | [`problem`] | the error document of every HTTP answer |
//! | [`time`] | points in time, to the millisecond |
//! | [`webhook`] | addresses that messages are posted to |
//! | `aws` | the ports on AWS (feature `aws`) |
//! | `memory` | the ports in memory, with fault injection (feature `memory`) |
//! | `contract` | the promises of the ports as executable checks (feature `contract`) |
//! | `runtime` | logging and typed environment variables (feature `runtime`) |
//!
//! An arrow may only point down this list of layers: `aws`, `memory`, `contract` → `ports` → the domain.

pub mod asset;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "contract")]
pub mod contract;
pub mod dimensions;
pub mod hash;
pub mod header;
pub mod html;
pub mod key;
pub mod media;
#[cfg(feature = "memory")]
pub mod memory;
pub mod multipart;
pub mod ports;
pub mod problem;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod shard;
pub mod time;
pub mod variant;
pub mod webhook;
