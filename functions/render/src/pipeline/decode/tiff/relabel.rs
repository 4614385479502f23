//! A TIFF shown to the decoder under another colour space.
//!
//! The `tiff` crate knows what CIE L*a*b* and palettes are, and declines to hand out their samples. Read as RGB, or as
//! grey, they come as they are stored, and what they mean is for this crate to say.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};

use super::directory::{Numbers, entries};

/// `PhotometricInterpretation`, the tag that names the colour space.
const COLOR_SPACE_TAG: u64 = 262;

/// Colour spaces, as the tag writes them.
pub(super) const GREY: u16 = 1;
pub(super) const RGB: u16 = 2;
pub(super) const PALETTE: u16 = 3;
pub(super) const CIE_LAB: u16 = 8;
pub(super) const ICC_LAB: u16 = 9;

/// Where the first directory names the colour space, and which it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColorSpaceEntry {
    at: usize,
    is_big_endian: bool,
    /// The colour space.
    pub(super) value: u16,
}

impl ColorSpaceEntry {
    /// Looks it up; `None` when the directory does not name one.
    pub(super) fn find(file: &[u8]) -> Option<Self> {
        let at = entries(file).find(|entry| entry.tag == COLOR_SPACE_TAG)?.value_at;
        let numbers = Numbers::of(file);
        let value = u16::try_from(numbers.at(at, 2)?).ok()?;
        Some(Self { at, is_big_endian: numbers.is_big_endian, value })
    }
}

/// The bytes of a file, but for the colour space that it names.
#[derive(Debug)]
pub(super) struct Relabelled<'a> {
    file: Cursor<&'a [u8]>,
    /// Where other bytes stand, and which.
    changed: Option<(usize, [u8; 2])>,
}

impl<'a> Relabelled<'a> {
    /// The file as it is.
    pub(super) fn unchanged(file: &'a [u8]) -> Self {
        Self { file: Cursor::new(file), changed: None }
    }

    /// The file as if it named this colour space.
    pub(super) fn as_color_space(file: &'a [u8], entry: ColorSpaceEntry, value: u16) -> Self {
        let bytes = if entry.is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        Self { file: Cursor::new(file), changed: Some((entry.at, bytes)) }
    }
}

impl Read for Relabelled<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let start = self.file.position();
        let length = self.file.read(buffer)?;
        if let Some((at, bytes)) = self.changed {
            for (place, byte) in (at as u64..).zip(bytes) {
                let index = place.checked_sub(start).and_then(|index| usize::try_from(index).ok());
                if let Some(read) = index.and_then(|index| buffer[..length].get_mut(index)) {
                    *read = byte;
                }
            }
        }
        Ok(length)
    }
}

impl Seek for Relabelled<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_color_space_reads_differently() {
        let file = b"MM\0\x2a\0\0\0\x08\0\x02\x01\x00\0\x03\0\0\0\x01\0\x07\0\0\x01\x06\0\x03\0\0\0\x01\0\x08\0\0rest";
        let entry = ColorSpaceEntry::find(file).unwrap();
        assert_eq!((entry.value, entry.at), (CIE_LAB, 30));
        for step in 1..file.len() {
            let mut shown = Relabelled::as_color_space(file, entry, RGB);
            let mut read: Vec<u8> = Vec::new();
            let mut buffer = vec![0; step];
            while let Ok(length @ 1..) = shown.read(&mut buffer) {
                read.extend(&buffer[..length]);
            }
            assert_eq!(read, [&file[..31], &[2], &file[32..]].concat());
        }
    }
}
