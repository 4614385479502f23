//! Blocks that arrive in many scans (T.81, G.1.2 and G.2).

use super::JpegError;
use super::bits::{BitReader, BlockBits};
use super::coefficients::{BlockCoefficients, Coefficients};
use super::huffman::HuffmanTable;
use super::scan::{BlockDecoder, BlockPlace};
use super::sequential::BEYOND_BLOCK;

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
        let difference = bits.block(|bits| bits.difference(part.table))?;
        part.prediction = part.prediction.wrapping_add(difference);
        part.coefficients.block(place.at).values[0] = (part.prediction << self.lowest_bit) as i16;
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
        if bits.block(|bits| Ok(bits.take(1)))? == 1 {
            self.parts[place.in_scan].block(place.at).values[0] |= 1 << self.lowest_bit;
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

#[inline]
fn step(bits: &mut BlockBits<'_>, table: &HuffmanTable) -> Result<Step, &'static str> {
    let (symbol, value) = bits.symbol(table)?;
    Ok(match (symbol >> 4, symbol & 15) {
        (15, 0) => Step::Zeros,
        (exponent, 0) => Step::Empty((1 << exponent) + bits.take(exponent) - 1),
        (zeros, _) => Step::Coefficient(zeros.into(), value),
    })
}

impl Ac<'_> {
    #[inline]
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
        let BlockCoefficients { values, present } = self.coefficients.block(place.at);
        let (table, lowest_bit, empty_blocks) = (self.table, self.lowest_bit, &mut self.empty_blocks);
        bits.block(|bits| {
            while next <= last {
                match step(bits, table)? {
                    Step::Empty(blocks) => {
                        *empty_blocks = blocks;
                        break;
                    }
                    Step::Zeros => next += 16,
                    Step::Coefficient(zeros, value) => {
                        next += zeros;
                        if next > last {
                            return Err(BEYOND_BLOCK);
                        }
                        *present |= 1 << next;
                        if let Some(coefficient) = values.get_mut(next) {
                            *coefficient = (value << lowest_bit) as i16;
                        }
                        next += 1;
                    }
                }
            }
            Ok(())
        })
    }

    #[inline]
    fn later(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        let (next, last) = self.band;
        let block = self.coefficients.block(place.at);
        let mut refinement = Refinement { block, next, last, bit: 1 << self.lowest_bit };
        let (table, empty_blocks) = (self.table, &mut self.empty_blocks);
        if *empty_blocks > 0 && *refinement.block.present & refinement.band() == 0 {
            *empty_blocks -= 1;
            return Ok(());
        }
        bits.block(|bits| {
            if *empty_blocks == 0 {
                while refinement.next <= last {
                    let (zeros, new) = match step(bits, table)? {
                        Step::Empty(blocks) => {
                            *empty_blocks = blocks + 1;
                            break;
                        }
                        Step::Zeros => (15, 0),
                        Step::Coefficient(zeros, new @ (1 | -1)) => (zeros, new),
                        Step::Coefficient(..) => return Err("it has a code that means nothing"),
                    };
                    refinement.step(bits, zeros, new)?;
                }
            }
            if *empty_blocks > 0 {
                *empty_blocks -= 1;
                refinement.refine_to(bits, last + 1);
            }
            Ok(())
        })
    }
}

/// A bit more for each coefficient of a block that is not 0, and coefficients that become so.
struct Refinement<'a> {
    block: BlockCoefficients<'a>,
    next: usize,
    last: usize,
    bit: i16,
}

impl Refinement<'_> {
    /// The coefficients from the next to the last, as bits.
    #[inline]
    fn band(&self) -> u64 {
        below(self.last + 1) & !below(self.next)
    }

    /// Goes on to the zero that comes after so many others, and makes it what is new.
    #[inline]
    fn step(&mut self, bits: &mut BlockBits<'_>, zeros: usize, new: i32) -> Result<(), &'static str> {
        let mut absent = !*self.block.present & self.band();
        for _ in 0..zeros {
            absent &= absent.wrapping_sub(1);
        }
        let place = (absent.trailing_zeros() as usize).min(self.last + 1);
        self.refine_to(bits, place);
        if new != 0 {
            if place > self.last {
                return Err(BEYOND_BLOCK);
            }
            *self.block.present |= 1 << place;
            if let Some(coefficient) = self.block.values.get_mut(place) {
                *coefficient = if new > 0 { self.bit } else { -self.bit };
            }
        }
        self.next = place + 1;
        Ok(())
    }

    /// Reads a bit for each coefficient that is not 0 from the next one to before a place. Of those that don't matter only
    /// the number does.
    #[inline]
    fn refine_to(&mut self, bits: &mut BlockBits<'_>, place: usize) {
        if self.next >= place {
            return;
        }
        let present = *self.block.present & below(place) & !below(self.next);
        let BlockCoefficients { values, .. } = &mut self.block;
        let mut kept = present & below(values.len());
        let others = present & !kept;
        while kept != 0 {
            let zigzag = kept.trailing_zeros() as usize;
            kept &= kept - 1;
            let coefficient = &mut values[zigzag];
            // The same bit cannot come twice, but in a file that is corrupt.
            if bits.take(1) == 1 && *coefficient & self.bit == 0 {
                *coefficient = coefficient.wrapping_add(if *coefficient > 0 { self.bit } else { -self.bit });
            }
        }
        if others != 0 {
            bits.pass(others.count_ones());
        }
    }
}

/// A bit for each of the coefficients before this one.
#[inline]
fn below(place: usize) -> u64 {
    if place < 64 { (1 << place) - 1 } else { u64::MAX }
}
