//! TIFF and `BigTIFF`: the first directory. EXIF is a TIFF too, so every format's EXIF orientation is read here.

use super::sparse::{Endian, Halt, Window};
use super::{Orientation, Picture, or_upright};

const WIDTH_TAG: u64 = 256;
const HEIGHT_TAG: u64 = 257;
const ORIENTATION_TAG: u64 = 274;

/// More entries than any directory has: a few hundred tags are registered.
const MAX_ENTRIES: u64 = 4096;

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let [width, height, orientation] = first_directory(file, [WIDTH_TAG, HEIGHT_TAG, ORIENTATION_TAG])?;
    let (Some(width), Some(height)) = (width, height) else {
        return Err(Halt::Malformed("has no width or no height in its first directory"));
    };
    Ok(Picture { width, height, orientation: known(orientation) })
}

/// The orientation in a block of EXIF, with or without the prefix that JPEG writes before it. A picture whose EXIF
/// can't be read is shown as it is stored.
pub(super) fn exif_orientation(exif: Window<'_>) -> Result<Orientation, Halt> {
    let exif = if exif.starts_with(b"Exif\0\0")? { exif.from(6) } else { exif };
    or_upright(first_directory(exif, [ORIENTATION_TAG]).map(|[value]| known(value)))
}

fn known(orientation: Option<u64>) -> Orientation {
    orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::Upright)
}

/// The values of some tags in the first directory; `None` for a tag that is absent or no single whole number. Stops at
/// the last of them, so that a directory which is cut off behind them serves too.
fn first_directory<const N: usize>(file: Window<'_>, tags: [u64; N]) -> Result<[Option<u64>; N], Halt> {
    let layout = Layout::of(file)?;
    let directory = file.from(layout.number(file, layout.first_directory_at, layout.offset_bytes)?);
    let entries = layout.number(directory, 0, layout.count_bytes)?;
    if entries > MAX_ENTRIES {
        return Err(Halt::Malformed("has more than 4096 entries in its first directory"));
    }
    let mut values = [None; N];
    for entry in 0..entries {
        let entry = directory.from(layout.count_bytes as u64 + entry * layout.entry_bytes);
        let tag = layout.number(entry, 0, 2)?;
        if let Some(at) = tags.iter().position(|wanted| *wanted == tag)
            && values[at].is_none()
        {
            values[at] = layout.value(entry)?;
        }
        if values.iter().all(Option::is_some) {
            break;
        }
    }
    Ok(values)
}

/// What differs between TIFF and `BigTIFF`, and between the two byte orders.
struct Layout {
    endian: Endian,
    first_directory_at: u64,
    offset_bytes: usize,
    count_bytes: usize,
    entry_bytes: u64,
}

impl Layout {
    fn of(file: Window<'_>) -> Result<Self, Halt> {
        let endian = match file.bytes(0, 2)? {
            b"II" => Endian::Little,
            b"MM" => Endian::Big,
            _ => return Err(Halt::Malformed("names no byte order")),
        };
        match file.number(endian, 2, 2)? {
            42 => {
                Ok(Self { endian, first_directory_at: 4, offset_bytes: 4, count_bytes: 2, entry_bytes: 12 })
            }
            43 if file.number(endian, 4, 2)? == 8 => {
                Ok(Self { endian, first_directory_at: 8, offset_bytes: 8, count_bytes: 8, entry_bytes: 20 })
            }
            _ => Err(Halt::Malformed("is of no known version of the format")),
        }
    }

    fn number(&self, window: Window<'_>, offset: u64, length: usize) -> Result<u64, Halt> {
        window.number(self.endian, offset, length)
    }

    /// The value of an entry: tag, type, how many values, and then the value itself where it fits.
    fn value(&self, entry: Window<'_>) -> Result<Option<u64>, Halt> {
        let value_bytes = match self.number(entry, 2, 2)? {
            1 => 1,                            // BYTE
            3 => 2,                            // SHORT
            4 => 4,                            // LONG
            16 if self.offset_bytes == 8 => 8, // LONG8
            _ => return Ok(None),
        };
        if self.number(entry, 4, self.offset_bytes)? != 1 {
            return Ok(None);
        }
        self.number(entry, 4 + self.offset_bytes as u64, value_bytes).map(Some)
    }
}
