//! The edge: from a request to the use case, and back to a response.

mod conditional;
mod problem;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use shared::ports::{AssetRepository, ObjectStore, RenderLeases};
use shared::runtime::TRACED;
use shared::variant::VariantUrl;
use tracing::Instrument as _;

use self::conditional::{is_known, variant_tag};
use self::problem::Refusal;
use crate::collapse::{Collapse, Part};
use crate::pipeline::Timings;
use crate::recent::Recent;
use crate::render_variant::{CacheLock, Render, Variant};
use crate::unguarded::Unguarded;

/// A variant is a function of its URL: it never changes, and its edge may keep showing it while it asks again.
const CACHED_FOREVER: HeaderValue = HeaderValue::from_static(
    "public, max-age=31536000, immutable, stale-while-revalidate=86400, stale-if-error=604800",
);

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const X_CACHE_LOCK: HeaderName = HeaderName::from_static("x-cache-lock");

/// CloudFront's id of a request, which it tells its origin, its log and the viewer.
const X_AMZ_CF_ID: HeaderName = HeaderName::from_static("x-amz-cf-id");

/// Answers `GET` and `HEAD` of variants' URLs.
#[derive(Debug)]
pub struct RenderApi<S, R, L = Unguarded> {
    render: Render<S, R, L>,
    /// What is being rendered: concurrent requests for one variant wait for one render.
    flights: Collapse<VariantUrl, Response<Bytes>>,
    /// What many wanted a moment ago, for those of them that come when the render has just ended.
    recent: Recent,
}

impl<S: ObjectStore, R: AssetRepository, L: RenderLeases> RenderApi<S, R, L> {
    /// The API of a use case.
    pub fn new(render: Render<S, R, L>) -> Self {
        Self { render, flights: Collapse::default(), recent: Recent::default() }
    }

    /// Answers a request for a path, taken as it came: a path that was percent-encoded is another spelling, and refused.
    ///
    /// Every failure is a response. `Content-Length` is the caller's to set: a streaming function URL may not have it.
    pub async fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Bytes> {
        let asked_by = headers.get(X_AMZ_CF_ID).and_then(|value| value.to_str().ok());
        let span = tracing::info_span!(target: TRACED, "variant", variant.path = path, cloudfront.request.id = asked_by);
        // Boxed, because the SDK's futures inside it are so deeply nested that the compiler gives up on their layout.
        let answered = Box::pin(self.answer(method, path, headers)).instrument(span.clone()).await;
        answered.unwrap_or_else(|refusal| span.in_scope(|| refusal.into_response(path)))
    }

    async fn answer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Response<Bytes>, Refusal> {
        if method != Method::GET && method != Method::HEAD {
            return Err(Refusal::Method);
        }
        let url: VariantUrl = path.parse()?;
        self.render.admit(&url)?;
        if is_known(headers, &variant_tag(&url)) {
            self.render.still_ready(&url).await?;
            let mut response = described(&url, Bytes::new());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response.headers_mut().remove(CONTENT_TYPE);
            return Ok(response);
        }
        if method == Method::HEAD {
            let fetch = self.render.presence(&url).await?;
            return Ok(timed(described(&url, Bytes::new()), fetch, None));
        }
        if let Some(mut response) = self.recent.find(&url, Instant::now()) {
            self.render.still_ready(&url).await?;
            followed(&mut response);
            return Ok(response);
        }
        let (mut response, part) =
            self.flights.once(url, self.rendered(&url, path), |made| self.keep(&url, made)).await;
        match part {
            Part::Follower => followed(&mut response),
            Part::Leader if response.status() == StatusCode::OK => {
                response.headers_mut().insert(X_CACHE_LOCK, CacheLock::Leader.header());
            }
            Part::Leader | Part::Alone => {}
        }
        Ok(response)
    }

    /// Keeps what others waited for: more of the same burst may be on their way.
    fn keep(&self, url: &VariantUrl, made: &Response<Bytes>) {
        if made.status() == StatusCode::OK {
            self.recent.keep(*url, made.clone(), Instant::now());
        }
    }

    /// Renders a variant, or says why not: whoever else asked for it gets the same answer.
    async fn rendered(&self, url: &VariantUrl, path: &str) -> Response<Bytes> {
        match self.render.variant(url).await {
            Ok(Variant { bytes, fetch, timings, lock }) => {
                let mut response = timed(described(url, bytes), fetch, timings);
                response.headers_mut().insert(X_CACHE_LOCK, lock.header());
                response
            }
            Err(error) => Refusal::from(error).into_response(path),
        }
    }
}

/// The answer to somebody who got what was made for another.
fn followed(response: &mut Response<Bytes>) {
    metrics::counter!("lease_followers").increment(1);
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(X_CACHE_LOCK, CacheLock::Follower.header());
    }
}

impl CacheLock {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::None => "none",
            Self::Leader => "leader",
            Self::Follower => "follower",
        })
    }
}

/// A response with everything that says what a variant is.
fn described(url: &VariantUrl, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let format = url.spec.format.content_type();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format));
    headers.insert(CACHE_CONTROL, CACHED_FOREVER);
    if let Ok(tag) = HeaderValue::from_str(&variant_tag(url)) {
        headers.insert(ETAG, tag);
    }
    headers.insert(VARY, HeaderValue::from_static("Accept"));
    headers.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(X_CACHE_LOCK, HeaderValue::from_static("none"));
    open_to_scripts(headers);
    response
}

/// What every answer says to browsers: any page may read it, and it is what its type says.
fn open_to_scripts(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The response with what took how long, in milliseconds.
fn timed(mut response: Response<Bytes>, fetch: Duration, timings: Option<Timings>) -> Response<Bytes> {
    let entry =
        |(name, duration): (&str, Duration)| format!("{name};dur={:.1}", duration.as_secs_f64() * 1e3);
    let steps = timings.map_or_else(Vec::new, |Timings { decode, resize, encode }| {
        vec![("decode", decode), ("resize", resize), ("encode", encode)]
    });
    let entries: Vec<String> = [("fetch", fetch)].into_iter().chain(steps).map(entry).collect();
    if let Ok(value) = HeaderValue::from_str(&entries.join(", ")) {
        response.headers_mut().insert(SERVER_TIMING, value);
    }
    response
}
