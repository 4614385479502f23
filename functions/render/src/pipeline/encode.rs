//! From an upright picture to a file.

mod jpeg;
mod png;
mod webp;

use shared::dimensions::Dimensions;
use shared::variant::{OutputFormat, VariantSpec};

use super::RenderError;
use super::luma_chroma::{ChromaSampling, LumaChroma};
use super::orient::Upright;
use super::picture::Picture;

/// A finished variant.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) dimensions: Dimensions,
}

/// Checks that a format is written by this build at all, before anything is done for it.
///
/// AVIF is not. Of AV1's encoders rav1e alone needs no more than a Rust compiler, and that is too slow without assembly: at
/// 640x480 it takes 290 ms of CPU at its fastest, with 5 % more bytes at equal SSIMULACRA2 than WebP has after 23 ms. Its
/// first speed to save a tenth takes 700 ms; at 320x240, 220 ms.
///
/// # Errors
/// [`RenderError::UnsupportedOutput`].
pub fn check_offered(format: OutputFormat) -> Result<(), RenderError> {
    match format {
        OutputFormat::WebP | OutputFormat::Jpeg | OutputFormat::Png => Ok(()),
        OutputFormat::Avif => {
            Err(RenderError::UnsupportedOutput { format, reason: "this build has no AVIF encoder" })
        }
    }
}

/// A picture as a variant's format takes it.
fn fitted(picture: Picture, spec: &VariantSpec) -> Picture {
    let sampling = chroma_sampling(spec);
    match (spec.format, picture) {
        (OutputFormat::Png, picture) => picture,
        (OutputFormat::WebP | OutputFormat::Avif | OutputFormat::Jpeg, Picture::Pixels(pixels)) => {
            Picture::LumaChroma(LumaChroma::of(&pixels, sampling))
        }
        (OutputFormat::WebP | OutputFormat::Avif | OutputFormat::Jpeg, Picture::LumaChroma(picture)) => {
            Picture::LumaChroma(picture.sampled(sampling))
        }
    }
}

/// From this quality on, chroma keeps its full resolution: who asks for that much sees red edges fray.
const FULL_CHROMA_QUALITY: u8 = 90;

/// How a variant's chroma is sampled; lossy WebP knows halved chroma only.
pub(crate) fn chroma_sampling(spec: &VariantSpec) -> ChromaSampling {
    match spec.format {
        OutputFormat::Jpeg if spec.quality.get() >= FULL_CHROMA_QUALITY => ChromaSampling::Full,
        OutputFormat::WebP | OutputFormat::Avif | OutputFormat::Jpeg => ChromaSampling::Halved,
        OutputFormat::Png => ChromaSampling::Full,
    }
}

/// Whether a variant is so large that its bytes matter more than its time: from half a megapixel on. It weighs hundreds of
/// kilobytes, and is sent many times for each time that it is made.
fn is_large(variant: Dimensions) -> bool {
    variant.pixels() >= 500_000
}

/// A picture that is decoded at a reduced size stays at least so many times as wide and high as its variant: the resampling
/// that follows, not the decoder's, then makes the picture's look. Encoding takes most of a large variant's time, so that
/// decoding more costs 5 % of it, and saves 1 % of its bytes at equal SSIMULACRA2.
pub(crate) fn spare_scale(variant: Dimensions) -> f64 {
    if is_large(variant) { 2.0 } else { 1.5 }
}

/// How far the samples of a picture may be off before it is resized, as a root mean square of levels, where that saves
/// time: not much more than their being whole numbers, which is 0.29; and for formats that lose far more themselves, as
/// much as leaves the variant alike to the eye (SSIMULACRA2 of 93 and more before it is encoded).
pub(crate) fn tolerated_error(format: OutputFormat) -> f32 {
    match format {
        OutputFormat::WebP | OutputFormat::Avif | OutputFormat::Jpeg => 2.0,
        OutputFormat::Png => 0.5,
    }
}

/// Encodes a picture, with the ICC profile that it must carry.
///
/// # Errors
/// [`RenderError::UnsupportedOutput`] for a format that can't hold it; [`RenderError::Failed`].
pub(crate) fn encode(upright: Upright, spec: &VariantSpec) -> Result<Encoded, RenderError> {
    let Upright { picture, profile } = upright;
    let profile = profile.as_deref();
    let dimensions = picture.dimensions();
    check_offered(spec.format)?;
    check_size(dimensions, spec.format)?;
    let bytes = match (spec.format, fitted(picture, spec)) {
        (OutputFormat::WebP, Picture::LumaChroma(picture)) => webp::encode(picture, spec.quality, profile)?,
        (OutputFormat::Jpeg, Picture::LumaChroma(picture)) => jpeg::encode(picture, spec.quality, profile)?,
        (OutputFormat::Png, Picture::Pixels(pixels)) => png::encode(&pixels, profile)?,
        (OutputFormat::WebP | OutputFormat::Jpeg, Picture::Pixels(_))
        | (OutputFormat::Png, Picture::LumaChroma(_))
        | (OutputFormat::Avif, _) => {
            return Err(failed("encoding", "the picture is not as the format takes it"));
        }
    };
    Ok(Encoded { bytes, dimensions })
}

/// The longest side that a format can write, in pixels.
fn max_side(format: OutputFormat) -> u32 {
    match format {
        OutputFormat::WebP => 16_383,
        OutputFormat::Jpeg => 65_535,
        // AVIF's own limit is higher than that of any original.
        OutputFormat::Avif | OutputFormat::Png => u32::MAX,
    }
}

fn check_size(dimensions: Dimensions, format: OutputFormat) -> Result<(), RenderError> {
    if dimensions.width().max(dimensions.height()) <= max_side(format) {
        return Ok(());
    }
    Err(RenderError::UnsupportedOutput { format, reason: "it can't be as long on a side as this variant is" })
}

/// The error of an encoder that was given nothing that it may refuse.
fn failed(step: &'static str, error: impl std::fmt::Display) -> RenderError {
    RenderError::Failed { step, reason: error.to_string() }
}
