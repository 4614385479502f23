//! What a page asks for: a size, a quality, a format.

use std::fmt;
use std::str::FromStr;

use crate::dimensions::Dimensions;

pub mod url;
mod whitelist;

pub use url::{ParseVariantError, RequestedFormat, VariantUrl};
pub use whitelist::{NotAllowed, Whitelist};

/// A variant of an original: a pure function of the original's bytes and of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VariantSpec {
    /// The box to fill.
    pub size: TargetSize,
    /// How hard a lossy encoder tries.
    pub quality: Quality,
    /// The encoding of the output.
    pub format: OutputFormat,
}

/// The size asked for, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetSize {
    /// `{width}x{height}`: fill the box, centred, and crop what stands over (CSS `object-fit: cover`).
    Cover(Dimensions),
    /// `{width}x0`: the whole picture at this width; its height follows its ratio.
    Width(u32),
}

impl TargetSize {
    /// The size that `{width}x{height}` names; `None` for a width of 0.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        match (width, height) {
            (0, _) => None,
            (width, 0) => Some(Self::Width(width)),
            (width, height) => Dimensions::new(width, height).map(Self::Cover),
        }
    }

    /// The width asked for, in pixels.
    pub fn width(self) -> u32 {
        match self {
            Self::Cover(size) => size.width(),
            Self::Width(width) => width,
        }
    }

    /// The height asked for, in pixels; 0 when it follows the picture's ratio.
    pub fn height(self) -> u32 {
        match self {
            Self::Cover(size) => size.height(),
            Self::Width(_) => 0,
        }
    }
}

impl fmt::Display for TargetSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width(), self.height())
    }
}

/// The quality of a lossy encoding, 10 to 100; lossless formats ignore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// The lowest quality there is.
    pub const MIN: u8 = 10;
    /// The highest quality there is.
    pub const MAX: u8 = 100;

    /// A quality; `None` outside 10 to 100.
    pub fn new(value: u8) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&value).then_some(Self(value))
    }

    /// Its number.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An encoding that a variant can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutputFormat {
    /// Lossy WebP.
    WebP,
    /// AVIF.
    Avif,
    /// Progressive JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl OutputFormat {
    /// Every format of the URL grammar.
    pub const ALL: [Self; 4] = [Self::WebP, Self::Avif, Self::Jpeg, Self::Png];

    /// The formats that this version of render makes, best first: what clients are told of, and what `auto` chooses
    /// from. AVIF has its place in the grammar, and no encoder yet.
    pub const OFFERED: [Self; 3] = [Self::WebP, Self::Jpeg, Self::Png];

    /// The extension in a variant's URL.
    pub fn extension(self) -> &'static str {
        match self {
            Self::WebP => "webp",
            Self::Avif => "avif",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }

    /// The `Content-Type` of a variant.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::WebP => "image/webp",
            Self::Avif => "image/avif",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// An extension that names no output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a variant's extension is one of webp, avif, jpg, png")]
pub struct ParseFormatError;

impl FromStr for OutputFormat {
    type Err = ParseFormatError;

    fn from_str(extension: &str) -> Result<Self, ParseFormatError> {
        Self::ALL.into_iter().find(|format| format.extension() == extension).ok_or(ParseFormatError)
    }
}
