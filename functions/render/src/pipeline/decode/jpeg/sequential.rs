//! Blocks that are complete in one scan (T.81, F.2.2).

use super::JpegError;
use super::bits::{BitReader, BlockBits};
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
        let block = &mut self.block;
        let part = &mut self.parts[place.in_scan];
        if !part.strip.shows(place.at) {
            return bits.block(|bits| {
                part.prediction = part.prediction.wrapping_add(bits.difference(part.dc_table)?);
                skip(bits, part.ac_table, 1)
            });
        }
        block.clear();
        bits.block(|bits| {
            part.prediction = part.prediction.wrapping_add(bits.difference(part.dc_table)?);
            block.set(0, part.prediction, part.steps[0]);
            let mut next = 1;
            while next < part.coefficients {
                let (zeros, value) = bits.coefficient(part.ac_table)?;
                next += zeros;
                if next < 64 && value != 0 {
                    block.set(next, value, part.steps[next]);
                } else if next > 63 {
                    return end_of_block(next, value);
                }
                next += 1;
            }
            skip(bits, part.ac_table, next)
        })?;
        part.strip.put((place.at.0, place.at.1 % part.rows_at_once), block);
        Ok(())
    }

    fn row_done(&mut self) -> Result<(), RenderError> {
        self.parts.iter_mut().try_for_each(|part| part.strip.hand_on(part.rows_at_once))
    }

    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// Skips the coefficients of a block from a place on.
#[inline]
fn skip(bits: &mut BlockBits<'_>, table: &HuffmanTable, mut next: usize) -> Result<(), &'static str> {
    while next < 64 {
        if let Some(several) = bits.skip_coefficients(table, 64 - next) {
            next += several;
            continue;
        }
        let (zeros, value) = bits.coefficient(table)?;
        next += zeros;
        if next > 63 {
            return end_of_block(next, value);
        }
        next += 1;
    }
    Ok(())
}

/// Whether a block may end here: with the code for it, or with zeros, which some encoders let go on beyond it.
#[inline]
fn end_of_block(next: usize, value: i32) -> Result<(), &'static str> {
    if next >= HuffmanTable::END || value == 0 { Ok(()) } else { Err(BEYOND_BLOCK) }
}

pub(super) const BEYOND_BLOCK: &str = "it has a block with too many coefficients";
