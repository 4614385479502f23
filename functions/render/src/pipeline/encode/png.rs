//! PNG, with 8 bits a sample.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::pixels::{Layout, Pixels};

const STEP: &str = "PNG encoding";

pub(super) fn encode(pixels: &Pixels, profile: Option<&[u8]>) -> Result<Vec<u8>, RenderError> {
    let color = match pixels.layout {
        Layout::Grey => ExtendedColorType::L8,
        Layout::GreyAlpha => ExtendedColorType::La8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::Rgba => ExtendedColorType::Rgba8,
    };
    let mut bytes = Vec::new();
    let mut encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    if let Some(icc) = profile {
        encoder.set_icc_profile(icc.to_vec()).map_err(|error| failed(STEP, error))?;
    }
    let (width, height) = (pixels.dimensions.width(), pixels.dimensions.height());
    encoder.write_image(&pixels.samples, width, height, color).map_err(|error| failed(STEP, error))?;
    Ok(bytes)
}
