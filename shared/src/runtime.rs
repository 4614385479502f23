//! What every binary does first: logging, recording metrics, and reading its environment.

#[cfg(feature = "embedded-metrics")]
mod embedded_metrics;
mod metrics;

use std::str::FromStr;

use tracing_subscriber::EnvFilter;

#[cfg(feature = "embedded-metrics")]
pub use embedded_metrics::{EmbeddedMetrics, InstallMetricsError};
pub use metrics::describe_metrics;

/// The environment variables of a process, read through a function so that tests bring their own.
#[derive(Clone, Copy)]
pub struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl std::fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values may be secrets.
        f.write_str("Environment")
    }
}

/// A variable that is missing or does not say what it must; a function fails with it at its cold start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not set, or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// It has another form.
    #[error("{name} must be {form}, and is {found:?}")]
    Malformed {
        /// Its name.
        name: &'static str,
        /// What it must be, in words.
        form: &'static str,
        /// What it is.
        found: String,
    },
}

impl<'a> Environment<'a> {
    /// An environment that is asked through this function.
    pub fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }

    /// A variable's text; an empty one counts as not set.
    pub fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A variable that must be set.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A variable's value, or a default when it is not set.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] with what it must be (`form`).
    pub fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        form: &'static str,
        default: T,
    ) -> Result<T, ConfigError> {
        let Some(found) = self.optional(name) else {
            return Ok(default);
        };
        found.trim().parse().map_err(|_| ConfigError::Malformed { name, form, found })
    }

    /// A variable's comma-separated values, or a default when it is not set.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when one of them is not what it must be (`form`).
    pub fn list<T: FromStr>(
        &self,
        name: &'static str,
        form: &'static str,
        default: Vec<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let Some(found) = self.optional(name) else {
            return Ok(default);
        };
        let parsed = found.split(',').map(|one| one.trim().parse()).collect::<Result<Vec<T>, _>>();
        parsed.map_err(|_| ConfigError::Malformed { name, form, found })
    }
}

/// Logs as JSON lines to standard output, where Lambda collects them; `RUST_LOG` chooses what, `info` by default.
pub fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // It has an error for each value of a histogram past the hundredth: a large batch is none.
    let quiet = "metrics_cloudwatch_embedded=off".parse();
    let filter = quiet.map_or_else(|_| EnvFilter::new("info"), |quiet| filter.add_directive(quiet));
    // A second call (tests) leaves the first subscriber in place.
    let _already_set = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        let value = match name {
            "BUCKET" => "assets",
            "WIDTHS" => "320, 640",
            "LIMIT" => "many",
            "EMPTY" => "",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn a_variable_is_read_with_its_type_or_its_default() {
        let env = Environment::new(&variables);
        assert_eq!(env.required("BUCKET"), Ok("assets".to_owned()));
        assert_eq!(env.list("WIDTHS", "whole numbers", vec![1_u32]), Ok(vec![320, 640]));
        assert_eq!(env.parsed("ABSENT", "a whole number", 7_u32), Ok(7));
    }

    #[test]
    fn a_missing_or_malformed_variable_is_named() {
        let env = Environment::new(&variables);
        assert_eq!(env.required("EMPTY").unwrap_err().to_string(), "EMPTY is not set");
        let why = env.parsed("LIMIT", "a whole number", 7_u32).unwrap_err().to_string();
        assert_eq!(why, "LIMIT must be a whole number, and is \"many\"");
    }
}
