//! The marker segments of a file (T.81, B.1).

use super::JpegError;

pub(super) const SOF0: u8 = 0xc0;
pub(super) const SOF1: u8 = 0xc1;
pub(super) const SOF2: u8 = 0xc2;
pub(super) const DHT: u8 = 0xc4;
pub(super) const DAC: u8 = 0xcc;
pub(super) const SOF15: u8 = 0xcf;
const RST0: u8 = 0xd0;
const RST7: u8 = 0xd7;
const SOI: u8 = 0xd8;
pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
pub(super) const DQT: u8 = 0xdb;
pub(super) const DNL: u8 = 0xdc;
pub(super) const DRI: u8 = 0xdd;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP2: u8 = 0xe2;
pub(super) const APP14: u8 = 0xee;

/// Whether a marker is one of those between restart intervals.
pub(super) fn is_restart(marker: u8) -> bool {
    (RST0..=RST7).contains(&marker)
}

/// A marker with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    /// The byte that names it.
    pub(super) marker: u8,
    /// Where its marker stands in the file.
    pub(super) at: usize,
    /// Its content; empty for a marker that stands alone.
    pub(super) content: &'a [u8],
}

/// Walks through the segments of a file.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// Starts behind the marker that every JPEG starts with.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] without that marker.
    pub(super) fn new(file: &'a [u8]) -> Result<Self, JpegError> {
        match file {
            [0xff, SOI, ..] => Ok(Self { file, at: 2 }),
            _ => Err(JpegError::Corrupt { at: 0, what: "it does not start as one" }),
        }
    }

    /// Where the next segment starts; behind a scan header: where the scan's bits start.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes on at another place, behind the bits of a scan.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// The next segment.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`] when the file ends before the segment does; [`JpegError::Corrupt`] when no marker
    /// stands here.
    pub(super) fn next(&mut self) -> Result<Segment<'a>, JpegError> {
        let at = self.at;
        let ends_early = JpegError::EndsEarly { at: self.file.len() };
        let rest = self.file.get(at..).unwrap_or_default();
        // Any number of 0xFF may fill up before a marker.
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        let Some(&marker) = rest.get(fill) else { return Err(ends_early) };
        if fill == 0 || marker == 0 {
            return Err(JpegError::Corrupt { at, what: "it has something else where a marker must stand" });
        }
        let rest = &rest[fill + 1..];
        if marker == EOI || is_restart(marker) {
            self.at = at + fill + 1;
            return Ok(Segment { marker, at, content: &[] });
        }
        let Some((length, _)) = rest.split_first_chunk::<2>() else { return Err(ends_early) };
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(JpegError::Corrupt { at, what: "it has a segment with an impossible length" });
        }
        let Some(content) = rest.get(2..length) else { return Err(ends_early) };
        self.at = at + fill + 1 + length;
        Ok(Segment { marker, at, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_come_in_order_whatever_fills_up_between_them() {
        let file = [0xff, SOI, 0xff, APP0, 0, 4, 1, 2, 0xff, 0xff, 0xff, DRI, 0, 2, 0xff, EOI];
        let mut segments = Segments::new(&file).unwrap();
        let first = segments.next().unwrap();
        assert_eq!((first.marker, first.at, first.content), (APP0, 2, &[1, 2][..]));
        assert_eq!(segments.next().unwrap().marker, DRI);
        assert_eq!(segments.next().unwrap().marker, EOI);
        assert!(matches!(segments.next(), Err(JpegError::EndsEarly { at: 16 })));
    }

    fn next(bytes: &[u8]) -> Result<Segment<'_>, JpegError> {
        Segments { file: bytes, at: 0 }.next()
    }

    #[test]
    fn what_is_no_segment_is_refused() {
        assert!(Segments::new(b"\x89PNG").is_err());
        assert!(matches!(next(&[0x12, 0xff, EOI]), Err(JpegError::Corrupt { at: 0, .. })));
        assert!(matches!(next(&[0xff, APP0, 0, 1]), Err(JpegError::Corrupt { .. })));
        assert!(matches!(next(&[0xff, APP0, 0, 5, 1, 2]), Err(JpegError::EndsEarly { .. })));
        assert!(matches!(next(&[0xff]), Err(JpegError::EndsEarly { .. })));
    }
}
