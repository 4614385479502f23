//! Type, width, height and orientation of a picture, from the few bytes of its file that hold them.
//!
//! Nothing here reads a file or the network. [`ImageHeader::read`] looks at what is at hand and says which range it
//! misses; its caller fetches that range and calls again. A TIFF whose directory stands behind five gigabytes of pixels
//! is thereby read with two ranged GETs. Who has the whole file calls [`ImageHeader::of`].
//!
//! A header is read as decoders read it, and never believed further than the file goes: no length that a file claims is
//! allocated, and every walk through it moves forward.
//!
//! | type | size from | orientation from |
//! |---|---|---|
//! | JPEG | the first frame header | the first EXIF segment before it |
//! | PNG | `IHDR` | an `eXIf` chunk before the picture's data |
//! | GIF | the logical screen, to which decoders clip the frames | – |
//! | BMP | the info header; a negative height only means that rows are stored from the top | – |
//! | WebP | `VP8X`, `VP8L` or `VP8`, whichever comes first | the `EXIF` chunk of a still picture |
//! | TIFF, `BigTIFF` | the first directory | the first directory |
//! | AVIF | `ispe` of the primary item | `irot` and `imir` of the primary item |

use std::ops::Range;

use crate::dimensions::Dimensions;
use crate::media::MediaType;

mod avif;
mod bmp;
mod error;
mod gif;
mod jpeg;
mod orientation;
mod png;
mod sparse;
mod tiff;
mod webp;

pub use error::HeaderError;
pub use orientation::Orientation;
pub use sparse::SparseBytes;

use sparse::{Halt, Window};

/// What a file's header says of its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageHeader {
    /// The type, by the leading bytes.
    pub media_type: MediaType,
    /// Width and height of the picture as people see it: upright.
    pub dimensions: Dimensions,
    /// What makes the stored picture upright.
    pub orientation: Orientation,
}

/// How far the reading of a header has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is done.
    Read(ImageHeader),
    /// These bytes of the file are needed first: at least one, and none beyond the file's end.
    Needs(Range<u64>),
}

impl ImageHeader {
    /// Reads the header from what is at hand of a file.
    ///
    /// ```
    /// use shared::header::{ImageHeader, Progress, SparseBytes};
    /// let gif = b"GIF89a\x40\x01\xf0\0\0\0\0;";
    /// let mut file = SparseBytes::new(14);
    /// assert_eq!(ImageHeader::read(&file), Ok(Progress::Needs(0..14)));
    /// file.add(0, gif.to_vec().into());
    /// let Ok(Progress::Read(header)) = ImageHeader::read(&file) else { panic!("a GIF has a header") };
    /// assert_eq!(header.dimensions.to_string(), "320x240");
    /// ```
    ///
    /// # Errors
    /// [`HeaderError`]; also when the header is spread so widely that it takes more than [`SparseBytes::MAX_READS`]
    /// reads or [`SparseBytes::MAX_READ_BYTES`].
    pub fn read(file: &SparseBytes) -> Result<Progress, HeaderError> {
        look(Window::of_sparse(file))
    }

    /// Reads the header of a file that is in memory.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn of(file: &[u8]) -> Result<Self, HeaderError> {
        match look(Window::of_whole(file))? {
            Progress::Read(header) => Ok(header),
            // Of a whole file nothing is missing: what it lacks lies beyond its end.
            Progress::Needs(_) => Err(HeaderError::CutShort { media_type: MediaType::OctetStream }),
        }
    }

    /// Width and height of the picture as its pixels are stored.
    pub fn stored_dimensions(&self) -> Dimensions {
        if self.orientation.swaps_sides() { self.dimensions.transposed() } else { self.dimensions }
    }
}

/// A picture as its format describes it, before anything of it is believed.
#[derive(Debug, Clone, Copy)]
struct Picture {
    /// Stored width in pixels.
    width: u64,
    /// Stored height in pixels.
    height: u64,
    orientation: Orientation,
}

fn look(file: Window<'_>) -> Result<Progress, HeaderError> {
    let leading = match file.leading(MediaType::SNIFF_BYTES) {
        Ok(leading) => leading,
        Err(halt) => return halt.outcome(MediaType::OctetStream),
    };
    let media_type = MediaType::sniff(leading).ok_or(HeaderError::UnknownType)?;
    match picture(media_type, file) {
        Ok(picture) => picture.believed(media_type).map(Progress::Read),
        Err(halt) => halt.outcome(media_type),
    }
}

fn picture(media_type: MediaType, file: Window<'_>) -> Result<Picture, Halt> {
    match media_type {
        MediaType::Jpeg => jpeg::read(file),
        MediaType::Png => png::read(file),
        MediaType::WebP => webp::read(file),
        MediaType::Gif => gif::read(file),
        MediaType::Tiff => tiff::read(file),
        MediaType::Bmp => bmp::read(file),
        MediaType::Avif => avif::read(file),
        MediaType::OctetStream => Err(Halt::Malformed("has no header that Hashfolio can read")),
    }
}

/// Takes an orientation that can't be read for none: the picture is shown as it is stored.
fn or_upright(read: Result<Orientation, Halt>) -> Result<Orientation, Halt> {
    match read {
        Err(Halt::Short | Halt::Malformed(_)) => Ok(Orientation::Upright),
        Ok(_) | Err(Halt::Needs(_) | Halt::Scattered) => read,
    }
}

impl Picture {
    fn upright(width: u64, height: u64) -> Self {
        Self { width, height, orientation: Orientation::Upright }
    }

    fn believed(self, media_type: MediaType) -> Result<ImageHeader, HeaderError> {
        let Self { width, height, orientation } = self;
        let side = |pixels: u64| u32::try_from(pixels).ok();
        let stored = side(width).zip(side(height)).and_then(|(width, height)| Dimensions::new(width, height));
        let stored = stored.ok_or(HeaderError::Sides { media_type, width, height })?;
        let dimensions = if orientation.swaps_sides() { stored.transposed() } else { stored };
        Ok(ImageHeader { media_type, dimensions, orientation })
    }
}

#[cfg(test)]
mod tests;
