//! Reconcile on Lambda: reads the environment, builds the adapters, and hands every event on.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use reconcile::{Config, Handler, Reconcile};
use serde_json::Value;
use shared::aws::{Clients, DynamoAssetRepository, S3ObjectStore};
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};
use verify::Verify;

type Verifier = Verify<S3ObjectStore, DynamoAssetRepository>;
type OnAws = Handler<S3ObjectStore, DynamoAssetRepository, Verifier>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&variable);
    start_logging(&env);
    let metrics = EmbeddedMetrics::install(&env)?;
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let (store, assets) =
        (clients.object_store(&config.assets_bucket), clients.asset_repository(&config.assets_table));
    let verifier = Verify::new(store.clone(), assets.clone(), verify::Config::from_env(&env)?);
    let handler = OnAws::new(Reconcile::new(store, assets, verifier), config);
    run(service_fn(|event| metrics.told(handle(&handler, event)))).await
}

async fn handle(handler: &OnAws, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let done = handler.handle(&event.payload, event.context.deadline()).await;
    done.map_err(|error| Diagnostic {
        error_type: "ReconcileError".to_owned(),
        error_message: error.to_string(),
    })
}
