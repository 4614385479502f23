//! The HTTP server: connections, CORS, and what the protocol crate leaves to its surroundings.

use std::future::Future;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use s3s::service::S3Service;
use s3s::{Body, HttpError, S3Error, S3Result, s3_error};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::buckets::{self, Configuration};
use super::cors::{self, CorsRule, Preflight};
use super::error::StoreError;
use super::{Store, keep_alive, presigned};
use crate::connections::{self, RequestBody};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// A status that the answer is to have instead of the one that the protocol crate gives it; an extension of
/// the response.
#[derive(Debug, Clone, Copy)]
pub(super) struct StatusOverride(pub(super) StatusCode);

/// Serves S3 on a listener until `shutdown` is done, then lets the requests under way end.
pub(super) async fn serve(
    listener: TcpListener,
    service: S3Service,
    store: Store,
    shutdown: impl Future<Output = ()>,
) {
    let front = Arc::new(Front { service, store });
    let answer = move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    };
    connections::serve(listener, answer, shutdown).await;
}

/// The protocol crate's service, and what stands in front of it.
struct Front {
    service: S3Service,
    store: Store,
}

impl Front {
    async fn answer(&self, request: Request<RequestBody>) -> Result<Response<Body>, HttpError> {
        let asker = Asker::of(&request);
        let answer = if request.method() == Method::OPTIONS {
            self.preflight(&request, asker.as_ref()).await
        } else {
            self.operate(request).await?
        };
        let mut response =
            answer.or_else(S3Error::to_http_response).map_err(|error| HttpError::new(Box::new(error)))?;
        keep_alive::attend(&mut response);
        if let Some(StatusOverride(status)) = response.extensions().get().copied() {
            *response.status_mut() = status;
        }
        if let Some(asker) = asker.filter(|_| !response.headers().contains_key("access-control-allow-origin"))
        {
            let rules = self.rules(&asker.bucket).await.unwrap_or_default().unwrap_or_default();
            response.headers_mut().extend(cors::for_request(&rules, &asker.origin, &asker.method));
        }
        if let Ok(id) = HeaderValue::try_from(Uuid::new_v4().simple().to_string()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Ok(response)
    }

    /// Answers a browser that asks whether it may send a request.
    async fn preflight(
        &self,
        request: &Request<RequestBody>,
        asker: Option<&Asker>,
    ) -> S3Result<Response<Body>> {
        let preflight = Preflight::parse(request.headers())?;
        let rules = match asker {
            Some(asker) => self.rules(&asker.bucket).await?,
            None => None,
        };
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = preflight.answer(rules.as_deref())?;
        Ok(response)
    }

    async fn operate(&self, request: Request<RequestBody>) -> Result<S3Result<Response<Body>>, HttpError> {
        let (mut parts, body) = request.into_parts();
        let is_form = |value: &HeaderValue| value.as_bytes().starts_with(b"multipart/form-data");
        if parts.method == Method::POST && parts.headers.get(CONTENT_TYPE).is_some_and(is_form) {
            return Ok(Err(s3_error!(NotImplemented, "This store takes no uploads from HTML forms.")));
        }
        if let Err(error) = presigned::admit(&mut parts) {
            return Ok(Err(error));
        }
        self.service.call(Request::from_parts(parts, Body::http_body(body))).await.map(Ok)
    }

    async fn rules(&self, bucket: &str) -> Result<Option<Vec<CorsRule>>, StoreError> {
        let bucket = bucket.to_owned();
        let read = move |catalog: &mut super::catalog::Catalog| {
            buckets::configuration(catalog.connection(), &bucket, Configuration::Cors)
        };
        self.store.index.run(read).await
    }
}

/// A page of another origin, asking through a browser.
struct Asker {
    origin: String,
    method: String,
    bucket: String,
}

impl Asker {
    fn of<B>(request: &Request<B>) -> Option<Self> {
        let origin = request.headers().get(ORIGIN)?.to_str().ok()?.to_owned();
        let bucket = request.uri().path().trim_start_matches('/').split('/').next()?.to_owned();
        Some(Self { origin, method: request.method().to_string(), bucket })
    }
}
