//! The coefficients of a component that arrive in many scans.

use super::JpegError;
use super::block::Block;
use super::frame::Component;
use super::strip::Strip;
use super::tables::Steps;
use crate::pipeline::RenderError;

/// The coefficients of a component, as far as they matter at the output's size.
///
/// Of the others only one thing is known: which of them are not 0, since later scans have a bit more for each of those.
#[derive(Debug)]
pub(super) struct Coefficients {
    /// Block by block, the first ones of each in zigzag order, and one place more for all those that are not kept: to
    /// write there is quicker than to choose.
    values: Vec<i16>,
    /// How many of each block are kept.
    kept: usize,
    /// For each block, a bit for each coefficient that is not 0.
    present: Vec<u64>,
    blocks_across: u32,
    /// For each coefficient the lowest bit that the scans so far bring; `None` before the first.
    lowest_bits: [Option<u8>; 64],
    /// The same of those scans that were read.
    lowest_bits_read: [u8; 64],
}

/// The coefficients of a block.
#[derive(Debug)]
pub(super) struct BlockCoefficients<'a> {
    /// The first ones in zigzag order, those that matter; and a place for all others.
    pub(super) values: &'a mut [i16],
    /// A bit for each of the 64 that is not 0.
    pub(super) present: &'a mut u64,
}

impl Coefficients {
    /// Room for a component of whose blocks so many coefficients matter.
    pub(super) fn new(component: &Component, kept: usize) -> Self {
        let (across, down) = component.padded_blocks;
        let blocks = across as usize * down as usize;
        Self {
            values: vec![0; blocks * (kept + 1)],
            kept,
            present: vec![0; blocks],
            blocks_across: across,
            lowest_bits: [None; 64],
            lowest_bits_read: [0; 64],
        }
    }

    /// How many bytes they take.
    pub(super) fn bytes(component: &Component, kept: usize) -> u64 {
        u64::from(component.padded_blocks.0) * u64::from(component.padded_blocks.1) * (kept as u64 * 2 + 10)
    }

    /// The coefficients of a block.
    #[inline]
    pub(super) fn block(&mut self, place: (u32, u32)) -> BlockCoefficients<'_> {
        let index = place.1 as usize * self.blocks_across as usize + place.0 as usize;
        let stride = self.kept + 1;
        let values = &mut self.values[index * stride..][..stride];
        BlockCoefficients { values, present: &mut self.present[index] }
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

    /// Notes that a scan was read, which brings the bits of a band down to this one.
    pub(super) fn note_read(&mut self, band: (u8, u8), lowest_bit: u8) {
        self.lowest_bits_read[usize::from(band.0)..=usize::from(band.1)].fill(lowest_bit);
    }

    /// Whether all bits are there of each coefficient that has any, the first among them. An encoder may leave bands
    /// out that are 0 throughout.
    pub(super) fn are_complete(&self) -> bool {
        self.lowest_bits[0] == Some(0) && self.lowest_bits.iter().flatten().all(|lowest| *lowest == 0)
    }

    /// Paints the component.
    ///
    /// # Errors
    /// [`RenderError::Failed`].
    pub(super) fn paint(
        &self,
        component: &Component,
        steps: &Steps,
        strip: &mut Strip,
    ) -> Result<(), RenderError> {
        let mut block = Block::new();
        let middles = self.lowest_bits_read.map(middle_of_rest);
        let across = self.blocks_across as usize;
        let stride = self.kept + 1;
        let rows = self.values.chunks_exact(across * stride).zip(self.present.chunks_exact(across));
        for (row, (values, present)) in (0..component.blocks.1).zip(rows) {
            let blocks = values.chunks_exact(stride).zip(present);
            for (column, (values, present)) in (0..component.blocks.0).zip(blocks) {
                if strip.shows((column, row)) {
                    dequantize(&values[..self.kept], *present, (steps, &middles), &mut block);
                    strip.put((column, 0), &block);
                }
            }
            strip.hand_on(1)?;
        }
        Ok(())
    }
}

/// How far the middle of what a coefficient can be lies from what is known of it, when its bits below the lowest were not
/// read.
fn middle_of_rest(lowest_bit: u8) -> f32 {
    f32::from((1_u16 << lowest_bit.min(15)) - 1) / 2.0
}

fn dequantize(values: &[i16], present: u64, (steps, middles): (&Steps, &[f32; 64]), block: &mut Block) {
    block.clear();
    if let Some(first) = values.first() {
        block.set_first(f32::from(*first) * steps[0]);
    }
    let mut others = present & !1;
    while others != 0 {
        let zigzag = others.trailing_zeros() as usize;
        let Some(value) = values.get(zigzag) else { break };
        let value = f32::from(*value);
        block.set(zigzag, (value + middles[zigzag].copysign(value)) * steps[zigzag]);
        others &= others - 1;
    }
}
