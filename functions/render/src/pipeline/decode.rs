//! From a file to samples of the output's size, as the file stores them: not yet upright, and in the file's own colours.
//!
//! A decoder hands its rows to a [`Reducer`] as it makes them, so that no picture is held whole that need not be.

mod depth;
mod jpeg;
mod png;
mod raster;
mod tiff;
mod webp;
mod whole;

use std::time::Duration;

use shared::dimensions::Dimensions;
use shared::media::MediaType;

use super::RenderError;
use super::geometry::Framing;
use super::luma_chroma::ChromaSampling;
use super::memory::MemoryBudget;
use super::reduce::{Plane, ReducedPlane, Reducer};

/// A picture that was decoded and brought to the size of the output: as its file stores it, not yet upright, and in the
/// file's own colours.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Its samples: all in one plane, or a plane for each component.
    pub(crate) planes: Vec<ReducedPlane>,
    /// What the samples mean.
    pub(crate) model: ColorModel,
    /// The file's ICC profile.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Decoded {
    /// How long it took to bring the planes to their size.
    pub(crate) fn reducing_took(&self) -> Duration {
        self.planes.iter().map(|plane| plane.took).sum()
    }
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
    /// The same in limited range (16 to 235, and to 240), as WebP has them.
    YCbCrLimited,
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
            Self::Rgb | Self::YCbCr | Self::YCbCrLimited | Self::Lab => 3,
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
            | Self::YCbCrLimited
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
    pub(crate) file: &'a [u8],
    /// The size that the file's header gives, as stored.
    pub(crate) stored: Dimensions,
    /// What will be shown of the stored picture, and how big.
    pub(crate) framing: Framing,
    /// How finely the output samples chroma.
    pub(crate) chroma: ChromaSampling,
    /// How many times as wide and high as it is shown a plane must be at least.
    pub(crate) spare_scale: f64,
    /// How far samples may be off where that saves time, as a root mean square of levels.
    pub(crate) tolerated_error: f32,
    pub(crate) memory: &'a mut MemoryBudget,
}

impl Request<'_> {
    /// Whether samples that span this many pixels still show enough of a plane that is shown at a size.
    fn is_fine_enough(&self, pitch: (f64, f64), shown_at: Dimensions) -> bool {
        let region = self.framing.region;
        region.width / pitch.0 >= self.spare_scale * f64::from(shown_at.width())
            && region.height / pitch.1 >= self.spare_scale * f64::from(shown_at.height())
    }

    /// The size at which chroma is shown. At odd sides samples of chroma would not lie between those of luma once the
    /// picture is mirrored: there it is halved at the end.
    fn chroma_size(&self) -> Dimensions {
        let output = self.framing.output;
        let is_even = output.width().is_multiple_of(2) && output.height().is_multiple_of(2);
        if is_even { self.chroma.plane(output) } else { output }
    }

    /// What brings a decoder's rows to the size of the output.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    fn reducer(&mut self, plane: Plane) -> Result<Reducer, RenderError> {
        Reducer::new(plane, self.framing, self.memory)
    }

    /// The same at a size of its own, for chroma.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    fn reducer_at(&mut self, plane: Plane, shown_at: Dimensions) -> Result<Reducer, RenderError> {
        Reducer::new(plane, Framing { output: shown_at, ..self.framing }, self.memory)
    }

    /// A whole picture's samples, brought to the size of the output.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`]; [`RenderError::Failed`].
    fn reduced(&mut self, samples: &[u8], model: ColorModel) -> Result<ReducedPlane, RenderError> {
        let plane = Plane::whole(self.stored, model.channels(), model.has_alpha());
        let mut reducer = self.reducer(plane)?;
        reducer.push(samples, plane.width as usize * usize::from(plane.channels))?;
        reducer.finish()
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

/// Decodes the original, or as much of it as the request needs, and brings it to the output's size on the way.
///
/// # Errors
/// [`RenderError`] for a type that is not decoded, for data that is corrupt or cut short, and before memory is taken that
/// the limits do not allow.
pub(crate) fn decode(media_type: MediaType, mut request: Request<'_>) -> Result<Decoded, RenderError> {
    let file = request.file;
    let request = &mut request;
    match media_type {
        MediaType::Jpeg => jpeg::decode(request),
        MediaType::Png => png::decode(request),
        MediaType::WebP => {
            whole::webp(file)?;
            webp::decode(request)
        }
        MediaType::Gif => {
            // The decoder holds its indices apart from what it draws.
            request.memory.claim(whole::gif(file)?)?;
            raster::gif(request)
        }
        MediaType::Bmp => raster::bmp(request),
        MediaType::Tiff => tiff::decode(request),
        unsupported @ (MediaType::Avif | MediaType::OctetStream) => {
            Err(RenderError::UnsupportedType(Some(unsupported)))
        }
    }
}
