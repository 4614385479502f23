//! Lossy WebP.

use shared::variant::Quality;

use super::failed;
use crate::pipeline::pixels::Pixels;
use crate::pipeline::{RenderError, libwebp, riff};

/// Encodes a picture; its opacity is kept.
pub(super) fn encode(
    pixels: Pixels,
    quality: Quality,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, RenderError> {
    let dimensions = pixels.dimensions;
    let file = libwebp::encode(&pixels.in_rgb(), quality).map_err(|error| failed("WebP encoding", error))?;
    Ok(riff::with_profile(file, dimensions, profile))
}
