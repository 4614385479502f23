//! From the rows that a decoder hands out to the size of the output, as they come.
//!
//! No picture is ever held at its full size. Rows that are not shown are dropped; pixels that become one of many are
//! averaged first ([`shrink`]); and what is left is resampled by a Lanczos filter, a band of the output at a time, from
//! the few rows that the band needs ([`resample`]).

mod lanczos;
mod resample;
mod shrink;

use std::ops::Range;
use std::time::{Duration, Instant};

use shared::dimensions::Dimensions;

use self::resample::Resample;
use self::shrink::Shrink;
use super::RenderError;
use super::geometry::{Framing, Region};
use super::memory::MemoryBudget;

/// A decoder's samples: of the whole picture, or of one component of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plane {
    /// Samples across.
    pub(crate) width: u32,
    /// Samples down.
    pub(crate) height: u32,
    /// How many samples stand together for one place: 1 to 4.
    pub(crate) channels: u8,
    /// Whether the last of them is the opacity: colours are then weighted by it, so that what is transparent does not
    /// bleed.
    pub(crate) has_alpha: bool,
    /// How many pixels of the picture a sample spans, across and down: above 1 when it is subsampled, or was decoded at
    /// a reduced size.
    pub(crate) pitch: (f64, f64),
}

impl Plane {
    /// The samples of a picture that is decoded at its full size.
    pub(crate) fn whole(picture: Dimensions, channels: u8, has_alpha: bool) -> Self {
        Self { width: picture.width(), height: picture.height(), channels, has_alpha, pitch: (1.0, 1.0) }
    }

    /// A region of the picture in samples of this plane.
    fn region(&self, picture: Region) -> Region {
        let (across, down) = self.pitch;
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        // Divisions may round up beyond the last sample.
        let left = (picture.left / across).clamp(0.0, width);
        let top = (picture.top / down).clamp(0.0, height);
        Region {
            left,
            top,
            width: (picture.width / across).min(width - left),
            height: (picture.height / down).min(height - top),
        }
    }
}

/// Takes the rows of a plane in, and gives it out at the size at which it is shown.
#[derive(Debug)]
pub(crate) struct Reducer {
    plane: Plane,
    /// What the output depends on.
    columns: Range<u32>,
    rows: Range<u32>,
    next_row: u32,
    shrink: Option<Shrink>,
    resample: Resample,
    took: Duration,
}

/// A plane at the size at which it is shown.
#[derive(Debug)]
pub(crate) struct ReducedPlane {
    pub(crate) dimensions: Dimensions,
    /// Samples in rows without gaps, those of one place together.
    pub(crate) samples: Vec<u8>,
    /// How long it took to make them of the decoder's.
    pub(crate) took: Duration,
}

impl Reducer {
    /// A reducer for a plane of which the framing's region is shown at the framing's size.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`] before that memory is taken.
    pub(crate) fn new(
        plane: Plane,
        framing: Framing,
        memory: &mut MemoryBudget,
    ) -> Result<Self, RenderError> {
        let region = plane.region(framing.region);
        let scale = region.scale(framing.output);
        let columns = needed(region.left, region.width, scale.0, plane.width);
        let rows = needed(region.top, region.height, scale.1, plane.height);
        let shown = Region {
            left: region.left - f64::from(columns.start),
            top: region.top - f64::from(rows.start),
            ..region
        };
        let (width, height) = (columns.end - columns.start, rows.end - rows.start);
        let shrink = Shrink::for_scale(scale, (width, height), plane, memory)?;
        let (shown, size) = match &shrink {
            Some(shrink) => (shrink.region(shown), shrink.size()),
            None => (shown, (width, height)),
        };
        let resample = Resample::new(shown, framing.output, size, plane, memory)?;
        Ok(Self { plane, columns, rows, next_row: 0, shrink, resample, took: Duration::ZERO })
    }

    /// The columns that the output depends on; what else a decoder hands out may be anything.
    pub(crate) fn columns(&self) -> Range<u32> {
        self.columns.clone()
    }

    /// The rows that the output depends on; what else a decoder hands out may be anything.
    pub(crate) fn rows(&self) -> Range<u32> {
        self.rows.clone()
    }

    /// Takes the next rows, which start `stride` samples apart; what stands behind a row's end, and rows below the
    /// plane's last, are left out.
    ///
    /// # Errors
    /// [`RenderError::Failed`].
    pub(crate) fn push(&mut self, samples: &[u8], stride: usize) -> Result<(), RenderError> {
        let started = Instant::now();
        let channels = usize::from(self.plane.channels);
        let columns = self.columns.start as usize * channels..self.columns.end as usize * channels;
        for row in samples.chunks(stride) {
            if self.rows.contains(&self.next_row)
                && let Some(shown) = row.get(columns.clone())
            {
                match &mut self.shrink {
                    Some(shrink) => shrink.push(shown, &mut self.resample)?,
                    None => self.resample.push(shown)?,
                }
            }
            self.next_row += 1;
        }
        self.took += started.elapsed();
        Ok(())
    }

    /// The plane at its size.
    ///
    /// # Errors
    /// [`RenderError::Failed`], also when rows are missing.
    pub(crate) fn finish(mut self) -> Result<ReducedPlane, RenderError> {
        let started = Instant::now();
        if let Some(shrink) = &mut self.shrink {
            shrink.finish(&mut self.resample)?;
        }
        let (dimensions, samples) = self.resample.finish()?;
        Ok(ReducedPlane { dimensions, samples, took: self.took + started.elapsed() })
    }
}

/// Which samples a part of a line depends on: those that the filter reaches.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the line")]
fn needed(start: f64, length: f64, scale: f64, samples: u32) -> Range<u32> {
    // And one more, which what is averaged before may need.
    let reach = (lanczos::SUPPORT + 1.0) * scale.max(1.0) + 1.0;
    let first = (start - reach).floor().clamp(0.0, f64::from(samples)) as u32;
    let end = (start + length + reach).ceil().clamp(0.0, f64::from(samples)) as u32;
    first..end.max(first)
}

fn failed(reason: impl std::fmt::Display) -> RenderError {
    RenderError::Failed { step: "resizing", reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
