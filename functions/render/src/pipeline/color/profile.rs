//! What an ICC profile says, as far as it matters here.

use moxcms::{ColorProfile, Layout as Channels, ToneReprCurve, TransformOptions};

use crate::pipeline::pixels::{Layout, Pixels};

/// The space of a profile's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Grey,
    Rgb,
    Cmyk,
}

impl Space {
    /// The space that a profile's header names (ICC.1, 7.2); `None` for another, and for what is no profile.
    pub(super) fn of(icc: &[u8]) -> Option<Self> {
        if icc.get(36..40)? != b"acsp" {
            return None;
        }
        match icc.get(16..20)? {
            b"GRAY" => Some(Self::Grey),
            b"RGB " => Some(Self::Rgb),
            b"CMYK" => Some(Self::Cmyk),
            _ => None,
        }
    }
}

/// How far primaries may be from sRGB's, in XYZ. Profiles round them to 1/65,536, and their makers adapt white a little
/// differently; Adobe RGB's and Display P3's are ten times as far and more.
const MAX_PRIMARY_DISTANCE: f64 = 0.003;

/// How far a tone curve may be from sRGB's, of 1. Small profiles approximate it by few points; a plain gamma of 2.2 is
/// twice as far.
const MAX_CURVE_DISTANCE: f32 = 0.002;

/// At how many places between black and white curves are compared.
const CURVE_STEPS: u8 = 64;

/// Whether a profile says what is assumed without one: sRGB, or grey with sRGB's tone curve. Judged by what it does, not
/// by its name: there are hundreds of profiles that are called sRGB, and some that are not.
pub(super) fn is_srgb(icc: &[u8]) -> bool {
    let Ok(profile) = ColorProfile::new_from_slice(icc) else { return false };
    let srgb = ColorProfile::new_srgb();
    match Space::of(icc) {
        Some(Space::Grey) => profile.gray_trc.as_ref().is_some_and(|curve| follows(curve, &srgb)),
        Some(Space::Rgb) => {
            let primaries = [
                (profile.red_colorant, srgb.red_colorant),
                (profile.green_colorant, srgb.green_colorant),
                (profile.blue_colorant, srgb.blue_colorant),
            ];
            let curves = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
            // With tables, the primaries are not all that it says.
            profile.lut_a_to_b_perceptual.is_none()
                && profile.lut_a_to_b_colorimetric.is_none()
                && primaries.iter().all(|(one, other)| {
                    let axes = [one.x - other.x, one.y - other.y, one.z - other.z];
                    axes.iter().all(|distance| distance.abs() <= MAX_PRIMARY_DISTANCE)
                })
                && curves.iter().all(|curve| curve.as_ref().is_some_and(|curve| follows(curve, &srgb)))
        }
        Some(Space::Cmyk) | None => false,
    }
}

/// Whether a tone curve is sRGB's.
fn follows(curve: &ToneReprCurve, srgb: &ColorProfile) -> bool {
    let Some(reference) = &srgb.red_trc else { return false };
    let (Ok(curve), Ok(reference)) = (curve.make_linear_evaluator(), reference.make_linear_evaluator())
    else {
        return false;
    };
    (0..=CURVE_STEPS).all(|step| {
        let value = f32::from(step) / f32::from(CURVE_STEPS);
        (curve.evaluate_value(value) - reference.evaluate_value(value)).abs() <= MAX_CURVE_DISTANCE
    })
}

/// Inks of a CMYK profile as sRGB; `None` when the profile can't be used.
pub(super) fn inks_to_srgb(inks: &[u8], icc: &[u8]) -> Option<Vec<u8>> {
    // The crate hands CMYK out as four channels without further meaning.
    convert(inks, icc, Channels::Rgba, Channels::Rgb, 3 * inks.len() / 4)
}

/// Grey of a tone curve of its own as grey of sRGB's; as it is when the profile can't be used.
pub(super) fn grey_to_srgb(pixels: Pixels, icc: &[u8]) -> Pixels {
    let (from, to, layout, channels) = match pixels.layout {
        Layout::Grey => (Channels::Gray, Channels::Rgb, Layout::Rgb, 3),
        Layout::GreyAlpha => (Channels::GrayAlpha, Channels::Rgba, Layout::Rgba, 4),
        Layout::Rgb | Layout::Rgba => return pixels,
    };
    let length = pixels.samples.len() / pixels.layout.channels() * channels;
    match convert(&pixels.samples, icc, from, to, length) {
        Some(samples) => Pixels { layout, samples, ..pixels },
        None => pixels,
    }
}

fn convert(samples: &[u8], icc: &[u8], from: Channels, to: Channels, length: usize) -> Option<Vec<u8>> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let srgb = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
    let mut converted = vec![0; length];
    transform.transform(samples, &mut converted).ok()?;
    Some(converted)
}
