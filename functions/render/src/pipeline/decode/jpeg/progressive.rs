//! Blocks that arrive in many scans (T.81, G.1.2 and G.2).

use super::JpegError;
use super::bits::{BEYOND_BLOCK, BitReader, BlockBits, MEANINGLESS_CODE};
use super::coefficients::{BlockCoefficients, Coefficients};
use super::huffman::{Code, HuffmanTable};
use super::scan::{BlockDecoder, BlockPlace};

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
                let (code, value) = bits.symbol(table)?;
                match empty_blocks_of(code) {
                    Some(exponent) => {
                        *empty_blocks = (1 << exponent) + bits.take(exponent) - 1;
                        break;
                    }
                    None if code.number_bits == 0 => next += 16,
                    None => {
                        next += usize::from(code.symbol >> 4);
                        if next > last {
                            return Err(BEYOND_BLOCK);
                        }
                        *present |= 1 << next;
                        values[next.min(values.len() - 1)] = (value << lowest_bit) as i16;
                        next += 1;
                    }
                }
            }
            Ok(())
        })
    }

    #[inline]
    fn later(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError> {
        let band = below(self.band.1 + 1) & !below(self.band.0);
        let BlockCoefficients { values, present } = self.coefficients.block(place.at);
        let (table, lowest_bit, empty_blocks) = (self.table, self.lowest_bit, &mut self.empty_blocks);
        if *empty_blocks > 0 {
            *empty_blocks -= 1;
            let known = *present & band;
            if known == 0 {
                return Ok(());
            }
            return bits.block(|bits| {
                refine(bits, values, known, lowest_bit);
                Ok(())
            });
        }
        bits.block(|bits| {
            // The places that are still to come, a bit for each.
            let mut ahead = band;
            while ahead != 0 {
                let (code, sign) = bits.symbol(table)?;
                if let Some(exponent) = empty_blocks_of(code) {
                    *empty_blocks = (1 << exponent) + bits.take(exponent) - 1;
                    refine(bits, values, *present & ahead, lowest_bit);
                    break;
                }
                let mut absent = ahead & !*present;
                for _ in 0..code.symbol >> 4 {
                    absent &= absent.wrapping_sub(1);
                }
                // The zero that comes after so many others; when there is none, all that are ahead are passed.
                let new = absent & absent.wrapping_neg();
                let passed = ahead & new.wrapping_sub(1);
                refine(bits, values, *present & passed, lowest_bit);
                ahead &= !(passed | new);
                match code.number_bits {
                    0 => {}
                    1 if new != 0 => {
                        *present |= new;
                        let kept = values.len() - 1;
                        let value = if sign > 0 { 1 << lowest_bit } else { -(1 << lowest_bit) };
                        values[(new.trailing_zeros() as usize).min(kept)] = value;
                    }
                    1 => return Err(BEYOND_BLOCK),
                    _ => return Err(MEANINGLESS_CODE),
                }
            }
            Ok(())
        })
    }
}

/// Whether a code says that nothing new comes in this block and in some after it: how many, as a power of two, which as
/// many bits make exact.
#[inline]
fn empty_blocks_of(code: Code) -> Option<u8> {
    let exponent = code.symbol >> 4;
    (code.number_bits == 0 && exponent < 15).then_some(exponent)
}

/// Reads a bit for each of some coefficients that are not 0. Of those that don't matter only the number does.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a bit, and as many ones as 64 bits have")]
fn refine(bits: &mut BlockBits<'_>, values: &mut [i16], coefficients: u64, lowest_bit: u8) {
    let mut kept = coefficients & below(values.len() - 1);
    let others = coefficients & !kept;
    while kept != 0 {
        let value = &mut values[kept.trailing_zeros() as usize % 64];
        kept &= kept - 1;
        let away_from_zero = (*value >> 15) | 1;
        *value = value.wrapping_add((away_from_zero * bits.take(1) as i16) << lowest_bit);
    }
    if others != 0 {
        bits.pass(others.count_ones() as u8);
    }
}

/// A bit for each of the coefficients before this one.
#[inline]
fn below(place: usize) -> u64 {
    if place < 64 { (1 << place) - 1 } else { u64::MAX }
}
