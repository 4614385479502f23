//! From each way to have no variant to its problem document.

use std::error::Error;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use shared::ports::{RepositoryError, StoreError};
use shared::problem::{PROBLEM_JSON, Problem};
use shared::variant::ParseVariantError;

use super::open_to_scripts;
use crate::pipeline::RenderError;
use crate::render_variant::RenderVariantError;

/// Why a request is not answered with a variant.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Another method than GET and HEAD.
    #[error("a variant is read with GET or HEAD")]
    Method,
    /// The path is no variant's.
    #[error(transparent)]
    Path(#[from] ParseVariantError),
    /// There is no variant.
    #[error(transparent)]
    Variant(#[from] RenderVariantError),
}

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It depends on nothing but the URL.
    Day,
    /// It depends on the original's bytes, and on a decoder that a deployment may change.
    Hour,
    /// An upload may change it any moment.
    TenSeconds,
    /// It says nothing of the next request.
    Not,
}

impl Keep {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Day => "public, max-age=86400",
            Self::Hour => "public, max-age=3600",
            Self::TenSeconds => "public, max-age=10",
            Self::Not => "no-store",
        })
    }
}

/// After how many seconds another try is worth it: throttling and failovers take about that long.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

impl Refusal {
    /// The response. What is not the client's doing is logged, once, here.
    pub(super) fn into_response(self, path: &str) -> Response<Bytes> {
        let (problem, keep) = self.problem();
        self.log(&problem, path);
        metrics::counter!("variants_refused", "code" => problem.code()).increment(1);

        let mut response = Response::new(Bytes::from(problem.to_json()));
        *response.status_mut() =
            StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, keep.header());
        open_to_scripts(headers);
        if problem.status() >= 500 {
            headers.insert(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        if matches!(self, Self::Method) {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }

    fn problem(&self) -> (Problem, Keep) {
        let detail = self.to_string();
        match self {
            Self::Method => {
                (Problem::new(405, "method_not_allowed", "Method not allowed", detail), Keep::Not)
            }
            Self::Path(_) => (Problem::new(400, "invalid_variant", "Invalid variant", detail), Keep::Day),
            Self::Variant(error) => match error {
                RenderVariantError::NotAllowed(_) => {
                    (Problem::new(403, "variant_not_allowed", "Variant not allowed", detail), Keep::Day)
                }
                RenderVariantError::NotFound | RenderVariantError::Lost => not_found(),
                RenderVariantError::Archived => archived(),
                RenderVariantError::Differs
                | RenderVariantError::Busy(_)
                | RenderVariantError::TooSlow(_) => (Problem::unavailable(), Keep::Not),
                RenderVariantError::Unrenderable(error) => unrenderable(error),
                RenderVariantError::BrokeDown(_) => (Problem::internal(), Keep::Not),
                RenderVariantError::Store(error) => match error {
                    StoreError::NotFound(_) => not_found(),
                    StoreError::Archived(_) => archived(),
                    StoreError::Changed(_) | StoreError::Denied { .. } | StoreError::Unavailable { .. } => {
                        (Problem::unavailable(), Keep::Not)
                    }
                },
                RenderVariantError::Repository(error) => match error {
                    RepositoryError::Unavailable { .. } => (Problem::unavailable(), Keep::Not),
                    RepositoryError::Corrupt { .. } => (Problem::internal(), Keep::Not),
                },
            },
        }
    }

    fn log(&self, problem: &Problem, path: &str) {
        let (code, status) = (problem.code(), problem.status());
        if status >= 500 || matches!(self, Self::Variant(RenderVariantError::Lost)) {
            tracing::error!(variant.path = path, error.code = code, status, "no variant: {}", chain(self));
        } else {
            tracing::debug!(variant.path = path, error.code = code, status, "no variant: {self}");
        }
    }
}

fn not_found() -> (Problem, Keep) {
    let detail = "There is no asset with this hash that can be shown.";
    (Problem::new(404, "asset_not_found", "Asset not found", detail), Keep::TenSeconds)
}

fn archived() -> (Problem, Keep) {
    let detail = "The original is archived: it must be restored before its variants can be shown.";
    (Problem::new(409, "asset_archived", "Asset archived", detail), Keep::Not)
}

fn unrenderable(error: &RenderError) -> (Problem, Keep) {
    let detail = error.to_string();
    match error {
        RenderError::UnsupportedType(_) | RenderError::UnsupportedOutput { .. } => {
            (Problem::new(415, "unsupported_media_type", "Unsupported media type", detail), Keep::Hour)
        }
        RenderError::Undecodable { .. }
        | RenderError::TooManyPixels { .. }
        | RenderError::TooMuchMemory { .. } => {
            (Problem::new(415, "undecodable_image", "Undecodable image", detail), Keep::Hour)
        }
        RenderError::Busy(_) => (Problem::unavailable(), Keep::Not),
        RenderError::Failed { .. } => (Problem::internal(), Keep::Not),
    }
}

/// An error with what caused it.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
