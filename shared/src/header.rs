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

use crate::asset::Dimensions;
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
    /// Width and height of the picture as people see it, upright.
    pub dimensions: Dimensions,
    /// How the stored pixels must be turned to be upright.
    pub orientation: Orientation,
}

/// How far the reading of a header has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is done.
    Read(ImageHeader),
    /// These bytes of the file are needed: never empty, and never beyond the file's end.
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
    /// let Ok(Progress::Read(header)) = ImageHeader::read(&file) else { panic!() };
    /// assert_eq!(header.dimensions.to_string(), "320x240");
    /// ```
    ///
    /// # Errors
    /// [`HeaderError`], also when the header is spread so widely that it would take more than
    /// [`SparseBytes::MAX_READS`] reads or [`SparseBytes::MAX_READ_BYTES`] bytes.
    pub fn read(file: &SparseBytes) -> Result<Progress, HeaderError> {
        read_window(Window::of_sparse(file)).or_else(|outcome| match outcome {
            Outcome::Needs { range, .. } if file.may_read(&range) => Ok(Progress::Needs(range)),
            Outcome::Needs { media_type, .. } => Err(HeaderError::Scattered { media_type }),
            Outcome::Failed(error) => Err(error),
        })
    }

    /// Reads the header of a file that is in memory.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn of(file: &[u8]) -> Result<Self, HeaderError> {
        todo_of(file)
    }
}
