//! What render reads of its environment, once, at its cold start.

use shared::runtime::{ConfigError, Environment};
use shared::variant::Whitelist;

use crate::pipeline::Limits;

/// Render's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `ASSETS_BUCKET`: where originals lie.
    pub bucket: String,
    /// `ASSETS_TABLE`: where assets are recorded.
    pub table: String,
    /// `ALLOWED_WIDTHS`, `ALLOWED_HEIGHTS`, `ALLOWED_QUALITIES`: the variants that are made.
    pub whitelist: Whitelist,
    /// `MAX_SOURCE_PIXELS`, `MAX_RENDER_MEMORY_BYTES`: what one render may take.
    pub limits: Limits,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the variable that is missing or malformed.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        // The one guard there is yet: CloudFront collapses what it can, and nobody leases.
        let guard = "off, the one guard that this version has";
        env.parsed("STAMPEDE_GUARD", guard, Off)?;
        let Limits { max_pixels, max_memory_bytes } = Limits::default();
        Ok(Self {
            bucket: env.required("ASSETS_BUCKET")?,
            table: env.required("ASSETS_TABLE")?,
            whitelist: Whitelist::from_env(env)?,
            limits: Limits {
                max_pixels: env.parsed("MAX_SOURCE_PIXELS", "a whole number of pixels", max_pixels)?,
                max_memory_bytes: env.parsed(
                    "MAX_RENDER_MEMORY_BYTES",
                    "a whole number of bytes",
                    max_memory_bytes,
                )?,
            },
        })
    }
}

/// `STAMPEDE_GUARD=off`.
struct Off;

impl std::str::FromStr for Off {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "off" { Ok(Self) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_variable_is_named() {
        for (name, value) in [
            ("ASSETS_BUCKET", ""),
            ("ALLOWED_HEIGHTS", "tall"),
            ("ALLOWED_QUALITIES", "80,9"),
            ("MAX_SOURCE_PIXELS", "-1"),
            ("MAX_RENDER_MEMORY_BYTES", "1GB"),
            ("STAMPEDE_GUARD", "lease"),
        ] {
            let lookup = |asked: &str| match asked {
                one if one == name => Some(value.to_owned()),
                "ASSETS_BUCKET" | "ASSETS_TABLE" => Some("assets".to_owned()),
                _ => None,
            };
            let refused = Config::from_env(&Environment::new(&lookup)).unwrap_err().to_string();
            assert!(refused.starts_with(name), "{refused}");
        }
    }
}
