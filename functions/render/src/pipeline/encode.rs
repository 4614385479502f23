//! From an upright picture to a file.

mod jpeg;
mod png;
mod webp;

use shared::dimensions::Dimensions;
use shared::variant::{OutputFormat, VariantSpec};

use super::RenderError;
use super::orient::Upright;

/// A finished variant.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) bytes: Vec<u8>,
    pub(crate) dimensions: Dimensions,
}

/// Checks that a format is written by this build at all, before anything is done for it.
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

/// Encodes a picture.
///
/// # Errors
/// [`RenderError::UnsupportedOutput`] for a format that can't hold it; [`RenderError::Failed`].
pub(crate) fn encode(upright: Upright, spec: &VariantSpec) -> Result<Encoded, RenderError> {
    let Upright { pixels, profile } = upright;
    let dimensions = pixels.dimensions;
    check_offered(spec.format)?;
    check_size(dimensions, spec.format)?;
    let profile = profile.as_deref();
    let bytes = match spec.format {
        OutputFormat::WebP => webp::encode(pixels, spec.quality, profile)?,
        OutputFormat::Jpeg => jpeg::encode(pixels, spec.quality, profile)?,
        OutputFormat::Png | OutputFormat::Avif => png::encode(&pixels, profile)?,
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
