//! BMP: the info header that follows the 14 bytes of the file header.

use super::Picture;
use super::sparse::{Halt, Window};

/// `BITMAPCOREHEADER`, the only one with 16-bit sides.
const CORE_HEADER_BYTES: u64 = 12;
/// From OS/2's header cut to its first 16 bytes up to `BITMAPV5HEADER`.
const INFO_HEADER_BYTES: std::ops::RangeInclusive<u64> = 16..=124;

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let header_bytes = file.little(14, 4)?;
    if header_bytes == CORE_HEADER_BYTES {
        return Ok(Picture::upright(file.little(18, 2)?, file.little(20, 2)?));
    }
    if !INFO_HEADER_BYTES.contains(&header_bytes) {
        return Err(Halt::Malformed("has an info header of a length that no version of the format has"));
    }
    let width = signed(file.bytes(18, 4)?);
    let height = signed(file.bytes(22, 4)?);
    let width = u64::try_from(width).map_err(|_| Halt::Malformed("has a negative width"))?;
    // A negative height means that the rows are stored from the top down.
    Ok(Picture::upright(width, height.unsigned_abs()))
}

fn signed(bytes: &[u8]) -> i64 {
    bytes.try_into().map_or(0, |bytes| i64::from(i32::from_le_bytes(bytes)))
}
