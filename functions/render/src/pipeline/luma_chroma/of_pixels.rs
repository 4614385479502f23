//! From red, green and blue, or from grey, to luma and chroma.
//!
//! The mean of a square's colours is taken as they are stored, not of the light that they stand for: so do JPEG's
//! encoders, so was it done to the chroma of originals that come as YCbCr already, and every decoder undoes it so.

use shared::dimensions::Dimensions;

use super::{ChromaSampling, LumaChroma};
use crate::pipeline::pixels::{Layout, Pixels};

/// JFIF's matrix (ITU-T T.871, 7) in fractions of 65,536. The weights of luma sum up to one, those of a chroma to zero:
/// white stays white, and grey has no colour.
const LUMA: [i32; 3] = [19_595, 38_470, 7_471];
const CB: [i32; 3] = [-11_056, -21_712, 32_768];
const CR: [i32; 3] = [32_768, -27_440, -5_328];
const SCALE_BITS: u32 = 16;

/// Red, green and blue, or a sum of a few of them.
type Rgb = [i32; 3];

impl LumaChroma {
    /// A picture's luma and chroma; grey pixels make a grey picture. Where chroma is halved, colours that are hidden
    /// weigh nothing in the mean of a square.
    pub(crate) fn of(pixels: &Pixels, sampling: ChromaSampling) -> Self {
        let Pixels { dimensions, layout, samples } = pixels;
        let dimensions = *dimensions;
        let (luma, chroma, alpha) = match layout {
            Layout::Grey => (samples.clone(), None, None),
            Layout::GreyAlpha => {
                let pixels = samples.as_chunks::<2>().0.iter();
                (
                    pixels.clone().map(|pixel| pixel[0]).collect(),
                    None,
                    Some(pixels.map(|pixel| pixel[1]).collect()),
                )
            }
            Layout::Rgb => {
                let pixels = samples.as_chunks::<3>().0;
                (lumas(pixels), Some(chromas(pixels, dimensions, sampling)), None)
            }
            Layout::Rgba => {
                let pixels = samples.as_chunks::<4>().0;
                let alpha = pixels.iter().map(|pixel| pixel[3]).collect();
                (lumas(pixels), Some(chromas(pixels, dimensions, sampling)), Some(alpha))
            }
        };
        Self { dimensions, sampling, luma, chroma, alpha }
    }
}

fn lumas<const CHANNELS: usize>(pixels: &[[u8; CHANNELS]]) -> Vec<u8> {
    pixels.iter().map(|pixel| weighted(LUMA, 0, color(pixel), 0)).collect()
}

fn chromas<const CHANNELS: usize>(
    pixels: &[[u8; CHANNELS]],
    dimensions: Dimensions,
    sampling: ChromaSampling,
) -> [Vec<u8>; 2] {
    match sampling {
        ChromaSampling::Full => [CB, CR]
            .map(|weights| pixels.iter().map(|pixel| weighted(weights, 128, color(pixel), 0)).collect()),
        ChromaSampling::Halved => halved_chromas(pixels, dimensions),
    }
}

fn halved_chromas<const CHANNELS: usize>(pixels: &[[u8; CHANNELS]], dimensions: Dimensions) -> [Vec<u8>; 2] {
    let length = dimensions.halved().width() as usize * dimensions.halved().height() as usize;
    let mut planes = [Vec::with_capacity(length), Vec::with_capacity(length)];
    for two_rows in pixels.chunks(2 * dimensions.width() as usize) {
        let (top, bottom) = two_rows.split_at(dimensions.width() as usize);
        // At an odd side the last row or column stands for the one that is missing, too.
        let bottom = if bottom.is_empty() { top } else { bottom };
        for (above, below) in top.chunks(2).zip(bottom.chunks(2)) {
            let (right, left) = (above.len() - 1, 0);
            let sum = sum_of_square([&above[left], &above[right], &below[left], &below[right]]);
            planes[0].push(weighted(CB, 128, sum, 2));
            planes[1].push(weighted(CR, 128, sum, 2));
        }
    }
    planes
}

fn color<const CHANNELS: usize>(pixel: &[u8; CHANNELS]) -> Rgb {
    [pixel[0].into(), pixel[1].into(), pixel[2].into()]
}

/// Four times the mean of four pixels, each weighted by its opacity if it has one.
fn sum_of_square<const CHANNELS: usize>(square: [&[u8; CHANNELS]; 4]) -> Rgb {
    let opacity = |pixel: &[u8; CHANNELS]| pixel.get(3).map_or(1, |alpha| i32::from(*alpha));
    let whole: i32 = square.iter().map(|pixel| opacity(pixel)).sum();
    // Equal weights need no division; where nothing shows, any colour will do.
    let is_even = square.iter().all(|pixel| opacity(pixel) == opacity(square[0]));
    std::array::from_fn(|channel| {
        let of = |pixel: &[u8; CHANNELS]| i32::from(pixel[channel]);
        if is_even {
            return square.iter().map(|pixel| of(pixel)).sum();
        }
        let sum: i32 = square.iter().map(|pixel| opacity(pixel) * of(pixel)).sum();
        (4 * sum + whole / 2) / whole
    })
}

/// A weighted sum of a colour that is `2^sum_bits` times too bright, rounded to the nearest step.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn weighted(weights: [i32; 3], middle: i32, color: Rgb, sum_bits: u32) -> u8 {
    let bits = SCALE_BITS + sum_bits;
    let sum = weights[0] * color[0] + weights[1] * color[1] + weights[2] * color[2];
    ((sum + (middle << bits) + (1 << (bits - 1))) >> bits).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(width: u32, layout: Layout, samples: &[u8]) -> Pixels {
        let height = u32::try_from(samples.len() / layout.channels()).unwrap() / width;
        Pixels { dimensions: Dimensions::new(width, height).unwrap(), layout, samples: samples.to_vec() }
    }

    /// T.871's formulas, to the letter.
    fn by_definition([red, green, blue]: [u8; 3]) -> [f64; 3] {
        let [r, g, b] = [red, green, blue].map(f64::from);
        [
            0.299 * r + 0.587 * g + 0.114 * b,
            -0.168_735_9 * r - 0.331_264_1 * g + 0.5 * b + 128.0,
            0.5 * r - 0.418_687_6 * g - 0.081_312_4 * b + 128.0,
        ]
    }

    #[test]
    fn every_color_is_within_rounding_of_the_definition() {
        for index in 0..17_u32.pow(3) {
            let color =
                [index % 17, index / 17 % 17, index / 289].map(|step| u8::try_from(step * 15).unwrap());
            let found = LumaChroma::of(&pixels(1, Layout::Rgb, &color), ChromaSampling::Full);
            let [cb, cr] = found.chroma.unwrap();
            for (found, expected) in [found.luma[0], cb[0], cr[0]].into_iter().zip(by_definition(color)) {
                let distance = (f64::from(found) - expected.min(255.0)).abs();
                assert!(distance < 0.502, "{color:?}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn halved_chroma_is_the_mean_of_a_square_and_of_what_is_there_at_odd_sides() {
        let (red, blue) = ([255, 0, 0], [0, 0, 255]);
        let rows = [red, red, blue, blue, blue, red, red, red, blue].concat();
        let found = LumaChroma::of(&pixels(3, Layout::Rgb, &rows), ChromaSampling::Halved);
        let [cb, cr] = found.chroma.unwrap();
        let squares = [[red, red, blue, blue], [blue, blue, red, red], [red; 4], [blue; 4]];
        for (at, square) in squares.into_iter().enumerate() {
            for (found, plane) in [(cb[at], 1), (cr[at], 2)] {
                let mean = square.map(|color| by_definition(color)[plane] / 4.0).iter().sum::<f64>();
                assert!(
                    (f64::from(found) - mean.min(255.0)).abs() < 0.502,
                    "square {at}: {found} for {mean}"
                );
            }
        }
    }

    #[test]
    fn what_is_hidden_does_not_color_what_shows() {
        let square = [[255, 0, 0, 200], [0, 255, 0, 0], [0, 0, 255, 0], [0, 255, 0, 0]].concat();
        let found = LumaChroma::of(&pixels(2, Layout::Rgba, &square), ChromaSampling::Halved);
        let red = LumaChroma::of(&pixels(1, Layout::Rgb, &[255, 0, 0]), ChromaSampling::Full);
        assert_eq!(found.chroma, red.chroma);
        assert_eq!(found.alpha, Some(vec![200, 0, 0, 0]));
        let nothing =
            LumaChroma::of(&pixels(2, Layout::Rgba, &[9; 16].map(|byte| byte & 8)), ChromaSampling::Halved);
        assert!(nothing.chroma.is_some());
    }

    #[test]
    fn grey_stays_grey() {
        let found = LumaChroma::of(&pixels(2, Layout::GreyAlpha, &[7, 9, 8, 10]), ChromaSampling::Halved);
        assert_eq!((found.luma, found.chroma, found.alpha), (vec![7, 8], None, Some(vec![9, 10])));
        let neutral = LumaChroma::of(&pixels(2, Layout::Rgb, &[200; 6]), ChromaSampling::Halved);
        assert_eq!((neutral.luma, neutral.chroma), (vec![200; 2], Some([vec![128], vec![128]])));
    }
}
