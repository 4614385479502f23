//! The functions behind the edge, with their invocations counted.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use ingest::{Caller, IngestApi, QueueEvent};
use render::RenderApi;
use shared::aws::{DynamoAssetRepository, DynamoRenderLeases, S3ObjectStore, S3UploadSigner};

use super::cdn::LocalCdn;
use crate::usage::{CountReads, Counters, Function};

/// Render on the local stores.
#[derive(Debug)]
pub(crate) struct LocalRender {
    api: RenderApi<CountReads<S3ObjectStore>, DynamoAssetRepository, DynamoRenderLeases>,
    counters: Arc<Counters>,
}

impl LocalRender {
    /// Render, counted.
    pub(crate) fn new(
        api: RenderApi<CountReads<S3ObjectStore>, DynamoAssetRepository, DynamoRenderLeases>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { api, counters }
    }

    /// Answers as render does. Other methods than GET and HEAD are no invocations: CloudFront refuses them itself.
    pub(crate) async fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Response<Bytes> {
        let _invocation = super::reads(method).then(|| self.counters.invocation(Function::Render));
        self.api.respond(method, path, headers).await
    }
}

/// Ingest on the local stores.
#[derive(Debug)]
pub(crate) struct LocalIngest {
    api: IngestApi<S3ObjectStore, S3UploadSigner, DynamoAssetRepository, LocalCdn>,
    counters: Arc<Counters>,
}

impl LocalIngest {
    /// Ingest, counted.
    pub(crate) fn new(
        api: IngestApi<S3ObjectStore, S3UploadSigner, DynamoAssetRepository, LocalCdn>,
        counters: Arc<Counters>,
    ) -> Self {
        Self { api, counters }
    }

    /// Answers as ingest does.
    pub(crate) async fn respond(&self, request: Request<Bytes>, caller: Caller) -> Response<Bytes> {
        let _invocation = self.counters.invocation(Function::Ingest);
        let Ok(response): Result<_, Infallible> = self.api.respond(request, Some(caller)).await;
        response
    }

    /// Whether a request comes from no page, or from one that may call.
    pub(crate) fn admits_sender(&self, request: &HeaderMap) -> bool {
        self.api.admits_sender(request)
    }

    /// Does what a message of the queue asks for, and says whether that is done.
    pub(crate) async fn heed(&self, event: &QueueEvent) -> bool {
        let _invocation = self.counters.invocation(Function::Ingest);
        self.api.heed(event).await.is_ok()
    }
}
