//! Render behind the edge, with its invocations counted.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use render::RenderApi;
use shared::aws::{DynamoAssetRepository, DynamoRenderLeases, S3ObjectStore};

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
