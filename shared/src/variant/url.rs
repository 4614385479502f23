//! The URL grammar: `/{hash}/{width}x{height}/{quality}.{ext}`, one spelling per variant.

use std::fmt;
use std::str::FromStr;

use super::{OutputFormat, ParseFormatError, Quality, TargetSize, VariantSpec};
use crate::hash::{ContentHash, ParseHashError};

/// A variant's URL path.
///
/// ```
/// use shared::variant::VariantUrl;
/// let path = format!("/{}/640x480/80.webp", "a".repeat(64));
/// assert_eq!(path.parse::<VariantUrl>().unwrap().to_string(), path);
/// assert!(path.replace("640", "0640").parse::<VariantUrl>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantUrl {
    /// Whose variant it is.
    pub hash: ContentHash,
    /// Which variant it is.
    pub spec: VariantSpec,
}

/// The longest number in a path, in digits: no encoder writes more than 65,535 pixels a side.
const MAX_DIGITS: usize = 5;

/// Why a path is no variant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseVariantError {
    /// It has other parts.
    #[error("a variant's path is /{{hash}}/{{width}}x{{height}}/{{quality}}.{{ext}}")]
    Shape,
    /// Its first part is no hash.
    #[error("hash: {0}")]
    Hash(#[from] ParseHashError),
    /// Its width or height is no number as it must be written.
    #[error(
        "{0}: a whole number of at most {MAX_DIGITS} digits without leading zeros (only the height may be 0)"
    )]
    Number(&'static str),
    /// Its quality is no number from 10 to 100.
    #[error("quality: a whole number from 10 to 100 without leading zeros")]
    Quality,
    /// Its extension names no format.
    #[error("ext: {0}")]
    Format(#[from] ParseFormatError),
}

impl FromStr for VariantUrl {
    type Err = ParseVariantError;

    fn from_str(path: &str) -> Result<Self, ParseVariantError> {
        let (hash, size, quality, extension) = parts(path)?;
        let spec = VariantSpec { size, quality, format: extension.parse()? };
        Ok(Self { hash, spec })
    }
}

impl fmt::Display for VariantUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VariantSpec { size, quality, format } = self.spec;
        write!(f, "/{}/{size}/{quality}.{}", self.hash, format.extension())
    }
}

/// The format that a path asks for, where an edge may choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestedFormat {
    /// The path names it.
    Named(OutputFormat),
    /// `.auto`: the edge takes the best of those that the client accepts.
    Auto,
}

impl RequestedFormat {
    /// The path of the variant to serve for a path whose format may be `auto`, chosen among `offered`, best first,
    /// by the request's `Accept` header. JPEG, which every client can show, is what is left when it accepts none.
    ///
    /// # Errors
    /// [`ParseVariantError`] as for a path that names its format.
    pub fn resolve(
        path: &str,
        accept: &str,
        offered: &[OutputFormat],
    ) -> Result<VariantUrl, ParseVariantError> {
        let (hash, size, quality, extension) = parts(path)?;
        let requested = match extension {
            "auto" => Self::Auto,
            named => Self::Named(named.parse()?),
        };
        let format = match requested {
            Self::Named(format) => format,
            Self::Auto => {
                let accepted = |format: &&OutputFormat| names_type(accept, format.content_type());
                offered.iter().find(accepted).copied().unwrap_or(OutputFormat::Jpeg)
            }
        };
        Ok(VariantUrl { hash, spec: VariantSpec { size, quality, format } })
    }

    /// The path that an edge asks render for: `.auto` becomes one of the formats that this version makes. What is no
    /// variant's path stays as it is, for render to refuse.
    pub fn served_path(path: &str, accept: &str) -> String {
        let resolved = Self::resolve(path, accept, &OutputFormat::OFFERED);
        resolved.map_or_else(|_| path.to_owned(), |url| url.to_string())
    }
}

/// Whether an `Accept` header names a type outright and not with `q=0`. A wildcard does not count: clients that can't
/// show AVIF or WebP send `image/*` too.
fn names_type(accept: &str, content_type: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(content_type));
        named && !parts.any(weighs_nothing)
    })
}

/// Whether a parameter of a media range is a weight of 0 (RFC 9110, 12.4.2): `q=0`, `q=0.`, `q=0.0` and so on.
fn weighs_nothing(parameter: &str) -> bool {
    let weight = parameter.strip_prefix("q=0").or_else(|| parameter.strip_prefix("Q=0"));
    weight.is_some_and(|rest| {
        let decimals = rest.strip_prefix('.').unwrap_or(rest);
        rest.is_empty() || (rest != decimals && decimals.bytes().all(|digit| digit == b'0'))
    })
}

type Parts<'a> = (ContentHash, TargetSize, Quality, &'a str);

fn parts(path: &str) -> Result<Parts<'_>, ParseVariantError> {
    let mut segments = path.strip_prefix('/').ok_or(ParseVariantError::Shape)?.split('/');
    let (Some(hash), Some(size), Some(file), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(ParseVariantError::Shape);
    };
    let (width, height) = size.split_once('x').ok_or(ParseVariantError::Shape)?;
    let (quality, extension) = file.split_once('.').ok_or(ParseVariantError::Shape)?;
    let hash = hash.parse()?;
    let width = number(width).ok_or(ParseVariantError::Number("width"))?;
    let height = number(height).ok_or(ParseVariantError::Number("height"))?;
    let size = TargetSize::new(width, height).ok_or(ParseVariantError::Number("width"))?;
    let quality = number(quality).and_then(|value| Quality::new(u8::try_from(value).ok()?));
    Ok((hash, size, quality.ok_or(ParseVariantError::Quality)?, extension))
}

/// A number in the one way to write it.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if plain && !leading_zero { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn a_hash() -> String {
        ContentHash::of(b"x").to_string()
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(
            bytes: Vec<u8>, width in 1_u32..=99_999, height in 0_u32..=99_999,
            quality in 10_u8..=100, format in prop::sample::select(&OutputFormat::ALL[..]),
        ) {
            let spec = VariantSpec {
                size: TargetSize::new(width, height).unwrap(),
                quality: Quality::new(quality).unwrap(),
                format,
            };
            let url = VariantUrl { hash: ContentHash::of(&bytes), spec };
            prop_assert_eq!(url.to_string().parse(), Ok(url));
        }

        #[test]
        fn what_reads_is_its_own_only_spelling(path in "/[0-9a-fA-F]{64}/[0-9+ ]{1,4}x[0-9-]{1,4}/[0-9]{1,4}\\.(webp|jpg|JPG|png|avif|auto)") {
            if let Ok(url) = path.parse::<VariantUrl>() {
                prop_assert_eq!(url.to_string(), path);
            }
        }
    }

    #[test]
    fn a_malformed_path_is_refused_with_the_part_that_is_wrong() {
        let hash = a_hash();
        let long = format!("/{hash}/640x480/80.webp");
        let cases = [
            ("/".to_owned(), ParseVariantError::Shape),
            ("/favicon.ico".to_owned(), ParseVariantError::Shape),
            (long[1..].to_owned(), ParseVariantError::Shape),
            (format!("{long}/"), ParseVariantError::Shape),
            (format!("/{hash}/640/80.webp"), ParseVariantError::Shape),
            (format!("/{hash}/640x480/80"), ParseVariantError::Shape),
            (long.replace(&hash, "abc"), ParseHashError::Length(3).into()),
            (format!("/{hash}/0x480/80.webp"), ParseVariantError::Number("width")),
            (format!("/{hash}/0640x480/80.webp"), ParseVariantError::Number("width")),
            (format!("/{hash}/640x00/80.webp"), ParseVariantError::Number("height")),
            (format!("/{hash}/640x-1/80.webp"), ParseVariantError::Number("height")),
            (format!("/{hash}/100000x480/80.webp"), ParseVariantError::Number("width")),
            (format!("/{hash}/640x480/9.webp"), ParseVariantError::Quality),
            (format!("/{hash}/640x480/101.webp"), ParseVariantError::Quality),
            (format!("/{hash}/640x480/336.webp"), ParseVariantError::Quality),
            (format!("/{hash}/640x480/080.webp"), ParseVariantError::Quality),
            (format!("/{hash}/640x480/80.WEBP"), ParseFormatError.into()),
            (format!("/{hash}/640x480/80.gif"), ParseFormatError.into()),
            (format!("/{hash}/640x480/80.auto"), ParseFormatError.into()),
            (format!("/{hash}/640x480/80.webp.png"), ParseFormatError.into()),
            (format!("/{hash}/640x480/80.web%70"), ParseFormatError.into()),
        ];
        for (path, why) in cases {
            assert_eq!(path.parse::<VariantUrl>(), Err(why), "{path}");
        }
    }

    #[test]
    fn auto_becomes_the_best_format_that_the_client_names() {
        let path = format!("/{}/640x0/80.auto", a_hash());
        let offered = [OutputFormat::Avif, OutputFormat::WebP];
        let cases = [
            ("image/avif,image/webp,*/*", OutputFormat::Avif),
            ("image/webp,*/*;q=0.8", OutputFormat::WebP),
            ("image/avif;q=0, IMAGE/WEBP;q=0.9", OutputFormat::WebP),
            ("image/avif;q=0.000,image/webp ; Q=0.", OutputFormat::Jpeg),
            ("image/webp;q=0.001, image/avif; q=01", OutputFormat::Avif),
            ("image/*,*/*", OutputFormat::Jpeg),
            ("", OutputFormat::Jpeg),
        ];
        for (accept, format) in cases {
            let resolved = RequestedFormat::resolve(&path, accept, &offered).unwrap();
            assert_eq!(resolved.spec.format, format, "{accept}");
        }
        let named = path.replace("auto", "png");
        let resolved = RequestedFormat::resolve(&named, "image/avif", &offered).unwrap();
        assert_eq!(resolved.to_string(), named);
    }

    #[test]
    fn an_edge_asks_for_a_format_that_is_made_and_leaves_other_paths_alone() {
        let path = format!("/{}/640x0/80.auto", a_hash());
        let served = RequestedFormat::served_path(&path, "image/avif,image/webp");
        assert_eq!(served, path.replace("auto", "webp"));
        assert_eq!(RequestedFormat::served_path("/favicon.ico", "image/webp"), "/favicon.ico");
    }
}
