//! What the tests of several modules start from.

use shared::asset::{Asset, AssetState, Principal};
use shared::aws::{Clients, S3UploadSigner};
use shared::hash::ContentHash;
use shared::media::MediaType;
use shared::runtime::Environment;
use shared::time::Timestamp;

use crate::Config;

fn variables(name: &str) -> Option<String> {
    let value = match name {
        "ASSETS_BUCKET" => "bucket",
        "ASSETS_TABLE" => "table",
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test",
        "AWS_REGION" => "us-east-1",
        _ => return None,
    };
    Some(value.to_owned())
}

/// The default configuration.
pub(crate) fn config() -> Config {
    Config::from_env(&Environment::new(&variables)).unwrap()
}

/// A signer with made-up credentials: signing needs no network.
pub(crate) fn signer() -> S3UploadSigner {
    Clients::from_env(&Environment::new(&variables)).unwrap().upload_signer("bucket")
}

/// An asset in any state.
pub(crate) fn asset(content_hash: ContentHash, state: AssetState) -> Asset {
    let at = Timestamp::from_epoch_seconds(1_800_000_000);
    Asset {
        content_hash,
        size_bytes: 1,
        media_type: MediaType::Png,
        state,
        etag: None,
        dimensions: None,
        file_name: None,
        reason: None,
        created_by: Principal::new("alice").unwrap(),
        shared: false,
        created_at: at,
        updated_at: at,
        expires_at: None,
    }
}
