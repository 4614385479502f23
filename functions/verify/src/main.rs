//! Verify on Lambda: reads the environment, builds the adapters, and hands every event on.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use shared::aws::{Clients, DynamoAssetRepository, S3ObjectStore};
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};
use verify::{Config, S3Event, Verify};

type VerifyOnAws = Verify<S3ObjectStore, DynamoAssetRepository>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&variable);
    start_logging(&env);
    let metrics = EmbeddedMetrics::install(&env)?;
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let store = clients.object_store(&config.assets_bucket);
    let assets = clients.asset_repository(&config.assets_table);
    let verify = VerifyOnAws::new(store, assets, config);
    run(service_fn(|event| metrics.told(handle(&verify, event)))).await
}

async fn handle(verify: &VerifyOnAws, event: LambdaEvent<S3Event>) -> Result<(), Diagnostic> {
    let handled = verify.handle(event.payload).await;
    handled.map_err(|error| Diagnostic {
        error_type: "VerifyError".to_owned(),
        error_message: error.to_string(),
    })
}
