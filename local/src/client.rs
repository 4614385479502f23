//! A client of the ingest API, and of the upload URLs that it hands out.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url, redirect};
use serde::de::DeserializeOwned;

pub mod answer;
mod backoff;
pub mod error;
pub mod parts;
pub mod problem;
pub(crate) mod signature;
pub mod stack;
mod text;
mod tls;
pub mod upload;

pub use answer::{Answer, Ask, Asset, Offer, Page, PartsOffer, Resume, Shown, Variants, WholeOffer};
pub(crate) use backoff::Backoff;
pub use error::{ApiError, ConnectError};
pub use problem::Problem;
use signature::Signer;

/// How long one call of the API may take. Asking for 100 assets writes 100 items, so this is generous.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the local system may sum up what it keeps: of a million objects a minute, if none of their index is in memory.
const USAGE_TIMEOUT: Duration = Duration::from_mins(5);
/// How long a connection may take to be made, to the API or to the store.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The ingest API at one address.
///
/// Calls that met a transient fault are repeated a few times with growing pauses, but for [`Api::check`].
#[derive(Debug, Clone)]
pub struct Api {
    base: Url,
    http: reqwest::Client,
    authorization: Option<HeaderValue>,
    /// What signs requests that no token vouches for.
    signer: Option<Signer>,
}

impl Api {
    /// A client of the API at `base`, which sends `token` as bearer token with each call.
    ///
    /// # Errors
    /// [`ConnectError`] when the token can't stand in a header, or TLS can't be set up on this machine.
    pub fn new(base: Url, token: Option<&str>) -> Result<Self, ConnectError> {
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .user_agent(concat!("hashfolio/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirect would carry the token elsewhere, and a streamed body can't be sent twice.
            .redirect(redirect::Policy::none());
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        Ok(Self {
            base,
            http: http.build().map_err(ConnectError::Client)?,
            authorization: token.map(bearer).transpose()?,
            signer: None,
        })
    }

    /// The same, with requests signed by the AWS credentials of the environment, if there are any: for an API that knows
    /// its callers by IAM. A token goes first, and nothing is signed for this machine.
    #[must_use]
    pub fn signed(mut self, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        if self.authorization.is_none() && !is_loopback(&self.base) {
            self.signer = Signer::for_api(&self.base, environment);
        }
        self
    }

    /// The address of the API.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The whole URL of a path that the API answered, such as a variant's.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}/{}", self.base.as_str().trim_end_matches('/'), path.trim_start_matches('/'))
    }

    /// Finds out, in a single try, whether the API answers and knows the caller.
    ///
    /// # Errors
    /// [`ApiError`]: nothing answers, or the caller is refused.
    pub async fn check(&self) -> Result<(), ApiError> {
        self.call::<Page>(self.list_request(1, None)).await.map(|_| ())
    }

    /// The variables with which the local system's S3 and DynamoDB are reached, and those by which it judges.
    ///
    /// # Errors
    /// [`ApiError`]: nothing answers, or this is no local system.
    pub(crate) async fn variables(&self) -> Result<HashMap<String, String>, ApiError> {
        let response = self.send(self.request(Method::GET, self.url(&["endpoints.env"]))).await?;
        let lines = response.text().await.map_err(|fault| self.fault(fault))?;
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// What the local system used on as many of the last days, as a usage file.
    ///
    /// # Errors
    /// [`ApiError`]: nothing answers, or this is no local system.
    pub(crate) async fn usage(&self, days: u32) -> Result<Vec<u8>, ApiError> {
        let mut url = self.url(&["usage"]);
        url.query_pairs_mut().append_pair("days", &days.to_string());
        let request = self.request(Method::GET, url).timeout(USAGE_TIMEOUT);
        let response = self.send(request).await?;
        let file = response.bytes().await.map_err(|fault| self.fault(fault))?;
        Ok(file.into())
    }

    /// Asks to upload one asset.
    ///
    /// # Errors
    /// [`ApiError`] when there is no answer on the asset; a refusal of the asset is an [`Answer`].
    pub async fn ask(&self, ask: &Ask) -> Result<Answer, ApiError> {
        backoff::retrying(async || {
            let response = self.send(self.request(Method::POST, self.url(&["assets"])).json(ask)).await?;
            let status = response.status().as_u16();
            Answer::read(status, self.json(response).await?).map_err(|why| self.malformed(why))
        })
        .await
        .or_else(|fault| match fault {
            ApiError::Refused(problem) if !problem.concerns_the_caller() => Ok(Answer::Refused(problem)),
            other @ (ApiError::Unreachable { .. }
            | ApiError::Interrupted { .. }
            | ApiError::Refused(_)
            | ApiError::Signature(_)
            | ApiError::Malformed { .. }) => Err(other),
        })
    }

    /// Asks to upload up to 100 assets; the answers come in the order of the asks.
    ///
    /// # Errors
    /// [`ApiError`] when there is no answer on them.
    pub async fn ask_batch(&self, asks: &[Ask]) -> Result<Vec<Answer>, ApiError> {
        let answers: Vec<Answer> = backoff::retrying(async || {
            let request = self.request(Method::POST, self.url(&["assets", "batch"]));
            let batch: answer::Batch = self.call(request.json(&answer::BatchAsk { assets: asks })).await?;
            batch.answers().map_err(|why| self.malformed(why))
        })
        .await?;
        if answers.len() != asks.len() {
            let why = format!("it has {} results for {} assets", answers.len(), asks.len());
            return Err(self.malformed(why));
        }
        Ok(answers)
    }

    /// Shows one asset, by its hash or its identifier.
    ///
    /// # Errors
    /// [`ApiError`]; a [`ApiError::Refused`] of status 404 says that there is no such asset.
    pub async fn show(&self, hash_or_id: &str) -> Result<Shown, ApiError> {
        let url = self.url(&["assets", hash_or_id]);
        backoff::retrying(async || self.call(self.request(Method::GET, url.clone())).await).await
    }

    /// One page of at most `limit` of the caller's assets, newest first, from `cursor` on.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn list(&self, limit: u32, cursor: Option<&str>) -> Result<Page, ApiError> {
        backoff::retrying(async || self.call(self.list_request(limit, cursor)).await).await
    }

    fn list_request(&self, limit: u32, cursor: Option<&str>) -> RequestBuilder {
        let mut url = self.url(&["assets"]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", cursor);
        }
        self.request(Method::GET, url)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url).timeout(CALL_TIMEOUT);
        match &self.authorization {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        }
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let response = self.send(request).await?;
        self.json(response).await
    }

    /// Sends a request and takes any answer that is no success for a problem.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let mut request = request.build().map_err(|fault| self.fault(fault))?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, SystemTime::now())?;
        }
        let response = self.http.execute(request).await.map_err(|fault| self.fault(fault))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|fault| self.fault(fault))?;
        Err(ApiError::Refused(Problem::read(status.as_u16(), &body)))
    }

    async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, ApiError> {
        let body = response.bytes().await.map_err(|fault| self.fault(fault))?;
        serde_json::from_slice(&body).map_err(|fault| self.malformed(fault.to_string()))
    }

    fn fault(&self, fault: reqwest::Error) -> ApiError {
        let source = fault.without_url();
        if source.is_connect() {
            ApiError::Unreachable { url: self.base.clone(), source }
        } else {
            ApiError::Interrupted { url: self.base.clone(), source }
        }
    }

    fn malformed(&self, why: String) -> ApiError {
        ApiError::Malformed { url: self.base.clone(), why }
    }
}

fn bearer(token: &str) -> Result<HeaderValue, ConnectError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ConnectError::UnusableToken)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an address is on this machine: there, a proxy meant for the outside must not be asked.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}
