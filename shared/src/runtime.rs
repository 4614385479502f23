//! What every binary does first: logging, recording metrics, and reading its environment.

#[cfg(feature = "embedded-metrics")]
mod embedded_metrics;
mod metrics;
mod xray;

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

#[cfg(feature = "embedded-metrics")]
pub use embedded_metrics::{EmbeddedMetrics, InstallMetricsError};
pub use metrics::{METRICS_NAMESPACE, STACK_DIMENSION, describe_metrics, start_counters};
pub use xray::TRACED;

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

/// An error and what caused it, in one line: a log's JSON shows the outermost alone.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Logs as JSON lines to standard output, where Lambda collects them; `RUST_LOG` chooses what, by target and level (`info`,
/// `warn,render=debug`), `info` by default. Each line has the spans that it stands in, the invocation's with its request id
/// first.
///
/// Where AWS X-Ray's daemon is (`AWS_XRAY_DAEMON_ADDRESS`), it is told of what sampled invocations ask of AWS.
pub fn start_logging(env: &Environment<'_>) {
    let wanted = env.optional("RUST_LOG").and_then(|wanted| wanted.parse::<Targets>().ok());
    let wanted = wanted.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    // It has an error for each value of a histogram past the hundredth: a large batch is none.
    let wanted = wanted.with_target("metrics_cloudwatch_embedded", LevelFilter::OFF);
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(true);
    let traces = env.optional("AWS_XRAY_DAEMON_ADDRESS");
    let traces = traces.map(|daemon| xray::XRay::to(daemon).with_filter(filter_fn(xray::XRay::takes)));
    // A second call (tests) leaves the first subscriber in place.
    let _already_set = registry().with(lines.with_filter(wanted)).with(traces).try_init();
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
