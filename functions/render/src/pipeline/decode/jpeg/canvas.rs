//! Where the samples of a component come together.

use super::JpegError;
use super::block::{Block, Inverse};
use super::frame::{Component, Frame};
use super::tables::Steps;

/// The samples of a component, at full or reduced size, in rows without gaps.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) samples: Vec<u8>,
    pub(super) width: u32,
    pub(super) height: u32,
    inverse: InverseAt,
}

/// How big a block becomes.
#[derive(Debug)]
enum InverseAt {
    Eight(Inverse<8>),
    Four(Inverse<4>),
    Two(Inverse<2>),
    One(Inverse<1>),
}

impl InverseAt {
    fn scale(scale: u32) -> Self {
        match scale {
            1 => Self::One(Inverse::new()),
            2 => Self::Two(Inverse::new()),
            4 => Self::Four(Inverse::new()),
            _ => Self::Eight(Inverse::new()),
        }
    }
}

impl Canvas {
    /// A canvas for a component whose blocks become `scale` samples wide and high: 1, 2, 4, or 8.
    pub(super) fn new(frame: &Frame, component: &Component, scale: u32) -> Self {
        let (width, height) = frame.samples(component, scale);
        let samples = vec![0; width as usize * height as usize];
        Self { samples, width, height, inverse: InverseAt::scale(scale) }
    }

    /// Puts a block's samples where they belong; those outside the picture are left out.
    #[inline]
    pub(super) fn put(&mut self, place: (u32, u32), block: &Block) {
        let Self { samples, width, inverse, .. } = self;
        let width = *width as usize;
        match inverse {
            InverseAt::Eight(inverse) => write(samples, width, place, &inverse.samples(block)),
            InverseAt::Four(inverse) => write(samples, width, place, &inverse.samples(block)),
            InverseAt::Two(inverse) => write(samples, width, place, &inverse.samples(block)),
            InverseAt::One(inverse) => write(samples, width, place, &inverse.samples(block)),
        }
    }
}

#[inline]
fn write<const N: usize>(samples: &mut [u8], width: usize, place: (u32, u32), block: &[[u8; N]; N]) {
    let (left, top) = (place.0 as usize * N, place.1 as usize * N);
    if left >= width {
        return;
    }
    let fitting = N.min(width - left);
    for (row, values) in samples.chunks_exact_mut(width).skip(top).zip(block) {
        if let Some(whole) = row.get_mut(left..).and_then(|rest| rest.first_chunk_mut::<N>()) {
            *whole = *values;
        } else {
            row[left..].copy_from_slice(&values[..fitting]);
        }
    }
}

/// The coefficients of a component that arrive in many scans.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// Block by block, each in zigzag order.
    values: Vec<[i16; 64]>,
    blocks_across: u32,
    /// For each coefficient the lowest bit that has arrived; `None` before the first.
    lowest_bits: [Option<u8>; 64],
}

impl Coefficients {
    pub(super) fn new(component: &Component) -> Self {
        let (across, down) = component.padded_blocks;
        let values = vec![[0; 64]; across as usize * down as usize];
        Self { values, blocks_across: across, lowest_bits: [None; 64] }
    }

    /// How many bytes they take.
    pub(super) fn bytes(component: &Component) -> u64 {
        u64::from(component.padded_blocks.0) * u64::from(component.padded_blocks.1) * 128
    }

    /// The coefficients of a block.
    #[inline]
    pub(super) fn block(&mut self, place: (u32, u32)) -> &mut [i16; 64] {
        let index = place.1 as usize * self.blocks_across as usize + place.0 as usize;
        &mut self.values[index]
    }

    /// Notes that a scan brings bits of a band of coefficients.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when it is not the next of these coefficients' scans.
    pub(super) fn expect(&mut self, band: (u8, u8), bits: (u8, u8), at: usize) -> Result<(), JpegError> {
        let (earlier, lowest) = bits;
        let before = (earlier > 0).then_some(earlier);
        for known in &mut self.lowest_bits[usize::from(band.0)..=usize::from(band.1)] {
            if *known != before {
                return Err(JpegError::Corrupt { at, what: "its scans are out of order" });
            }
            *known = Some(lowest);
        }
        Ok(())
    }

    /// Whether all bits are there of each coefficient that has any, the first among them. An encoder may leave bands
    /// out that are 0 throughout.
    pub(super) fn are_complete(&self) -> bool {
        self.lowest_bits[0] == Some(0) && self.lowest_bits.iter().flatten().all(|lowest| *lowest == 0)
    }

    /// Paints the component.
    pub(super) fn paint(&self, component: &Component, steps: &Steps, canvas: &mut Canvas) {
        let mut block = Block::new();
        let rows = self.values.chunks_exact(self.blocks_across as usize);
        for (row, values) in (0..component.blocks.1).zip(rows) {
            for (column, values) in (0..component.blocks.0).zip(values) {
                block.clear();
                let last = values.iter().rposition(|value| *value != 0).unwrap_or(0);
                for (zigzag, (value, step)) in values.iter().zip(steps).enumerate().take(last + 1) {
                    block.set(zigzag, i32::from(*value), *step);
                }
                canvas.put((column, row), &block);
            }
        }
    }
}
