//! WebP, by libwebp; of an animation the first frame.

use shared::media::MediaType;

use super::{ColorModel, Decoded, Request};
use crate::pipeline::libwebp::{self, Features, LibwebpError};
use crate::pipeline::reduce::Plane;
use crate::pipeline::{RenderError, riff};

/// Decodes a WebP, at a reduced size where the request lets it.
///
/// # Errors
/// [`RenderError`].
pub(super) fn decode(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    let file = request.file;
    let chunk = |name: &[u8; 4]| riff::chunks(file).find(|chunk| chunk.name == *name);
    let profile = chunk(b"ICCP").map(|chunk| chunk.content.to_vec());
    let (plane, samples, model) = match chunk(b"ANMF") {
        Some(frame) => frame_on_canvas(request, &Frame::parse(frame.content)?)?,
        None => still(request)?,
    };
    let mut reducer = request.reducer(plane)?;
    reducer.push(&samples, plane.width as usize * usize::from(plane.channels))?;
    Ok(Decoded { planes: vec![reducer.finish()?], model, profile })
}

fn undecodable(error: &LibwebpError) -> RenderError {
    RenderError::undecodable(MediaType::WebP, error)
}

fn still(request: &mut Request<'_>) -> Result<(Plane, Vec<u8>, ColorModel), RenderError> {
    let features = libwebp::features(request.file).map_err(|error| undecodable(&error))?;
    request.expect_size(features.width, features.height)?;
    let (width, height) = reduced_size(request, features);
    let samples = samples(request, request.file, features, (width, height))?;
    let (channels, model) = if features.has_alpha { (4, ColorModel::Rgba) } else { (3, ColorModel::Rgb) };
    let pitch =
        (f64::from(features.width) / f64::from(width), f64::from(features.height) / f64::from(height));
    Ok((Plane { width, height, channels, has_alpha: features.has_alpha, pitch }, samples, model))
}

/// The least size that shows enough. What is transparent would bleed: libwebp does not weight colours by their opacity.
fn reduced_size(request: &Request<'_>, features: Features) -> (u32, u32) {
    let divided = |by: u32| (features.width.div_ceil(by), features.height.div_ceil(by));
    let is_fine_enough =
        |by: &u32| request.is_fine_enough((f64::from(*by), f64::from(*by)), request.framing.output);
    let by = [8, 4, 2].into_iter().find(is_fine_enough).filter(|_| !features.has_alpha).unwrap_or(1);
    divided(by)
}

fn samples(
    request: &mut Request<'_>,
    file: &[u8],
    features: Features,
    size: (u32, u32),
) -> Result<Vec<u8>, RenderError> {
    let area = |(width, height): (u32, u32)| u64::from(width) * u64::from(height);
    // libwebp holds a lossless picture whole; of another only some rows, and its opacity.
    let held = if features.is_lossless || features.has_alpha {
        area((features.width, features.height)) * 4
    } else {
        0
    };
    request.memory.claim(held + area(size) * 4)?;
    libwebp::decode(file, size, features.has_alpha).map_err(|error| undecodable(&error))
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
fn frame_on_canvas(
    request: &mut Request<'_>,
    frame: &Frame<'_>,
) -> Result<(Plane, Vec<u8>, ColorModel), RenderError> {
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
    let pixels = samples(request, frame.picture, opaque, (features.width, features.height))?;
    let row_bytes = width as usize * 4;
    let mut canvas = vec![0; row_bytes * height as usize];
    let rows = canvas.chunks_exact_mut(row_bytes).skip(frame.top as usize);
    for (row, pixels) in rows.zip(pixels.chunks_exact(features.width as usize * 4)) {
        row[frame.left as usize * 4..][..pixels.len()].copy_from_slice(pixels);
    }
    Ok((Plane::whole(request.stored, 4, true), canvas, ColorModel::Rgba))
}
