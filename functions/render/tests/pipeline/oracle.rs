//! Every kind of JPEG at every scale, against libjpeg: what we show of a file is what libjpeg shows, made smaller.
//!
//! libjpeg decodes at the full size by its accurate transform; its picture is turned upright and reduced by definition
//! ([`likeness`](crate::likeness)). What may differ: the transform at a reduced size is not the filter's, chroma between
//! its samples is interpolated (libjpeg: a triangle, ours: Lanczos), and rounding.

use std::collections::BTreeSet;

use image::metadata::Orientation;
use image::{DynamicImage, Rgb, RgbImage};
use shared::variant::OutputFormat;

use crate::libjpeg::{Color, Jpeg, Restarts, decode};
use crate::likeness::{Region, reduced, ssim};
use crate::pictures::{pixels, psnr, rendered, spec};
use crate::scans::Scans;

/// Of luma alone, of luma and two chromas: 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1; luma narrower than chroma; and as RGB.
const SAMPLINGS: [(Color, &[(u8, u8)]); 8] = [
    (Color::Grey, &[]),
    (Color::YCbCr, &[]),
    (Color::YCbCr, &[(2, 1)]),
    (Color::YCbCr, &[(2, 2)]),
    (Color::YCbCr, &[(1, 2)]),
    (Color::YCbCr, &[(4, 1)]),
    (Color::YCbCr, &[(1, 1), (2, 1), (2, 1)]),
    (Color::Rgb, &[]),
];

/// Below, at and above a block and a unit, and not multiples of anything.
const SIZES: [(u32, u32); 10] =
    [(1, 1), (7, 9), (8, 8), (9, 7), (15, 17), (17, 15), (33, 1), (1, 33), (130, 99), (641, 479)];

const RESTARTS: [Restarts; 4] = [Restarts::None, Restarts::Units(1), Restarts::Units(3), Restarts::Row];

/// A twelfth of the width is still shown well of blocks of one sample, two twelfths of blocks of two, and so on up to 8;
/// and all of it.
const TWELFTHS: [u32; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 12];

/// What is asked for: the whole picture, a square of its middle, a strip of it.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Whole,
    Square,
    Strip,
}

const SHAPES: [Shape; 3] = [Shape::Whole, Shape::Square, Shape::Strip];

impl Shape {
    /// The size to ask for, of this width at most.
    fn asked(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Whole => (width, 0),
            Self::Square => (width.min(height), width.min(height)),
            Self::Strip => (width, width.div_ceil(3)),
        }
    }
}

/// The number of choices of each kind, in the order of [`Case::choices`].
const CHOICES: [usize; 7] =
    [SAMPLINGS.len(), SIZES.len(), RESTARTS.len(), TWELFTHS.len(), Scans::ALL.len(), 8, SHAPES.len()];

#[derive(Debug, Clone, Copy)]
struct Case {
    jpeg: Jpeg,
    size: (u32, u32),
    twelfths: u32,
    shape: Shape,
}

impl Case {
    const COUNT: usize = {
        let [a, b, c, d, e, f, g] = CHOICES;
        a * b * c * d * e * f * g
    };

    fn choices(mut number: usize) -> [usize; 7] {
        CHOICES.map(|count| {
            let choice = number % count;
            number /= count;
            choice
        })
    }

    fn of([sampling, size, restarts, twelfths, scans, orientation, shape]: [usize; 7]) -> Self {
        let (color, factors) = SAMPLINGS[sampling];
        let jpeg = Jpeg {
            color,
            factors,
            scans: Scans::ALL[scans],
            restarts: RESTARTS[restarts],
            orientation: u8::try_from(orientation + 1).unwrap(),
            ..Jpeg::PLAIN
        };
        Self { jpeg, size: SIZES[size], twelfths: TWELFTHS[twelfths], shape: SHAPES[shape] }
    }

    /// How alike our picture and the oracle's are: in decibels, and as structural similarity.
    fn likeness(&self) -> (f64, f64) {
        let file = self.jpeg.encode(&picture(self.size));
        let mut oracle = DynamicImage::from(decode(&file));
        oracle.apply_orientation(Orientation::from_exif(self.jpeg.orientation).unwrap());
        let oracle = oracle.into_rgb8();
        let twelfths = |side: u32| (side * self.twelfths / 12).max(1);
        let (width, height) = self.shape.asked((twelfths(oracle.width()), twelfths(oracle.height())));
        let variant = pixels(&rendered(&file, spec(width, height, OutputFormat::Png)).unwrap());
        let expected =
            reduced(&oracle, self.region(oracle.dimensions(), variant.dimensions()), variant.dimensions());
        let found: RgbImage = DynamicImage::from(variant.clone()).into_rgb8();
        (psnr(&variant, &DynamicImage::from(expected.clone()).into_rgba8()), ssim(&found, &expected))
    }

    /// What of an upright picture is shown at a size: all, or the largest part of its ratio, in the middle.
    fn region(&self, picture: (u32, u32), shown: (u32, u32)) -> Region {
        let sides = [(picture.0, shown.0), (picture.1, shown.1)].map(|(a, b)| (f64::from(a), f64::from(b)));
        let scales = sides.map(|(side, shown)| side / shown);
        let [width, height] = match self.shape {
            Shape::Whole => sides.map(|(side, _)| side),
            Shape::Square | Shape::Strip => sides.map(|(_, shown)| shown * scales[0].min(scales[1])),
        };
        [(sides[0].0 - width) / 2.0, (sides[1].0 - height) / 2.0, width, height]
    }

    /// The least likeness. In blocks that become one sample each, lines finer than that fold back; a small picture's last
    /// blocks are in part what the encoder filled them up with, which a reduced sample can't be without.
    fn floors(&self) -> (f64, f64) {
        match (self.size.0.min(self.size.1), self.twelfths) {
            (..99, _) => (35.0, 0.975),
            (_, 1) => (41.0, 0.997),
            (_, 2..12) => (49.0, 0.998),
            (_, _) => (52.0, 0.998),
        }
    }

    fn check(&self) {
        let (decibels, similarity) = self.likeness();
        let (least_decibels, least_similarity) = self.floors();
        assert!(
            decibels > least_decibels && similarity > least_similarity,
            "{decibels:.1} dB, {similarity:.4}: {self:?}"
        );
    }
}

/// How many of the cases are tried on every run.
const SAMPLE: usize = 900;

#[test]
fn a_sample_of_all_kinds_shows_what_libjpeg_shows() {
    let cases = (0..SAMPLE).map(|index| Case::choices(scattered(index) % Case::COUNT));
    let mut pairs = BTreeSet::new();
    for choices in cases {
        for (kind, choice) in choices.into_iter().enumerate() {
            pairs.extend(choices.into_iter().enumerate().skip(kind + 1).map(|other| ((kind, choice), other)));
        }
        Case::of(choices).check();
    }
    let all: usize = (0..CHOICES.len())
        .flat_map(|kind| (kind + 1..CHOICES.len()).map(move |other| CHOICES[kind] * CHOICES[other]))
        .sum();
    assert_eq!(pairs.len(), all, "each pair of choices is in the sample");
}

/// A number that looks like chance (the last steps of `SplitMix64`).
fn scattered(index: usize) -> usize {
    let mut bits = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((bits ^ bits >> 31) >> 1).unwrap()
}

/// A picture of much light and shade, and of colours that change slowly: how chroma is interpolated does not count then, and
/// where it lies still does.
fn picture((width, height): (u32, u32)) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x), f64::from(y));
        let light = 120.0 + 40.0 * (x / 9.0 + y / 23.0).sin() + 30.0 * (y / 7.0 - x / 40.0).cos();
        let (blue, red) = (40.0 * (x / 70.0).sin() - y / 20.0, 40.0 * (y / 60.0).cos() - x / 20.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        Rgb([red, 0.0, blue].map(|color| (light + color).clamp(0.0, 255.0) as u8))
    })
}

/// A prime that divides the number of no choices: in steps of it all cases come, and soon some of each kind.
const STEP: usize = 7919;

/// All cases, or as many as `HASHFOLIO_ORACLE_CASES` says.
#[test]
#[ignore = "takes an hour: HASHFOLIO_ORACLE_CASES"]
fn all_kinds_show_what_libjpeg_shows() {
    let asked = std::env::var("HASHFOLIO_ORACLE_CASES").map(|cases| cases.parse().unwrap());
    for number in 0..asked.unwrap_or(Case::COUNT) {
        Case::of(Case::choices(number * STEP % Case::COUNT)).check();
    }
}
