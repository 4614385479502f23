//! What verify reads from its environment, once, at its cold start.

use std::str::FromStr;
use std::time::Duration;

use shared::media::MediaType;
use shared::runtime::{ConfigError, Environment};

use crate::judge::Criteria;

/// Verify's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `ASSETS_BUCKET`: the bucket that is looked at; records of another one are ignored.
    pub assets_bucket: String,
    /// `ASSETS_TABLE`: the table with the assets' states.
    pub assets_table: String,
    /// `MAX_UPLOAD_BYTES`, `ACCEPTED_MIME_TYPES`, `MAX_SOURCE_PIXELS`: what is accepted.
    pub criteria: Criteria,
    /// `PENDING_TTL_SECONDS`: how long an adoption from the drop folder that never ends is remembered.
    pub pending_ttl: Duration,
}

/// S3's limit for one PUT and one COPY. What is bigger can't be moved out of the drop folder.
pub(crate) const LARGEST_COPY_BYTES: u64 = 5 << 30;

const DEFAULT_MAX_SOURCE_PIXELS: u64 = 100_000_000;
const DEFAULT_PENDING_TTL_SECONDS: u64 = 24 * 60 * 60;

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the variable's name and the form that it must have.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let types = env.list(
            "ACCEPTED_MIME_TYPES",
            "a list of image/jpeg, image/png, image/webp, image/gif, image/tiff, image/bmp and image/avif",
            Criteria::default_types().map(ImageType).to_vec(),
        )?;
        let max_upload_bytes = env.parsed(
            "MAX_UPLOAD_BYTES",
            "a whole number of bytes from 1 to 5368709120, S3's limit for one upload",
            Within::<LARGEST_COPY_BYTES>(LARGEST_COPY_BYTES),
        )?;
        let max_source_pixels = env.parsed(
            "MAX_SOURCE_PIXELS",
            "a whole number of pixels, at least 1",
            Within::<{ u64::MAX }>(DEFAULT_MAX_SOURCE_PIXELS),
        )?;
        let pending_ttl_seconds = env.parsed(
            "PENDING_TTL_SECONDS",
            "a whole number of seconds, at least 1",
            Within::<{ u64::MAX }>(DEFAULT_PENDING_TTL_SECONDS),
        )?;
        Ok(Self {
            assets_bucket: env.required("ASSETS_BUCKET")?,
            assets_table: env.required("ASSETS_TABLE")?,
            criteria: Criteria {
                max_upload_bytes: max_upload_bytes.0,
                accepted_types: types.into_iter().map(|ImageType(media_type)| media_type).collect(),
                max_source_pixels: max_source_pixels.0,
            },
            pending_ttl: Duration::from_secs(pending_ttl_seconds.0),
        })
    }
}

/// A media type that an image can have.
#[derive(Clone)]
struct ImageType(MediaType);

impl FromStr for ImageType {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().filter(|known| MediaType::IMAGES.contains(known)).map(Self).ok_or(())
    }
}

/// A number from 1 to a limit.
struct Within<const LIMIT: u64>(u64);

impl<const LIMIT: u64> FromStr for Within<LIMIT> {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().filter(|number| (1..=LIMIT).contains(number)).map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, String> {
        let lookup = |name: &str| {
            let set = variables.iter().find(|(set, _)| *set == name);
            set.map(|(_, value)| (*value).to_owned())
        };
        Config::from_env(&Environment::new(&lookup)).map_err(|error| error.to_string())
    }

    const REQUIRED: [(&str, &str); 2] = [("ASSETS_BUCKET", "assets"), ("ASSETS_TABLE", "items")];

    #[test]
    fn what_is_not_set_has_the_documented_default() {
        let config = config(&REQUIRED).unwrap();
        assert_eq!((config.assets_bucket.as_str(), config.assets_table.as_str()), ("assets", "items"));
        assert_eq!(config.criteria.max_upload_bytes, 5_368_709_120);
        assert_eq!(config.criteria.max_source_pixels, 100_000_000);
        assert_eq!(config.pending_ttl, Duration::from_hours(24));
        let types: Vec<&str> =
            config.criteria.accepted_types.iter().map(|accepted| accepted.as_str()).collect();
        assert_eq!(types, ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/bmp"]);
    }

    #[test]
    fn what_is_set_is_taken() {
        let set = [
            ("MAX_UPLOAD_BYTES", "1000"),
            ("ACCEPTED_MIME_TYPES", "image/avif, image/png"),
            ("MAX_SOURCE_PIXELS", "25"),
            ("PENDING_TTL_SECONDS", "60"),
        ];
        let config = config(&[&REQUIRED[..], &set].concat()).unwrap();
        let criteria = Criteria {
            max_upload_bytes: 1000,
            accepted_types: vec![MediaType::Avif, MediaType::Png],
            max_source_pixels: 25,
        };
        assert_eq!((config.criteria, config.pending_ttl), (criteria, Duration::from_mins(1)));
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        assert_eq!(config(&[]).unwrap_err(), "ASSETS_BUCKET is not set");
        for (name, value) in [
            ("MAX_UPLOAD_BYTES", "0"),
            ("MAX_UPLOAD_BYTES", "5368709121"),
            ("ACCEPTED_MIME_TYPES", "image/png,text/html"),
            ("ACCEPTED_MIME_TYPES", "application/octet-stream"),
            ("MAX_SOURCE_PIXELS", "-1"),
            ("PENDING_TTL_SECONDS", "a day"),
        ] {
            let error = config(&[&REQUIRED[..], &[(name, value)]].concat()).unwrap_err();
            assert!(error.starts_with(&format!("{name} must be ")), "{error}");
            assert!(error.contains(value), "{error}");
        }
    }
}
