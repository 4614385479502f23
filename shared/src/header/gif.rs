//! GIF: the logical screen descriptor (`GIF89a`, 18).
//!
//! The picture is the logical screen also where a frame is bigger than it: decoders clip frames to the screen.

use super::Picture;
use super::sparse::{Halt, Window};

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    Ok(Picture::upright(file.little(6, 2)?, file.little(8, 2)?))
}
