//! JPEG: baseline, extended sequential and progressive, with Huffman codes and 8 bits.
//!
//! A decoder of our own, because it must do what those at hand don't: report data that ends early or makes no sense
//! instead of filling up with grey, read scans of single components, hand out CMYK as it is, and decode at a half, a
//! quarter or an eighth of the size. Components stay apart, each at its own size: resizing brings them together, so that
//! chroma is scaled once, and no picture of full size is ever converted.
//!
//! What it leaves out is refused by name: 12 bits, arithmetic coding, lossless and hierarchical JPEG.

mod bits;
mod block;
mod coefficients;
mod color;
mod frame;
mod huffman;
mod picture;
mod progressive;
mod scan;
mod scan_plan;
mod segments;
mod sequential;
mod strip;
mod tables;

use shared::media::MediaType;

use self::color::ColorHints;
use self::frame::{Frame, Process};
use self::picture::Picture;
use self::scan::{Scan, ScanData};
use self::scan_plan::{ScanPlan, end_of_bits};
use self::segments::{
    APP0, APP2, APP14, DAC, DHT, DNL, DQT, DRI, EOI, SOF0, SOF1, SOF2, SOF15, SOS, Segment, Segments,
    is_restart,
};
use self::tables::Tables;
use super::{Decoded, Request};
use crate::pipeline::RenderError;

/// Why a JPEG is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum JpegError {
    /// Its data stops before its picture does.
    #[error("the JPEG is cut short: its data ends at byte {at}")]
    EndsEarly {
        /// Where in the file.
        at: usize,
    },
    /// Its data makes no sense.
    #[error("the JPEG is corrupt at byte {at}: {what}")]
    Corrupt {
        /// Where in the file, more or less.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// It is a kind of JPEG that is not decoded.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}

impl From<JpegError> for RenderError {
    fn from(error: JpegError) -> Self {
        Self::undecodable(MediaType::Jpeg, &error)
    }
}

/// More scans than any encoder writes; it bounds the time that a file made to waste it can take.
const MAX_SCANS: u32 = 100;

/// Decodes a JPEG, at a reduced size where the request lets it.
///
/// # Errors
/// [`RenderError::Undecodable`] with the place; [`RenderError::TooMuchMemory`] before that memory is taken.
pub(super) fn decode(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    let mut reading = Reading::default();
    let mut segments = Segments::new(request.file)?;
    loop {
        let segment = segments.next()?;
        match segment.marker {
            EOI => break,
            SOF0 | SOF1 | SOF2 => reading.begin(&segment, request)?,
            SOS => segments.seek(reading.scan(&segment, segments.position(), request)?),
            _ => reading.note(&segment)?,
        }
    }
    reading.finish(request)
}

/// How far the reading has come.
#[derive(Debug, Default)]
struct Reading {
    tables: Tables,
    restart_interval: u16,
    hints: ColorHints,
    frame: Option<Frame>,
    /// There is one from the first scan on.
    picture: Option<Picture>,
    /// Of a progressive picture, which scans are read.
    plan: ScanPlan,
    scans: u32,
}

impl Reading {
    /// Takes a segment that is neither a frame nor a scan.
    fn note(&mut self, segment: &Segment<'_>) -> Result<(), JpegError> {
        let Segment { marker, at, content } = *segment;
        match marker {
            DQT => self.tables.define_quantization(content, at),
            DHT => self.tables.define_huffman(content, at),
            DRI => match content {
                [high, low] => {
                    self.restart_interval = u16::from_be_bytes([*high, *low]);
                    Ok(())
                }
                _ => Err(JpegError::Corrupt { at, what: "it has a malformed restart interval" }),
            },
            APP0 | APP2 | APP14 => {
                self.hints.take(segment);
                Ok(())
            }
            DAC => Err(JpegError::Unsupported("JPEG with arithmetic coding")),
            DNL => Err(JpegError::Unsupported("JPEG that says late how high it is")),
            SOF0..=SOF15 => Err(JpegError::Unsupported("lossless, hierarchical or arithmetic-coded JPEG")),
            // Some encoders end a scan with a restart marker too many.
            marker if is_restart(marker) && self.scans == 0 => {
                Err(JpegError::Corrupt { at, what: "it has a restart marker outside of its data" })
            }
            // Comments, and what applications add.
            _ => Ok(()),
        }
    }

    /// Takes a frame header.
    fn begin(&mut self, segment: &Segment<'_>, request: &Request<'_>) -> Result<(), RenderError> {
        let Segment { marker, at, content } = *segment;
        if self.frame.is_some() || self.picture.is_some() {
            return Err(JpegError::Unsupported("hierarchical JPEG").into());
        }
        let process = if marker == SOF2 { Process::Progressive } else { Process::Sequential };
        let frame = Frame::parse(process, content, at)?;
        request.expect_size(frame.width, frame.height)?;
        self.frame = Some(frame);
        Ok(())
    }

    /// Decodes a scan whose bits start at a place; returns where the next segment starts.
    fn scan(
        &mut self,
        segment: &Segment<'_>,
        bits_at: usize,
        request: &mut Request<'_>,
    ) -> Result<usize, RenderError> {
        let Segment { at, content, .. } = *segment;
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(JpegError::Corrupt { at, what: "it has more than 100 scans" }.into());
        }
        if let Some(frame) = self.frame.take() {
            let model = self.hints.model(&frame);
            let scan = Scan::parse(content, &frame, at)?;
            let is_progressive = frame.process == Process::Progressive;
            let picture = self.picture.insert(Picture::new(frame, model, request)?);
            if is_progressive {
                self.plan = ScanPlan::of(request.file, (bits_at, scan), picture, &self.tables)?;
            }
        }
        let missing = JpegError::Corrupt { at, what: "it has a scan before its frame header" };
        let picture = self.picture.as_mut().ok_or(missing)?;
        let scan = Scan::parse(content, &picture.frame, at)?;
        if picture.frame.process == Process::Progressive && !self.plan.needs(bits_at) {
            picture.expect(&scan, &self.tables, at)?;
            return Ok(end_of_bits(request.file, bits_at)?);
        }
        let data = ScanData { file: request.file, at: bits_at, restart_interval: self.restart_interval };
        picture.decode(&scan, &self.tables, data)
    }

    fn finish(self, request: &Request<'_>) -> Result<Decoded, RenderError> {
        let at = request.file.len();
        let missing = JpegError::Corrupt { at, what: "it has no picture" };
        let picture = self.picture.ok_or(missing)?;
        let model = picture.model;
        Ok(Decoded { planes: picture.planes(at)?, model, profile: self.hints.profile() })
    }
}
