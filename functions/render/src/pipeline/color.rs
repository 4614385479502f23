//! From the file's own colours to those of the output.
//!
//! Colour is kept: samples in the space of an ICC profile stay as they are, and the profile goes with them, unless it
//! says what every viewer assumes without one (sRGB). What no output format can hold is converted to sRGB: CMYK through
//! the file's profile, or without one by the plain product of what each ink lets through; L*a*b* by definition; and for
//! formats that know no grey, grey with a tone curve of its own.

mod lab;
mod profile;

use shared::dimensions::Dimensions;
use shared::variant::OutputFormat;

use self::profile::{Space, grey_to_srgb, inks_to_srgb, is_srgb};
use super::decode::{ColorModel, Decoded};
use super::luma_chroma::{ChromaSampling, LumaChroma};
use super::picture::Picture;
use super::pixels::{Layout, Pixels};
use super::reduce::ReducedPlane;

/// A picture in colours that the encoder takes; not yet upright.
#[derive(Debug)]
pub(crate) struct Toned {
    pub(crate) picture: Picture,
    /// The ICC profile that the output must carry.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Brings a picture into colours that an output format can hold. Luma and chroma stay what they are where the format
/// stores them so.
pub(crate) fn tone(decoded: Decoded, format: OutputFormat) -> Toned {
    let Decoded { mut planes, mut model, profile } = decoded;
    if model == ColorModel::YCbCrLimited {
        to_full_range(&mut planes);
        model = ColorModel::YCbCr;
    }
    let profile = profile.filter(|icc| !is_srgb(icc));
    match (model, format, <[ReducedPlane; 3]>::try_from(planes)) {
        (ColorModel::YCbCr, OutputFormat::WebP | OutputFormat::Avif | OutputFormat::Jpeg, Ok(planes)) => {
            let profile = profile.filter(|icc| Space::of(icc) == Some(Space::Rgb));
            Toned { picture: Picture::LumaChroma(luma_chroma(planes)), profile }
        }
        (model, _, planes) => {
            let picture = Interleaved::of(planes.map_or_else(|planes| planes, Vec::from), model);
            let (pixels, profile) = in_color(picture, profile, format);
            Toned { picture: Picture::Pixels(pixels.without_idle_alpha()), profile }
        }
    }
}

/// Stretches luma and chromas from the limited range to the full one (ITU-R BT.601: 219 and 224 steps instead of 255).
fn to_full_range(planes: &mut [ReducedPlane]) {
    let luma = range_table(16, 0, 219);
    let chroma = range_table(128, 128, 224);
    for (plane, table) in planes.iter_mut().zip([luma, chroma, chroma]) {
        plane.samples.iter_mut().for_each(|sample| *sample = table[usize::from(*sample)]);
    }
}

/// For each sample of so many steps from an origin, the one of 255 steps.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn range_table(from_origin: i32, to_origin: i32, steps: i32) -> [u8; 256] {
    let mut table = [0; 256];
    for (sample, place) in (0_i32..).zip(&mut table) {
        let twice = 2 * (sample - from_origin) * 255;
        let stretched = (twice + steps * twice.signum()) / (2 * steps);
        *place = (stretched + to_origin).clamp(0, 255) as u8;
    }
    table
}

fn luma_chroma([luma, blue, red]: [ReducedPlane; 3]) -> LumaChroma {
    let dimensions = luma.dimensions;
    let is_full = blue.dimensions == dimensions;
    let sampling = if is_full { ChromaSampling::Full } else { ChromaSampling::Halved };
    let chroma = Some([blue.samples, red.samples]);
    LumaChroma { dimensions, sampling, luma: luma.samples, chroma, alpha: None }
}

/// Samples of one size, all of a pixel together.
struct Interleaved {
    dimensions: Dimensions,
    samples: Vec<u8>,
    model: ColorModel,
}

impl Interleaved {
    /// Planes of one size, pixel by pixel.
    fn of(planes: Vec<ReducedPlane>, model: ColorModel) -> Self {
        let dimensions = planes[0].dimensions;
        let samples = match <[ReducedPlane; 1]>::try_from(planes) {
            Ok([plane]) => plane.samples,
            Err(several) => interleaved(&several),
        };
        Self { dimensions, samples, model }
    }
}

fn interleaved(planes: &[ReducedPlane]) -> Vec<u8> {
    let mut samples = vec![0; planes.iter().map(|plane| plane.samples.len()).sum()];
    for (channel, plane) in planes.iter().enumerate() {
        let of_channel = samples.iter_mut().skip(channel).step_by(planes.len());
        of_channel.zip(&plane.samples).for_each(|(place, sample)| *place = *sample);
    }
    samples
}

/// Samples in colours that a format can hold, and the profile that says which these are.
fn in_color(
    picture: Interleaved,
    profile: Option<Vec<u8>>,
    format: OutputFormat,
) -> (Pixels, Option<Vec<u8>>) {
    let Interleaved { dimensions, mut samples, model } = picture;
    let with = |layout, samples| Pixels { dimensions, layout, samples };
    match model {
        ColorModel::Grey => grey(with(Layout::Grey, samples), profile, format),
        ColorModel::GreyAlpha => grey(with(Layout::GreyAlpha, samples), profile, format),
        ColorModel::Rgb => rgb(with(Layout::Rgb, samples), profile),
        ColorModel::Rgba => rgb(with(Layout::Rgba, samples), profile),
        ColorModel::YCbCr | ColorModel::YCbCrLimited => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = ycbcr_to_rgb(*pixel));
            rgb(with(Layout::Rgb, samples), profile)
        }
        ColorModel::Cmyk | ColorModel::CmykInverted | ColorModel::Ycck => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = inks(*pixel, model));
            let profile = profile.filter(|icc| Space::of(icc) == Some(Space::Cmyk));
            let converted = profile.and_then(|icc| inks_to_srgb(&samples, &icc));
            let srgb = converted.unwrap_or_else(|| plain_inks_to_rgb(&samples));
            (with(Layout::Rgb, srgb), None)
        }
        ColorModel::Lab => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = lab::to_srgb(*pixel));
            (with(Layout::Rgb, samples), None)
        }
    }
}

fn rgb(pixels: Pixels, profile: Option<Vec<u8>>) -> (Pixels, Option<Vec<u8>>) {
    // A profile of another space is a mistake of whoever wrote the file.
    (pixels, profile.filter(|icc| Space::of(icc) == Some(Space::Rgb)))
}

fn grey(pixels: Pixels, profile: Option<Vec<u8>>, format: OutputFormat) -> (Pixels, Option<Vec<u8>>) {
    let Some(icc) = profile else { return (pixels, None) };
    match (Space::of(&icc), format) {
        (Some(Space::Rgb), _) => rgb(pixels.in_rgb(), Some(icc)),
        (Some(Space::Grey), OutputFormat::Jpeg | OutputFormat::Png) => (pixels, Some(icc)),
        (Some(Space::Grey), OutputFormat::WebP | OutputFormat::Avif) => (grey_to_srgb(pixels, &icc), None),
        (Some(Space::Cmyk) | None, _) => (pixels, None),
    }
}

/// JFIF's full-range YCbCr (ITU-R BT.601), in fractions of 65,536.
fn ycbcr_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    [y + 91_881 * cr, y - 22_554 * cb - 46_802 * cr, y + 116_130 * cb].map(rounded)
}

#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
fn rounded(fixed: i32) -> u8 {
    ((fixed + (1 << 15)) >> 16).clamp(0, 255) as u8
}

/// The four inks, 255 for all of each.
fn inks(pixel: [u8; 4], model: ColorModel) -> [u8; 4] {
    match model {
        ColorModel::CmykInverted => pixel.map(|left_out| 255 - left_out),
        ColorModel::Ycck => {
            let [y, cb, cr, k] = pixel;
            let [cyan, magenta, yellow] = ycbcr_to_rgb([y, cb, cr]);
            [cyan, magenta, yellow, 255 - k]
        }
        ColorModel::Cmyk
        | ColorModel::Grey
        | ColorModel::GreyAlpha
        | ColorModel::Rgb
        | ColorModel::Rgba
        | ColorModel::YCbCr
        | ColorModel::YCbCrLimited
        | ColorModel::Lab => pixel,
    }
}

/// What is left of white light behind two inks, each of which lets its part through.
fn plain_inks_to_rgb(samples: &[u8]) -> Vec<u8> {
    let pixels = samples.as_chunks::<4>().0;
    pixels.iter().flat_map(|[c, m, y, k]| [c, m, y].map(|ink| behind(*ink, *k))).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "255 * 255 over 255 is a byte")]
fn behind(ink: u8, black: u8) -> u8 {
    ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8
}

#[cfg(test)]
mod tests;
