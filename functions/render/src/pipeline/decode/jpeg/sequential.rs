//! Blocks that are complete in one scan (T.81, F.2.2).

use super::JpegError;
use super::bits::BitReader;
use super::block::Block;
use super::canvas::Canvas;
use super::huffman::HuffmanTable;
use super::scan::{BlockDecoder, BlockPlace};
use super::tables::Steps;

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
    pub(super) steps: Steps,
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
        let mut reader = *bits;
        self.block.clear();
        part.prediction = part.prediction.wrapping_add(dc_difference(&mut reader, part.dc_table)?);
        self.block.set(0, part.prediction, part.steps[0]);
        let mut next = 1;
        while next < 64 {
            let (symbol, value) = reader.symbol(part.ac_table)?;
            match (symbol >> 4, symbol & 15) {
                (0, 0) => break,
                (15, 0) => next += 16,
                (_, 0) => return Err(undefined(&reader)),
                (zeros, _) => {
                    next += usize::from(zeros);
                    if next > 63 {
                        return Err(beyond_block(&reader));
                    }
                    self.block.set(next, value, part.steps[next]);
                    next += 1;
                }
            }
        }
        *bits = reader;
        part.canvas.put(place.at, &self.block);
        Ok(())
    }

    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// The difference between the first coefficients of a block and of the one before.
#[inline]
pub(super) fn dc_difference(bits: &mut BitReader<'_>, table: &HuffmanTable) -> Result<i32, JpegError> {
    match bits.symbol(table)? {
        (0..=15, difference) => Ok(difference),
        _ => Err(undefined(bits)),
    }
}

pub(super) fn undefined(bits: &BitReader<'_>) -> JpegError {
    JpegError::Corrupt { at: bits.position(), what: "it has a code that means nothing" }
}

pub(super) fn beyond_block(bits: &BitReader<'_>) -> JpegError {
    JpegError::Corrupt { at: bits.position(), what: "it has a block with too many coefficients" }
}
