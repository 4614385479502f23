//! The segments around a file's scans (T.81, annex B).

use super::huffman::Code;
use super::quantization::Steps;

/// The bytes that start and end a file.
pub(super) const START: [u8; 2] = [0xff, 0xd8];
pub(super) const END: [u8; 2] = [0xff, 0xd9];

/// Appends a segment: what its marker's second byte is, and its content.
///
/// Its length must fit in two bytes: all but a profile's are short by nature, and that one is divided.
fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    #[expect(clippy::cast_possible_truncation, reason = "no caller has as much")]
    let length = (content.len() + 2) as u16;
    file.extend([0xff, marker]);
    file.extend(length.to_be_bytes());
    file.extend(content);
}

/// JFIF 1.2 (ITU-T T.871): luma and chroma in full range; pixels are square.
pub(super) fn jfif(file: &mut Vec<u8>) {
    segment(file, 0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
}

/// How much of a profile a segment holds behind its name and numbers, and how many segments there may be (ICC.1, B.4).
const PROFILE_PART_BYTES: usize = 65_535 - 2 - 14;
const MAX_PROFILE_PARTS: usize = 255;

/// The longest profile that a file can carry, in bytes.
pub(super) const MAX_PROFILE_BYTES: usize = PROFILE_PART_BYTES * MAX_PROFILE_PARTS;

/// An ICC profile of at most [`MAX_PROFILE_BYTES`].
pub(super) fn profile(file: &mut Vec<u8>, icc: &[u8]) {
    let parts = icc.chunks(PROFILE_PART_BYTES);
    #[expect(clippy::cast_possible_truncation, reason = "at most 255 parts")]
    let count = parts.len() as u8;
    for (part, number) in parts.zip(1..=u8::MAX) {
        segment(file, 0xe2, &[b"ICC_PROFILE\0", &[number, count][..], part].concat());
    }
}

/// A quantization table.
pub(super) fn quantization(file: &mut Vec<u8>, id: u8, steps: &Steps) {
    segment(file, 0xdb, &[&[id][..], &steps.0].concat());
}

/// The frame of a progressive picture: its size, and for each component its sampling and the table of its steps.
pub(super) fn frame(file: &mut Vec<u8>, (width, height): (u16, u16), components: &[(u8, u8)]) {
    let mut content = vec![8];
    content.extend([height.to_be_bytes(), width.to_be_bytes()].as_flattened());
    content.push(count_byte(components.len()));
    for ((sampling, table), id) in components.iter().zip(1..) {
        content.extend([id, sampling << 4 | sampling, *table]);
    }
    segment(file, 0xc2, &content);
}

/// A Huffman code: its class is on top of its number.
pub(super) fn huffman(file: &mut Vec<u8>, id: u8, code: &Code) {
    segment(file, 0xc4, &[&[id][..], &code.counts_by_length(), code.symbols()].concat());
}

/// A scan: its components, each with its codes, and its band.
pub(super) fn scan(file: &mut Vec<u8>, components: &[(u8, u8)], (first, last): (u8, u8)) {
    let mut content = vec![count_byte(components.len())];
    content.extend(components.iter().flat_map(|(component, codes)| [component + 1, *codes]));
    // All bits of the coefficients.
    content.extend([first, last, 0]);
    segment(file, 0xda, &content);
}

fn count_byte(components: usize) -> u8 {
    if components == 1 { 1 } else { 3 }
}
