//! What ingest reads of its environment, once, at its cold start.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use shared::media::MediaType;
use shared::runtime::{ConfigError, Environment};
use shared::variant::Whitelist;

/// S3 takes up to 5 GiB in one PUT, and copies no more than that in one call.
const DEFAULT_MAX_UPLOAD_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// What is larger goes in parts: at 20 Mbit/s it takes 40 s, and a connection that breaks costs as much again.
const DEFAULT_MULTIPART_THRESHOLD_BYTES: u64 = 100_000_000;

/// Long enough for 5 GB at a Mbit/s. A role's session ends after twelve hours at the latest.
const DEFAULT_MULTIPART_URL_TTL: UrlTtl = UrlTtl(Duration::from_hours(12));

const DEFAULT_UPLOAD_URL_TTL: UrlTtl = UrlTtl(Duration::from_mins(15));

/// A day to come back with the bytes.
const DEFAULT_PENDING_TTL_SECONDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(24 * 60 * 60 - 1);

/// API Gateway gives up after 30 s and Lambda after 29; a call that gets no answer is made anew after 10.
const DEFAULT_TIMEOUT_SECONDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(24);

/// Every image type that render can decode.
const DEFAULT_ACCEPTED: [MediaType; 6] =
    [MediaType::Jpeg, MediaType::Png, MediaType::WebP, MediaType::Gif, MediaType::Tiff, MediaType::Bmp];

/// Ingest's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `ASSETS_BUCKET`: where originals lie.
    pub bucket: String,
    /// `ASSETS_TABLE`: where assets are recorded.
    pub table: String,
    /// `CORS_ALLOWED_ORIGINS`: which pages' scripts may call; each may hold one `*`. None by default.
    pub allowed_origins: Vec<String>,
    /// `MAX_UPLOAD_BYTES`: the largest original.
    pub max_upload_bytes: u64,
    /// `ACCEPTED_MIME_TYPES`: what may be uploaded.
    pub accepted_types: Vec<MediaType>,
    /// `UPLOAD_URL_TTL_SECONDS`: how long a presigned upload may be used.
    pub upload_url_ttl: Duration,
    /// `MULTIPART_THRESHOLD_BYTES`: what is larger is uploaded in parts.
    pub multipart_threshold_bytes: u64,
    /// `MULTIPART_URL_TTL_SECONDS`: how long the presigned requests of an upload in parts may be used.
    pub multipart_url_ttl: Duration,
    /// `PENDING_TTL_SECONDS`: how long an asset waits for its upload.
    pub pending_ttl: Duration,
    /// `INGEST_TIMEOUT_SECONDS`: how long a request may take before its caller is told to come again.
    pub longest: Duration,
    /// `ALLOWED_WIDTHS`, `ALLOWED_HEIGHTS`, `ALLOWED_QUALITIES`: what clients are told they may ask for.
    pub whitelist: Whitelist,
}

/// Where the CDN is, for the function on Lambda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CdnConfig {
    /// `DISTRIBUTION_ID_PARAMETER`: the SSM parameter that holds the id of the `CloudFront` distribution.
    pub distribution_parameter: String,
    /// `INVALIDATION_QUEUE_URL`: the SQS queue that reminds of takedowns, which delays each message for twice as long as
    /// a render may take.
    pub queue_url: String,
}

/// How long a presigned URL holds.
#[derive(Debug, Clone, Copy)]
struct UrlTtl(Duration);

/// A text that is no such time.
struct NoUrlTtl;

impl UrlTtl {
    const FORM: &str = "a whole number of seconds, from 1 to the 604800 that S3 takes";

    /// S3 takes no URL that holds longer than a week.
    const MOST_SECONDS: u64 = 7 * 24 * 60 * 60;
}

impl FromStr for UrlTtl {
    type Err = NoUrlTtl;

    fn from_str(text: &str) -> Result<Self, NoUrlTtl> {
        let seconds = text.parse().ok().filter(|seconds| (1..=Self::MOST_SECONDS).contains(seconds));
        seconds.map(|seconds| Self(Duration::from_secs(seconds))).ok_or(NoUrlTtl)
    }
}

impl CdnConfig {
    /// Reads the configuration; `None` when neither variable is set, where there is no CDN: when a function's binary is
    /// tried on the local system.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the variable that is missing when only the other is set.
    pub fn from_env(env: &Environment<'_>) -> Result<Option<Self>, ConfigError> {
        let (parameter, queue) = ("DISTRIBUTION_ID_PARAMETER", "INVALIDATION_QUEUE_URL");
        if env.optional(parameter).is_none() && env.optional(queue).is_none() {
            return Ok(None);
        }
        let distribution_parameter = env.required(parameter)?;
        Ok(Some(Self { distribution_parameter, queue_url: env.required(queue)? }))
    }
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the variable that is missing or malformed.
    pub fn from_env(env: &Environment<'_>) -> Result<Self, ConfigError> {
        let at_least_1 = "a whole number of seconds, at least 1";
        let seconds = |name, default: NonZeroU32| {
            let seconds = env.parsed(name, at_least_1, default)?;
            Ok::<_, ConfigError>(Duration::from_secs(u64::from(seconds.get())))
        };
        let url_ttl = |name, default| env.parsed(name, UrlTtl::FORM, default).map(|UrlTtl(ttl)| ttl);
        Ok(Self {
            bucket: env.required("ASSETS_BUCKET")?,
            table: env.required("ASSETS_TABLE")?,
            allowed_origins: env.list("CORS_ALLOWED_ORIGINS", "a list of origins", Vec::new())?,
            max_upload_bytes: env.parsed(
                "MAX_UPLOAD_BYTES",
                "a number of bytes",
                DEFAULT_MAX_UPLOAD_BYTES,
            )?,
            accepted_types: env.list(
                "ACCEPTED_MIME_TYPES",
                "a list of image types",
                DEFAULT_ACCEPTED.into(),
            )?,
            multipart_threshold_bytes: env.parsed(
                "MULTIPART_THRESHOLD_BYTES",
                "a number of bytes",
                DEFAULT_MULTIPART_THRESHOLD_BYTES,
            )?,
            multipart_url_ttl: url_ttl("MULTIPART_URL_TTL_SECONDS", DEFAULT_MULTIPART_URL_TTL)?,
            upload_url_ttl: url_ttl("UPLOAD_URL_TTL_SECONDS", DEFAULT_UPLOAD_URL_TTL)?,
            pending_ttl: seconds("PENDING_TTL_SECONDS", DEFAULT_PENDING_TTL_SECONDS)?,
            longest: seconds("INGEST_TIMEOUT_SECONDS", DEFAULT_TIMEOUT_SECONDS)?,
            whitelist: Whitelist::from_env(env)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, value: &str) -> Result<Config, ConfigError> {
        let lookup = |asked: &str| match asked {
            "ASSETS_BUCKET" | "ASSETS_TABLE" => Some("assets".to_owned()),
            _ => (asked == name).then(|| value.to_owned()),
        };
        Config::from_env(&Environment::new(&lookup))
    }

    #[test]
    fn a_url_that_s3_would_not_take_is_refused_at_the_start() {
        let names = ["UPLOAD_URL_TTL_SECONDS", "MULTIPART_URL_TTL_SECONDS"];
        for (name, value) in
            names.into_iter().flat_map(|name| ["0", "604801", "-1", "900s"].map(|it| (name, it)))
        {
            let said = config(name, value).unwrap_err().to_string();
            assert!(said.contains(name) && said.contains("604800"), "{value}: {said}");
        }
        assert!(config("UPLOAD_URL_TTL_SECONDS", "604800").is_ok());
        assert!(config("PENDING_TTL_SECONDS", "0").is_err());
    }

    #[test]
    fn what_is_not_set_has_the_documented_default() {
        let config = config("", "").unwrap();
        let seconds = [config.upload_url_ttl, config.multipart_url_ttl, config.pending_ttl, config.longest];
        assert_eq!(seconds.map(|time| time.as_secs()), [900, 43_200, 86_400, 25]);
    }
}
