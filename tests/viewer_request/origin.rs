//! The Rust side: the rules of the local edge, and render with nothing in its stores.

use http::{HeaderMap, Method};
use render::{Limits, Render, RenderApi};
use shared::memory::{MemoryAssetRepository, MemoryObjectStore};
use shared::variant::{RequestedFormat, Whitelist};
use tokio::runtime::{Builder, Runtime};

use crate::answer::Answer;
use harness::variant_paths::Asked;

/// Render behind an edge.
pub(crate) struct Origin {
    render: RenderApi<MemoryObjectStore, MemoryAssetRepository>,
    runtime: Runtime,
}

impl Origin {
    /// Render with this whitelist.
    pub(crate) fn new(whitelist: Whitelist) -> Self {
        let (store, assets) = (MemoryObjectStore::default(), MemoryAssetRepository::default());
        let render = RenderApi::new(Render::new(store, assets, whitelist, Limits::default()));
        Self { render, runtime: Builder::new_current_thread().enable_time().build().unwrap() }
    }

    /// What it says. Whatever depends on more than the request, no such asset for one, comes after an edge's decision.
    pub(crate) fn answer(&self, asked: &Asked) -> Answer {
        let path = RequestedFormat::served_path(&asked.path, &asked.accept.join(","));
        let method: Method = asked.method.parse().unwrap();
        let response = self.runtime.block_on(self.render.respond(&method, &path, &HeaderMap::new()));
        let status = response.status().as_u16();
        if ![400, 403, 405].contains(&status) {
            return Answer::Served(path);
        }
        let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
        let headers = headers.collect();
        // The server of a response to HEAD leaves its body out.
        let body = if method == Method::HEAD { Vec::new() } else { response.body().to_vec() };
        Answer::Refused { status, headers, body: String::from_utf8(body).unwrap() }
    }
}
