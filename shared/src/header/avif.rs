//! AVIF: the properties of the primary item in the `meta` box (ISO/IEC 23008-12).

use super::sparse::{Halt, Window};
use super::{Orientation, Picture};

/// How many boxes are looked at on one level.
const MAX_BOXES: usize = 4096;

const NO_SIZE: Halt = Halt::Malformed("does not say how big its picture is (ispe)");

pub(super) fn read(file: Window<'_>) -> Result<Picture, Halt> {
    let meta = child(file, *b"meta")?.ok_or(Halt::Short)?;
    let children = meta.from(FullBox::HEAD_BYTES);
    let primary = child(children, *b"pitm")?.ok_or(Halt::Malformed("names no primary picture (pitm)"))?;
    let properties = child(children, *b"iprp")?.ok_or(NO_SIZE)?;
    let associated = associations(properties, primary_item(primary)?)?;
    let properties = child(properties, *b"ipco")?.ok_or(NO_SIZE)?;
    transform(properties, &associated)
}

/// The boxes that are boxes of their own version and flags before their content.
struct FullBox {
    version: u64,
    flags: u64,
}

impl FullBox {
    const HEAD_BYTES: u64 = 4;

    fn of(content: Window<'_>) -> Result<Self, Halt> {
        Ok(Self { version: content.big(0, 1)?, flags: content.big(1, 3)? })
    }
}

/// The box that starts at an offset: its type, its content, and where the next one starts; `None` at the end.
fn next_box(parent: Window<'_>, at: u64) -> Result<Option<([u8; 4], Window<'_>, u64)>, Halt> {
    if at >= parent.length() {
        return Ok(None);
    }
    let mut kind = [0; 4];
    kind.copy_from_slice(parent.bytes(at + 4, 4)?);
    let (head_bytes, length) = match parent.big(at, 4)? {
        0 => (8, parent.length() - at), // it goes on to the end
        1 => (16, parent.big(at + 8, 8)?),
        length => (8, length),
    };
    if length < head_bytes {
        return Err(Halt::Malformed("has a box that is shorter than its own head"));
    }
    let end = at.saturating_add(length);
    Ok(Some((kind, parent.part(at + head_bytes, length - head_bytes), end)))
}

/// The content of the first box of a type.
fn child(parent: Window<'_>, wanted: [u8; 4]) -> Result<Option<Window<'_>>, Halt> {
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        match next_box(parent, at)? {
            Some((kind, content, _)) if kind == wanted => return Ok(Some(content)),
            Some((_, _, end)) => at = end,
            None => return Ok(None),
        }
    }
    Err(Halt::Malformed("has more than 4096 boxes side by side"))
}

fn primary_item(pitm: Window<'_>) -> Result<u64, Halt> {
    let id_bytes = if FullBox::of(pitm)?.version == 0 { 2 } else { 4 };
    pitm.big(FullBox::HEAD_BYTES, id_bytes)
}

/// The numbers, from 1, of the properties that an item has (`ipma`).
fn associations(properties: Window<'_>, item: u64) -> Result<Vec<u64>, Halt> {
    let ipma = child(properties, *b"ipma")?.ok_or(NO_SIZE)?;
    let head = FullBox::of(ipma)?;
    let id_bytes: u32 = if head.version == 0 { 2 } else { 4 };
    let (number_bytes, number_mask): (u32, u64) = if head.flags & 1 == 0 { (1, 0x7f) } else { (2, 0x7fff) };
    let entries = ipma.big(FullBox::HEAD_BYTES, 4)?;
    let mut at = FullBox::HEAD_BYTES + 4;
    for _ in 0..entries {
        let id = ipma.big(at, id_bytes as usize)?;
        let count = ipma.big(at + u64::from(id_bytes), 1)?;
        at += u64::from(id_bytes) + 1;
        if id == item {
            let number = |index| ipma.big(at + index * u64::from(number_bytes), number_bytes as usize);
            // The highest bit says that the property is essential.
            return (0..count).map(|index| number(index).map(|number| number & number_mask)).collect();
        }
        at += count * u64::from(number_bytes);
    }
    Err(NO_SIZE)
}

/// Size and orientation from those of the properties (`ipco`) that the item has.
fn transform(properties: Window<'_>, associated: &[u64]) -> Result<Picture, Halt> {
    let (mut size, mut quarter_turns, mut mirror) = (None, 0, None);
    let mut at = 0;
    for number in 1..=MAX_BOXES as u64 {
        let Some((kind, content, end)) = next_box(properties, at)? else { break };
        at = end;
        if !associated.contains(&number) {
            continue;
        }
        match &kind {
            b"ispe" => size = Some((content.big(4, 4)?, content.big(8, 4)?)),
            b"irot" => quarter_turns = content.big(0, 1)? & 3,
            b"imir" => mirror = Some(content.big(0, 1)? & 1),
            _ => {}
        }
    }
    let (width, height) = size.ok_or(NO_SIZE)?;
    Ok(Picture { width, height, orientation: orientation(quarter_turns, mirror) })
}

/// `irot` counts quarter turns counter-clockwise; `imir` then swaps top and bottom (0) or left and right (1).
fn orientation(quarter_turns: u64, mirror: Option<u64>) -> Orientation {
    match (quarter_turns, mirror) {
        (0, None) => Orientation::Upright,
        (0, Some(0)) | (2, Some(1)) => Orientation::FlipVertical,
        (0 | 2, Some(_)) => Orientation::FlipHorizontal,
        (1, None) => Orientation::Rotate270,
        (1, Some(0)) | (3, Some(1)) => Orientation::Transpose,
        (2, None) => Orientation::Rotate180,
        (3, None) => Orientation::Rotate90,
        (_, _) => Orientation::Transverse,
    }
}
