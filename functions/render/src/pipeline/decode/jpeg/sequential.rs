//! Blocks that are complete in one scan (T.81, F.2.2).

use super::JpegError;
use super::bits::BitReader;
use super::block::Block;
use super::huffman::HuffmanTable;
use super::scan::{BlockDecoder, BlockPlace};
use super::strip::Strip;
use super::tables::Steps;
use crate::pipeline::RenderError;

/// Decodes the blocks of a sequential scan.
#[derive(Debug)]
pub(super) struct SequentialDecoder<'a> {
    parts: Vec<SequentialPart<'a>>,
    block: Block,
}

/// What it takes to decode the blocks of one component.
#[derive(Debug)]
pub(super) struct SequentialPart<'a> {
    pub(super) dc_table: &'a HuffmanTable,
    pub(super) ac_table: &'a HuffmanTable,
    pub(super) steps: Steps,
    /// The coefficients behind these, in zigzag order, change nothing at the output's size.
    pub(super) coefficients: usize,
    pub(super) strip: &'a mut Strip,
    /// How many rows of its blocks the scan brings at once.
    pub(super) rows_at_once: u32,
    /// The first coefficient of the block before.
    pub(super) prediction: i32,
}

impl<'a> SequentialDecoder<'a> {
    /// A decoder for the components of a scan, in their order there.
    pub(super) fn new(parts: Vec<SequentialPart<'a>>) -> Self {
        Self { parts, block: Block::new() }
    }
}

impl BlockDecoder for SequentialDecoder<'_> {
    #[inline]
    fn block(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        let Self { parts, block } = self;
        let part = &mut parts[place.in_scan];
        let is_shown = part.strip.shows(place.at);
        block.clear();
        let steps = &part.steps;
        let difference = bits.block(|bits| {
            let until = if is_shown { part.coefficients } else { 1 };
            bits.sequential_block(part.dc_table, part.ac_table, until, |zigzag, value| {
                block.set(zigzag, real(value) * steps[zigzag]);
            })
        })?;
        part.prediction = part.prediction.wrapping_add(difference);
        if is_shown {
            block.set_first(real(part.prediction) * steps[0]);
            part.strip.put((place.at.0, place.row_in_unit), block);
        }
        Ok(())
    }

    fn row_done(&mut self) -> Result<(), RenderError> {
        self.parts.iter_mut().try_for_each(|part| part.strip.hand_on(part.rows_at_once))
    }

    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// A number as it is worked with. What 8-bit samples lead to is far below 2^24, up to where it stays exact.
#[inline]
#[expect(clippy::cast_precision_loss, reason = "what does not fit is corrupt and may become anything")]
fn real(number: i32) -> f32 {
    number as f32
}
