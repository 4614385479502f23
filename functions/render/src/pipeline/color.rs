//! From the file's own colours to those of the output.
//!
//! Colour is kept: samples in the space of an ICC profile stay as they are, and the profile goes with them, unless it
//! says what every viewer assumes without one (sRGB). What no output format can hold is converted to sRGB: CMYK through
//! the file's profile, or without one by the plain product of what each ink lets through; L*a*b* by definition; and for
//! formats that know no grey, grey with a tone curve of its own.

mod lab;
mod profile;

use shared::variant::OutputFormat;

use self::profile::{Space, grey_to_srgb, inks_to_srgb, is_srgb};
use super::decode::ColorModel;
use super::pixels::{Layout, Pixels};
use super::resize::Resized;

/// A picture in colours that the encoder takes; not yet upright.
#[derive(Debug)]
pub(crate) struct Toned {
    pub(crate) pixels: Pixels,
    /// The ICC profile that the output must carry.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Brings a picture into colours that an output format can hold.
pub(crate) fn tone(resized: Resized, format: OutputFormat) -> Toned {
    let Resized { dimensions, mut samples, model, profile } = resized;
    let with = |layout, samples| Pixels { dimensions, layout, samples };
    let profile = profile.filter(|icc| !is_srgb(icc));
    let toned = match model {
        ColorModel::Grey => grey(with(Layout::Grey, samples), profile, format),
        ColorModel::GreyAlpha => grey(with(Layout::GreyAlpha, samples), profile, format),
        ColorModel::Rgb => rgb(with(Layout::Rgb, samples), profile),
        ColorModel::Rgba => rgb(with(Layout::Rgba, samples), profile),
        ColorModel::YCbCr => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = ycbcr_to_rgb(*pixel));
            rgb(with(Layout::Rgb, samples), profile)
        }
        ColorModel::Cmyk | ColorModel::CmykInverted | ColorModel::Ycck => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = inks(*pixel, model));
            let profile = profile.filter(|icc| Space::of(icc) == Some(Space::Cmyk));
            let converted = profile.and_then(|icc| inks_to_srgb(&samples, &icc));
            let srgb = converted.unwrap_or_else(|| plain_inks_to_rgb(&samples));
            Toned { pixels: with(Layout::Rgb, srgb), profile: None }
        }
        ColorModel::Lab => {
            samples.as_chunks_mut().0.iter_mut().for_each(|pixel| *pixel = lab::to_srgb(*pixel));
            Toned { pixels: with(Layout::Rgb, samples), profile: None }
        }
    };
    Toned { pixels: toned.pixels.without_idle_alpha(), ..toned }
}

fn rgb(pixels: Pixels, profile: Option<Vec<u8>>) -> Toned {
    // A profile of another space is a mistake of whoever wrote the file.
    Toned { pixels, profile: profile.filter(|icc| Space::of(icc) == Some(Space::Rgb)) }
}

fn grey(pixels: Pixels, profile: Option<Vec<u8>>, format: OutputFormat) -> Toned {
    let Some(icc) = profile else { return Toned { pixels, profile: None } };
    match (Space::of(&icc), format) {
        (Some(Space::Rgb), _) => rgb(pixels.in_rgb(), Some(icc)),
        (Some(Space::Grey), OutputFormat::Jpeg | OutputFormat::Png) => Toned { pixels, profile: Some(icc) },
        (Some(Space::Grey), OutputFormat::WebP | OutputFormat::Avif) => {
            Toned { pixels: grey_to_srgb(pixels, &icc), profile: None }
        }
        (Some(Space::Cmyk) | None, _) => Toned { pixels, profile: None },
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
