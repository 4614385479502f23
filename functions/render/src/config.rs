//! What render reads from its environment, once, at cold start.

use shared::runtime::{ConfigError, Environment};
use shared::variant::Whitelist;

use crate::pipeline::Limits;

/// Render's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `ASSETS_BUCKET`: the bucket that holds the originals.
    pub bucket: String,
    /// `ASSETS_TABLE`: the table that holds the assets' metadata.
    pub table: String,
    /// `ALLOWED_WIDTHS`, `ALLOWED_HEIGHTS`, `ALLOWED_QUALITIES`: the variants that may be asked for.
    pub whitelist: Whitelist,
    /// `MAX_SOURCE_PIXELS` and `MAX_RENDER_MEMORY_BYTES`: what one render may take.
    pub limits: Limits,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the first variable that is missing or malformed.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        check_stampede_guard(env)?;
        Ok(Self {
            bucket: env.required("ASSETS_BUCKET")?,
            table: env.required("ASSETS_TABLE")?,
            whitelist: Whitelist::from_env(env)?,
            limits: limits(env)?,
        })
    }
}

fn limits(env: &Environment<'_>) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let pixels = "a whole number of pixels";
    let bytes = "a whole number of bytes";
    Ok(Limits {
        max_pixels: env.parsed("MAX_SOURCE_PIXELS", pixels, default.max_pixels)?,
        max_memory_bytes: env.parsed("MAX_RENDER_MEMORY_BYTES", bytes, default.max_memory_bytes)?,
    })
}

/// Leases are not part of this version: who relies on them must learn it now, not under load.
fn check_stampede_guard(env: &Environment<'_>) -> Result<(), ConfigError> {
    const NAME: &str = "STAMPEDE_GUARD";
    match env.optional(NAME) {
        None => Ok(()),
        Some(off) if off == "off" => Ok(()),
        Some(found) => {
            let form = "off (this version has no leases: leave it out, or set it to off)";
            Err(ConfigError::Malformed { name: NAME, form, found })
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::variant::Quality;

    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
        let all = [&[("ASSETS_BUCKET", "assets"), ("ASSETS_TABLE", "table")], variables].concat();
        let lookup = |name: &str| {
            all.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Config::from_env(&Environment::new(&lookup)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config = config(&[]).unwrap();
        assert_eq!((config.bucket.as_str(), config.table.as_str()), ("assets", "table"));
        assert_eq!((config.whitelist, config.limits), (Whitelist::default(), Limits::default()));
    }

    #[test]
    fn lists_and_limits_are_read() {
        let config = config(&[
            ("ALLOWED_WIDTHS", "800, 400,800"),
            ("ALLOWED_HEIGHTS", "0"),
            ("ALLOWED_QUALITIES", "90,10"),
            ("MAX_SOURCE_PIXELS", "1000"),
            ("MAX_RENDER_MEMORY_BYTES", "2000"),
            ("STAMPEDE_GUARD", "off"),
        ])
        .unwrap();
        assert_eq!((config.whitelist.widths, config.whitelist.heights), (vec![400, 800], vec![0]));
        assert_eq!(config.whitelist.qualities, [10, 90].map(|quality| Quality::new(quality).unwrap()));
        assert_eq!(config.limits, Limits { max_pixels: 1000, max_memory_bytes: 2000 });
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("ASSETS_BUCKET", "", "ASSETS_BUCKET is not set"),
            ("ASSETS_TABLE", "", "ASSETS_TABLE is not set"),
            (
                "ALLOWED_WIDTHS",
                "0,320",
                "ALLOWED_WIDTHS must be a comma-separated list of pixels, each at least 1",
            ),
            ("ALLOWED_HEIGHTS", "tall", "ALLOWED_HEIGHTS must be a comma-separated list of pixels"),
            (
                "ALLOWED_QUALITIES",
                "80,101",
                "ALLOWED_QUALITIES must be a comma-separated list of numbers from 10 to 100",
            ),
            ("MAX_SOURCE_PIXELS", "-1", "MAX_SOURCE_PIXELS must be a whole number of pixels"),
            ("MAX_RENDER_MEMORY_BYTES", "1 GiB", "MAX_RENDER_MEMORY_BYTES must be a whole number of bytes"),
            ("STAMPEDE_GUARD", "lease", "STAMPEDE_GUARD must be off (this version has no leases"),
        ];
        for (name, value, why) in cases {
            let refused = config(&[(name, value)]).unwrap_err();
            assert!(refused.starts_with(why), "{refused}");
        }
    }
}
