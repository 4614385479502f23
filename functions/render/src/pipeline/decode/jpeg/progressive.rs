//! Blocks that arrive in many scans (T.81, G.1.2 and G.2).

use super::JpegError;
use super::bits::BitReader;
use super::canvas::Coefficients;
use super::huffman::HuffmanTable;
use super::scan::{BlockDecoder, BlockPlace};
use super::sequential::{beyond_block, dc_difference, undefined};

/// The first scan of the blocks' first coefficients.
#[derive(Debug)]
pub(super) struct FirstDc<'a> {
    pub(super) parts: Vec<FirstDcPart<'a>>,
    pub(super) lowest_bit: u8,
}

/// What it takes to decode the first coefficients of one component.
#[derive(Debug)]
pub(super) struct FirstDcPart<'a> {
    pub(super) table: &'a HuffmanTable,
    pub(super) coefficients: &'a mut Coefficients,
    /// The first coefficient of the block before.
    pub(super) prediction: i32,
}

impl BlockDecoder for FirstDc<'_> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is corrupt and may become anything"
    )]
    fn block(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        let part = &mut self.parts[place.in_scan];
        part.prediction = part.prediction.wrapping_add(dc_difference(bits, part.table)?);
        part.coefficients.block(place.at)[0] = (part.prediction << self.lowest_bit) as i16;
        Ok(())
    }

    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.prediction = 0);
    }
}

/// A later scan of the blocks' first coefficients: one bit each.
#[derive(Debug)]
pub(super) struct MoreDc<'a> {
    pub(super) parts: Vec<&'a mut Coefficients>,
    pub(super) lowest_bit: u8,
}

impl BlockDecoder for MoreDc<'_> {
    fn block(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        if bits.take(1) == 1 {
            self.parts[place.in_scan].block(place.at)[0] |= 1 << self.lowest_bit;
        }
        Ok(())
    }

    fn restart(&mut self) {}
}

/// A scan of one component's other coefficients, the first or a later one.
#[derive(Debug)]
pub(super) struct Ac<'a> {
    pub(super) table: &'a HuffmanTable,
    pub(super) coefficients: &'a mut Coefficients,
    /// The first and last coefficient, in zigzag order.
    pub(super) band: (usize, usize),
    pub(super) lowest_bit: u8,
    /// Whether it is the first scan of these coefficients.
    pub(super) is_first: bool,
    /// For how many blocks more nothing new comes.
    pub(super) empty_blocks: u32,
}

impl BlockDecoder for Ac<'_> {
    #[inline]
    fn block(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        if self.is_first { self.first(bits, place) } else { self.later(bits, place) }
    }

    fn restart(&mut self) {
        self.empty_blocks = 0;
    }
}

/// What a symbol of these scans says.
enum Step {
    /// This many zeros, then a coefficient.
    Coefficient(usize, i32),
    /// Sixteen zeros.
    Zeros,
    /// Nothing more in this block, and in this many others after it.
    Empty(u32),
}

impl Ac<'_> {
    #[inline]
    fn step(&self, bits: &mut BitReader<'_>) -> Result<Step, JpegError> {
        let (symbol, value) = bits.symbol(self.table)?;
        Ok(match (symbol >> 4, symbol & 15) {
            (15, 0) => Step::Zeros,
            (exponent, 0) => Step::Empty((1 << exponent) + bits.take(exponent) - 1),
            (zeros, _) => Step::Coefficient(zeros.into(), value),
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is corrupt and may become anything"
    )]
    fn first(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            return Ok(());
        }
        let (mut next, last) = self.band;
        while next <= last {
            match self.step(bits)? {
                Step::Empty(blocks) => {
                    self.empty_blocks = blocks;
                    break;
                }
                Step::Zeros => next += 16,
                Step::Coefficient(zeros, value) => {
                    next += zeros;
                    if next > last {
                        return Err(beyond_block(bits));
                    }
                    self.coefficients.block(place.at)[next] = (value << self.lowest_bit) as i16;
                    next += 1;
                }
            }
        }
        Ok(())
    }

    fn later(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        let (mut next, last) = self.band;
        if self.empty_blocks == 0 {
            while next <= last {
                let (zeros, new) = match self.step(bits)? {
                    Step::Empty(blocks) => {
                        self.empty_blocks = blocks + 1;
                        break;
                    }
                    Step::Zeros => (15, 0),
                    Step::Coefficient(zeros, 1) => (zeros, 1),
                    Step::Coefficient(zeros, -1) => (zeros, -1),
                    Step::Coefficient(..) => return Err(undefined(bits)),
                };
                let band = &mut self.coefficients.block(place.at)[next..=last];
                let skipped = refine(band, bits, zeros, self.lowest_bit);
                match band.get_mut(skipped) {
                    Some(coefficient) => *coefficient = new << self.lowest_bit,
                    None if new != 0 => return Err(beyond_block(bits)),
                    None => {}
                }
                next += skipped + 1;
            }
        }
        if self.empty_blocks > 0 {
            self.empty_blocks -= 1;
            if next <= last {
                refine(
                    &mut self.coefficients.block(place.at)[next..=last],
                    bits,
                    usize::MAX,
                    self.lowest_bit,
                );
            }
        }
        Ok(())
    }
}

/// Reads a bit more for each coefficient that is not 0, up to and without the zero that comes after `zeros` others.
/// Returns where that stands, or the length of the band when there is none.
fn refine(band: &mut [i16], bits: &mut BitReader<'_>, zeros: usize, lowest_bit: u8) -> usize {
    let bit = 1_i16 << lowest_bit;
    let mut reader = *bits;
    let mut zeros_left = zeros;
    let mut end = band.len();
    for (index, coefficient) in band.iter_mut().enumerate() {
        if *coefficient == 0 {
            if zeros_left == 0 {
                end = index;
                break;
            }
            zeros_left -= 1;
        } else if reader.take(1) == 1 && *coefficient & bit == 0 {
            *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
        }
    }
    *bits = reader;
    end
}
