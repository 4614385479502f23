//! A picture of the output's size, on its way to the encoder.

use shared::dimensions::Dimensions;

use super::luma_chroma::LumaChroma;
use super::pixels::Pixels;

/// A picture of the output's size.
#[derive(Debug)]
pub(crate) enum Picture {
    /// In red, green and blue, or in grey.
    Pixels(Pixels),
    /// In luma and chroma.
    LumaChroma(LumaChroma),
}

impl Picture {
    /// Its size.
    pub(crate) fn dimensions(&self) -> Dimensions {
        match self {
            Self::Pixels(pixels) => pixels.dimensions,
            Self::LumaChroma(picture) => picture.dimensions,
        }
    }
}
