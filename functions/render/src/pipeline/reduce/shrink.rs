//! Averaging: pixels that become one of many.

use super::Plane;
use super::resample::Resample;
use crate::pipeline::RenderError;
use crate::pipeline::geometry::Region;
use crate::pipeline::memory::MemoryBudget;

/// After averaging there are still this many samples for each of the output, and more: the filter that follows, not the
/// average, then makes the picture's look. The average takes 4.5 % of the contrast of the finest lines that the output
/// can show.
const LEAST_SCALE: f64 = 3.0;

/// Averages squares of samples.
#[derive(Debug)]
pub(super) struct Shrink {
    /// How many samples become one, across and down.
    factors: (usize, usize),
    /// What comes in.
    size: (u32, u32),
    channels: usize,
    /// The colours are multiplied by their opacity, the last of the channels.
    has_alpha: bool,
    /// The rows so far of the row to come, added up across and down.
    sums: Vec<u32>,
    rows: usize,
    row: Vec<u8>,
}

impl Shrink {
    /// What averages samples of this size for a scale of this many of them for each of the output; `None` where there is
    /// nothing to average.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    pub(super) fn for_scale(
        scale: (f64, f64),
        size: (u32, u32),
        plane: Plane,
        memory: &mut MemoryBudget,
    ) -> Result<Option<Self>, RenderError> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is positive"
        )]
        let factor =
            |scale: f64, samples: u32| ((scale / LEAST_SCALE) as usize).clamp(1, samples.max(1) as usize);
        let factors = (factor(scale.0, size.0), factor(scale.1, size.1));
        if factors == (1, 1) {
            return Ok(None);
        }
        let channels = usize::from(plane.channels);
        let samples = (size.0 as usize).div_ceil(factors.0) * channels;
        memory.claim(samples as u64 * 5)?;
        Ok(Some(Self {
            factors,
            size,
            channels,
            has_alpha: plane.has_alpha,
            sums: vec![0; samples],
            rows: 0,
            row: vec![0; samples],
        }))
    }

    /// How many samples come out, across and down.
    pub(super) fn size(&self) -> (u32, u32) {
        let fewer = |samples: u32, factor: usize| {
            u32::try_from((samples as usize).div_ceil(factor)).unwrap_or(samples)
        };
        (fewer(self.size.0, self.factors.0), fewer(self.size.1, self.factors.1))
    }

    /// A region of what comes in, in samples of what comes out.
    #[expect(clippy::cast_precision_loss, reason = "factors are small")]
    pub(super) fn region(&self, region: Region) -> Region {
        let (across, down) = (self.factors.0 as f64, self.factors.1 as f64);
        Region {
            left: region.left / across,
            top: region.top / down,
            width: region.width / across,
            height: region.height / down,
        }
    }

    /// Takes a row, and hands on what is complete.
    pub(super) fn push(&mut self, row: &[u8], to: &mut Resample) -> Result<(), RenderError> {
        match self.channels {
            1 => self.add::<1>(row),
            2 => self.add::<2>(row),
            3 => self.add::<3>(row),
            _ => self.add::<4>(row),
        }
        self.rows += 1;
        if self.rows == self.factors.1 { self.hand_on(to) } else { Ok(()) }
    }

    /// Hands on the rows that are left, at the end.
    pub(super) fn finish(&mut self, to: &mut Resample) -> Result<(), RenderError> {
        if self.rows > 0 { self.hand_on(to) } else { Ok(()) }
    }

    fn add<const CHANNELS: usize>(&mut self, row: &[u8]) {
        let pixels = row.as_chunks::<CHANNELS>().0.chunks(self.factors.0);
        for (sums, square) in self.sums.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(pixels) {
            for pixel in square {
                if self.has_alpha {
                    // Colours count by their opacity.
                    let alpha = u32::from(pixel[CHANNELS - 1]);
                    for (sum, color) in sums.iter_mut().zip(&pixel[..CHANNELS - 1]) {
                        *sum += u32::from(*color) * alpha;
                    }
                    sums[CHANNELS - 1] += alpha;
                } else {
                    for (sum, sample) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*sample);
                    }
                }
            }
        }
    }

    fn hand_on(&mut self, to: &mut Resample) -> Result<(), RenderError> {
        let (across, rows) = (self.factors.0, self.rows);
        let width = self.size.0 as usize;
        let pixels = self.sums.chunks_exact_mut(self.channels).zip(self.row.chunks_exact_mut(self.channels));
        for (index, (sums, averages)) in pixels.enumerate() {
            // The last square may reach beyond the row.
            let count = across.min(width - index * across) * rows;
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            average(sums, averages, count, self.has_alpha);
            sums.fill(0);
        }
        self.rows = 0;
        to.push(&self.row)
    }
}

/// The average of so many pixels that were added up, rounded to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "an average of bytes is a byte")]
fn average(sums: &[u32], averages: &mut [u8], count: u32, has_alpha: bool) {
    let rounded = |sum: u32, by: u32| ((u64::from(sum) + u64::from(by) / 2) / u64::from(by.max(1))) as u8;
    match (sums.split_last(), has_alpha) {
        (Some((alpha, colors)), true) => {
            for (average, color) in averages.iter_mut().zip(colors) {
                *average = rounded(*color, *alpha);
            }
            if let Some(average) = averages.last_mut() {
                *average = rounded(*alpha, count);
            }
        }
        _ => {
            for (average, sum) in averages.iter_mut().zip(sums) {
                *average = rounded(*sum, count);
            }
        }
    }
}
