//! The Lambda function `ingest`.

use ingest::event::Event;
use ingest::{CdnConfig, Config, Ingest, IngestApi};
use lambda_http::lambda_runtime::Diagnostic;
use lambda_http::{Body, Request, Response, run, service_fn};
use shared::aws::Clients;
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&lookup);
    start_logging(&env);
    let metrics = EmbeddedMetrics::install(&env)?;
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let (store, signer) = (clients.object_store(&config.bucket), clients.upload_signer(&config.bucket));
    let cdn =
        CdnConfig::from_env(&env)?.map(|cdn| clients.cdn(&env, &cdn.distribution_parameter, &cdn.queue_url));
    let assets = clients.asset_repository(&config.table);
    let api = &IngestApi::new(Ingest::new(store, signer, assets, cdn, config));
    run(service_fn(move |event: Request| async move {
        match Event::of(event).map_err(failure)? {
            Event::Request(request, caller) => {
                let Ok(response) = metrics.told(api.respond(*request, caller)).await;
                // Every body is JSON text: as bytes it would cross as base64.
                Ok(response.map(|body| Body::Text(String::from_utf8_lossy(&body).into_owned())))
            }
            Event::Queue(event) => api.heed(&event).await.map(|()| Response::default()).map_err(failure),
        }
    }))
    .await
}

fn failure(error: impl std::error::Error) -> Diagnostic {
    Diagnostic { error_type: "IngestError".to_owned(), error_message: error.to_string() }
}
