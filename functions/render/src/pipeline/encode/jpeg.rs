//! Baseline JPEG.

use jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use shared::variant::Quality;

use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::luma_chroma::{ChromaSampling, LumaChroma};

const STEP: &str = "JPEG encoding";

/// Encodes a picture; what is transparent becomes white.
pub(super) fn encode(
    picture: LumaChroma,
    quality: Quality,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, RenderError> {
    let picture = picture.on_white();
    let side = |pixels: u32| u16::try_from(pixels).map_err(|error| failed(STEP, error));
    let (width, height) = (side(picture.dimensions.width())?, side(picture.dimensions.height())?);
    let sampling = match picture.sampling {
        ChromaSampling::Full => SamplingFactor::R_4_4_4,
        ChromaSampling::Halved => SamplingFactor::R_4_2_0,
    };
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality.get());
    encoder.set_sampling_factor(sampling);
    // The mean of four equal samples is the sample that was there.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    // Not with Huffman tables of its own: the encoder would write a scan for each component, and there are decoders that
    // show such files as noise.
    if let Some(icc) = profile {
        encoder.add_icc_profile(icc).map_err(|error| failed(STEP, error))?;
    }
    encoder.encode_image(Rows { picture, width, height }).map_err(|error| failed(STEP, error))?;
    Ok(bytes)
}

/// A picture as the encoder takes it: a row at a time, each sample of chroma as often as it has pixels.
struct Rows {
    picture: LumaChroma,
    width: u16,
    height: u16,
}

impl ImageBuffer for Rows {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.picture.chroma.is_some() { JpegColorType::Ycbcr } else { JpegColorType::Luma }
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (row, width) = (usize::from(y), usize::from(self.width));
        buffers[0].extend_from_slice(&self.picture.luma[row * width..][..width]);
        let Some(chroma) = &self.picture.chroma else { return };
        let shrink = match self.picture.sampling {
            ChromaSampling::Full => 1,
            ChromaSampling::Halved => 2,
        };
        let chroma_width = width.div_ceil(shrink);
        for (plane, buffer) in chroma.iter().zip(&mut buffers[1..]) {
            let samples = &plane[row / shrink * chroma_width..][..chroma_width];
            buffer.extend(samples.iter().flat_map(|sample| std::iter::repeat_n(*sample, shrink)).take(width));
        }
    }
}
