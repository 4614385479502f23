//! A picture as luma and two chromas, as lossy encoders work on it.

mod of_pixels;

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

impl LumaChroma {
    /// The same with chroma halved, if it is to be.
    #[must_use]
    pub(crate) fn sampled(self, sampling: ChromaSampling) -> Self {
        match (self.sampling, sampling) {
            (ChromaSampling::Full, ChromaSampling::Halved) => {
                let halved =
                    |planes: [Vec<u8>; 2]| planes.map(|plane| means_of_squares(&plane, self.dimensions));
                Self { sampling, chroma: self.chroma.map(halved), ..self }
            }
            (ChromaSampling::Full, ChromaSampling::Full) | (ChromaSampling::Halved, _) => self,
        }
    }

    /// The same before a white background.
    #[must_use]
    pub(crate) fn on_white(mut self) -> Self {
        let Some(alpha) = self.alpha.take() else { return self };
        let opacities = match self.sampling {
            ChromaSampling::Full => None,
            ChromaSampling::Halved => Some(means_of_squares(&alpha, self.dimensions)),
        };
        if let Some(planes) = &mut self.chroma {
            let opacities = opacities.as_ref().unwrap_or(&alpha);
            for plane in planes {
                put_before(plane, opacities, WHITE_CHROMA);
            }
        }
        put_before(&mut self.luma, &alpha, WHITE_LUMA);
        self
    }
}

/// What white is made of.
const WHITE_LUMA: u8 = 255;
const WHITE_CHROMA: u8 = 128;

/// Mixes a plane with a background, as far as it is seen through.
fn put_before(plane: &mut [u8], alpha: &[u8], background: u8) {
    for (sample, alpha) in plane.iter_mut().zip(alpha) {
        let (value, alpha) = (u32::from(*sample), u32::from(*alpha));
        let mixed = (value * alpha + u32::from(background) * (255 - alpha) + 127) / 255;
        #[expect(clippy::cast_possible_truncation, reason = "a weighted mean of bytes is a byte")]
        let mixed = mixed as u8;
        *sample = mixed;
    }
}

/// A plane at half its size; at an odd side the last samples are repeated.
fn means_of_squares(plane: &[u8], dimensions: Dimensions) -> Vec<u8> {
    let width = dimensions.width() as usize;
    let mut means = Vec::with_capacity(plane.len().div_ceil(4));
    for two_rows in plane.chunks(2 * width) {
        let (top, bottom) = two_rows.split_at(width);
        let bottom = if bottom.is_empty() { top } else { bottom };
        for (above, below) in top.chunks(2).zip(bottom.chunks(2)) {
            let right = above.len() - 1;
            let sum: u16 = [above[0], above[right], below[0], below[right]].map(u16::from).iter().sum();
            #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
            means.push(((sum + 2) / 4) as u8);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_transparent_shows_white() {
        let picture = |chroma, alpha| LumaChroma {
            dimensions: Dimensions::new(3, 1).unwrap(),
            sampling: ChromaSampling::Halved,
            luma: vec![100; 3],
            chroma,
            alpha,
        };
        let planes = Some([vec![28, 28], vec![228, 228]]);
        let fading = picture(planes.clone(), Some(vec![255, 127, 0])).on_white();
        // White's luma is 255, its chromas are 128; the first square shows three quarters, the second nothing.
        let expected = picture(Some([vec![53, 128], vec![203, 128]]), None);
        assert_eq!(fading, LumaChroma { luma: vec![100, 178, 255], ..expected });
        let opaque = picture(planes, None);
        assert_eq!(opaque.clone().on_white(), opaque);
        assert_eq!(picture(None, Some(vec![0; 3])).on_white().luma, [255; 3]);
    }

    #[test]
    fn before_white_it_is_the_same_whether_chroma_was_halved_before_or_after() {
        use crate::pipeline::pixels::{Layout, Pixels};
        let samples = [[250, 0, 9, 200], [9, 200, 0, 40], [80, 90, 255, 0], [0, 5, 77, 255]].concat();
        let dimensions = Dimensions::new(2, 2).unwrap();
        let flat = samples.chunks(4).flat_map(|pixel| {
            let alpha = u32::from(pixel[3]);
            [0, 1, 2].map(|at| (u32::from(pixel[at]) * alpha + 255 * (255 - alpha) + 127) / 255)
        });
        let flat = flat.map(|sample| u8::try_from(sample).unwrap()).collect();
        let before = Pixels { dimensions, layout: Layout::Rgb, samples: flat };
        let expected = LumaChroma::of(&before, ChromaSampling::Halved);
        let pixels = Pixels { dimensions, layout: Layout::Rgba, samples };
        let found = LumaChroma::of(&pixels, ChromaSampling::Halved).on_white();
        let planes =
            |picture: LumaChroma| [vec![picture.luma], Vec::from(picture.chroma.unwrap())].concat().concat();
        for (found, expected) in planes(found).into_iter().zip(planes(expected)) {
            assert!(found.abs_diff(expected) <= 1, "{found} for {expected}");
        }
    }
}
