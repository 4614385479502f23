//! What the suites share: a running system in a process of its own, and clients that know nothing of its code.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that can't go on must fail where it stands"
)]

pub mod cloudwatch;
pub mod corpus;
pub mod events;
pub mod http_client;
pub mod lambda;
pub mod pictures;
pub mod recorder;
pub mod silent_s3;
pub mod system;
pub mod variant_paths;

pub use http_client::{Answer, HttpClient};
pub use lambda::Lambda;
pub use system::{Hashfolio, StartOptions, Upload};
