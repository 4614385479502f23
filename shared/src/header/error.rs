//! Why a header can't be read.

use super::sparse::SparseBytes;
use crate::media::MediaType;

/// What is wrong with a file's header, in words for the person who uploaded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The leading bytes match no type.
    #[error("the first bytes match no image type that Hashfolio knows")]
    UnknownType,
    /// The file ends before what tells the picture's size.
    #[error("the {} ends before its {}", name(*.media_type), part(*.media_type))]
    CutShort {
        /// What the leading bytes say that it is.
        media_type: MediaType,
    },
    /// The header breaks the rules of its format.
    #[error("the {} {what}", name(*.media_type))]
    Malformed {
        /// What the leading bytes say that it is.
        media_type: MediaType,
        /// What is wrong, as the end of a sentence that starts with the format's name.
        what: &'static str,
    },
    /// A side has no pixels, or more than 4,294,967,295.
    #[error("the {} says that it is {width} pixels wide and {height} high", name(*.media_type))]
    Sides {
        /// What the leading bytes say that it is.
        media_type: MediaType,
        /// Stored width in pixels.
        width: u64,
        /// Stored height in pixels.
        height: u64,
    },
    /// The header is spread too widely over the file.
    #[error(
        "the {}'s {} is not found within {} reads and {} bytes",
        name(*.media_type), part(*.media_type), SparseBytes::MAX_READS, SparseBytes::MAX_READ_BYTES
    )]
    Scattered {
        /// What the leading bytes say that it is.
        media_type: MediaType,
    },
}

impl HeaderError {
    /// What the leading bytes say that the file is; `None` when they match no type.
    pub fn media_type(&self) -> Option<MediaType> {
        match *self {
            Self::UnknownType => None,
            Self::CutShort { media_type }
            | Self::Malformed { media_type, .. }
            | Self::Sides { media_type, .. }
            | Self::Scattered { media_type } => Some(media_type),
        }
    }
}

/// What people call the format.
fn name(media_type: MediaType) -> &'static str {
    match media_type {
        MediaType::Jpeg => "JPEG",
        MediaType::Png => "PNG",
        MediaType::WebP => "WebP",
        MediaType::Gif => "GIF",
        MediaType::Tiff => "TIFF",
        MediaType::Bmp => "BMP",
        MediaType::Avif => "AVIF",
        MediaType::OctetStream => "file",
    }
}

/// The part of the format that tells the picture's size, in the words of its standard.
fn part(media_type: MediaType) -> &'static str {
    match media_type {
        MediaType::Jpeg => "frame header",
        MediaType::Png => "header chunk (IHDR)",
        MediaType::WebP => "picture header",
        MediaType::Gif => "screen descriptor",
        MediaType::Tiff => "first directory's end",
        MediaType::Bmp => "info header's end",
        MediaType::Avif => "picture description (meta box)",
        MediaType::OctetStream => "header",
    }
}
