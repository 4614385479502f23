//! Pixels in colours that every encoder takes.

use shared::dimensions::Dimensions;

/// A picture of 8 bits a sample, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub(crate) dimensions: Dimensions,
    pub(crate) layout: Layout,
    pub(crate) samples: Vec<u8>,
}

/// The samples of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Lightness.
    Grey,
    /// Lightness and opacity.
    GreyAlpha,
    /// Red, green and blue.
    Rgb,
    /// Red, green, blue and opacity.
    Rgba,
}

impl Layout {
    /// How many samples a pixel has.
    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

impl Pixels {
    /// The same without an opacity that hides nothing.
    #[must_use]
    pub(crate) fn without_idle_alpha(self) -> Self {
        let (channels, opaque) = match self.layout {
            Layout::Grey | Layout::Rgb => return self,
            Layout::GreyAlpha => (2, Layout::Grey),
            Layout::Rgba => (4, Layout::Rgb),
        };
        if self.samples.chunks_exact(channels).any(|pixel| pixel[channels - 1] != u8::MAX) {
            return self;
        }
        let colors = self.samples.chunks_exact(channels).flat_map(|pixel| &pixel[..channels - 1]);
        Self { samples: colors.copied().collect(), layout: opaque, ..self }
    }

    /// The same in red, green and blue.
    #[must_use]
    pub(crate) fn in_rgb(self) -> Self {
        match self.layout {
            Layout::Rgb | Layout::Rgba => self,
            Layout::Grey => {
                let samples = self.samples.iter().flat_map(|grey| [*grey; 3]).collect();
                Self { samples, layout: Layout::Rgb, ..self }
            }
            Layout::GreyAlpha => {
                let pixels = self.samples.chunks_exact(2);
                let samples = pixels.flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]]).collect();
                Self { samples, layout: Layout::Rgba, ..self }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(layout: Layout, samples: &[u8]) -> Pixels {
        let width = u32::try_from(samples.len() / layout.channels()).unwrap();
        Pixels { dimensions: Dimensions::new(width, 1).unwrap(), layout, samples: samples.to_vec() }
    }

    #[test]
    fn an_opacity_that_hides_nothing_is_left_out() {
        let opaque = pixels(Layout::Rgba, &[1, 2, 3, 255, 4, 5, 6, 255]);
        assert_eq!(opaque.without_idle_alpha(), pixels(Layout::Rgb, &[1, 2, 3, 4, 5, 6]));
        let seen_through = pixels(Layout::GreyAlpha, &[1, 255, 2, 254]);
        assert_eq!(seen_through.clone().without_idle_alpha(), seen_through);
    }

    #[test]
    fn grey_becomes_rgb_with_its_opacity() {
        assert_eq!(pixels(Layout::GreyAlpha, &[7, 9]).in_rgb(), pixels(Layout::Rgba, &[7, 7, 7, 9]));
        assert_eq!(pixels(Layout::Grey, &[7]).in_rgb(), pixels(Layout::Rgb, &[7, 7, 7]));
    }
}
