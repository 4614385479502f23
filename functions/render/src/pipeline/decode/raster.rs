//! GIF and BMP, by the decoders of the `image` crate.
//!
//! They are held whole: a GIF's frames lie on a screen, and a BMP's rows come from the bottom up.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder};
use image::{ColorType, ImageDecoder, ImageError, Limits};
use shared::media::MediaType;

use super::{ColorModel, Decoded, Request};
use crate::pipeline::RenderError;

/// Decodes the first frame, on the logical screen; where it does not reach, the screen is transparent.
pub(super) fn gif(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    decode(request, MediaType::Gif, |file, _| GifDecoder::new(file))
}

pub(super) fn bmp(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    decode(request, MediaType::Bmp, |file, _| BmpDecoder::new(file))
}

type File<'a> = Cursor<&'a [u8]>;

fn decode<'a, D: ImageDecoder>(
    request: &mut Request<'a>,
    media_type: MediaType,
    open: impl FnOnce(File<'a>, Limits) -> Result<D, ImageError>,
) -> Result<Decoded, RenderError> {
    let undecodable = |error: ImageError| RenderError::undecodable(media_type, &error);
    let mut limits = Limits::default();
    limits.max_alloc = Some(request.memory.left_bytes());
    let mut decoder = open(Cursor::new(request.file), limits.clone()).map_err(undecodable)?;
    let (width, height) = decoder.dimensions();
    request.expect_size(width, height)?;
    let model = model(decoder.color_type()).ok_or_else(|| {
        let reason = format!("{media_type}: samples of type {:?} are not decoded", decoder.color_type());
        RenderError::Undecodable { reason }
    })?;
    // Twice: decoders hold a copy of what they decode (a frame apart from its screen, planes before they are colours).
    request.memory.claim(decoder.total_bytes().saturating_mul(2))?;
    decoder.set_limits(limits).map_err(undecodable)?;
    let profile = decoder.icc_profile().unwrap_or_default();
    let bytes = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
    let mut samples = vec![0; bytes];
    decoder.read_image(&mut samples).map_err(undecodable)?;
    let planes = vec![request.reduced(&samples, model)?];
    Ok(Decoded { planes, model, profile })
}

/// What the samples of a decoder are, of which both have 8 bits.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that may grow")]
fn model(color: ColorType) -> Option<ColorModel> {
    match color {
        ColorType::L8 => Some(ColorModel::Grey),
        ColorType::Rgb8 => Some(ColorModel::Rgb),
        ColorType::Rgba8 => Some(ColorModel::Rgba),
        _ => None,
    }
}
