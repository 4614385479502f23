//! The Lambda function `render`, behind a function URL that streams its responses.

use std::convert::Infallible;

use http_body_util::Full;
use lambda_http::{Request, RequestExt as _, run_with_streaming_response, service_fn};
use render::{Config, Render, RenderApi};
use shared::aws::Clients;
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    start_logging();
    let metrics = EmbeddedMetrics::install()?;
    let variable = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&variable);
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let store = clients.object_store(&config.bucket);
    let assets = clients.asset_repository(&config.table);
    let api = &RenderApi::new(Render::new(store, assets, config.whitelist, config.limits));
    run_with_streaming_response(service_fn(move |request: Request| async move {
        let answer = api.respond(request.method(), request.raw_http_path(), request.headers());
        let response = metrics.told(answer).await;
        Ok::<_, Infallible>(response.map(Full::new))
    }))
    .await
}
