//! A block of 8x8 coefficients, and the samples that it becomes at full or reduced size.

use crate::pipeline::zigzag::ZIGZAG;

/// How many rows and columns the coefficients up to each place of the zigzag order span.
const SPANS: [(u8, u8); 64] = {
    let mut spans = [(1, 1); 64];
    let mut place = 1;
    while place < 64 {
        let (row, column) = (ZIGZAG[place] / 8 + 1, ZIGZAG[place] % 8 + 1);
        let (rows, columns) = spans[place - 1];
        spans[place] = (if row > rows { row } else { rows }, if column > columns { column } else { columns });
        place += 1;
    }
    spans
};

/// How many coefficients, in zigzag order, it takes to have the `side` x `side` lowest frequencies among them.
pub(super) fn coefficients_for(side: usize) -> usize {
    let is_low = |place: &u8| usize::from(place / 8) < side && usize::from(place % 8) < side;
    ZIGZAG.iter().rposition(is_low).map_or(1, |last| last + 1)
}

/// The dequantized coefficients of a block.
#[derive(Debug)]
pub(super) struct Block {
    /// In rows of eight: down by vertical, across by horizontal frequency.
    coefficients: [f32; 64],
    /// Behind this place of the zigzag order all are 0.
    last: usize,
}

impl Block {
    pub(super) fn new() -> Self {
        Self { coefficients: [0.0; 64], last: 0 }
    }

    /// Sets every coefficient to 0.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.last > 0 {
            self.coefficients = [0.0; 64];
            self.last = 0;
        }
    }

    /// Sets the first coefficient.
    #[inline]
    pub(super) fn set_first(&mut self, value: f32) {
        self.coefficients[0] = value;
    }

    /// Sets a coefficient behind those that were set before, by its place in the zigzag order.
    #[inline]
    pub(super) fn set(&mut self, zigzag: usize, value: f32) {
        self.coefficients[usize::from(ZIGZAG[zigzag % 64])] = value;
        self.last = zigzag % 64;
    }
}

/// The inverse discrete cosine transform to `N` x `N` samples, from the `N` x `N` lowest frequencies.
///
/// With `N` below 8 this is what the whole transform followed by an ideal low pass would give, for a fraction of the
/// work: a picture that is to be shown small is decoded small. Rows are `W` wide, 4 or 8, so that they fill registers.
#[derive(Debug)]
pub(super) struct Inverse<const N: usize, const W: usize> {
    /// For each frequency, its wave at each of the `N` samples.
    waves: [[f32; W]; N],
}

impl<const N: usize, const W: usize> Inverse<N, W> {
    #[expect(clippy::cast_precision_loss, reason = "N is at most 8")]
    pub(super) fn new() -> Self {
        let mut waves = [[0.0; W]; N];
        for (frequency, wave) in waves.iter_mut().enumerate() {
            let weight = if frequency == 0 { f32::sqrt(0.125) } else { 0.5 };
            for (sample, value) in wave.iter_mut().take(N).enumerate() {
                let turns = ((2 * sample + 1) * frequency) as f32 / (2 * N) as f32;
                *value = weight * (turns * std::f32::consts::PI).cos();
            }
        }
        Self { waves }
    }

    /// Writes the samples of a block into rows that are `stride` apart.
    #[inline]
    pub(super) fn write(&self, block: &Block, target: &mut [u8], stride: usize) {
        if block.last == 0 {
            let value = byte(block.coefficients[0] * 0.125);
            return write_rows(target, stride, &[[value; N]; N]);
        }
        let (frequencies_down, frequencies_across) = SPANS[block.last];
        let down = self.transformed_down(block, usize::from(frequencies_down).min(N));
        let used = usize::from(frequencies_across).min(N);
        let mut rows = [[0; N]; N];
        for (row, frequencies) in rows.iter_mut().zip(&down) {
            let mut across = [0.0; W];
            for (coefficient, wave) in frequencies.iter().zip(&self.waves).take(used) {
                for (sum, strength) in across.iter_mut().zip(wave) {
                    *sum += coefficient * strength;
                }
            }
            let samples = across.map(byte);
            row.copy_from_slice(&samples[..N]);
        }
        write_rows(target, stride, &rows);
    }

    /// The transform of the columns: for each row of samples, the strengths of the horizontal frequencies.
    #[inline]
    fn transformed_down(&self, block: &Block, used: usize) -> [[f32; W]; N] {
        let mut down = [[0.0; W]; N];
        for (row, wave) in block.coefficients.as_chunks::<8>().0.iter().zip(&self.waves).take(used) {
            for (sums, strength) in down.iter_mut().zip(wave) {
                for (sum, coefficient) in sums.iter_mut().zip(row) {
                    *sum += coefficient * strength;
                }
            }
        }
        down
    }
}

/// Writes rows into a target where they are `stride` apart.
#[inline]
fn write_rows<const N: usize>(mut target: &mut [u8], stride: usize, rows: &[[u8; N]; N]) {
    for row in rows {
        let Some(place) = target.first_chunk_mut() else { return };
        *place = *row;
        target = target.get_mut(stride..).unwrap_or_default();
    }
}

/// The sample that a value of the transform stands for, rounded to the nearest.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest byte is what is wanted")]
fn byte(value: f32) -> u8 {
    // T.81, A.3.1: samples were shifted to be signed. Behind 2^23 a float's steps are whole numbers, which stand in its
    // lowest bits: the quickest way to round there is.
    const WHOLE: f32 = 8_388_608.0;
    ((value + 128.0).clamp(0.0, 255.0) + WHOLE).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The transform as T.81, A.3.3, writes it.
    fn by_definition(coefficients: &[f64; 64]) -> Vec<f64> {
        let places =
            || (0_u8..8).flat_map(|row| (0_u8..8).map(move |column| (f64::from(row), f64::from(column))));
        let weight = |frequency: f64| if frequency < 0.5 { 0.5_f64.sqrt() } else { 1.0 };
        let wave =
            |at: f64, frequency: f64| ((2.0 * at + 1.0) * frequency * std::f64::consts::PI / 16.0).cos();
        let sample = |(y, x)| {
            let waves = places().zip(coefficients).map(|((v, u), coefficient)| {
                weight(v) * weight(u) / 4.0 * coefficient * wave(y, v) * wave(x, u)
            });
            waves.sum()
        };
        places().map(sample).collect()
    }

    fn block(coefficients: &[i32; 64]) -> Block {
        let mut block = Block::new();
        for (zigzag, place) in ZIGZAG.iter().enumerate() {
            let coefficient = i16::try_from(coefficients[usize::from(*place)]).unwrap();
            if coefficient != 0 {
                block.set(zigzag, coefficient.into());
            }
        }
        block
    }

    fn samples<const N: usize, const W: usize>(block: &Block) -> Vec<u8> {
        let mut samples = vec![0; N * N];
        Inverse::<N, W>::new().write(block, &mut samples, N);
        samples
    }

    proptest! {
        #[test]
        fn a_block_becomes_what_the_definition_says(
            coefficients in prop::array::uniform32(-200_i32..200), used in 1_usize..=32,
        ) {
            let mut all = [0; 64];
            for (zigzag, value) in coefficients.iter().take(used).enumerate() {
                all[usize::from(ZIGZAG[zigzag])] = *value;
            }
            let expected = by_definition(&all.map(f64::from));
            let samples = samples::<8, 8>(&block(&all));
            for (sample, exact) in samples.iter().zip(expected) {
                prop_assert!((f64::from(*sample) - (exact + 128.0).clamp(0.0, 255.0)).abs() < 0.51);
            }
        }
    }

    #[test]
    fn a_reduced_block_has_the_mean_of_the_samples_that_it_stands_for() {
        // A slow wave: at half the size each sample is the mean of four, to within rounding.
        let mut coefficients = [0; 64];
        coefficients[..3].copy_from_slice(&[240, -300, 40]);
        coefficients[8] = 160;
        let block = block(&coefficients);
        let (whole, half) = (samples::<8, 8>(&block), samples::<4, 4>(&block));
        for (y, x) in (0..4).flat_map(|y| (0..4).map(move |x| (y, x))) {
            let four = [(0, 0), (0, 1), (1, 0), (1, 1)]
                .map(|(dy, dx)| u32::from(whole[(2 * y + dy) * 8 + 2 * x + dx]));
            let mean = four.iter().sum::<u32>() / 4;
            let reduced = u32::from(half[y * 4 + x]);
            assert!(mean.abs_diff(reduced) <= 3, "{mean} {reduced}");
        }
        assert_eq!(samples::<1, 4>(&block), [158]);
    }

    #[test]
    fn at_every_size_a_slow_wave_is_sampled_in_the_middles() {
        // One period of a cosine over 16 samples, about a mean of 148.
        let mut coefficients = [0; 64];
        coefficients[..2].copy_from_slice(&[160, 240]);
        let block = block(&coefficients);
        let rows = [
            samples::<2, 4>(&block)[..2].to_vec(),
            samples::<3, 4>(&block)[..3].to_vec(),
            samples::<4, 4>(&block)[..4].to_vec(),
            samples::<5, 8>(&block)[..5].to_vec(),
            samples::<6, 8>(&block)[..6].to_vec(),
            samples::<7, 8>(&block)[..7].to_vec(),
            samples::<8, 8>(&block)[..8].to_vec(),
        ];
        for (row, size) in rows.into_iter().zip([2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]) {
            for (sample, x) in row.into_iter().zip([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]) {
                let exact = 148.0 + 240.0 * 0.125_f64.sqrt() * 0.5 * (x / size * std::f64::consts::PI).cos();
                assert!((f64::from(sample) - exact).abs() < 0.51, "{size}: {x}: {sample} {exact}");
            }
        }
    }

    #[test]
    fn the_lowest_frequencies_come_first() {
        assert_eq!([1, 2, 3, 4, 8].map(coefficients_for), [1, 5, 13, 25, 64]);
    }

    #[test]
    fn values_out_of_range_end_at_black_and_white() {
        let mut block = Block::new();
        block.set_first(f32::MAX);
        assert_eq!(samples::<8, 8>(&block), [255; 64]);
        block.set_first(f32::MIN);
        assert_eq!(samples::<2, 4>(&block), [0; 4]);
    }
}
