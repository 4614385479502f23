//! What render reads from its environment, once, at cold start.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use shared::runtime::{ConfigError, Environment};
use shared::variant::Whitelist;

use crate::load::Load;
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
    /// `RENDERS_AT_ONCE`, `RENDER_MEMORY_BYTES` and `RENDER_TIMEOUT_SECONDS`: what all renders at one time may take.
    pub load: Load,
    /// `RENDER_LEASES_TABLE`, if `STAMPEDE_GUARD` is `lease`: the table of the leases that guard against stampedes.
    pub leases_table: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the first variable that is missing or malformed.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: env.required("ASSETS_BUCKET")?,
            table: env.required("ASSETS_TABLE")?,
            whitelist: Whitelist::from_env(env)?,
            limits: limits(env)?,
            load: load(env)?,
            leases_table: leases_table(env)?,
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

/// How long a variant may take, its turn included: less than CloudFront waits for its origin, 30 s.
const TIMEOUT_SECONDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// What Lambda's memory is needed for beside renders: the code, the clients, the runtime.
const BESIDE_RENDERS_BYTES: u64 = 96 << 20;

fn load(env: &Environment<'_>) -> Result<Load, ConfigError> {
    let default = Load::default();
    // Lambda sets it. Where it does not say, as much as two large originals take.
    let function_mb = env.parsed("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "a whole number of megabytes", 0_u64)?;
    let memory_bytes = match function_mb {
        0 => default.memory_bytes,
        megabytes => (megabytes << 20).saturating_sub(BESIDE_RENDERS_BYTES),
    };
    let at_least_1 = "a whole number, at least 1";
    let at_once = env.parsed("RENDERS_AT_ONCE", at_least_1, at_least(default.renders_at_once))?;
    let seconds =
        env.parsed("RENDER_TIMEOUT_SECONDS", "a whole number of seconds, at least 1", TIMEOUT_SECONDS)?;
    Ok(Load {
        renders_at_once: at_once.get(),
        memory_bytes: env.parsed("RENDER_MEMORY_BYTES", "a whole number of bytes", memory_bytes)?,
        longest: Duration::from_secs(u64::from(seconds.get())),
    })
}

fn at_least(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// Leases cost a write for each render: they are off unless they are asked for.
fn leases_table(env: &Environment<'_>) -> Result<Option<String>, ConfigError> {
    const NAME: &str = "STAMPEDE_GUARD";
    match env.optional(NAME).as_deref() {
        None | Some("off") => Ok(None),
        Some("lease") => env.required("RENDER_LEASES_TABLE").map(Some),
        Some(found) => {
            Err(ConfigError::Malformed { name: NAME, form: "off or lease", found: found.to_owned() })
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
        assert_eq!((config.load, config.leases_table), (Load::default(), None));
    }

    #[test]
    fn renders_share_the_memory_that_lambda_gives() {
        let load =
            config(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"), ("RENDERS_AT_ONCE", "3")]).unwrap().load;
        assert_eq!((load.memory_bytes, load.renders_at_once), ((1769 - 96) << 20, 3));
        let set = config(&[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"), ("RENDER_MEMORY_BYTES", "5")]);
        assert_eq!(set.unwrap().load.memory_bytes, 5);
        let seconds = config(&[("RENDER_TIMEOUT_SECONDS", "7")]).unwrap().load.longest;
        assert_eq!(seconds, Duration::from_secs(7));
    }

    #[test]
    fn leases_are_off_unless_they_are_asked_for() {
        let table = |guard: &'static str| {
            config(&[("RENDER_LEASES_TABLE", "leases"), ("STAMPEDE_GUARD", guard)]).unwrap().leases_table
        };
        assert_eq!((table(""), table("off")), (None, None));
        assert_eq!(table("lease").as_deref(), Some("leases"));
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
            ("STAMPEDE_GUARD", "on", "STAMPEDE_GUARD must be off or lease"),
            ("STAMPEDE_GUARD", "lease", "RENDER_LEASES_TABLE is not set"),
            ("RENDERS_AT_ONCE", "0", "RENDERS_AT_ONCE must be a whole number, at least 1"),
            ("RENDER_MEMORY_BYTES", "much", "RENDER_MEMORY_BYTES must be a whole number of bytes"),
            ("RENDER_TIMEOUT_SECONDS", "0", "RENDER_TIMEOUT_SECONDS must be a whole number of seconds"),
        ];
        for (name, value, why) in cases {
            let refused = config(&[(name, value)]).unwrap_err();
            assert!(refused.starts_with(why), "{refused}");
        }
    }
}
