//! PNG, with 8 bits a sample.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::pixels::{Layout, Pixels};

const STEP: &str = "PNG encoding";

/// How hard deflate tries. Against `image`'s default, a photograph is encoded in a quarter of the time for 2 to 9 % more
/// bytes; a graphic takes three quarters of the time and a tenth more. Below 4, graphics grow by a fifth and more; the best
/// level takes twice to three times the default's time for 1 to 6 % fewer bytes of a photograph. A palette would rarely
/// fit: resizing makes more than 256 colours of any edge.
const COMPRESSION: CompressionType = CompressionType::Level(4);

pub(super) fn encode(pixels: &Pixels, profile: Option<&[u8]>) -> Result<Vec<u8>, RenderError> {
    let color = match pixels.layout {
        Layout::Grey => ExtendedColorType::L8,
        Layout::GreyAlpha => ExtendedColorType::La8,
        Layout::Rgb => ExtendedColorType::Rgb8,
        Layout::Rgba => ExtendedColorType::Rgba8,
    };
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new_with_quality(&mut bytes, COMPRESSION, FilterType::Adaptive);
    if let Some(icc) = profile {
        encoder.set_icc_profile(icc.to_vec()).map_err(|error| failed(STEP, error))?;
    }
    let (width, height) = (pixels.dimensions.width(), pixels.dimensions.height());
    encoder.write_image(&pixels.samples, width, height, color).map_err(|error| failed(STEP, error))?;
    Ok(bytes)
}
