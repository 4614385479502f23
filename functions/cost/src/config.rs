//! What cost reads from its environment, once, at its cold start.

use std::collections::BTreeMap;

use shared::runtime::{ConfigError, Environment};
use shared::webhook::WebhookUrl;

use crate::inputs::Inputs;
use crate::item::Architecture;
use crate::money::{MicroUsd, decimal};
use crate::on_aws::{Deployment, Function, Role};
use crate::storage_class::StorageClass;
use crate::usage::Share;

/// Cost's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AWS_REGION`, `STACK_NAME`, `ASSETS_BUCKET`, `ASSETS_TABLE`, `DISTRIBUTION_ID`, `ORIGIN_SHIELD`,
    /// `STATE_MACHINE_ARN`, `FUNCTION_ARCHITECTURE`, and of each function its name and memory: what is measured.
    pub deployment: Deployment,
    /// `BASELINE_VARIANTS_PER_ASSET`, `BASELINE_VARIANT_SIZE_RATIO`, `BASELINE_STORAGE_CLASS`, `MIGRATION_COST_USD`,
    /// `MONTHLY_BUDGET_USD`: what no measurement says.
    pub inputs: Inputs,
    /// `REPORT_TOPIC_ARN`: the topic that hears of each report.
    pub topic_arn: Option<String>,
    /// `REPORT_WEBHOOK_URL`: the webhook that does.
    pub webhook: Option<WebhookUrl>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the variable's name and the form that it must have.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            deployment: deployment(env)?,
            inputs: Inputs::from_env(env)?,
            topic_arn: given(env, "REPORT_TOPIC_ARN", "the ARN of an SNS topic, arn:aws:sns:…", topic)?,
            webhook: webhook(env)?,
        })
    }
}

fn deployment(env: &Environment<'_>) -> Result<Deployment, ConfigError> {
    let functions = [
        (Role::Ingest, function(env, "INGEST_FUNCTION_NAME", "INGEST_MEMORY_MB")?),
        (Role::Verify, function(env, "VERIFY_FUNCTION_NAME", "VERIFY_MEMORY_MB")?),
        (Role::Render, function(env, "RENDER_FUNCTION_NAME", "RENDER_MEMORY_MB")?),
        (Role::Reconcile, function(env, "RECONCILE_FUNCTION_NAME", "RECONCILE_MEMORY_MB")?),
    ];
    let named = functions.into_iter().filter_map(|(role, function)| Some((role, function?)));
    Ok(Deployment {
        region: env.required("AWS_REGION")?,
        stack: env.optional("STACK_NAME"),
        bucket: env.required("ASSETS_BUCKET")?,
        table: env.required("ASSETS_TABLE")?,
        functions: named.collect::<BTreeMap<_, _>>(),
        architecture: given(env, "FUNCTION_ARCHITECTURE", "arm64 or x86_64", architecture)?,
        distribution: env.optional("DISTRIBUTION_ID"),
        origin_shield: given(env, "ORIGIN_SHIELD", "on or off", on_or_off)?,
        state_machine: env.optional("STATE_MACHINE_ARN"),
    })
}

fn function(
    env: &Environment<'_>,
    name: &'static str,
    memory: &'static str,
) -> Result<Option<Function>, ConfigError> {
    let memory_mb = given(env, memory, "a whole number of megabytes, at least 1", |text| {
        text.parse().ok().filter(|memory| *memory > 0)
    })?;
    Ok(env.optional(name).map(|name| Function { name, memory_mb }))
}

impl Inputs {
    /// Reads what no measurement says.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] with the name of the variable that is.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let dollars = "an amount in USD, such as 18000 or 49.50";
        let classes = "STANDARD, INTELLIGENT_TIERING, STANDARD_IA, GLACIER_IR, GLACIER or DEEP_ARCHIVE";
        let class = given(env, "BASELINE_STORAGE_CLASS", classes, |text| text.parse().ok())?;
        Ok(Inputs {
            variants_per_asset: env.parsed(
                "BASELINE_VARIANTS_PER_ASSET",
                "a whole number",
                Inputs::VARIANTS_PER_ASSET,
            )?,
            variant_size: given(
                env,
                "BASELINE_VARIANT_SIZE_RATIO",
                "a number from 0 to 1, such as 0.02",
                ratio,
            )?,
            variant_class: class.unwrap_or(StorageClass::Standard),
            migration_cost: given(env, "MIGRATION_COST_USD", dollars, MicroUsd::parse)?,
            monthly_budget: given(env, "MONTHLY_BUDGET_USD", dollars, MicroUsd::parse)?,
            ..Inputs::default()
        })
    }
}

/// A variable's value, if it is set.
fn given<T>(
    env: &Environment<'_>,
    name: &'static str,
    form: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(found) = env.optional(name) else { return Ok(None) };
    parse(found.trim()).map(Some).ok_or(ConfigError::Malformed { name, form, found })
}

/// A webhook's address is a secret, and stays one when it is wrong.
fn webhook(env: &Environment<'_>) -> Result<Option<WebhookUrl>, ConfigError> {
    let parsed = env.optional("REPORT_WEBHOOK_URL").map(|url| url.parse()).transpose();
    parsed.map_err(|_| ConfigError::Malformed {
        name: "REPORT_WEBHOOK_URL",
        form: "https://HOST/PATH",
        found: "not shown, since it may be a secret".to_owned(),
    })
}

fn topic(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_topic = parts.len() == 6 && parts[0] == "arn" && parts[2] == "sns" && !parts[5].is_empty();
    is_topic.then(|| text.to_owned())
}

fn architecture(text: &str) -> Option<Architecture> {
    Architecture::ALL.into_iter().find(|architecture| architecture.name() == text)
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn ratio(text: &str) -> Option<Share> {
    let millionths = u32::try_from(decimal(text, 6)?).ok()?;
    (millionths <= Share::WHOLE).then(|| Share::of_millionths(millionths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(set: &[(&str, &str)]) -> Result<Config, String> {
        let lookup = |name: &str| {
            let required =
                [("AWS_REGION", "us-east-1"), ("ASSETS_BUCKET", "assets"), ("ASSETS_TABLE", "items")];
            let found = set.iter().chain(&required).find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::from_env(&Environment::new(&lookup)).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_but_region_bucket_and_table_must_be_set() {
        let config = config(&[]).unwrap();
        assert_eq!(config.inputs, Inputs::default());
        assert_eq!((config.topic_arn, config.webhook), (None, None));
        assert!(config.deployment.functions.is_empty());
        assert_eq!(config.deployment.distribution, None);
    }

    #[test]
    fn what_is_set_is_read() {
        let config = config(&[
            ("RENDER_FUNCTION_NAME", "stack-render"),
            ("RENDER_MEMORY_MB", "1769"),
            ("FUNCTION_ARCHITECTURE", "x86_64"),
            ("ORIGIN_SHIELD", "off"),
            ("MONTHLY_BUDGET_USD", "49.5"),
            ("MIGRATION_COST_USD", ""),
            ("BASELINE_VARIANTS_PER_ASSET", "12"),
            ("BASELINE_VARIANT_SIZE_RATIO", ".02"),
            ("BASELINE_STORAGE_CLASS", "STANDARD_IA"),
            ("REPORT_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:reports"),
            ("REPORT_WEBHOOK_URL", "https://hooks.example.com/services/secret"),
        ])
        .unwrap();
        let render = Function { name: "stack-render".to_owned(), memory_mb: Some(1769) };
        assert_eq!(config.deployment.functions, BTreeMap::from([(Role::Render, render)]));
        assert_eq!(config.deployment.architecture, Some(Architecture::X86));
        assert_eq!(config.deployment.origin_shield, Some(false));
        assert_eq!(
            config.inputs,
            Inputs {
                variants_per_asset: 12,
                variant_size: Some(Share::of_thousandths(20)),
                variant_class: StorageClass::StandardIa,
                migration_cost: None,
                monthly_budget: Some(MicroUsd::new(49_500_000)),
                ..Inputs::default()
            }
        );
        assert!(config.topic_arn.is_some() && config.webhook.is_some());
    }

    #[test]
    fn a_wrong_variable_is_named() {
        for (name, value) in [
            ("RENDER_MEMORY_MB", "0"),
            ("INGEST_MEMORY_MB", "much"),
            ("FUNCTION_ARCHITECTURE", "riscv"),
            ("ORIGIN_SHIELD", "us-east-1"),
            ("MONTHLY_BUDGET_USD", "-1"),
            ("MIGRATION_COST_USD", "a lot"),
            ("BASELINE_VARIANTS_PER_ASSET", "-8"),
            ("BASELINE_VARIANT_SIZE_RATIO", "1.1"),
            ("BASELINE_STORAGE_CLASS", "COLD"),
            ("REPORT_TOPIC_ARN", "reports"),
            ("REPORT_TOPIC_ARN", "arn:aws:sqs:us-east-1:123456789012:queue"),
        ] {
            let why = config(&[(name, value)]).unwrap_err();
            assert!(why.starts_with(&format!("{name} must be ")) && why.contains(value), "{why}");
        }
    }

    #[test]
    fn a_wrong_webhook_is_named_and_kept_secret() {
        let why = config(&[("REPORT_WEBHOOK_URL", "http://hooks.example.com/T0B0")]).unwrap_err();
        assert!(why.starts_with("REPORT_WEBHOOK_URL must be https://HOST/PATH"), "{why}");
        assert!(!why.contains("T0B0") && !why.contains("hooks.example.com"), "{why}");
    }
}
