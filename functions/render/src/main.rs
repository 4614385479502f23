//! The Lambda function `render`.
#![recursion_limit = "256"] // the SDK's calls, joined and inside the runtime's own futures, nest deep

use std::env;

use lambda_http::{Request, RequestExt as _, run_with_streaming_response, service_fn};
use render::{Config, Render, RenderApi};
use shared::aws::Clients;
use shared::runtime::{Environment, start_logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    start_logging();
    let lookup = |name: &str| env::var(name).ok();
    let env = Environment::new(&lookup);
    let config = Config::from_env(&env)?;
    let clients = Clients::from_env(&env)?;
    let (store, assets) = (clients.object_store(&config.bucket), clients.asset_repository(&config.table));
    let api = &RenderApi::new(Render::new(store, assets, config));
    run_with_streaming_response(service_fn(move |request: Request| async move {
        let response = api.respond(request.method(), request.raw_http_path(), request.headers()).await;
        Ok::<_, std::convert::Infallible>(response.map(http_body_util::Full::new))
    }))
    .await
}
