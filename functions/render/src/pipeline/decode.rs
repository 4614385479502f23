//! From a file to samples, as the file stores them: not yet upright, and in the file's own colours.

mod jpeg;
mod raster;
mod tiff;
mod webp;
mod whole;

use shared::dimensions::Dimensions;
use shared::media::MediaType;

use super::geometry::Framing;
use super::memory::MemoryBudget;
use super::{RenderError, Source};

/// A decoded picture.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Its samples: all in one plane, or a plane for each component.
    pub(crate) planes: Vec<Plane>,
    /// What the samples mean.
    pub(crate) model: ColorModel,
    /// The file's ICC profile.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Samples of 8 bits in rows without gaps.
#[derive(Debug)]
pub(crate) struct Plane {
    pub(crate) samples: Vec<u8>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// How many samples stand together for one place: 1 to 4.
    pub(crate) channels: u8,
    /// How many pixels of the picture a sample spans, across and down: above 1 when it is subsampled, or was decoded at
    /// a reduced size.
    pub(crate) pitch: (f64, f64),
}

/// What the samples of a picture mean, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColorModel {
    /// Lightness.
    Grey,
    /// Lightness and opacity.
    GreyAlpha,
    /// Red, green and blue.
    Rgb,
    /// Red, green, blue and opacity.
    Rgba,
    /// Luma and two chromas, full range (JFIF).
    YCbCr,
    /// Four inks; 255 is all of it.
    Cmyk,
    /// Four inks; 255 is none of it.
    CmykInverted,
    /// Three inks, 255 is all, as luma and chromas; and black, of which 255 is none.
    Ycck,
    /// CIE L*a*b* of D50: L* from 0 to 100 in 255 steps, a* and b* from -128 in steps of 1.
    Lab,
}

impl ColorModel {
    /// How many samples a pixel has.
    pub(crate) fn channels(self) -> u8 {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb | Self::YCbCr | Self::Lab => 3,
            Self::Rgba | Self::Cmyk | Self::CmykInverted | Self::Ycck => 4,
        }
    }

    /// Whether the last sample of a pixel is its opacity.
    pub(crate) fn has_alpha(self) -> bool {
        match self {
            Self::GreyAlpha | Self::Rgba => true,
            Self::Grey
            | Self::Rgb
            | Self::YCbCr
            | Self::Cmyk
            | Self::CmykInverted
            | Self::Ycck
            | Self::Lab => false,
        }
    }
}

/// What is to be decoded, and what for.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    file: &'a [u8],
    /// The size that the file's header gives, as stored.
    stored: Dimensions,
    /// What will be shown of the stored picture, and how big.
    framing: Framing,
    memory: &'a mut MemoryBudget,
}

/// A picture that is decoded at a reduced size stays at least this many times as wide and high as it will be shown: the
/// resampling that follows, not the decoder's, then makes the picture's look.
const SPARE_SCALE: f64 = 2.0;

impl Request<'_> {
    /// Whether samples that span this many pixels still show enough.
    fn is_fine_enough(&self, pitch: (f64, f64)) -> bool {
        let Framing { region, output } = self.framing;
        region.width / pitch.0 >= SPARE_SCALE * f64::from(output.width())
            && region.height / pitch.1 >= SPARE_SCALE * f64::from(output.height())
    }

    /// Checks that a decoder found the size that the limits were checked for.
    fn expect_size(&self, width: u32, height: u32) -> Result<(), RenderError> {
        if Dimensions::new(width, height) == Some(self.stored) {
            return Ok(());
        }
        let reason = format!("its header says {}, and its picture {width}x{height}", self.stored);
        Err(RenderError::Undecodable { reason })
    }
}

/// Decodes the original, or as much of it as the framing (of the stored picture) needs.
///
/// # Errors
/// [`RenderError`] for a type that is not decoded, for data that is corrupt or cut short, and before memory is taken that
/// the limits do not allow.
pub(crate) fn decode(
    source: &Source<'_>,
    framing: Framing,
    memory: &mut MemoryBudget,
) -> Result<Decoded, RenderError> {
    let (file, stored) = (source.file, source.stored());
    let mut request = Request { file, stored, framing, memory };
    match source.header.media_type {
        MediaType::Jpeg => jpeg::decode(&mut request),
        MediaType::Png => {
            whole::png(file)?;
            raster::png(&mut request)
        }
        MediaType::WebP => {
            whole::webp(file)?;
            webp::decode(&mut request)
        }
        MediaType::Gif => {
            whole::gif(file)?;
            raster::gif(&mut request)
        }
        MediaType::Bmp => raster::bmp(&mut request),
        MediaType::Tiff => tiff::decode(&mut request),
        unsupported @ (MediaType::Avif | MediaType::OctetStream) => {
            Err(RenderError::UnsupportedType(Some(unsupported)))
        }
    }
}
