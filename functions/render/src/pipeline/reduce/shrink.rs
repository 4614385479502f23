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
    /// The rows so far of the row to come, added up; colours times their opacity.
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
        let samples_in = size.0 as usize * channels;
        memory.claim(samples as u64 + samples_in as u64 * 4)?;
        Ok(Some(Self {
            factors,
            size,
            channels,
            has_alpha: plane.has_alpha,
            sums: vec![0; samples_in],
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
        match (self.has_alpha, self.channels) {
            (true, 2) => add_weighted::<2>(&mut self.sums, row),
            (true, _) => add_weighted::<4>(&mut self.sums, row),
            (false, _) => {
                for (sum, sample) in self.sums.iter_mut().zip(row) {
                    *sum += u32::from(*sample);
                }
            }
        }
        self.rows += 1;
        if self.rows == self.factors.1 { self.hand_on(to) } else { Ok(()) }
    }

    /// Hands on the rows that are left, at the end.
    pub(super) fn finish(&mut self, to: &mut Resample) -> Result<(), RenderError> {
        if self.rows > 0 { self.hand_on(to) } else { Ok(()) }
    }

    fn hand_on(&mut self, to: &mut Resample) -> Result<(), RenderError> {
        match (self.has_alpha, self.channels) {
            (true, 2) => self.average_weighted::<2>(),
            (true, _) => self.average_weighted::<4>(),
            (false, 1) => self.average::<1>(),
            (false, 2) => self.average::<2>(),
            (false, 3) => self.average::<3>(),
            (false, _) => self.average::<4>(),
        }
        self.sums.fill(0);
        self.rows = 0;
        to.push(&self.row)
    }

    /// Averages what was added up: the rows of a square, of which the last may reach beyond the row.
    fn average<const CHANNELS: usize>(&mut self) {
        let whole = Divisor::new(self.factors.0 * self.rows);
        let squares = self.sums.as_chunks::<CHANNELS>().0.chunks(self.factors.0);
        for (square, averages) in squares.zip(self.row.as_chunks_mut::<CHANNELS>().0) {
            let mut sums = [0_u32; CHANNELS];
            for pixel in square {
                for (sum, sample) in sums.iter_mut().zip(pixel) {
                    *sum += sample;
                }
            }
            let is_whole = square.len() == self.factors.0;
            let count = if is_whole { whole } else { Divisor::new(square.len() * self.rows) };
            *averages = sums.map(|sum| count.quotient(sum));
        }
    }

    /// The same where colours count by their opacity.
    fn average_weighted<const CHANNELS: usize>(&mut self) {
        let squares = self.sums.as_chunks::<CHANNELS>().0.chunks(self.factors.0);
        for (square, averages) in squares.zip(self.row.as_chunks_mut::<CHANNELS>().0) {
            let mut sums = [0_u64; CHANNELS];
            for pixel in square {
                for (sum, sample) in sums.iter_mut().zip(pixel) {
                    *sum += u64::from(*sample);
                }
            }
            let alpha = sums[CHANNELS - 1];
            *averages = sums.map(|color| rounded(color, alpha.max(1)));
            averages[CHANNELS - 1] = rounded(alpha, (square.len() * self.rows) as u64);
        }
    }
}

/// Adds a row whose colours count by their opacity, the last of the channels.
fn add_weighted<const CHANNELS: usize>(sums: &mut [u32], row: &[u8]) {
    for (sums, pixel) in sums.as_chunks_mut::<CHANNELS>().0.iter_mut().zip(row.as_chunks::<CHANNELS>().0) {
        let alpha = u32::from(pixel[CHANNELS - 1]);
        for (sum, color) in sums.iter_mut().zip(&pixel[..CHANNELS - 1]) {
            *sum += u32::from(*color) * alpha;
        }
        sums[CHANNELS - 1] += alpha;
    }
}

/// Divides by the same number many times: a multiplication takes a fraction of the time.
#[derive(Debug, Clone, Copy)]
struct Divisor {
    count: u32,
    /// 2^32 over the count, rounded up.
    inverse: u64,
}

impl Divisor {
    fn new(count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        Self { count, inverse: (1_u64 << 32).div_ceil(count.into()) }
    }

    /// A sum of so many bytes as their average, rounded to the nearest.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "an average of bytes is a byte")]
    fn quotient(self, sum: u32) -> u8 {
        // The inverse is too large by less than 1; times a sum that stays below 2^32, as long as there are fewer terms.
        const MAX_EXACT_COUNT: u32 = 4096;
        if self.count > MAX_EXACT_COUNT {
            return rounded(sum.into(), self.count.into());
        }
        ((u64::from(sum + self.count / 2) * self.inverse) >> 32) as u8
    }
}

/// A quotient rounded to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "an average of bytes is a byte")]
fn rounded(sum: u64, by: u64) -> u8 {
    ((sum + by / 2) / by) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_rounded_to_the_nearest_however_many_there_are() {
        for count in [1_u32, 2, 3, 7, 16, 255, 4095, 4096, 4097, 1_000_000] {
            let divisor = Divisor::new(count as usize);
            for average in [0, 1, 127, 128, 254, 255] {
                let sum = average * count;
                for (sum, expected) in [
                    (sum, average),
                    (sum + (count - 1) / 2, average),
                    (sum.saturating_sub(count / 2), if average > 0 { average } else { 0 }),
                ] {
                    if sum <= 255 * count {
                        assert_eq!(u32::from(divisor.quotient(sum)), expected, "{sum} over {count}");
                    }
                }
            }
        }
    }
}
