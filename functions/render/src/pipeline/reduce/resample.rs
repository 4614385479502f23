//! Resampling, a band of the output at a time.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x4};
use fast_image_resize::{PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use shared::dimensions::Dimensions;

use super::{Plane, failed, lanczos};
use crate::pipeline::RenderError;
use crate::pipeline::geometry::Region;
use crate::pipeline::memory::MemoryBudget;

/// The rows that wait for their band take about this much: enough to stay in a cache, and so many that what each band
/// costs beside its pixels does not count.
const WINDOW_BYTES: f64 = 1_000_000.0;

/// A band has at least this many rows of the output.
const LEAST_BAND: u32 = 16;

/// Crops and resamples rows as they come.
///
/// Inside, a place has one sample or four: two and three are filled up, since the resampler takes as long for three as for
/// four, and each kind that it is compiled for here takes the compiler half a minute.
pub(super) struct Resample {
    plane: Plane,
    /// How many samples a place has inside.
    lanes: usize,
    /// What is shown of the rows, in their samples.
    region: Region,
    output: Dimensions,
    /// Places in a row.
    width: usize,
    height: usize,
    /// Rows that wait, the first of them at `window_start`.
    window: Vec<u8>,
    window_start: usize,
    /// Rows of the output in a band.
    band: u32,
    samples: Vec<u8>,
    rows_done: u32,
    resizer: Resizer,
}

impl std::fmt::Debug for Resample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { plane, region, output, rows_done, .. } = self;
        write!(f, "Resample {{ {plane:?}, {region:?}, {output}, {rows_done} rows done }}")
    }
}

impl Resample {
    /// Of `size` samples, across and down, the region is shown at the output's size.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    pub(super) fn new(
        region: Region,
        output: Dimensions,
        size: (u32, u32),
        plane: Plane,
        memory: &mut MemoryBudget,
    ) -> Result<Self, RenderError> {
        // Divisions may round up beyond the last sample.
        let width = region.width.min(f64::from(size.0) - region.left);
        let height = region.height.min(f64::from(size.1) - region.top);
        let region = Region { width, height, ..region };
        let lanes = if plane.channels == 1 { 1 } else { 4 };
        let row_samples = size.0 as usize * lanes;
        let (_, scale) = region.scale(output);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "saturates, and is positive"
        )]
        let band = (WINDOW_BYTES / (row_samples as f64 * scale)) as u32;
        let band = band.max(LEAST_BAND).min(output.height());
        let reach = 2.0 * lanczos::SUPPORT * scale.max(1.0) + 4.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates, and is positive"
        )]
        let window_rows = ((f64::from(band) * scale + reach) as usize).min(size.1 as usize);
        // The window, the output, and the band between its two passes.
        memory
            .claim((row_samples * (window_rows + band as usize)) as u64 + output.pixels() * lanes as u64)?;
        Ok(Self {
            plane,
            lanes,
            region,
            output,
            width: size.0 as usize,
            height: size.1 as usize,
            window: Vec::with_capacity(row_samples * window_rows),
            window_start: 0,
            band,
            samples: vec![0; usize::try_from(output.pixels()).unwrap_or(0) * lanes],
            rows_done: 0,
            resizer: Resizer::new(),
        })
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// [`RenderError::Failed`].
    pub(super) fn push(&mut self, row: &[u8]) -> Result<(), RenderError> {
        if self.rows_done == self.output.height() {
            return Ok(());
        }
        let start = self.window.len();
        self.window.resize(start + self.width * self.lanes, u8::MAX);
        let places = &mut self.window[start..];
        match self.plane.channels {
            2 => fill_up(row.as_chunks().0, places, |[grey, alpha]| [grey, grey, grey, alpha]),
            3 => fill_up(row.as_chunks().0, places, |[red, green, blue]| [red, green, blue, u8::MAX]),
            _ => places.copy_from_slice(row),
        }
        let end = self.window_start + self.window_rows();
        while self.rows_done < self.output.height() && end >= self.rows_for_band().1 {
            self.make_band()?;
        }
        Ok(())
    }

    /// The output.
    ///
    /// # Errors
    /// [`RenderError::Failed`] when rows are missing.
    pub(super) fn finish(self) -> Result<(Dimensions, Vec<u8>), RenderError> {
        if self.rows_done < self.output.height() {
            return Err(failed("the decoder left rows out"));
        }
        let samples = match self.plane.channels {
            2 => taken_out(&self.samples, |[grey, _, _, alpha]| [grey, alpha]),
            3 => taken_out(&self.samples, |[red, green, blue, _]| [red, green, blue]),
            _ => self.samples,
        };
        Ok((self.output, samples))
    }

    fn window_rows(&self) -> usize {
        self.window.len() / (self.width * self.lanes).max(1)
    }

    fn band_end(&self) -> u32 {
        (self.rows_done + self.band).min(self.output.height())
    }

    /// The first row that the next band depends on, and the one behind the last.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the rows")]
    fn rows_for_band(&self) -> (usize, usize) {
        let (_, scale) = self.region.scale(self.output);
        let reach = lanczos::SUPPORT * scale.max(1.0) + 1.0;
        let first = self.region.top + f64::from(self.rows_done) * scale - reach;
        let end = self.region.top + f64::from(self.band_end()) * scale + reach;
        (first.max(0.0) as usize, (end.ceil() as usize).min(self.height))
    }

    fn make_band(&mut self) -> Result<(), RenderError> {
        match self.lanes {
            1 => self.resample::<U8>()?,
            _ => self.resample::<U8x4>()?,
        }
        self.rows_done = self.band_end();
        let (first, _) = self.rows_for_band();
        let gone = first.saturating_sub(self.window_start) * self.width * self.lanes;
        self.window.drain(..gone.min(self.window.len()));
        self.window_start = self.window_start.max(first);
        Ok(())
    }

    // Typed, because the untyped call is compiled here for every pixel type that there is, which takes minutes.
    fn resample<P: PixelTrait>(&mut self) -> Result<(), RenderError> {
        let (band, band_end) = (self.rows_done, self.band_end());
        let output_row = self.output.width() as usize * self.lanes;
        let rows = band_end - band;
        let (width, window_rows) = (self.width, self.window_rows());
        let side = |side: usize| u32::try_from(side).map_err(failed);
        let source = TypedImageRef::<P>::from_buffer(side(width)?, side(window_rows)?, &self.window)
            .map_err(failed)?;
        let target = &mut self.samples[band as usize * output_row..band_end as usize * output_row];
        let mut target = TypedImage::<P>::from_buffer(self.output.width(), rows, target).map_err(failed)?;
        let (_, scale) = self.region.scale(self.output);
        #[expect(clippy::cast_precision_loss, reason = "rows of a picture")]
        let top = self.region.top + f64::from(band) * scale - self.window_start as f64;
        #[expect(clippy::cast_precision_loss, reason = "rows of a picture")]
        let height = (f64::from(rows) * scale).min(window_rows as f64 - top);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(lanczos::filter()))
            .crop(self.region.left, top, self.region.width, height)
            .use_alpha(self.plane.has_alpha);
        self.resizer.resize_typed(&source, &mut target, &options).map_err(failed)
    }
}

/// Two or three samples of each place as four.
fn fill_up<const N: usize>(row: &[[u8; N]], places: &mut [u8], filled: impl Fn([u8; N]) -> [u8; 4]) {
    for (place, samples) in places.as_chunks_mut().0.iter_mut().zip(row) {
        *place = filled(*samples);
    }
}

/// Four samples of each place as two or three.
fn taken_out<const N: usize>(samples: &[u8], taken: impl Fn([u8; 4]) -> [u8; N]) -> Vec<u8> {
    let places = samples.as_chunks::<4>().0;
    let mut out = vec![0; places.len() * N];
    for (target, place) in out.as_chunks_mut().0.iter_mut().zip(places) {
        *target = taken(*place);
    }
    out
}
