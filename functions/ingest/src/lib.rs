//! `ingest`: the upload API (`/assets…`), behind an HTTP API on Lambda and behind the local edge.
//!
//! A caller states the SHA-256 of what it has. What is there already needs no upload; for the rest it gets a presigned
//! PUT that S3 itself holds to that hash, so that no byte passes through here.
//!
//! | step | where |
//! |---|---|
//! | a request, or the queue that reminds of takedowns | [`event`] |
//! | who calls | [`authorizer`] |
//! | request → domain | [`http`] |
//! | reminder → domain | [`reminders`] |
//! | decisions | [`issue_upload`], [`show_asset`], [`restore_original`], [`take_down`] |
//! | effects | the ports: one conditional DynamoDB write per ask, an S3 HEAD before "nothing to upload" |

pub mod authorizer;
pub mod config;
pub mod event;
pub mod http;
pub mod issue_upload;
pub mod reminders;
pub mod restore_original;
pub mod show_asset;
pub mod take_down;

pub use authorizer::Caller;
pub use config::{CdnConfig, Config};
pub use http::IngestApi;
pub use reminders::QueueEvent;

use shared::ports::{AssetRepository, CdnInvalidation, ObjectStore, UploadSigner};

/// The use cases of ingest, over the ports they need.
#[derive(Debug, Clone)]
pub struct Ingest<S, U, R, C> {
    store: S,
    signer: U,
    assets: R,
    cdn: C,
    config: Config,
}

impl<S: ObjectStore, U: UploadSigner, R: AssetRepository, C: CdnInvalidation> Ingest<S, U, R, C> {
    /// Ingest over these ports.
    pub fn new(store: S, signer: U, assets: R, cdn: C, config: Config) -> Self {
        Self { store, signer, assets, cdn, config }
    }
}

#[cfg(test)]
mod tests;
