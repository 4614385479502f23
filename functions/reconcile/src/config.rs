//! What reconcile reads from its environment, once, at its cold start.

use std::time::Duration;

use shared::runtime::{ConfigError, Environment};

/// Longer than any upload takes from its ask to its verdict, and than S3 takes to repeat an event.
const DEFAULT_GRACE_SECONDS: u32 = 15 * 60;

/// Reconcile's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `ASSETS_BUCKET`: the bucket that is compared.
    pub assets_bucket: String,
    /// `ASSETS_TABLE`: the table that it is compared with.
    pub assets_table: String,
    /// `RECONCILE_GRACE_SECONDS`: what is younger is left alone.
    pub grace: Duration,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, which Lambda sets: what a second costs. Zero elsewhere.
    pub memory_mb: u32,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the variable's name and the form that it must have.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let grace_seconds: u32 =
            env.parsed("RECONCILE_GRACE_SECONDS", "a whole number of seconds", DEFAULT_GRACE_SECONDS)?;
        Ok(Self {
            assets_bucket: env.required("ASSETS_BUCKET")?,
            assets_table: env.required("ASSETS_TABLE")?,
            grace: Duration::from_secs(grace_seconds.into()),
            memory_mb: env.parsed("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "a whole number of megabytes", 0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(grace: &'static str) -> Result<Config, String> {
        let lookup = |name: &str| match name {
            "ASSETS_BUCKET" => Some("assets".to_owned()),
            "ASSETS_TABLE" => Some("items".to_owned()),
            "RECONCILE_GRACE_SECONDS" => Some(grace.to_owned()),
            _ => None,
        };
        Config::from_env(&Environment::new(&lookup)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_grace_is_a_quarter_of_an_hour_unless_it_is_set() {
        assert_eq!(config("").unwrap().grace, Duration::from_mins(15));
        assert_eq!(config("0").unwrap().grace, Duration::ZERO);
        for wrong in ["-1", "a while", "1.5"] {
            assert!(config(wrong).unwrap_err().starts_with("RECONCILE_GRACE_SECONDS must be"), "{wrong}");
        }
    }
}
