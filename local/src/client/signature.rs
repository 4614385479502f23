//! Requests that are signed with AWS credentials (`SigV4`): for an API that knows its callers by IAM.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Request, Url};

/// What an HTTP API is called in signatures.
const HTTP_API: &str = "execute-api";

/// The domain of HTTP APIs that have no domain of their own: `{id}.execute-api.{region}.amazonaws.com`.
const API_DOMAIN: &str = ".execute-api.";

/// Credentials, and what they sign for.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    credentials: Credentials,
    region: String,
    service: &'static str,
}

/// A request could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub struct SignatureError(String);

impl Signer {
    /// What signs for a service of a region with the credentials of the environment: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. `None` when there are none.
    pub(crate) fn of_environment(
        environment: &dyn Fn(&str) -> Option<String>,
        service: &'static str,
        region: String,
    ) -> Option<Self> {
        let (id, secret) = (environment("AWS_ACCESS_KEY_ID")?, environment("AWS_SECRET_ACCESS_KEY")?);
        let credentials = Credentials::new(id, secret, environment("AWS_SESSION_TOKEN"), None, "environment");
        Some(Self { credentials, region, service })
    }

    /// What signs for the HTTP API at an address: its name says its region, `AWS_REGION` that of one with a domain of its
    /// own.
    pub(crate) fn for_api(url: &Url, environment: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let named = url.host_str().and_then(|host| host.split_once(API_DOMAIN));
        let region = named.and_then(|(_, rest)| rest.split_once('.')).map(|(region, _)| region.to_owned());
        let region = region.or_else(|| environment("AWS_REGION"))?;
        Self::of_environment(environment, HTTP_API, region)
    }

    /// Signs a request whose body is in memory.
    ///
    /// # Errors
    /// [`SignatureError`] when its body is a stream, or a header can't be signed.
    pub(crate) fn sign(&self, request: &mut Request, now: SystemTime) -> Result<(), SignatureError> {
        let refused = |error: &dyn std::fmt::Display| SignatureError(error.to_string());
        let host = request.url().host_str().unwrap_or_default();
        let host = request.url().port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = vec![("host", host.as_str())];
        for (name, value) in request.headers() {
            headers.push((name.as_str(), value.to_str().map_err(|error| refused(&error))?));
        }
        let body = match request.body() {
            None => &[][..],
            Some(body) => body.as_bytes().ok_or_else(|| refused(&"its body is a stream"))?,
        };
        let url = request.url().as_str();
        let method = request.method().as_str();
        let signable = SignableRequest::new(method, url, headers.into_iter(), SignableBody::Bytes(body));
        let signable = signable.map_err(|error| refused(&error))?;
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| refused(&error))?
            .into();
        let (signature, _) = sign(signable, &parameters).map_err(|error| refused(&error))?.into_parts();
        for (name, value) in signature.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refused(&error))?;
            let mut value = HeaderValue::from_str(value).map_err(|error| refused(&error))?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Method;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "AWS_ACCESS_KEY_ID" => "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY" => "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "AWS_REGION" => "eu-west-1",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn signed(url: &str) -> String {
        let url: Url = url.parse().unwrap();
        let mut request = Request::new(Method::GET, url.clone());
        // 2015-08-30, 12:36 UTC: the day of AWS's own examples.
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636);
        Signer::for_api(&url, &environment).unwrap().sign(&mut request, now).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_request_is_signed_for_the_region_of_its_api() {
        let signature = signed("https://abc123.execute-api.eu-central-1.amazonaws.com/assets?limit=1");
        let scope = "Credential=AKIDEXAMPLE/20150830/eu-central-1/execute-api/aws4_request";
        assert!(signature.starts_with("AWS4-HMAC-SHA256 ") && signature.contains(scope), "{signature}");
        let own_domain = signed("https://assets.example.com/assets");
        assert!(own_domain.contains("/eu-west-1/execute-api/"), "{own_domain}");
        assert_ne!(signature, signed("https://abc123.execute-api.eu-central-1.amazonaws.com/assets?limit=2"));
    }

    #[test]
    fn without_credentials_nothing_is_signed() {
        let url: Url = "https://abc123.execute-api.eu-central-1.amazonaws.com/".parse().unwrap();
        assert!(Signer::for_api(&url, &|_| None).is_none());
    }
}
