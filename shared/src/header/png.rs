//! PNG: its first chunk, and the `eXIf` chunk where there is one.

use super::sparse::{Halt, Window};
use super::{Orientation, Picture, or_upright, tiff};

/// The signature's length: the first chunk follows it.
const SIGNATURE_BYTES: u64 = 8;
/// A chunk's length and type before its content, and the checksum behind it.
const CHUNK_FRAME_BYTES: u64 = 12;
/// How many chunks before the picture's data are looked at for an orientation.
const MAX_CHUNKS: usize = 64;

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let chunks = file.from(SIGNATURE_BYTES);
    if chunks.bytes(4, 4)? != b"IHDR" {
        return Err(Halt::Malformed("does not start with its header chunk (IHDR)"));
    }
    if chunks.big(0, 4)? != 13 {
        return Err(Halt::Malformed("has a header chunk (IHDR) of another length than 13 bytes"));
    }
    let (width, height) = (chunks.big(8, 4)?, chunks.big(12, 4)?);
    Ok(Picture { width, height, orientation: or_upright(orientation(chunks))? })
}

/// Behind the picture's data an `eXIf` chunk is not looked for: a viewer that draws as the file arrives can't heed it
/// either, and a big file has thousands of data chunks.
fn orientation(chunks: Window<'_>) -> Result<Orientation, Halt> {
    let mut at = 0;
    for _ in 0..MAX_CHUNKS {
        let length = chunks.big(at, 4)?;
        match chunks.bytes(at + 4, 4)? {
            b"eXIf" => return tiff::exif_orientation(chunks.part(at + 8, length)),
            b"IDAT" | b"IEND" => break,
            _ => at += CHUNK_FRAME_BYTES + length,
        }
    }
    Ok(Orientation::Upright)
}
