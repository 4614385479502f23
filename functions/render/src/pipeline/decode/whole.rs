//! Whether a file is there to its end.
//!
//! Decoders stop at the last pixel, or show what there is of a picture that ends early. A file that was cut anywhere is
//! refused here, by its containers' own lengths and end marks, before a pixel is decoded.

use shared::media::MediaType;

use crate::pipeline::RenderError;

/// A file that ends before its container does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file is cut short: it ends before its {0}")]
struct CutShort(&'static str);

/// Checks that a PNG has all its chunks, to `IEND`.
pub(super) fn png(file: &[u8]) -> Result<(), RenderError> {
    png_chunks(file).map_err(|error| RenderError::undecodable(MediaType::Png, &error))
}

/// Checks that a GIF has all its blocks, to the trailer. Returns how many pixels its first frame has, which may be larger
/// than the screen that it is shown on.
pub(super) fn gif(file: &[u8]) -> Result<u64, RenderError> {
    gif_blocks(file).map_err(|error| RenderError::undecodable(MediaType::Gif, &error))
}

/// Checks that a WebP has all the chunks that its RIFF header counts.
pub(super) fn webp(file: &[u8]) -> Result<(), RenderError> {
    riff_chunks(file).map_err(|error| RenderError::undecodable(MediaType::WebP, &error))
}

const SIGNATURE_BYTES: usize = 8;
/// Around the data of a PNG's chunk: its length, its type, and its checksum.
const PNG_FRAME_BYTES: usize = 12;

fn png_chunks(file: &[u8]) -> Result<(), CutShort> {
    let end = CutShort("end chunk (IEND)");
    let mut rest = file.get(SIGNATURE_BYTES..).ok_or(end)?;
    loop {
        let length = rest.first_chunk::<4>().ok_or(end)?;
        let length = u32::from_be_bytes(*length) as usize;
        let is_last = rest.get(4..8).ok_or(end)? == b"IEND";
        rest = rest.get(length.saturating_add(PNG_FRAME_BYTES)..).ok_or(end)?;
        if is_last {
            return Ok(());
        }
    }
}

fn gif_blocks(file: &[u8]) -> Result<u64, CutShort> {
    let end = CutShort("trailer");
    let screen = file.get(..13).ok_or(end)?;
    let mut rest = file.get(13 + color_table_bytes(screen[10])..).ok_or(end)?;
    let mut first_frame = None;
    loop {
        let (introducer, after) = rest.split_first().ok_or(end)?;
        rest = match introducer {
            0x3b => return Ok(first_frame.unwrap_or(0)),
            // An extension: its label, then blocks.
            0x21 => gif_sub_blocks(after.get(1..).ok_or(end)?)?,
            // A frame: its place and size, its colours, the width of its first code, then blocks.
            0x2c => {
                let descriptor = after.get(..9).ok_or(end)?;
                let side = |at: usize| u64::from(u16::from_le_bytes([descriptor[at], descriptor[at + 1]]));
                first_frame.get_or_insert(side(4) * side(6));
                gif_sub_blocks(after.get(10 + color_table_bytes(descriptor[8])..).ok_or(end)?)?
            }
            // Not a GIF any more; the decoder says what it makes of the frames before.
            _ => return Err(CutShort("trailer, or its blocks are corrupt")),
        };
    }
}

fn color_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn gif_sub_blocks(mut rest: &[u8]) -> Result<&[u8], CutShort> {
    loop {
        let (length, after) = rest.split_first().ok_or(CutShort("trailer"))?;
        rest = after.get(usize::from(*length)..).ok_or(CutShort("trailer"))?;
        if *length == 0 {
            return Ok(rest);
        }
    }
}

fn riff_chunks(file: &[u8]) -> Result<(), CutShort> {
    let end = CutShort("last chunk's end");
    let length_at = |at: usize| {
        let bytes = file.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let riff_end = length_at(4).ok_or(end)?.saturating_add(8);
    let mut at = 12;
    while at < riff_end {
        let chunk_end = length_at(at + 4).ok_or(end)?.saturating_add(at + 8);
        if chunk_end.max(riff_end) > file.len() {
            return Err(end);
        }
        // A byte fills up to an even length; some encoders leave it out at the very end.
        at = chunk_end + chunk_end % 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_prefix_is_refused(file: &[u8], check: fn(&[u8]) -> Result<(), CutShort>) {
        assert_eq!(check(file), Ok(()));
        for length in 0..file.len() {
            assert!(check(&file[..length]).is_err(), "{length} of {} bytes", file.len());
        }
        // What comes behind the end is nobody's business.
        assert_eq!(check(&[file, b"more"].concat()), Ok(()));
    }

    #[test]
    fn a_png_ends_with_its_end_chunk() {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        for (kind, length) in [(b"IHDR", 13_u8), (b"IDAT", 5), (b"IEND", 0)] {
            file.extend([0, 0, 0, length]);
            file.extend(kind);
            file.extend(vec![7; usize::from(length) + 4]);
        }
        every_prefix_is_refused(&file, png_chunks);
    }

    #[test]
    fn a_gif_ends_with_its_trailer() {
        let mut file = b"GIF89a\x01\0\x01\0\x80\0\0".to_vec();
        file.extend([0; 6]); // two colours
        file.extend([0x21, 0xf9, 4, 0, 0, 0, 0, 0]); // a control extension
        file.extend([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80]); // a frame with colours of its own
        file.extend([0; 6]);
        file.extend([2, 2, 0x44, 1, 0]);
        file.push(0x3b);
        every_prefix_is_refused(&file, |file| gif_blocks(file).map(|_| ()));
    }

    #[test]
    fn a_webp_ends_with_the_chunk_that_its_header_counts_last() {
        let mut file = b"RIFF\x1b\0\0\0WEBPVP8 \x03\0\0\0abc\0EXIF\x03\0\0\0xyz".to_vec();
        every_prefix_is_refused(&file, riff_chunks);
        file.push(0);
        file[4] += 1;
        every_prefix_is_refused(&file, riff_chunks);
    }
}
