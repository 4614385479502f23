//! PNG, GIF and BMP, by the decoders of the `image` crate.

use std::io::Cursor;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder};
use image::{ColorType, ImageDecoder, ImageError, Limits};
use shared::media::MediaType;

use super::{ColorModel, Decoded, Request};
use crate::pipeline::RenderError;

pub(super) fn png(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    decode(request, MediaType::Png, PngDecoder::with_limits)
}

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
    let kind = Kind::of(decoder.color_type()).ok_or_else(|| {
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
    if kind.bytes_per_sample == 2 {
        halve_depth(&mut samples);
    }
    let planes = vec![request.reduced(&samples, kind.model)?];
    Ok(Decoded { planes, model: kind.model, profile })
}

/// What the samples of a decoder are.
struct Kind {
    model: ColorModel,
    bytes_per_sample: u8,
}

impl Kind {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that may grow")]
    fn of(color: ColorType) -> Option<Self> {
        let (model, bytes_per_sample) = match color {
            ColorType::L8 => (ColorModel::Grey, 1),
            ColorType::La8 => (ColorModel::GreyAlpha, 1),
            ColorType::Rgb8 => (ColorModel::Rgb, 1),
            ColorType::Rgba8 => (ColorModel::Rgba, 1),
            ColorType::L16 => (ColorModel::Grey, 2),
            ColorType::La16 => (ColorModel::GreyAlpha, 2),
            ColorType::Rgb16 => (ColorModel::Rgb, 2),
            ColorType::Rgba16 => (ColorModel::Rgba, 2),
            // None of these decoders has others.
            _ => return None,
        };
        Some(Self { model, bytes_per_sample })
    }
}

/// Turns samples of 16 bits, in the machine's byte order, into samples of 8, in place.
pub(super) fn halve_depth(samples: &mut Vec<u8>) {
    let half = samples.len() / 2;
    for index in 0..half {
        let wide = u16::from_ne_bytes([samples[2 * index], samples[2 * index + 1]]);
        samples[index] = narrowed(wide);
    }
    samples.truncate(half);
    samples.shrink_to_fit();
}

/// The nearest of 256 steps to one of 65,536.
#[expect(clippy::cast_possible_truncation, reason = "65,535 * 255 + 32,767 over 65,535 is at most 255")]
pub(super) fn narrowed(wide: u16) -> u8 {
    ((u32::from(wide) * 255 + 32_767) / 65_535) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_become_the_nearest_of_eight() {
        for (wide, narrow) in [(0, 0), (127, 0), (129, 1), (0x8080, 0x80), (0xff7e, 254), (0xffff, 255)] {
            assert_eq!(narrowed(wide), narrow, "{wide:#x}");
        }
        let mut samples: Vec<u8> =
            [0x0000_u16, 0x8080, 0xffff].iter().flat_map(|wide| wide.to_ne_bytes()).collect();
        halve_depth(&mut samples);
        assert_eq!(samples, [0, 0x80, 0xff]);
    }
}
