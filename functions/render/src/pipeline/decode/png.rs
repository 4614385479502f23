//! PNG, by the `png` crate, row by row.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Reader, Transformations};
use shared::media::MediaType;

use super::depth::narrowed;
use super::{ColorModel, Decoded, Request, whole};
use crate::pipeline::RenderError;
use crate::pipeline::reduce::{Plane, ReducedPlane};

/// Decodes a PNG. An interlaced one, whose rows come in seven passes, is held whole.
///
/// # Errors
/// [`RenderError`].
pub(super) fn decode(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    whole::png(request.file)?;
    let bytes = usize::try_from(request.memory.left_bytes()).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(request.file), Limits { bytes });
    // Palettes become colours, samples of less than 8 bits have 8, and a transparent colour an opacity.
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let (width, height) = reader.info().size();
    request.expect_size(width, height)?;
    let profile = reader.info().icc_profile.as_ref().map(|icc| icc.to_vec());
    let (color, depth) = reader.output_color_type();
    let model = match color {
        ColorType::Grayscale => ColorModel::Grey,
        ColorType::GrayscaleAlpha => ColorModel::GreyAlpha,
        // A palette that was not expanded does not exist.
        ColorType::Rgb | ColorType::Indexed => ColorModel::Rgb,
        ColorType::Rgba => ColorModel::Rgba,
    };
    let rows = Rows { is_wide: depth == BitDepth::Sixteen, model };
    let plane = if reader.info().interlaced {
        rows.of_passes(&mut reader, request)?
    } else {
        rows.one_by_one(&mut reader, request)?
    };
    Ok(Decoded { planes: vec![plane], model, profile })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` wants")]
fn undecodable(error: DecodingError) -> RenderError {
    RenderError::undecodable(MediaType::Png, &error)
}

/// What the decoder unpacks before it is asked for, at most: some rows, in a buffer that grows by doubling, and the window
/// of 32 KiB before them. It was 2.5 MB for 1,000x800 pixels of four samples of 16 bits, and no more for larger ones.
const MAX_AHEAD_BYTES: u64 = 3 << 20;

type File<'a> = Cursor<&'a [u8]>;

/// What the decoder's rows are.
struct Rows {
    /// Whether samples have 16 bits, the upper ones first.
    is_wide: bool,
    model: ColorModel,
}

impl Rows {
    fn one_by_one(
        &self,
        reader: &mut Reader<File<'_>>,
        request: &mut Request<'_>,
    ) -> Result<ReducedPlane, RenderError> {
        let row_samples = request.stored.width() as usize * usize::from(self.model.channels());
        // A few rows as they are stored, and what becomes of one; and what is unpacked before it is asked for.
        let ahead =
            request.stored.pixels() * u64::from(self.model.channels()) * if self.is_wide { 2 } else { 1 };
        request.memory.claim(row_samples as u64 * 16 + ahead.min(MAX_AHEAD_BYTES))?;
        let mut reducer =
            request.reducer(Plane::whole(request.stored, self.model.channels(), self.model.has_alpha()))?;
        let mut narrow = Vec::new();
        while let Some(row) = reader.next_row().map_err(undecodable)? {
            let samples = if self.is_wide {
                narrow.clear();
                narrow
                    .extend(row.data().as_chunks().0.iter().map(|wide| narrowed(u16::from_be_bytes(*wide))));
                &narrow
            } else {
                row.data()
            };
            reducer.push(samples, row_samples)?;
        }
        reducer.finish()
    }

    fn of_passes(
        &self,
        reader: &mut Reader<File<'_>>,
        request: &mut Request<'_>,
    ) -> Result<ReducedPlane, RenderError> {
        let bytes = reader.output_buffer_size().unwrap_or(usize::MAX);
        request.memory.claim(bytes as u64)?;
        let mut samples = vec![0; bytes];
        reader.next_frame(&mut samples).map_err(undecodable)?;
        if self.is_wide {
            for at in 0..bytes / 2 {
                samples[at] = narrowed(u16::from_be_bytes([samples[2 * at], samples[2 * at + 1]]));
            }
            samples.truncate(bytes / 2);
        }
        request.reduced(&samples, self.model)
    }
}
