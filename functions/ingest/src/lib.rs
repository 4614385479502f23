//! `ingest`: the upload API (`/assets…`), behind an HTTP API on Lambda and behind the local edge.
//!
//! A caller states the SHA-256 of what it has. What is there already needs no upload; for the rest it gets a presigned
//! PUT that S3 itself holds to that hash, so that no byte passes through here.
//!
//! | step | where |
//! |---|---|
//! | who calls | [`authorizer`] |
//! | request → domain | [`http`] |
//! | decisions | [`issue_upload`], [`show_asset`], [`restore_original`] |
//! | effects | the ports: one conditional DynamoDB write per ask, an S3 HEAD before "nothing to upload" |

pub mod authorizer;
pub mod config;
pub mod http;
pub mod issue_upload;
pub mod restore_original;
pub mod show_asset;

pub use authorizer::Caller;
pub use config::Config;
pub use http::IngestApi;

use shared::ports::{AssetRepository, ObjectStore, UploadSigner};

/// The use cases of ingest, over the ports they need.
#[derive(Debug, Clone)]
pub struct Ingest<S, U, R> {
    store: S,
    signer: U,
    assets: R,
    config: Config,
}

impl<S: ObjectStore, U: UploadSigner, R: AssetRepository> Ingest<S, U, R> {
    /// Ingest over these ports.
    pub fn new(store: S, signer: U, assets: R, config: Config) -> Self {
        Self { store, signer, assets, config }
    }
}

#[cfg(test)]
mod tests;
