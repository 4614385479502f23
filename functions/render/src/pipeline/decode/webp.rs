//! WebP, by libwebp; of an animation the first frame.

use shared::dimensions::Dimensions;
use shared::media::MediaType;

use super::{ColorModel, Decoded, Request};
use crate::pipeline::libwebp::{self, Features, LibwebpError};
use crate::pipeline::reduce::{Plane, ReducedPlane};
use crate::pipeline::{RenderError, riff};

/// Decodes a WebP.
///
/// # Errors
/// [`RenderError`].
pub(super) fn decode(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    let file = request.file;
    let chunk = |name: &[u8; 4]| riff::chunks(file).find(|chunk| chunk.name == *name);
    let profile = chunk(b"ICCP").map(|chunk| chunk.content.to_vec());
    let (planes, model) = match chunk(b"ANMF") {
        Some(frame) => frame_on_canvas(request, &Frame::parse(frame.content)?)?,
        None => still(request)?,
    };
    Ok(Decoded { planes, model, profile })
}

fn undecodable(error: &LibwebpError) -> RenderError {
    RenderError::undecodable(MediaType::WebP, error)
}

type Planes = (Vec<ReducedPlane>, ColorModel);

fn still(request: &mut Request<'_>) -> Result<Planes, RenderError> {
    let features = libwebp::features(request.file).map_err(|error| undecodable(&error))?;
    request.expect_size(features.width, features.height)?;
    if !features.is_lossless && !features.has_alpha {
        return Ok((luma_and_chroma(request)?, ColorModel::YCbCrLimited));
    }
    let samples = samples(request, request.file, features)?;
    let model = if features.has_alpha { ColorModel::Rgba } else { ColorModel::Rgb };
    Ok((vec![request.reduced(&samples, model)?], model))
}

/// The planes of an opaque picture with loss, as it stores them: nothing is converted before it has the output's size.
fn luma_and_chroma(request: &mut Request<'_>) -> Result<Vec<ReducedPlane>, RenderError> {
    let (picture, output) = (request.stored, request.framing.output);
    request.memory.claim(picture.pixels() + 2 * picture.halved().pixels())?;
    let is_shown_smaller = request.is_fine_enough((2.0, 2.0), output);
    let planes = libwebp::decode_planes(request.file, picture, is_shown_smaller);
    let [luma, blue, red] = planes.map_err(|error| undecodable(&error))?;
    let halved = picture.halved();
    let plane = |size: Dimensions, pitch: f64| Plane {
        width: size.width(),
        height: size.height(),
        channels: 1,
        has_alpha: false,
        pitch: (pitch, pitch),
    };
    let chroma_size = request.chroma_size();
    let mut shown = Vec::with_capacity(3);
    for (samples, plane, size) in [
        (luma, plane(picture, 1.0), output),
        (blue, plane(halved, 2.0), chroma_size),
        (red, plane(halved, 2.0), chroma_size),
    ] {
        let mut reducer = request.reducer_at(plane, size)?;
        reducer.push(&samples, plane.width as usize)?;
        shown.push(reducer.finish()?);
    }
    Ok(shown)
}

fn samples(request: &mut Request<'_>, file: &[u8], features: Features) -> Result<Vec<u8>, RenderError> {
    let Features { width, height, has_alpha, .. } = features;
    // libwebp holds a picture without loss whole, and of another one its opacity.
    request.memory.claim(u64::from(width) * u64::from(height) * 8)?;
    libwebp::decode(file, (width, height), has_alpha).map_err(|error| undecodable(&error))
}

/// A frame of an animation (RFC 9649, 2.7.1.2).
struct Frame<'a> {
    left: u32,
    top: u32,
    /// The chunks of its picture.
    picture: &'a [u8],
}

impl<'a> Frame<'a> {
    fn parse(content: &'a [u8]) -> Result<Self, RenderError> {
        let [x0, x1, x2, y0, y1, y2, _, _, _, _, _, _, _, _, _, _, picture @ ..] = content else {
            return Err(undecodable(&LibwebpError::CutShort));
        };
        let doubled = |low, middle, high| 2 * u32::from_le_bytes([low, middle, high, 0]);
        Ok(Self { left: doubled(*x0, *x1, *x2), top: doubled(*y0, *y1, *y2), picture })
    }
}

/// Decodes a frame and puts it where it belongs; where it does not reach, the canvas is transparent.
fn frame_on_canvas(request: &mut Request<'_>, frame: &Frame<'_>) -> Result<Planes, RenderError> {
    let features = libwebp::features(frame.picture).map_err(|error| undecodable(&error))?;
    let (width, height) = (request.stored.width(), request.stored.height());
    if u64::from(frame.left) + u64::from(features.width) > u64::from(width)
        || u64::from(frame.top) + u64::from(features.height) > u64::from(height)
    {
        let reason = format!("{}: its first frame lies outside of its canvas", MediaType::WebP);
        return Err(RenderError::Undecodable { reason });
    }
    request.memory.claim(request.stored.pixels() * 4)?;
    let opaque = Features { has_alpha: true, ..features };
    let pixels = samples(request, frame.picture, opaque)?;
    let row_bytes = width as usize * 4;
    let mut canvas = vec![0; row_bytes * height as usize];
    let rows = canvas.chunks_exact_mut(row_bytes).skip(frame.top as usize);
    for (row, pixels) in rows.zip(pixels.chunks_exact(features.width as usize * 4)) {
        row[frame.left as usize * 4..][..pixels.len()].copy_from_slice(pixels);
    }
    Ok((vec![request.reduced(&canvas, ColorModel::Rgba)?], ColorModel::Rgba))
}
