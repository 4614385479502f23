//! Why a client command ended early.

use std::io;
use std::path::PathBuf;

use shared::runtime::ConfigError;

use super::endpoint::FindError;
use crate::client::{ApiError, ConnectError};

/// Why a client command ended before its work was done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It is not known where the system is.
    #[error(transparent)]
    Find(#[from] FindError),
    /// No client of the API could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The API gave no answer, or refused the caller.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// A variable of the environment is missing or wrong.
    #[error(
        "the configuration is wrong: {0} (for AWS: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN if \
         there is one, AWS_REGION, ASSETS_BUCKET and ASSETS_TABLE)"
    )]
    Config(#[source] ConfigError),
    /// The text names no asset.
    #[error("{0:?} is neither a content hash (64 digits of 0-9a-f) nor an asset id (a UUID)")]
    NoAssetName(String),
    /// Somebody asked it to end.
    #[error("the run was interrupted")]
    Interrupted,
    /// What was found out can't be printed.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
    /// The manifest can't be written.
    #[error("the manifest {} cannot be written: {source}", .path.display())]
    Manifest {
        /// Where it should go.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl CommandError {
    /// Whether the reader of the output went away (`hashfolio ls | head`): nobody is left to be told.
    pub(super) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(fault) if fault.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether there was nobody at the address.
    pub(super) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Api(ApiError::Unreachable { .. }))
    }
}
