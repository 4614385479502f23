//! The parts that files consist of, also of files that are damaged.

use std::ops::Range;

/// The parts of a file, one after the other: segments of a JPEG, chunks of a PNG or a WebP, entries of a TIFF's directory,
/// blocks of a GIF; of others, and of what is damaged beyond that, pieces.
pub(crate) fn parts(file: &[u8]) -> Vec<Range<usize>> {
    let parts = of_its_type(file);
    if parts.is_empty() { pieces(file.len()) } else { parts }
}

/// Where a part ends that starts at a place of a file; `None` where none starts.
type PartEnd = fn(&[u8], usize) -> Option<usize>;

fn of_its_type(file: &[u8]) -> Vec<Range<usize>> {
    let (start, end): (usize, PartEnd) = match file {
        [0xff, 0xd8, ..] => (2, segment_end),
        [0x89, b'P', ..] => (8, |file, at| Some(at + 12 + number(file, at, u32::from_be_bytes)?)),
        [b'R', b'I', ..] => {
            (12, |file, at| Some(at + 8 + number(file, at + 4, u32::from_le_bytes)?.next_multiple_of(2)))
        }
        [b'I', b'I', ..] => {
            let directory = number(file, 4, u32::from_le_bytes).unwrap_or(8);
            (directory.saturating_add(2), |_, at| Some(at + 12))
        }
        [b'G', b'I', b'F', ..] => {
            (13 + file.get(10).map_or(0, |flags| color_table_bytes(*flags)), gif_block_end)
        }
        _ => (0, |_, _| None),
    };
    let mut parts = Vec::new();
    let mut at = start;
    while let Some(end) = end(file, at).filter(|end| *end <= file.len() && parts.len() < 1000) {
        parts.push(at..end);
        at = end;
    }
    parts
}

fn pieces(length: usize) -> Vec<Range<usize>> {
    (0..16).map(|piece| length * piece / 16..length * (piece + 1) / 16).collect()
}

fn number(file: &[u8], at: usize, read: impl FnOnce([u8; 4]) -> u32) -> Option<usize> {
    Some(read(*file.get(at..)?.first_chunk()?) as usize)
}

/// A scan's bits go with its header.
fn segment_end(file: &[u8], at: usize) -> Option<usize> {
    let [0xff, marker, rest @ ..] = file.get(at..)? else { return None };
    if *marker == 0xd9 {
        return Some(at + 2);
    }
    let end = at + 2 + usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    if *marker != 0xda {
        return Some(end);
    }
    let is_marker = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
    Some(end + file.get(end..)?.windows(2).position(is_marker)?)
}

/// How many bytes the colours take that a GIF's flags announce.
pub(crate) fn color_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn gif_block_end(file: &[u8], at: usize) -> Option<usize> {
    let mut at = match file.get(at)? {
        0x3b => return Some(at + 1),
        0x21 => at + 2,
        0x2c => at + 11 + color_table_bytes(*file.get(at + 9)?),
        _ => return None,
    };
    loop {
        let length = usize::from(*file.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// The check value of PNG's chunks (ISO 3309's CRC-32).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// Makes what counts and checks the other bytes true again: check values of a PNG, the length in a WebP's first header.
pub(crate) fn mended(mut file: Vec<u8>) -> Vec<u8> {
    match file[..] {
        [0x89, b'P', ..] => {
            for chunk in of_its_type(&file) {
                let crc = crc32(&file[chunk.start + 4..chunk.end - 4]);
                file[chunk.end - 4..chunk.end].copy_from_slice(&crc.to_be_bytes());
            }
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, ..] => {
            let length = u32::try_from(file.len() - 8).unwrap();
            file[4..8].copy_from_slice(&length.to_le_bytes());
        }
        _ => {}
    }
    file
}

#[test]
fn a_check_value_is_what_the_standard_says() {
    // The end chunk of every PNG.
    assert_eq!(crc32(b"IEND"), 0xae42_6082);
}
