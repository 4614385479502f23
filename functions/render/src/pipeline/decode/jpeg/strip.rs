//! A row of a component's blocks, on its way to the size of the output.

use std::ops::Range;

use super::block::{Block, Inverse, coefficients_for};
use crate::pipeline::RenderError;
use crate::pipeline::reduce::{ReducedPlane, Reducer};

/// The samples of a row of blocks, or of a few rows that come together.
#[derive(Debug)]
pub(super) struct Strip {
    samples: Vec<u8>,
    stride: usize,
    /// How many samples a block becomes, across and down: 1 to 8.
    scale: u32,
    inverse: InverseAt,
    reducer: Reducer,
    /// The blocks that the output depends on, across and down.
    shown: (Range<u32>, Range<u32>),
}

/// What turns blocks into samples.
#[derive(Debug)]
enum InverseAt {
    One(Inverse<1, 4>),
    Two(Inverse<2, 4>),
    Three(Inverse<3, 4>),
    Four(Inverse<4, 4>),
    Five(Inverse<5, 8>),
    Six(Inverse<6, 8>),
    Seven(Inverse<7, 8>),
    Eight(Inverse<8, 8>),
}

impl InverseAt {
    fn scale(scale: u32) -> Self {
        match scale {
            1 => Self::One(Inverse::new()),
            2 => Self::Two(Inverse::new()),
            3 => Self::Three(Inverse::new()),
            4 => Self::Four(Inverse::new()),
            5 => Self::Five(Inverse::new()),
            6 => Self::Six(Inverse::new()),
            7 => Self::Seven(Inverse::new()),
            _ => Self::Eight(Inverse::new()),
        }
    }
}

impl Strip {
    /// How many bytes one takes.
    pub(super) fn bytes(blocks_across: u32, blocks_down: u32, scale: u32) -> u64 {
        u64::from(blocks_across * scale) * u64::from(blocks_down * scale)
    }

    /// A strip of so many blocks, across and down.
    pub(super) fn new(blocks: (u32, u32), scale: u32, reducer: Reducer) -> Self {
        let of_samples = |samples: Range<u32>| samples.start / scale..samples.end.div_ceil(scale);
        Self {
            samples: vec![0; (blocks.0 * scale) as usize * (blocks.1 * scale) as usize],
            stride: (blocks.0 * scale) as usize,
            scale,
            inverse: InverseAt::scale(scale),
            shown: (of_samples(reducer.columns()), of_samples(reducer.rows())),
            reducer,
        }
    }

    /// How many coefficients of a block matter, in zigzag order.
    pub(super) fn coefficients(&self) -> usize {
        coefficients_for(self.scale as usize)
    }

    /// Whether the output depends on a block, by its place among the component's.
    #[inline]
    pub(super) fn shows(&self, (column, row): (u32, u32)) -> bool {
        self.shown.0.contains(&column) && self.shown.1.contains(&row)
    }

    /// Puts a block's samples where they belong: by its column, and its row in this strip.
    #[inline]
    pub(super) fn put(&mut self, (column, row): (u32, u32), block: &Block) {
        let Self { samples, stride, scale, inverse, .. } = self;
        let start = (row * *scale) as usize * *stride + (column * *scale) as usize;
        let Some(target) = samples.get_mut(start..) else { return };
        match inverse {
            InverseAt::One(inverse) => inverse.write(block, target, *stride),
            InverseAt::Two(inverse) => inverse.write(block, target, *stride),
            InverseAt::Three(inverse) => inverse.write(block, target, *stride),
            InverseAt::Four(inverse) => inverse.write(block, target, *stride),
            InverseAt::Five(inverse) => inverse.write(block, target, *stride),
            InverseAt::Six(inverse) => inverse.write(block, target, *stride),
            InverseAt::Seven(inverse) => inverse.write(block, target, *stride),
            InverseAt::Eight(inverse) => inverse.write(block, target, *stride),
        }
    }

    /// Hands the strip's rows on: those of so many rows of blocks.
    ///
    /// # Errors
    /// [`RenderError::Failed`].
    pub(super) fn hand_on(&mut self, rows_of_blocks: u32) -> Result<(), RenderError> {
        let rows = (rows_of_blocks * self.scale) as usize;
        let samples = self.samples.get(..rows * self.stride).unwrap_or(&self.samples);
        self.reducer.push(samples, self.stride)
    }

    /// The component at its size.
    ///
    /// # Errors
    /// [`RenderError::Failed`].
    pub(super) fn finish(self) -> Result<ReducedPlane, RenderError> {
        self.reducer.finish()
    }
}
