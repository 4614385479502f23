//! WebP: the first chunk of its RIFF file.

use super::sparse::{Halt, Window};
use super::{Orientation, Picture, or_upright, tiff};

/// `RIFF`, the file's length and `WEBP`: the first chunk follows.
const RIFF_HEADER_BYTES: u64 = 12;
/// A chunk's type and length.
const CHUNK_HEADER_BYTES: u64 = 8;
/// How many chunks are looked at for an orientation; the format knows six.
const MAX_CHUNKS: usize = 16;

const ANIMATION_FLAG: u64 = 0x02;
const EXIF_FLAG: u64 = 0x08;

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let chunks = file.from(RIFF_HEADER_BYTES);
    let kind = chunks.bytes(0, 4)?;
    let content = chunks.part(CHUNK_HEADER_BYTES, chunks.little(4, 4)?);
    match kind {
        b"VP8 " => lossy(content),
        b"VP8L" => lossless(content),
        b"VP8X" => extended(content, chunks),
        _ => Err(Halt::Malformed("starts with a chunk that is no picture header")),
    }
}

/// RFC 6386, 9.1: a key frame's tag, its start code, and two sides of 14 bits with 2 bits of scaling each.
fn lossy(frame: Window<'_>) -> Result<Picture, Halt> {
    let is_key_frame = frame.little(0, 1)? & 1 == 0;
    if !is_key_frame || frame.bytes(3, 3)? != [0x9d, 0x01, 0x2a] {
        return Err(Halt::Malformed("does not start with a key frame"));
    }
    Ok(Picture::upright(frame.little(6, 2)? & 0x3fff, frame.little(8, 2)? & 0x3fff))
}

/// RFC 9649, 3.4: a signature, and two sides less 1 of 14 bits each.
fn lossless(stream: Window<'_>) -> Result<Picture, Halt> {
    if stream.little(0, 1)? != 0x2f {
        return Err(Halt::Malformed("has a lossless picture without its signature"));
    }
    let sides = stream.little(1, 4)?;
    Ok(Picture::upright((sides & 0x3fff) + 1, (sides >> 14 & 0x3fff) + 1))
}

/// RFC 9649, 2.7: flags, and the canvas's sides less 1 of 24 bits each.
fn extended(header: Window<'_>, chunks: Window<'_>) -> Result<Picture, Halt> {
    let flags = header.little(0, 1)?;
    let (width, height) = (header.little(4, 3)? + 1, header.little(7, 3)? + 1);
    // An animation's EXIF stands behind all of its frames, too far away to look for.
    let has_orientation = flags & EXIF_FLAG != 0 && flags & ANIMATION_FLAG == 0;
    let orientation = if has_orientation { or_upright(orientation(chunks))? } else { Orientation::Upright };
    Ok(Picture { width, height, orientation })
}

fn orientation(chunks: Window<'_>) -> Result<Orientation, Halt> {
    let mut at = 0;
    for _ in 0..MAX_CHUNKS {
        let kind = chunks.bytes(at, 4)?;
        let length = chunks.little(at + 4, 4)?;
        if kind == b"EXIF" {
            return tiff::exif_orientation(chunks.part(at + CHUNK_HEADER_BYTES, length));
        }
        // Chunks are padded to an even length.
        at += CHUNK_HEADER_BYTES + length.next_multiple_of(2);
    }
    Ok(Orientation::Upright)
}
