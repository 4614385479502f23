//! Baseline JPEG.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use shared::variant::Quality;

use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::pixels::{Layout, Pixels};

/// From this quality on, chroma keeps its full resolution: who asks for that much sees red edges fray.
const FULL_CHROMA_QUALITY: u8 = 90;

const STEP: &str = "JPEG encoding";

/// Encodes a picture; what is transparent becomes white.
pub(super) fn encode(
    pixels: Pixels,
    quality: Quality,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, RenderError> {
    let Pixels { dimensions, layout, samples } = pixels.on_white();
    let side = |pixels: u32| u16::try_from(pixels).map_err(|error| failed(STEP, error));
    let (width, height) = (side(dimensions.width())?, side(dimensions.height())?);
    let color = match layout {
        Layout::Grey | Layout::GreyAlpha => ColorType::Luma,
        Layout::Rgb | Layout::Rgba => ColorType::Rgb,
    };
    let has_full_chroma = quality.get() >= FULL_CHROMA_QUALITY;
    let sampling = if has_full_chroma { SamplingFactor::R_4_4_4 } else { SamplingFactor::R_4_2_0 };

    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality.get());
    encoder.set_sampling_factor(sampling);
    // The default takes one pixel of four, which moves colours by half a pixel and frays their edges.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // Not with Huffman tables of its own: the encoder would write a scan for each component, and there are decoders that
    // show such files as noise.
    if let Some(icc) = profile {
        encoder.add_icc_profile(icc).map_err(|error| failed(STEP, error))?;
    }
    encoder.encode(&samples, width, height, color).map_err(|error| failed(STEP, error))?;
    Ok(bytes)
}
