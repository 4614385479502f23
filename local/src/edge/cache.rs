//! A cache that behaves as CloudFront's does: by path, honouring `Cache-Control`, collapsing concurrent misses, keeping
//! the errors that CloudFront keeps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AGE, CACHE_CONTROL, CONTENT_LENGTH, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use http::{HeaderMap, Method, Response, StatusCode};
use moka::Expiry;
use moka::future::Cache;
use shared::ports::Invalidation;

use super::LocalRender;

/// How many bytes of responses are kept.
const CAPACITY_BYTES: u64 = 256 * 1024 * 1024;

/// What an entry takes beside its body.
const ENTRY_BYTES: usize = 1024;

/// How long CloudFront keeps an error for which the origin says nothing.
const ERROR_TTL: Duration = Duration::from_secs(10);

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const HIT: HeaderValue = HeaderValue::from_static("Hit from hashfolio");
const MISS: HeaderValue = HeaderValue::from_static("Miss from hashfolio");

/// A request as the cache sees it: its path is its key.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
}

/// The edge's cache. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct EdgeCache {
    kept: Cache<String, Arc<Kept>>,
}

/// A response that is kept.
#[derive(Debug)]
struct Kept {
    response: Response<Bytes>,
    since: Instant,
    ttl: Duration,
}

/// A response that may not be kept: whoever waited for it gets it, and nobody after them.
#[derive(Debug)]
struct Passing(Response<Bytes>);

struct ByTtl;

impl Expiry<String, Arc<Kept>> for ByTtl {
    fn expire_after_create(&self, _: &String, kept: &Arc<Kept>, _: Instant) -> Option<Duration> {
        Some(kept.ttl)
    }
}

impl Default for EdgeCache {
    fn default() -> Self {
        let weigh = |path: &String, kept: &Arc<Kept>| {
            let bytes = path.len() + kept.response.body().len() + ENTRY_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder().max_capacity(CAPACITY_BYTES).weigher(weigh).expire_after(ByTtl).build();
        Self { kept }
    }
}

impl EdgeCache {
    /// Forgets what is kept under the paths of an invalidation. What is being fetched meanwhile is kept afterwards, as
    /// `CloudFront` does it.
    pub(crate) async fn forget(&self, invalidation: &Invalidation) {
        let path = invalidation.path();
        let start = path.trim_end_matches('*');
        for (kept, _) in &self.kept {
            if kept.starts_with(start) {
                self.kept.invalidate(&*kept).await;
            }
        }
    }

    /// Answers from the cache, or by render: for any number of requests for one path at one time, once.
    pub(super) async fn answer(&self, asked: &Asked<'_>, render: &Arc<LocalRender>) -> Response<Bytes> {
        // What is kept answers reads; to anything else it is as if nothing were kept.
        let reads = asked.method == Method::GET || asked.method == Method::HEAD;
        if reads && let Some(kept) = self.kept.get(asked.path).await {
            return kept.answer(asked, HIT);
        }
        // Only a plain GET brings what can be kept: the others go to the origin as they are.
        if asked.method != Method::GET || asked.headers.contains_key(IF_NONE_MATCH) {
            return passed(render.respond(asked.method, asked.path, asked.headers).await);
        }
        let (kept, path, render) = (self.kept.clone(), asked.path.to_owned(), Arc::clone(render));
        // In a task of its own: a client that leaves must not take the render with it that others wait for.
        let fetching = tokio::spawn(fetch(kept, path, render));
        match fetching.await {
            Ok(Ok((kept, came))) => kept.answer(asked, came),
            Ok(Err(passing)) => passed(passing.0.clone()),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a render ended in a panic");
                passed(super::refused(&shared::problem::Problem::internal()))
            }
        }
    }
}

async fn fetch(
    kept: Cache<String, Arc<Kept>>,
    path: String,
    render: Arc<LocalRender>,
) -> Result<(Arc<Kept>, HeaderValue), Arc<Passing>> {
    let origin = async {
        let response = render.respond(&Method::GET, &path, &HeaderMap::new()).await;
        match ttl(&response) {
            Some(ttl) => Ok(Arc::new(Kept { response, since: Instant::now(), ttl })),
            None => Err(Passing(response)),
        }
    };
    let entry = kept.entry(path.clone()).or_try_insert_with(origin).await?;
    let came = if entry.is_fresh() { MISS } else { HIT };
    Ok((entry.into_value(), came))
}

impl Kept {
    fn answer(&self, asked: &Asked<'_>, came: HeaderValue) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.response.status();
        response.headers_mut().clone_from(self.response.headers());
        let headers = response.headers_mut();
        if came == HIT {
            headers.insert(AGE, HeaderValue::from(self.since.elapsed().as_secs()));
        }
        headers.insert(X_CACHE, came);
        if matches(asked.headers, self.response.headers().get(ETAG)) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else if asked.method == Method::HEAD {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.response.body().len()));
        } else {
            *response.body_mut() = self.response.body().clone();
        }
        response
    }
}

/// Whether a response came from the cache.
pub(super) fn is_hit(response: &Response<Bytes>) -> bool {
    response.headers().get(X_CACHE) == Some(&HIT)
}

fn passed(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(X_CACHE, MISS);
    response
}

/// Whether `If-None-Match` names this tag (RFC 9110, 13.1.2: compared weakly).
fn matches(request: &HeaderMap, tag: Option<&HeaderValue>) -> bool {
    let Some(tag) = tag.and_then(|tag| tag.to_str().ok()) else { return false };
    let listed = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    listed
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == tag.trim_start_matches("W/"))
}

/// How long a response may be kept; `None` when it may not.
fn ttl(response: &Response<Bytes>) -> Option<Duration> {
    let directives = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let said = directives.map(freshness);
    match response.status().as_u16() {
        // The distribution sets the least time for 5xx to 0: only what the origin asks for is kept.
        200 | 400 | 403 | 412 | 415 | 500..=504 => said?,
        404 | 405 | 414 => said.unwrap_or(Some(ERROR_TTL)),
        _ => None,
    }
}

/// What `Cache-Control` grants a shared cache (RFC 9111): `s-maxage` before `max-age`.
fn freshness(directives: &str) -> Option<Duration> {
    let mut granted = None;
    for directive in directives.split(',').map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" | "private" => return None,
            "s-maxage" => return value.parse().ok().map(Duration::from_secs).filter(|ttl| !ttl.is_zero()),
            "max-age" => granted = value.parse().ok().map(Duration::from_secs),
            _ => {}
        }
    }
    granted.filter(|ttl| !ttl.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, cache_control: Option<&str>) -> Option<u64> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if let Some(value) = cache_control {
            response.headers_mut().insert(CACHE_CONTROL, value.parse().unwrap());
        }
        ttl(&response).map(|ttl| ttl.as_secs())
    }

    #[test]
    fn what_cloudfront_keeps_is_kept_as_long() {
        let cases = [
            (200, Some("public, max-age=31536000, immutable"), Some(31_536_000)),
            (200, Some("max-age=60, s-maxage=5"), Some(5)),
            (200, None, None),
            (200, Some("no-store"), None),
            (200, Some("private, max-age=60"), None),
            (200, Some("max-age=0"), None),
            (400, Some("max-age=86400"), Some(86_400)),
            (400, None, None),
            (404, Some("max-age=7"), Some(7)),
            (404, None, Some(10)),
            (404, Some("no-store"), None),
            (405, None, Some(10)),
            (409, Some("max-age=60"), None),
            (422, Some("max-age=60"), None),
            (500, None, None),
            (503, Some("no-store"), None),
            (304, Some("max-age=60"), None),
        ];
        for (status, cache_control, expected) in cases {
            assert_eq!(answered(status, cache_control), expected, "{status} {cache_control:?}");
        }
    }

    #[test]
    fn a_tag_is_found_in_a_list_of_tags() {
        let tag = HeaderValue::from_static("\"abc\"");
        for (listed, expected) in
            [("\"abc\"", true), ("\"x\", W/\"abc\"", true), ("*", true), ("\"abcd\"", false), ("", false)]
        {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(listed).unwrap())]);
            assert_eq!(matches(&headers, Some(&tag)), expected, "{listed}");
        }
        assert!(!matches(&HeaderMap::new(), Some(&tag)));
    }
}
