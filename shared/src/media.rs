//! The media types that Hashfolio knows.

use std::fmt;
use std::str::FromStr;

/// A media type, of the closed list that Hashfolio can tell apart by a file's leading bytes.
///
/// ```
/// use shared::media::MediaType;
/// assert_eq!("image/png".parse(), Ok(MediaType::Png));
/// assert!("text/html".parse::<MediaType>().is_err());
/// assert_eq!(MediaType::sniff(b"GIF89a"), Some(MediaType::Gif));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaType {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG, animated ones included.
    Png,
    /// WebP, lossy and lossless.
    WebP,
    /// GIF.
    Gif,
    /// TIFF, BigTIFF included.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// AVIF.
    Avif,
    /// Bytes of no type on this list. Never accepted; it is what a refused asset is recorded as.
    OctetStream,
}

impl MediaType {
    /// Every type that an upload can have.
    pub const IMAGES: [Self; 7] =
        [Self::Jpeg, Self::Png, Self::WebP, Self::Gif, Self::Tiff, Self::Bmp, Self::Avif];

    /// How many leading bytes [`MediaType::sniff`] looks at, at most.
    pub const SNIFF_BYTES: usize = 12;

    /// The name that IANA registered.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Avif => "image/avif",
            Self::OctetStream => "application/octet-stream",
        }
    }

    /// The type that a file's leading bytes claim, whatever its name says; `None` when they match none.
    pub fn sniff(leading: &[u8]) -> Option<Self> {
        match leading {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Self::Tiff),
            [b'B', b'M', ..] => Some(Self::Bmp),
            [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => Some(Self::Avif),
            _ => None,
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no media type of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no media type that Hashfolio knows")]
pub struct ParseMediaTypeError(String);

impl FromStr for MediaType {
    type Err = ParseMediaTypeError;

    fn from_str(text: &str) -> Result<Self, ParseMediaTypeError> {
        Self::IMAGES
            .into_iter()
            .chain([Self::OctetStream])
            .find(|known| known.as_str() == text)
            .ok_or_else(|| ParseMediaTypeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_from_its_name() {
        for known in MediaType::IMAGES.into_iter().chain([MediaType::OctetStream]) {
            assert_eq!(known.as_str().parse(), Ok(known));
        }
    }

    #[test]
    fn leading_bytes_tell_the_type_and_a_name_does_not() {
        let cases: [(&[u8], Option<MediaType>); 10] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF\0", Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\r", Some(MediaType::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(MediaType::WebP)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"MM\0\x2a\0\0\0\x08", Some(MediaType::Tiff)),
            (b"II\x2b\0\x08\0\0\0", Some(MediaType::Tiff)),
            (b"BM\x36\0\0\0", Some(MediaType::Bmp)),
            (b"\0\0\0\x20ftypavif\0\0", Some(MediaType::Avif)),
            (b"<!DOCTYPE html><html>", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(MediaType::sniff(bytes), expected, "{bytes:?}");
        }
    }
}
