//! CORS, by the rules of the bucket: which pages of other origins may use it, from a browser.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::CORSRule;
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use super::error::refusal;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/// One rule of a bucket's CORS configuration. Origins and headers may have one `*` each, which stands for
/// anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsRule {
    /// What the rule is called; it has no effect.
    pub id: Option<String>,
    /// The origins that may use the bucket, such as `https://example.com` or `http://localhost:*`.
    pub allowed_origins: Vec<String>,
    /// The HTTP methods that they may use, of GET, PUT, POST, DELETE and HEAD.
    pub allowed_methods: Vec<String>,
    /// The request headers that they may send.
    pub allowed_headers: Vec<String>,
    /// The response headers that they may read.
    pub exposed_headers: Vec<String>,
    /// For how many seconds a browser may remember the answer to a preflight request.
    pub max_age_seconds: Option<i32>,
}

impl CorsRule {
    /// Refuses what S3 refuses.
    ///
    /// # Errors
    /// `InvalidRequest` for an unknown method, or for more than one wildcard.
    pub(super) fn checked(self) -> S3Result<Self> {
        if let Some(method) = self.allowed_methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            return Err(s3_error!(
                InvalidRequest,
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            ));
        }
        let mut patterns = self.allowed_origins.iter().chain(&self.allowed_headers);
        if let Some(pattern) = patterns.find(|pattern| pattern.matches('*').count() > 1) {
            return Err(s3_error!(InvalidRequest, "{pattern} can not have more than one wildcard."));
        }
        Ok(self)
    }

    fn admits(&self, origin: &str, method: &str, headers: &[String]) -> bool {
        let mut origins = self.allowed_origins.iter();
        origins.any(|pattern| matches(pattern, origin))
            && self.allowed_methods.iter().any(|allowed| allowed == method)
            && headers.iter().all(|header| {
                let mut patterns = self.allowed_headers.iter();
                patterns.any(|pattern| matches(&pattern.to_ascii_lowercase(), header))
            })
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail)),
    }
}

impl TryFrom<CORSRule> for CorsRule {
    type Error = S3Error;

    fn try_from(rule: CORSRule) -> S3Result<Self> {
        Self {
            id: rule.id,
            allowed_origins: rule.allowed_origins,
            allowed_methods: rule.allowed_methods,
            allowed_headers: rule.allowed_headers.unwrap_or_default(),
            exposed_headers: rule.expose_headers.unwrap_or_default(),
            max_age_seconds: rule.max_age_seconds,
        }
        .checked()
    }
}

impl From<CorsRule> for CORSRule {
    fn from(rule: CorsRule) -> Self {
        let unless_empty = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        Self {
            id: rule.id,
            allowed_origins: rule.allowed_origins,
            allowed_methods: rule.allowed_methods,
            allowed_headers: unless_empty(rule.allowed_headers),
            expose_headers: unless_empty(rule.exposed_headers),
            max_age_seconds: rule.max_age_seconds,
        }
    }
}

/// What a browser asks before it sends a request of its page.
#[derive(Debug)]
pub(super) struct Preflight {
    origin: String,
    method: String,
    headers: Vec<String>,
}

impl Preflight {
    /// # Errors
    /// `BadRequest` if the question is not one.
    pub(super) fn parse(headers: &HeaderMap) -> S3Result<Self> {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let insufficient = |message: &'static str| refusal("BadRequest", StatusCode::BAD_REQUEST, message);
        let origin = text(ORIGIN)
            .ok_or_else(|| insufficient("Insufficient information. Origin request header needed."))?;
        let method = text(ACCESS_CONTROL_REQUEST_METHOD)
            .ok_or_else(|| insufficient("Invalid Access-Control-Request-Method: null"))?;
        let asked = text(ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default().split(',').map(str::trim);
        let headers = asked.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect();
        Ok(Self { origin: origin.to_owned(), method: method.to_owned(), headers })
    }

    /// # Errors
    /// `AccessForbidden` if no rule admits the request.
    pub(super) fn answer(&self, rules: Option<&[CorsRule]>) -> S3Result<HeaderMap> {
        let forbidden = |message: &'static str| refusal("AccessForbidden", StatusCode::FORBIDDEN, message);
        let rules = rules.ok_or_else(|| forbidden("CORSResponse: CORS is not enabled for this bucket."))?;
        let mut rules = rules.iter();
        let rule = rules.find(|rule| rule.admits(&self.origin, &self.method, &self.headers)).ok_or_else(|| {
            forbidden(
                "CORSResponse: This CORS request is not allowed: no rule of the bucket admits its origin, its method \
                 and its headers.",
            )
        })?;
        let mut answer = permission(rule, &self.origin);
        if !self.headers.is_empty() {
            set(&mut answer, ACCESS_CONTROL_ALLOW_HEADERS, &self.headers.join(", "));
        }
        Ok(answer)
    }
}

/// The headers that let a page read the answer to its own request; none if no rule admits the request.
pub(super) fn for_request(rules: &[CorsRule], origin: &str, method: &str) -> HeaderMap {
    let mut rules = rules.iter();
    let rule = rules.find(|rule| rule.admits(origin, method, &[]));
    rule.map(|rule| permission(rule, origin)).unwrap_or_default()
}

fn permission(rule: &CorsRule, origin: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if rule.allowed_origins.iter().any(|allowed| allowed == "*") {
        set(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    } else {
        set(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(&mut headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    set(&mut headers, ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    if !rule.exposed_headers.is_empty() {
        set(&mut headers, ACCESS_CONTROL_EXPOSE_HEADERS, &rule.exposed_headers.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
    }
    set(&mut headers, VARY, "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    headers
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uploads_from(origin: &str) -> CorsRule {
        CorsRule {
            allowed_origins: vec![origin.to_owned()],
            allowed_methods: vec!["PUT".to_owned()],
            allowed_headers: vec!["Content-Type".to_owned(), "x-amz-checksum-*".to_owned()],
            ..CorsRule::default()
        }
    }

    #[test]
    fn a_wildcard_stands_for_anything_in_its_place() {
        let rule = uploads_from("http://localhost:*");
        assert!(rule.admits("http://localhost:5173", "PUT", &["x-amz-checksum-sha256".to_owned()]));
        assert!(!rule.admits("http://localhost.evil", "PUT", &[]));
        assert!(!rule.admits("http://localhost:5173", "DELETE", &[]));
        assert!(!rule.admits("http://localhost:5173", "PUT", &["x-amz-acl".to_owned()]));
    }

    #[test]
    fn a_wildcard_does_not_match_the_same_characters_twice() {
        assert!(!matches("ab*ba", "aba"));
        assert!(matches("ab*ba", "abba"));
    }

    #[test]
    fn credentials_are_not_allowed_to_every_origin() {
        let named = permission(&uploads_from("http://a"), "http://a");
        let anyone = permission(&uploads_from("*"), "http://a");
        assert_eq!(named[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(anyone[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(!anyone.contains_key(ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }

    #[test]
    fn a_rule_with_two_wildcards_or_an_unknown_method_is_refused() {
        assert!(uploads_from("http://*.*").checked().is_err());
        let patch = CorsRule { allowed_methods: vec!["PATCH".to_owned()], ..CorsRule::default() };
        assert!(patch.checked().is_err());
    }
}
