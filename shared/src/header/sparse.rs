//! A file of which only some ranges are at hand.

use std::ops::Range;

use bytes::Bytes;

use super::{HeaderError, Progress};
use crate::media::MediaType;

/// The ranges of a file that have been read so far.
#[derive(Debug, Clone)]
pub struct SparseBytes {
    size_bytes: u64,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
struct Segment {
    offset: u64,
    bytes: Bytes,
}

impl SparseBytes {
    /// How many reads a header is worth: what lies further apart is no header. Also what ends the reading when the
    /// reads bring less than was asked for.
    pub const MAX_READS: usize = 64;

    /// How many bytes a header is worth. Phones write 4 MB of depth maps in front of a JPEG's frame header.
    pub const MAX_READ_BYTES: u64 = 8 << 20;

    /// The first read: nearly every header ends within it.
    const FIRST_READ_BYTES: u64 = 64 << 10;

    /// The longest read beyond what a single field needs.
    const LONGEST_READ_BYTES: u64 = 1 << 20;

    /// A file of this size, of which nothing is at hand.
    pub fn new(size_bytes: u64) -> Self {
        Self { size_bytes, segments: Vec::new() }
    }

    /// Adds what was read from this offset on.
    pub fn add(&mut self, offset: u64, bytes: Bytes) {
        self.segments.push(Segment { offset, bytes });
    }

    /// What is at hand of the file's start.
    pub fn leading(&self) -> &[u8] {
        self.segments.iter().find(|segment| segment.offset == 0).map_or(&[], |segment| &segment.bytes)
    }

    fn slice(&self, offset: u64, length: usize) -> Option<&[u8]> {
        self.segments.iter().find_map(|segment| {
            let start = usize::try_from(offset.checked_sub(segment.offset)?).ok()?;
            segment.bytes.get(start..start.checked_add(length)?)
        })
    }

    /// What to read so that these bytes are at hand. Each read asks for twice as much as the one before: a GET costs
    /// the same for 1 byte and for 1 MB, so a long walk takes few of them.
    fn missing(&self, offset: u64, length: usize) -> Halt {
        let read_bytes: u64 = self.segments.iter().map(|segment| segment.bytes.len() as u64).sum();
        let left_bytes = Self::MAX_READ_BYTES.saturating_sub(read_bytes);
        if self.segments.len() >= Self::MAX_READS || length as u64 > left_bytes {
            return Halt::Scattered;
        }
        let doubled = Self::FIRST_READ_BYTES << self.segments.len().min(4);
        let read_ahead = doubled.min(Self::LONGEST_READ_BYTES).min(left_bytes);
        let end = offset.saturating_add(read_ahead.max(length as u64)).min(self.size_bytes);
        Halt::Needs(offset..end)
    }
}

/// What stops the reading of a header.
#[derive(Debug)]
pub(super) enum Halt {
    /// These bytes are not at hand.
    Needs(Range<u64>),
    /// The file, or the part of it that is looked at, ends before what is sought.
    Short,
    /// The header breaks the rules of its format: the end of a sentence that starts with the format's name.
    Malformed(&'static str),
    /// It takes more reads than a header is worth.
    Scattered,
}

impl Halt {
    pub(super) fn outcome(self, media_type: MediaType) -> Result<Progress, HeaderError> {
        match self {
            Self::Needs(range) => Ok(Progress::Needs(range)),
            Self::Short => Err(HeaderError::CutShort { media_type }),
            Self::Malformed(what) => Err(HeaderError::Malformed { media_type, what }),
            Self::Scattered => Err(HeaderError::Scattered { media_type }),
        }
    }
}

/// The order of a number's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endian {
    Big,
    Little,
}

impl Endian {
    pub(super) fn number(self, bytes: &[u8]) -> u64 {
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            Self::Big => bytes.iter().fold(0, append),
            Self::Little => bytes.iter().rev().fold(0, append),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum File<'a> {
    Whole(&'a [u8]),
    Sparse(&'a SparseBytes),
}

/// A part of a file: what a reader sees, with offsets from the part's start, and nothing beyond its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    file: File<'a>,
    start: u64,
    length: u64,
}

impl<'a> Window<'a> {
    pub(super) fn of_whole(bytes: &'a [u8]) -> Self {
        Self { file: File::Whole(bytes), start: 0, length: bytes.len() as u64 }
    }

    pub(super) fn of_sparse(file: &'a SparseBytes) -> Self {
        Self { file: File::Sparse(file), start: 0, length: file.size_bytes }
    }

    /// The part of this part that starts at an offset, cut where this one ends.
    pub(super) fn part(self, offset: u64, length: u64) -> Self {
        let offset = offset.min(self.length);
        Self { start: self.start + offset, length: length.min(self.length - offset), ..self }
    }

    /// The part of this part that starts at an offset and goes on to the end.
    pub(super) fn from(self, offset: u64) -> Self {
        self.part(offset, u64::MAX)
    }

    pub(super) fn length(self) -> u64 {
        self.length
    }

    pub(super) fn bytes(self, offset: u64, length: usize) -> Result<&'a [u8], Halt> {
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.length);
        if end.is_none() {
            return Err(Halt::Short);
        }
        if length == 0 {
            return Ok(&[]);
        }
        let offset = self.start + offset;
        match self.file {
            File::Whole(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|start| bytes.get(start..));
                rest.and_then(|rest| rest.get(..length)).ok_or(Halt::Short)
            }
            File::Sparse(file) => file.slice(offset, length).ok_or_else(|| file.missing(offset, length)),
        }
    }

    /// As many bytes from the start as there are, up to a number.
    pub(super) fn leading(self, length: usize) -> Result<&'a [u8], Halt> {
        self.bytes(0, usize::try_from(self.length).unwrap_or(length).min(length))
    }

    pub(super) fn starts_with(self, prefix: &[u8]) -> Result<bool, Halt> {
        Ok(self.leading(prefix.len())? == prefix)
    }

    /// The number of up to 8 bytes at an offset.
    pub(super) fn number(self, endian: Endian, offset: u64, length: usize) -> Result<u64, Halt> {
        self.bytes(offset, length).map(|bytes| endian.number(bytes))
    }

    pub(super) fn big(self, offset: u64, length: usize) -> Result<u64, Halt> {
        self.number(Endian::Big, offset, length)
    }

    pub(super) fn little(self, offset: u64, length: usize) -> Result<u64, Halt> {
        self.number(Endian::Little, offset, length)
    }
}
