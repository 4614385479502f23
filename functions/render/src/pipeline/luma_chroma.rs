//! A picture as luma and two chromas, as lossy encoders work on it.

use shared::dimensions::Dimensions;

/// A picture in planes of luma and chroma: JFIF's YCbCr, that is ITU-R BT.601's matrix with the full range of 0 to 255.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LumaChroma {
    pub(crate) dimensions: Dimensions,
    /// How finely chroma is sampled.
    pub(crate) sampling: ChromaSampling,
    /// Y, of the picture's size.
    pub(crate) luma: Vec<u8>,
    /// Cb and Cr, each of [`ChromaSampling::plane`]'s size; `None` for a grey picture.
    pub(crate) chroma: Option<[Vec<u8>; 2]>,
    /// Opacity, of the picture's size, where not all of it is opaque; colours are not multiplied by it.
    pub(crate) alpha: Option<Vec<u8>>,
}

/// How finely chroma is sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChromaSampling {
    /// A sample for each pixel (4:4:4).
    Full,
    /// A sample for each square of four, in its middle; at an odd side the last ones reach beyond the picture (4:2:0).
    Halved,
}

impl ChromaSampling {
    /// The size of a chroma plane for a picture of this size.
    pub(crate) fn plane(self, picture: Dimensions) -> Dimensions {
        match self {
            Self::Full => picture,
            Self::Halved => picture.halved(),
        }
    }
}
