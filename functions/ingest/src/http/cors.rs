//! Which pages' scripts may call, as the Fetch standard lets a server say.

use http::HeaderMap;
use http::header::{self, HeaderValue};

/// How long a browser may remember a preflight's answer, in seconds.
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The origins that may call.
#[derive(Debug, Clone)]
pub(super) struct CorsPolicy {
    origins: Vec<String>,
}

impl CorsPolicy {
    /// A policy for these origins; each may hold one `*`, as in S3's own rules.
    pub(super) fn new(origins: &[String]) -> Self {
        Self { origins: origins.to_vec() }
    }

    /// Adds to a response what a browser needs to hand it to the page that asked.
    pub(super) fn decorate(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        response.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request.get(header::ORIGIN).filter(|origin| self.admits(origin)) else { return };
        response.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            let methods = HeaderValue::from_static("GET, POST, DELETE");
            let headers = HeaderValue::from_static("authorization, content-type, x-hashfolio-principal");
            response.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            response.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
            response.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
        }
    }

    /// Whether a request comes from no page, or from one that may call.
    pub(super) fn admits_sender(&self, request: &HeaderMap) -> bool {
        request.get(header::ORIGIN).is_none_or(|origin| self.admits(origin))
    }

    fn admits(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.origins.iter().any(|allowed| match allowed.split_once('*') {
            None => allowed == origin,
            Some((start, end)) => {
                origin.len() >= start.len() + end.len() && origin.starts_with(start) && origin.ends_with(end)
            }
        })
    }
}
