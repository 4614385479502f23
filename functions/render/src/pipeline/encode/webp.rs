//! Lossy WebP, from planes as the encoder works on them.

use shared::variant::Quality;

use super::{failed, is_large};
use crate::pipeline::libwebp::{LimitedRange, Settings};
use crate::pipeline::luma_chroma::{ChromaSampling, LumaChroma};
use crate::pipeline::{RenderError, libwebp, riff};

const STEP: &str = "WebP encoding";

/// How libwebp encodes small variants.
///
/// Measured at 640x480 and quality 80, each as bytes at the SSIMULACRA2 of the first, and as the encoder's CPU time; on twelve
/// photographs, and for the choice on thirteen others:
///
/// | method | `sns` | filter, sharpness | bytes | time |
/// |---|---|---|---|---|
/// | 4 | 50 | 60, 0 | 1 | 1 |
/// | **4** | **80** | **60, 0** | **0.997; 1.001** | **1.00** |
/// | 4 | 80 | 30, 3 (`photo`) | 0.989; 0.996 | 1.00 |
/// | 4 | 100 | 60, 0 | 1.038 | 1.01 |
/// | 5 | 50 | 60, 0 | 0.984 | 1.10 |
/// | 5 | 80 | 60, 0 | 0.979; 0.989 | 1.09 |
/// | 5 | 80 | 30, 3 | 0.970; 0.982 | 1.14 |
///
/// Compared with pictures that were reduced by another program, method 4 with 80 and 60, 0 takes 0.978, with 30, 3 takes
/// 0.985: between the two filters it is a draw. Method 5 saves 2 % for a tenth more time, at 320x240 for a
/// third more; 6 takes 2.7 times as long.
const SMALL: Settings =
    Settings { method: 4, segments: 4, sns_strength: 80, filter_strength: 60, filter_sharpness: 0 };

/// The same for large variants, by what is measured at 1920x1080: against [`SMALL`] 2 % fewer bytes for 12 % more time.
const LARGE: Settings = Settings { method: 5, filter_strength: 30, filter_sharpness: 3, ..SMALL };

/// Encodes a picture with halved chroma; its opacity is kept.
pub(super) fn encode(
    picture: LumaChroma,
    quality: Quality,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, RenderError> {
    let dimensions = picture.dimensions;
    if picture.sampling != ChromaSampling::Halved {
        return Err(failed(STEP, "chroma is not halved"));
    }
    let settings = if is_large(dimensions) { LARGE } else { SMALL };
    let file = libwebp::encode(in_limited_range(picture), quality, settings);
    Ok(riff::with_profile(file.map_err(|error| failed(STEP, error))?, dimensions, profile))
}

/// The same picture as WebP wants it, in the same memory.
fn in_limited_range(picture: LumaChroma) -> LimitedRange {
    let LumaChroma { dimensions, sampling, mut luma, chroma, alpha } = picture;
    for sample in &mut luma {
        *sample = limited_luma(*sample);
    }
    let chroma = chroma.map_or_else(
        || {
            let size = sampling.plane(dimensions);
            let neutral = vec![NEUTRAL; size.width() as usize * size.height() as usize];
            [neutral.clone(), neutral]
        },
        |mut planes| {
            for sample in planes.iter_mut().flatten() {
                *sample = limited_chroma(*sample);
            }
            planes
        },
    );
    LimitedRange { dimensions, luma, chroma, alpha }
}

/// The chroma of grey.
const NEUTRAL: u8 = 128;

/// From 0..=255 to 16..=235, rounded to the nearest step. In sixteen bits' fractions rather than by a table: so a compiler
/// does eight samples at once.
#[expect(clippy::cast_possible_truncation, reason = "at most 235")]
fn limited_luma(sample: u8) -> u8 {
    ((u32::from(sample) * 56_284 + (16 << 16) + (1 << 15)) >> 16) as u8
}

/// From 0..=255 to 16..=240 about 128, rounded to the nearest step.
#[expect(clippy::cast_possible_truncation, reason = "at most 240")]
fn limited_chroma(sample: u8) -> u8 {
    ((u32::from(sample) * 57_569 + (128 << 16) - 128 * 57_569 + (1 << 15)) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use shared::dimensions::Dimensions;

    use super::*;

    #[test]
    fn every_sample_lands_on_the_nearest_step_of_the_limited_range() {
        for sample in 0..=u8::MAX {
            let part = f64::from(sample) / 255.0;
            let luma = 16.0 + 219.0 * part;
            assert!((f64::from(limited_luma(sample)) - luma).abs() <= 0.5, "luma {sample}");
            let chroma = 128.0 + 224.0 * (part - 128.0 / 255.0);
            assert!((f64::from(limited_chroma(sample)) - chroma).abs() <= 0.5, "chroma {sample}");
        }
    }

    #[test]
    fn grey_gets_chroma_without_colour() {
        let dimensions = Dimensions::new(3, 1).unwrap();
        let sampling = ChromaSampling::Halved;
        let picture = LumaChroma { dimensions, sampling, luma: vec![0, 128, 255], chroma: None, alpha: None };
        let limited = in_limited_range(picture);
        assert_eq!((limited.luma, limited.chroma), (vec![16, 126, 235], [vec![128; 2], vec![128; 2]]));
    }

    #[test]
    fn chroma_of_another_size_is_an_error() {
        let dimensions = Dimensions::new(2, 2).unwrap();
        let sampling = ChromaSampling::Full;
        let picture = LumaChroma { dimensions, sampling, luma: vec![0; 4], chroma: None, alpha: None };
        assert!(encode(picture, Quality::new(80).unwrap(), None).is_err());
    }
}
