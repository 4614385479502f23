//! The cost report's adapters against services that speak the protocols of `CloudWatch`, SNS and Slack.
#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail where it stands")]

mod cloudwatch;
mod topic;
mod webhook;

use shared::aws::Clients;
use shared::runtime::{ConfigError, Environment};

/// Has something made of an environment in which a service is at an address.
fn with<T>(
    service: (&str, &str),
    make: impl FnOnce(&Clients, &Environment<'_>) -> T,
) -> Result<T, ConfigError> {
    let lookup = |name: &str| {
        let value = match name {
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "key",
            "AWS_REGION" => "us-east-1",
            _ if name == service.0 => service.1,
            _ => return None,
        };
        Some(value.to_owned())
    };
    let env = Environment::new(&lookup);
    Ok(make(&Clients::from_env(&env)?, &env))
}
