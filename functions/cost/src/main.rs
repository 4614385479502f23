//! Cost on Lambda: reads the environment, builds the adapters, and hands every event on.

use cost::{AwsUsage, Config, Cost, Handler, PriceBook};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::Value;
use shared::aws::{Clients, CloudWatchMetrics, DynamoAssetRepository, S3ObjectStore, SnsTopic, Webhook};
use shared::runtime::{EmbeddedMetrics, Environment, start_logging};

type Use = AwsUsage<CloudWatchMetrics, DynamoAssetRepository>;
type OnAws = Handler<Use, S3ObjectStore, (Option<SnsTopic>, Option<Webhook>)>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let env = Environment::new(&variable);
    start_logging(&env);
    let metrics = EmbeddedMetrics::install(&env)?;
    let (config, clients) = (Config::from_env(&env)?, Clients::from_env(&env)?);
    let store = clients.object_store(&config.deployment.bucket);
    let table = clients.asset_repository(&config.deployment.table);
    let topic = config.topic_arn.map(|arn| clients.sns(&env, &arn));
    let webhook = config.webhook.map(|url| clients.webhook(&url));
    let usage = AwsUsage::new(clients.cloudwatch(&env), table, config.deployment);
    let cost = Cost::new(usage, store, (topic, webhook), (PriceBook::us_east_1()?, config.inputs));
    let handler = OnAws::new(cost);
    run(service_fn(|event| metrics.told(handle(&handler, event)))).await
}

async fn handle(handler: &OnAws, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let done = handler.handle(&event.payload).await;
    done.map_err(|error| Diagnostic { error_type: "CostError".to_owned(), error_message: error.to_string() })
}
