//! Blocks that are complete in one scan (T.81, F.2.2).

use super::JpegError;
use super::bits::BitReader;
use super::block::Block;
use super::canvas::Canvas;
use super::huffman::HuffmanTable;
use super::scan::{BlockDecoder, BlockPlace};
use super::tables::Quantization;

/// Decodes the blocks of a sequential scan right onto their canvases.
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
    pub(super) steps: Quantization,
    pub(super) canvas: &'a mut Canvas,
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
        let part = &mut self.parts[place.in_scan];
        self.block.clear();
        let difference = dc_difference(bits, part.dc_table)?;
        part.prediction = part.prediction.wrapping_add(difference);
        self.block.set(0, part.prediction, part.steps[0]);
        let mut next = 1;
        while next < 64 {
            let symbol = bits.symbol(part.ac_table)?;
            let (zeros, size) = (usize::from(symbol >> 4), symbol & 15);
            match (zeros, size) {
                (0, 0) => break,
                (15, 0) => next += 16,
                (_, 0) => return Err(undefined(bits)),
                (zeros, size) => {
                    next += zeros;
                    if next > 63 {
                        return Err(beyond_block(bits));
                    }
                    self.block.set(next, bits.signed(size), part.steps[next]);
                    next += 1;
                }
            }
        }
        part.canvas.put(place.at, &self.block);
        Ok(())
    }

    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// The difference between the first coefficients of a block and of the one before.
pub(super) fn dc_difference(bits: &mut BitReader<'_>, table: &HuffmanTable) -> Result<i32, JpegError> {
    match bits.symbol(table)? {
        size @ 0..=15 => Ok(bits.signed(size)),
        _ => Err(undefined(bits)),
    }
}

pub(super) fn undefined(bits: &BitReader<'_>) -> JpegError {
    JpegError::Corrupt { at: bits.position(), what: "it has a code that means nothing" }
}

pub(super) fn beyond_block(bits: &BitReader<'_>) -> JpegError {
    JpegError::Corrupt { at: bits.position(), what: "it has a block with too many coefficients" }
}
