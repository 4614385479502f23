//! What the tests of several modules start from.

use shared::aws::{Clients, S3UploadSigner};
use shared::runtime::Environment;

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
