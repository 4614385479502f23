//! What can go wrong between the command and the API.

use std::error::Error;

use reqwest::Url;

use super::problem::Problem;
use super::signature::SignatureError;

/// Why a client could not even be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The bearer token has characters that no header may have.
    #[error("the token has characters that cannot stand in a header")]
    UnusableToken,
    /// TLS can't be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The HTTP client can't be set up.
    #[error("the HTTP client cannot be set up: {}", innermost(.0))]
    Client(#[source] reqwest::Error),
}

/// Why a call of the API brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No connection could be made.
    #[error("{url} cannot be reached ({})", innermost(.source))]
    Unreachable {
        /// The address of the API.
        url: Url,
        /// What the network said.
        source: reqwest::Error,
    },
    /// The connection broke, or the answer took too long.
    #[error("{url} did not finish its answer ({})", innermost(.source))]
    Interrupted {
        /// The address of the API.
        url: Url,
        /// What the network said.
        source: reqwest::Error,
    },
    /// The API answered with a problem.
    #[error("{0}")]
    Refused(Problem),
    /// The request could not be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What answered does not speak as the ingest API does.
    #[error("the answer of {url} is not that of an ingest API: {why}")]
    Malformed {
        /// The address of the API.
        url: Url,
        /// What is wrong with it.
        why: String,
    },
}

impl ApiError {
    /// Whether the same call may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Interrupted { .. } => true,
            Self::Refused(problem) => problem.is_transient(),
            Self::Malformed { .. } | Self::Signature(_) => false,
        }
    }

    /// Whether every other call would fail for the same reason: nothing is there, or the caller is not let in.
    pub fn concerns_every_call(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Signature(_) => true,
            Self::Refused(problem) => problem.concerns_the_caller(),
            Self::Interrupted { .. } | Self::Malformed { .. } => false,
        }
    }
}

/// The last error in a chain: what the system said, without the layers that passed it on.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
