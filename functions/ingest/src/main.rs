//! The Lambda function `ingest`.

use std::env;

use ingest::{Caller, Config, Ingest, IngestApi};
use lambda_http::{Body, Request, RequestExt as _, run, service_fn};
use shared::aws::Clients;
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    start_logging();
    let metrics = EmbeddedMetrics::install()?;
    let lookup = |name: &str| env::var(name).ok();
    let env = Environment::new(&lookup);
    let config = Config::from_env(&env)?;
    let clients = Clients::from_env(&env)?;
    let (store, signer) = (clients.object_store(&config.bucket), clients.upload_signer(&config.bucket));
    let api = &IngestApi::new(Ingest::new(store, signer, clients.asset_repository(&config.table), config));
    run(service_fn(move |request: Request| async move {
        let caller = Caller::of(&request.request_context());
        let response = metrics.told(api.respond(ingest::http::from_lambda(request), caller)).await?;
        // Every body is JSON text: as bytes it would cross as base64.
        Ok::<_, std::convert::Infallible>(
            response.map(|body| Body::Text(String::from_utf8_lossy(&body).into_owned())),
        )
    }))
    .await
}
