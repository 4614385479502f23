//! The Lambda function `render`, behind a function URL that streams its responses.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::Full;
use lambda_http::{Request, RequestExt as _, run_with_streaming_response_concurrent, service_fn};
use render::{Config, Render, RenderApi};
use shared::aws::Clients;
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&variable);
    start_logging(&env);
    let metrics = EmbeddedMetrics::install(&env)?;
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let store = clients.object_store(&config.bucket);
    let assets = clients.asset_repository(&config.table);
    let leases = config.leases_table.map(|table| clients.render_leases(&table));
    let render = Render::new(store, assets, config.whitelist, config.limits).bounded_by(config.load);
    let api = Arc::new(RenderApi::new(render.guarded_by(leases)));
    run_with_streaming_response_concurrent(service_fn(move |request: Request| {
        let api = Arc::clone(&api);
        metrics.told(async move {
            let response = api.respond(request.method(), request.raw_http_path(), request.headers()).await;
            Ok::<_, Infallible>(response.map(Full::new))
        })
    }))
    .await
}
