//! A plane of samples as blocks of coefficients.

use shared::dimensions::Dimensions;

use super::quantization::Steps;
use super::transform::{Square, descale, forward};
use crate::pipeline::zigzag::ZIGZAG;

/// Coefficients in zigzag order.
pub(super) type Block = [i16; 64];

/// Coefficients that are not rounded yet count parts of their step.
pub(super) const PARTS: i16 = 32;

/// The blocks of a component.
#[derive(Debug)]
pub(super) struct Blocks {
    /// How many a row has, those included that only fill the last unit of a scan of several components.
    pub(super) wide: usize,
    /// How many of a row, and of the rows, hold a part of the picture.
    pub(super) shown: (usize, usize),
    /// Row by row.
    pub(super) all: Vec<Block>,
}

impl Blocks {
    /// The coefficients of a plane in [`PARTS`] of their steps. A unit of the picture has as many blocks a side as the
    /// sampling says.
    pub(super) fn of(plane: &[u8], size: Dimensions, sampling: usize, steps: &Steps) -> Self {
        let (width, height) = (size.width() as usize, size.height() as usize);
        let shown = (width.div_ceil(8), height.div_ceil(8));
        let (wide, high) = (shown.0.next_multiple_of(sampling), shown.1.next_multiple_of(sampling));
        let mut all = Vec::with_capacity(wide * high);
        let scales = Scales::of(steps);
        for top in (0..high * 8).step_by(8) {
            // Beyond the picture its last samples are repeated: that costs the fewest bits.
            let rows: [&[u8]; 8] =
                std::array::from_fn(|row| &plane[(top + row).min(height - 1) * width..][..width]);
            for left in (0..wide * 8).step_by(8) {
                let samples = rows.map(|row| eight(row, left));
                all.push(scales.apply(&forward(&samples)));
            }
        }
        Self { wide, shown, all }
    }

    /// The rows of the blocks that hold a part of the picture.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Block> {
        let rows = self.all.chunks_exact(self.wide).take(self.shown.1);
        rows.flat_map(|row| &row[..self.shown.0])
    }
}

/// Eight samples of a row about zero; beyond its end, the last one.
#[inline]
fn eight(row: &[u8], left: usize) -> [f32; 8] {
    let level = |sample: u8| f32::from(sample) - 128.0;
    match row.get(left..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(samples) => samples.map(level),
        None => std::array::from_fn(|column| level(row[(left + column).min(row.len() - 1)])),
    }
}

/// What turns a transformed number into [`PARTS`] of its step.
struct Scales(Square);

impl Scales {
    fn of(steps: &Steps) -> Self {
        let mut scales = [[0.0; 8]; 8];
        for (step, place) in steps.0.iter().zip(ZIGZAG) {
            let (vertical, horizontal) = (usize::from(place / 8), usize::from(place % 8));
            scales[horizontal][vertical] =
                f32::from(PARTS) * descale(horizontal, vertical) / f32::from(*step);
        }
        Self(scales)
    }

    #[inline]
    fn apply(&self, coefficients: &Square) -> Block {
        let parts: [[i16; 8]; 8] = std::array::from_fn(|row| {
            std::array::from_fn(|column| rounded(coefficients[row][column] * self.0[row][column]))
        });
        let parts = parts.as_flattened();
        ZIGZAG.map(|place| parts[usize::from(place % 8 * 8 + place / 8)])
    }
}

/// The nearest whole number: adding so large a number leaves a float no room for a fraction.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the sixteen bits that hold the number")]
fn rounded(number: f32) -> i16 {
    const ROOM: f32 = 12_582_912.0;
    (number + ROOM).to_bits() as i16
}
