//! JPEG (ITU-T T.81, annex B): from segment to segment up to the frame header.

use super::sparse::{Halt, Window};
use super::{Orientation, Picture, tiff};

/// How many bytes between two segments are passed over, fill bytes among them. Some writers leave a few there, and
/// decoders pass over them; more is no JPEG.
const MAX_STRAY_BYTES: u64 = 4096;

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let mut orientation = None;
    let mut at = 2;
    loop {
        let (marker, segment) = next_marker(file, at)?;
        match marker {
            // SOF0-15 without DHT, JPG and DAC, which share their range.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return frame(file.from(segment), orientation.unwrap_or(Orientation::Upright));
            }
            0xd9 => return Err(Halt::Short),
            0xda => return Err(Halt::Malformed("starts its picture's data before its frame header")),
            // TEM, RSTm and SOI stand alone.
            0x01 | 0xd0..=0xd8 => at = segment,
            _ => {
                let length = file.big(segment, 2)?;
                if length < 2 {
                    return Err(Halt::Malformed("has a segment that is shorter than its own length field"));
                }
                let content = file.part(segment + 2, length - 2);
                if marker == 0xe1 && orientation.is_none() && content.starts_with(b"Exif\0")? {
                    orientation = Some(tiff::exif_orientation(content.from(6))?);
                }
                at = segment + length;
            }
        }
    }
}

/// The next marker's code, and where its segment starts.
fn next_marker(file: Window<'_>, from: u64) -> Result<(u64, u64), Halt> {
    let mut after_ff = false;
    for at in from..from.saturating_add(MAX_STRAY_BYTES) {
        match (after_ff, file.big(at, 1)?) {
            (_, 0xff) => after_ff = true,
            (true, marker @ 1..) => return Ok((marker, at + 1)),
            (_, _) => after_ff = false,
        }
    }
    Err(Halt::Malformed("has more than 4096 bytes between two segments that belong to neither"))
}

fn frame(segment: Window<'_>, orientation: Orientation) -> Result<Picture, Halt> {
    let (length, components) = (segment.big(0, 2)?, segment.big(7, 1)?);
    if components == 0 || length != 8 + 3 * components {
        return Err(Halt::Malformed("has a frame header whose length does not fit its components"));
    }
    Ok(Picture { width: segment.big(5, 2)?, height: segment.big(3, 2)?, orientation })
}
