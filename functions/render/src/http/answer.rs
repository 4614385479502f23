//! Answers: variants and refusals as HTTP says them, and how long each may be kept.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use shared::ports::{RepositoryError, StoreError};
use shared::problem::{PROBLEM_JSON, Problem};
use shared::variant::{NotAllowed, ParseVariantError, VariantUrl};

use crate::pipeline::{PIPELINE_VERSION, RenderError};
use crate::render_variant::{RenderedVariant, VariantError};

/// A variant never changes: a year, and longer while the origin is away.
const A_YEAR: HeaderValue = HeaderValue::from_static(
    "public, max-age=31536000, immutable, stale-while-revalidate=86400, stale-if-error=604800",
);
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// What depends on nothing but the URL and the configuration.
const A_DAY_SECONDS: u32 = 86_400;
/// What depends on the original's bytes, and on the version of the pipeline.
const AN_HOUR_SECONDS: u32 = 3_600;
/// What the next upload may change.
const A_MOMENT_SECONDS: u32 = 10;

/// After how many seconds a client may try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

const X_CACHE_LOCK: HeaderName = HeaderName::from_static("x-cache-lock");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const ANYONE: HeaderValue = HeaderValue::from_static("*");

/// A refusal, and for how long it will stay one.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) problem: Problem,
    /// For how many seconds caches may keep it; `None` when they may not.
    pub(super) keep_seconds: Option<u32>,
}

/// The strong tag of a variant: all that its bytes depend on.
pub(super) fn tag(url: &VariantUrl) -> String {
    let spec = url.spec;
    let extension = spec.format.extension();
    format!("\"{}.{}.{}.{extension}.v{PIPELINE_VERSION}\"", url.hash, spec.size, spec.quality)
}

pub(super) fn variant(url: &VariantUrl, tag: &str, variant: RenderedVariant) -> Response<Bytes> {
    let mut response = head(url, tag);
    let timings = variant.rendered.timings;
    let stages = [
        ("fetch", variant.fetch),
        ("decode", timings.decode),
        ("resize", timings.resize),
        ("encode", timings.encode),
    ];
    insert(response.headers_mut(), SERVER_TIMING, &server_timing(&stages));
    *response.body_mut() = Bytes::from(variant.rendered.bytes);
    response
}

/// A variant's head, without its bytes.
pub(super) fn head(url: &VariantUrl, tag: &str) -> Response<Bytes> {
    let mut response = not_modified(tag);
    *response.status_mut() = StatusCode::OK;
    let content_type = HeaderValue::from_static(url.spec.format.content_type());
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response.headers_mut().insert(X_CACHE_LOCK, HeaderValue::from_static("none"));
    response
}

pub(super) fn not_modified(tag: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    insert(headers, header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, A_YEAR);
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    for_everyone(headers);
    response
}

pub(super) fn refused(refused: &Refused) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(refused.problem.to_json()));
    let status = refused.problem.status();
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    match refused.keep_seconds {
        Some(seconds) => insert(headers, header::CACHE_CONTROL, &format!("public, max-age={seconds}")),
        None => drop(headers.insert(header::CACHE_CONTROL, NO_STORE)),
    }
    match status {
        405 => drop(headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"))),
        503 => drop(headers.insert(header::RETRY_AFTER, RETRY_AFTER)),
        _ => {}
    }
    for_everyone(headers);
    response
}

/// Pictures are for pages of every origin, and so are the times that they took.
fn for_everyone(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    headers.insert(TIMING_ALLOW_ORIGIN, ANYONE);
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // What comes here is printable ASCII.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// The stages as `Server-Timing` lists them, in milliseconds.
fn server_timing(stages: &[(&str, Duration)]) -> String {
    let stage = |(name, took): &(&str, Duration)| format!("{name};dur={:.1}", took.as_secs_f64() * 1e3);
    stages.iter().map(stage).collect::<Vec<_>>().join(", ")
}

impl From<ParseVariantError> for Refused {
    fn from(error: ParseVariantError) -> Self {
        let problem = Problem::new(400, "invalid_variant", "Invalid variant", capitalized(&error));
        Self { problem, keep_seconds: Some(A_DAY_SECONDS) }
    }
}

impl From<NotAllowed> for Refused {
    fn from(error: NotAllowed) -> Self {
        let problem = Problem::new(403, "variant_not_allowed", "Variant not allowed", capitalized(&error));
        Self { problem, keep_seconds: Some(A_DAY_SECONDS) }
    }
}

impl From<RenderError> for Refused {
    fn from(error: RenderError) -> Self {
        let problem = match error {
            RenderError::UnsupportedType(_) | RenderError::UnsupportedOutput { .. } => {
                Problem::new(415, "unsupported_media_type", "Unsupported media type", capitalized(&error))
            }
            RenderError::Undecodable { .. }
            | RenderError::TooManyPixels { .. }
            | RenderError::TooMuchMemory { .. } => {
                Problem::new(415, "undecodable_image", "Undecodable image", capitalized(&error))
            }
            RenderError::Failed { .. } => return Self::fault(&error, Problem::internal()),
        };
        Self { problem, keep_seconds: Some(AN_HOUR_SECONDS) }
    }
}

impl From<VariantError> for Refused {
    fn from(error: VariantError) -> Self {
        match error {
            VariantError::NotFound => {
                let problem = Problem::new(404, "asset_not_found", "Asset not found", capitalized(&error));
                Self { problem, keep_seconds: Some(A_MOMENT_SECONDS) }
            }
            VariantError::Archived => {
                let problem = Problem::new(409, "asset_archived", "Asset archived", capitalized(&error));
                Self { problem, keep_seconds: None }
            }
            // Logged where it was found, with what is to be done about it.
            VariantError::Drifted(_) => Self { problem: Problem::unavailable(), keep_seconds: None },
            VariantError::Render(error) => error.into(),
            VariantError::Store(StoreError::Denied { .. })
            | VariantError::Repository(RepositoryError::Corrupt { .. })
            | VariantError::Panicked(_) => Self::fault(&error, Problem::internal()),
            VariantError::Store(
                StoreError::NotFound(_)
                | StoreError::Changed(_)
                | StoreError::Archived(_)
                | StoreError::Unavailable { .. },
            )
            | VariantError::Repository(RepositoryError::Unavailable { .. }) => {
                Self::fault(&error, Problem::unavailable())
            }
        }
    }
}

impl Refused {
    /// A fault of ours: logged here, once, with all its causes; the client learns none.
    fn fault(error: &(dyn Error + 'static), problem: Problem) -> Self {
        tracing::error!(error, "a variant failed on our side");
        Self { problem, keep_seconds: None }
    }
}

fn capitalized(error: &dyn Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
        .unwrap_or_default()
}
