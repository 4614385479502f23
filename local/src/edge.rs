//! The edge: what CloudFront and the HTTP API do in front of the functions.
//!
//! `/assets…` goes to ingest, uncached; every other path is a variant's, answered from the cache or by render. A query
//! is ignored there, and `.auto` becomes a format that the client accepts.

mod cache;
mod cdn;
mod origin;
mod usage;

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use ingest::Caller;
use metrics_exporter_prometheus::PrometheusHandle;
use shared::asset::Principal;
use shared::problem::{PROBLEM_JSON, Problem};
use shared::variant::RequestedFormat;
use tokio::net::TcpListener;

use crate::connections::{self, RequestBody};
use crate::usage::{Counter, LocalUsage};
pub(crate) use cache::EdgeCache;
pub(crate) use cdn::{LocalCdn, Reminders};
pub(crate) use origin::{LocalIngest, LocalRender};

/// How long a request's body may take to arrive: 256 KiB at the pace of an old modem.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Who calls, when a request says so; without it the caller is `local`, with admin scope.
const PRINCIPAL: HeaderName = HeaderName::from_static("x-hashfolio-principal");

/// The front of the local system.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) ingest: Arc<LocalIngest>,
    pub(crate) render: Arc<LocalRender>,
    pub(crate) cache: Option<EdgeCache>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) usage: Arc<LocalUsage>,
    /// The variables with which other programs of this machine reach S3 and DynamoDB.
    pub(crate) variables: String,
}

impl Edge {
    /// A cache, unless the edge is to do without one.
    pub(crate) fn cache(wanted: bool) -> Option<EdgeCache> {
        wanted.then(EdgeCache::default)
    }

    /// Serves until `shutdown` is done.
    pub(crate) async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let edge = Arc::new(self);
        let answer = move |request| {
            let edge = Arc::clone(&edge);
            async move { Ok::<_, Infallible>(edge.answer(request).await.map(Full::new)) }
        };
        connections::serve(listener, answer, shutdown).await;
    }

    async fn answer(&self, request: Request<RequestBody>) -> Response<Bytes> {
        let path = request.uri().path();
        let is_own = matches!(path, "/healthz" | "/endpoints.env" | "/metrics" | "/usage");
        if is_own && !reads(request.method()) {
            return refused(&Problem::method_not_allowed("GET, HEAD"));
        }
        match path {
            "/healthz" => plain("ok\n", "text/plain; charset=utf-8"),
            "/endpoints.env" => plain(self.variables.clone(), "text/plain; charset=utf-8"),
            "/metrics" => plain(self.metrics.render(), "text/plain; version=0.0.4"),
            "/usage" => usage::answer(&self.usage, request.uri().query().unwrap_or_default()).await,
            _ if path == "/assets" || path.starts_with("/assets/") => self.ingest(request).await,
            _ => self.variant(&request).await,
        }
    }

    async fn ingest(&self, request: Request<RequestBody>) -> Response<Bytes> {
        let caller = match caller(request.headers()) {
            Ok(caller) => caller,
            Err(problem) => return refused(&problem),
        };
        if is_forgeable(&request) && !self.ingest.admits_sender(request.headers()) {
            return refused(&foreign_page());
        }
        let (parts, body) = request.into_parts();
        // One byte more than ingest takes, so that it is ingest that says what is too much.
        let body = Limited::new(body, ingest::http::MAX_BODY_BYTES + 1).collect();
        let body = match tokio::time::timeout(BODY_TIMEOUT, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return refused(&unreadable(error.as_ref())),
            Err(_) => {
                let detail =
                    format!("The request's body did not arrive within {} s.", BODY_TIMEOUT.as_secs());
                return refused(&Problem::new(408, "request_timeout", "Request timeout", detail));
            }
        };
        self.ingest.respond(Request::from_parts(parts, body), caller).await
    }

    async fn variant(&self, request: &Request<RequestBody>) -> Response<Bytes> {
        let path = resolved(request);
        let asked = cache::Asked { method: request.method(), path: &path, headers: request.headers() };
        let response = match &self.cache {
            Some(cache) => cache.answer(&asked, &self.render).await,
            None => self.render.respond(request.method(), &path, request.headers()).await,
        };
        if reads(request.method()) {
            self.count(request.method(), &response);
        }
        response
    }

    /// Counts a request as CloudFront bills it, and whether it was a hit.
    fn count(&self, method: &Method, response: &Response<Bytes>) {
        let counters = self.usage.counters();
        counters.add(Counter::VariantRequests, 1);
        counters.add(Counter::VariantHits, cache::is_hit(response).into());
        if method == Method::GET {
            counters.add(Counter::CdnBytes, response.body().len() as u64);
        }
    }
}

/// Whether a method is one that the edge takes for variants.
fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// The path to serve: `.auto` resolved by what the client accepts, in however many lines it says so. Any other path has
/// one spelling and serves as it is: parsing it here would cost a hit a sixth of what it takes beside sending it.
fn resolved(request: &Request<RequestBody>) -> Cow<'_, str> {
    let path = request.uri().path();
    if !matches!(path.rsplit_once('.'), Some((_, "auto"))) {
        return Cow::Borrowed(path);
    }
    let lines = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    Cow::Owned(RequestedFormat::served_path(path, &lines.collect::<Vec<_>>().join(",")))
}

/// The caller of a request on loopback.
fn caller(headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(named) = headers.get(PRINCIPAL) else {
        let local = Principal::new("local").ok_or_else(Problem::internal)?;
        return Ok(Caller { principal: local, is_admin: true });
    };
    let principal = named.to_str().ok().and_then(Principal::new).ok_or_else(|| {
        let detail = "X-Hashfolio-Principal: must be a name of 1 to 1,024 visible ASCII characters";
        Problem::new(400, "invalid_request", "Invalid request", detail).at_field("X-Hashfolio-Principal")
    })?;
    Ok(Caller { principal, is_admin: false })
}

/// Whether any page could have sent a request without the browser asking first (the Fetch standard's "simple" ones).
/// Everybody on this machine is an admin here, a browser with a stranger's page among them.
fn is_forgeable<B>(request: &Request<B>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    request.method() == Method::POST && !content_type.to_ascii_lowercase().starts_with(b"application/json")
}

fn foreign_page() -> Problem {
    let detail = "Pages may call that CORS_ALLOWED_ORIGINS names, and this request comes from another.";
    Problem::new(403, "foreign_page", "Foreign page", detail)
}

fn unreadable(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Problem {
    if error.is::<http_body_util::LengthLimitError>() {
        let detail = format!("A request body has at most {} bytes.", ingest::http::MAX_BODY_BYTES);
        return Problem::new(413, "request_too_large", "Request too large", detail);
    }
    Problem::new(400, "invalid_request", "Invalid request", "body: could not be read to its end")
}

fn refused(problem: &Problem) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(problem.to_json()));
    *response.status_mut() = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(allow) = problem.allow() {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    }
    response
}

fn plain(text: impl Into<Bytes>, content_type: &'static str) -> Response<Bytes> {
    let mut response = Response::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
