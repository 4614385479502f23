//! A block of 8x8 coefficients, and the samples that it becomes at full or reduced size.

/// Where the coefficients of the zigzag order stand in rows of eight (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

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
        self.coefficients = [0.0; 64];
        self.last = 0;
    }

    /// Sets a coefficient behind those that were set before, by its place in the zigzag order.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "what 8-bit samples lead to is far below 2^24")]
    pub(super) fn set(&mut self, zigzag: usize, quantized: i32, step: f32) {
        self.coefficients[usize::from(ZIGZAG[zigzag % 64])] = quantized as f32 * step;
        self.last = zigzag % 64;
    }
}

/// The inverse discrete cosine transform to `N` x `N` samples, from the `N` x `N` lowest frequencies.
///
/// With `N` below 8 this is what the whole transform followed by an ideal low pass would give, for a fraction of the
/// work: a picture that is to be shown small is decoded small.
#[derive(Debug)]
pub(super) struct Inverse<const N: usize> {
    /// For each frequency, its wave at each of the `N` samples.
    waves: [[f32; N]; N],
}

impl<const N: usize> Inverse<N> {
    #[expect(clippy::cast_precision_loss, reason = "N is at most 8")]
    pub(super) fn new() -> Self {
        let mut waves = [[0.0; N]; N];
        for (frequency, wave) in waves.iter_mut().enumerate() {
            let weight = if frequency == 0 { f32::sqrt(0.125) } else { 0.5 };
            for (sample, value) in wave.iter_mut().enumerate() {
                let turns = ((2 * sample + 1) * frequency) as f32 / (2 * N) as f32;
                *value = weight * (turns * std::f32::consts::PI).cos();
            }
        }
        Self { waves }
    }

    /// The samples of a block.
    #[inline]
    pub(super) fn samples(&self, block: &Block) -> [[u8; N]; N] {
        if block.last == 0 {
            return [[sample(block.coefficients[0] * 0.125); N]; N];
        }
        let (rows, columns) = (usize::from(SPANS[block.last].0), usize::from(SPANS[block.last].1));
        let mut down = [[0.0; N]; N];
        for (row, wave) in block.coefficients.chunks_exact(8).zip(&self.waves).take(rows) {
            for (sums, strength) in down.iter_mut().zip(wave) {
                for (sum, coefficient) in sums.iter_mut().zip(row) {
                    *sum += coefficient * strength;
                }
            }
        }
        down.map(|frequencies| {
            let mut across = [0.0; N];
            for (coefficient, wave) in frequencies.iter().zip(&self.waves).take(columns) {
                for (sum, strength) in across.iter_mut().zip(wave) {
                    *sum += coefficient * strength;
                }
            }
            across.map(sample)
        })
    }
}

/// The sample that a value of the transform stands for.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is clamped to a byte")]
fn sample(value: f32) -> u8 {
    // T.81, A.3.1: samples were shifted to be signed.
    (value + 128.5).clamp(0.0, 255.0) as u8
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
            if coefficients[usize::from(*place)] != 0 {
                block.set(zigzag, coefficients[usize::from(*place)], 1.0);
            }
        }
        block
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
            let samples = Inverse::<8>::new().samples(&block(&all));
            for (sample, exact) in samples.as_flattened().iter().zip(expected) {
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
        let whole = Inverse::<8>::new().samples(&block);
        let half = Inverse::<4>::new().samples(&block);
        for (y, x) in (0..4).flat_map(|y| (0..4).map(move |x| (y, x))) {
            let four =
                [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(dy, dx)| u32::from(whole[2 * y + dy][2 * x + dx]));
            let mean = four.iter().sum::<u32>() / 4;
            assert!(mean.abs_diff(u32::from(half[y][x])) <= 3, "{mean} {}", half[y][x]);
        }
        assert_eq!(Inverse::<1>::new().samples(&block), [[158]]);
    }

    #[test]
    fn values_out_of_range_end_at_black_and_white() {
        let mut block = Block::new();
        block.set(0, i32::MAX, 65_535.0);
        assert_eq!(Inverse::<8>::new().samples(&block), [[255; 8]; 8]);
        block.set(0, i32::MIN, 65_535.0);
        assert_eq!(Inverse::<2>::new().samples(&block), [[0; 2]; 2]);
    }
}
