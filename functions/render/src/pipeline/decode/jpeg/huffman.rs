//! Huffman tables (T.81, annexes C and F.2.2.3).

use super::JpegError;
use super::bits::signed;

/// How many bits one look takes in. Eleven cover nearly all codes, and most with the numbers behind them, and keep a table
/// in 8 KiB.
const LOOK_BITS: u32 = 11;
const LOOKS: usize = 1 << LOOK_BITS;

/// A Huffman code: which bits stand for which symbol.
#[derive(Debug, Clone)]
pub(super) struct HuffmanTable {
    /// For each [`LOOK_BITS`] bits, the coefficient that they start with.
    coefficients: Box<[Known; LOOKS]>,
    /// For each [`LOOK_BITS`] bits, the coefficients that they start with, to be skipped together.
    skips: Box<[Known; LOOKS]>,
    /// For each [`LOOK_BITS`] bits, the symbol that they start with and its code's length; 0 for a longer code.
    symbols: Box<[(u8, u8); LOOKS]>,
    /// For each length, from 1, one more than the greatest code, as the top bits of 16; 0 without a code.
    ends: [u32; 16],
    /// For each length, what to add to a code to get the index of its symbol.
    offsets: [i32; 16],
    ordered: Vec<u8>,
}

/// So many zeros say that the rest of a block is zero.
const END: u8 = 128;

/// What some bits are known to start with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Known {
    value: i16,
    /// Zeros before it; of several that are skipped, how many they are with their zeros.
    zeros: u8,
    /// How many bits it takes; 0 when nothing is known.
    bits: u8,
}

/// The same, widened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coefficient {
    pub(super) value: i32,
    pub(super) zeros: usize,
    pub(super) bits: u32,
}

impl Known {
    #[inline]
    fn found(self) -> Option<Coefficient> {
        (self.bits > 0).then(|| Coefficient {
            value: self.value.into(),
            zeros: self.zeros.into(),
            bits: self.bits.into(),
        })
    }
}

impl HuffmanTable {
    /// So many zeros, beyond any block's, say that the rest of a block is zero.
    pub(super) const END: usize = END as usize;

    /// The table with this many codes of each length, from 1 to 16, and these symbols in the order of their codes.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when there are more codes than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], at: usize) -> Result<Self, JpegError> {
        let mut table = Self {
            coefficients: Box::new([Known::default(); LOOKS]),
            skips: Box::new([Known::default(); LOOKS]),
            symbols: Box::new([(0, 0); LOOKS]),
            ends: [0; 16],
            offsets: [0; 16],
            ordered: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1_u8..).zip(counts.iter().map(|count| usize::from(*count))) {
            let slot = usize::from(length - 1);
            table.offsets[slot] = index_number(index) - code.cast_signed();
            for &symbol in &symbols[index..index + count] {
                table.enter(code, length, symbol);
                code += 1;
            }
            index += count;
            if code > 1 << length {
                return Err(JpegError::Corrupt { at, what: "it has a Huffman table with too many codes" });
            }
            table.ends[slot] = if count > 0 { code << (16 - length) } else { 0 };
            code <<= 1;
        }
        table.look_ahead();
        Ok(table)
    }

    /// Enters a code in every place that starts with it.
    fn enter(&mut self, code: u32, length: u8, symbol: u8) {
        let Some(spare) = LOOK_BITS.checked_sub(length.into()) else { return };
        let start = (code as usize) << spare;
        if let Some(places) = self.symbols.get_mut(start..start + (1 << spare)) {
            places.fill((symbol, length));
        }
    }

    /// Works out which coefficients the bits of a look start with.
    fn look_ahead(&mut self) {
        for look in 0..LOOKS {
            self.coefficients[look] = self.coefficient_in(look).unwrap_or_default();
        }
        for look in 0..LOOKS {
            self.skips[look] = self.skip_in(look);
        }
    }

    /// The coefficient that a look starts with, if all of it is in there.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "numbers of at most 11 bits"
    )]
    fn coefficient_in(&self, look: usize) -> Option<Known> {
        let (symbol, length) = self.symbols[look];
        let (zeros, number_bits) = (symbol >> 4, symbol & 15);
        let bits = length + number_bits;
        match (length, zeros, number_bits) {
            // Codes that mean something in progressive scans only are not for this table.
            (0, ..) | (_, 1..=14, 0) => None,
            (_, 0, 0) => Some(Known { value: 0, zeros: END, bits }),
            _ => {
                let spare = LOOK_BITS.checked_sub(bits.into())?;
                let number = (look >> spare & ((1 << number_bits) - 1)) as i32;
                Some(Known { value: signed(number, number_bits.into()) as i16, zeros, bits })
            }
        }
    }

    /// All coefficients whose codes are in a look; the numbers behind the last may lie beyond it.
    fn skip_in(&self, look: usize) -> Known {
        let mut skip = Known::default();
        loop {
            let (symbol, length) = self.symbols[look << skip.bits & (LOOKS - 1)];
            let is_inside = length > 0 && u32::from(skip.bits + length) <= LOOK_BITS;
            match (is_inside, symbol >> 4, symbol & 15) {
                (false, ..) | (_, 1..=14, 0) => return skip,
                (true, 0, 0) => {
                    return Known { zeros: skip.zeros | END, bits: skip.bits + length, value: 0 };
                }
                (true, zeros, number_bits) => {
                    skip.zeros += zeros + 1;
                    skip.bits += length + number_bits;
                }
            }
            if u32::from(skip.bits) >= LOOK_BITS || skip.zeros >= 64 {
                return skip;
            }
        }
    }

    /// The coefficient that bits start with, those on top being the first; `None` when one look does not tell.
    #[inline]
    pub(super) fn coefficient(&self, bits: u64) -> Option<Coefficient> {
        self.coefficients[look(bits)].found()
    }

    /// The coefficients that can be skipped together: how many with their zeros, and how many bits.
    #[inline]
    pub(super) fn skip(&self, bits: u64) -> Option<Coefficient> {
        self.skips[look(bits)].found()
    }

    /// The symbol that bits start with, and its code's length; `None` when they start with no code.
    #[inline]
    pub(super) fn symbol(&self, bits: u64) -> Option<(u8, u32)> {
        match self.symbols[look(bits)] {
            (_, 0) => self.long(bits),
            (symbol, length) => Some((symbol, length.into())),
        }
    }

    #[cold]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits are left after the shift")]
    fn long(&self, bits: u64) -> Option<(u8, u32)> {
        let ahead = (bits >> 48) as u32;
        let length = (1..=16_usize).find(|length| ahead < self.ends[length - 1])?;
        let code = (ahead >> (16 - length)).cast_signed();
        let index = usize::try_from(code + self.offsets[length - 1]).ok()?;
        Some((*self.ordered.get(index)?, length as u32))
    }
}

#[inline]
fn look(bits: u64) -> usize {
    (bits >> (64 - LOOK_BITS)) as usize
}

#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a table has at most 256 symbols"
)]
fn index_number(index: usize) -> i32 {
    index as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(usize, u8)]) -> [u8; 16] {
        let mut counts = [0; 16];
        for (length, count) in of {
            counts[length - 1] = *count;
        }
        counts
    }

    /// 16 bits, on top of 64.
    fn ahead(bits: u16) -> u64 {
        u64::from(bits) << 48
    }

    #[test]
    fn codes_are_found_whatever_their_length() {
        // 0, 10, 110, and with 12 bits 1110_0000_0000.
        let table = HuffmanTable::new(&counts(&[(1, 1), (2, 1), (3, 1), (12, 1)]), b"abcd", 0).unwrap();
        let find = |bits: u16| table.symbol(ahead(bits));
        assert_eq!(find(0b0111_1111_0000_0000), Some((b'a', 1)));
        assert_eq!(find(0b1011_1111_0000_0000), Some((b'b', 2)));
        assert_eq!(find(0b1101_1111_0000_0000), Some((b'c', 3)));
        assert_eq!(find(0b1110_0000_0000_1111), Some((b'd', 12)));
        assert_eq!(find(0b1110_0000_0001_0000), None);
        assert_eq!(find(0xffff), None);
    }

    #[test]
    fn one_look_tells_a_coefficient_or_skips_several() {
        // 0: a number of one bit; 10: two zeros, then a number of two bits; 110: the end.
        let table = HuffmanTable::new(&counts(&[(1, 1), (2, 1), (3, 1)]), &[0x01, 0x22, 0x00], 0).unwrap();
        let found = |bits: u16| table.coefficient(ahead(bits)).map(|one| (one.zeros, one.value, one.bits));
        assert_eq!(found(0b0100_0000_0000_0000), Some((0, 1, 2)));
        assert_eq!(found(0b1000_0000_0000_0000), Some((2, -3, 4)));
        assert_eq!(found(0b1100_0000_0000_0000), Some((HuffmanTable::END, 0, 3)));
        assert_eq!(found(0b1110_0000_0000_0000), None);
        let skipped = |bits: u16| table.skip(ahead(bits)).map(|one| (one.zeros, one.bits));
        // One and one of the first kind, one of the second, and the end.
        assert_eq!(skipped(0b0001_1001_1100_0000), Some((5 | HuffmanTable::END, 11)));
        assert_eq!(skipped(0b1110_0000_0000_0000), None);
    }

    #[test]
    fn a_table_with_more_codes_than_bits_can_tell_apart_is_refused() {
        assert!(HuffmanTable::new(&counts(&[(1, 3)]), b"abc", 7).is_err());
        assert!(HuffmanTable::new(&counts(&[(1, 2)]), b"ab", 7).is_ok());
        assert!(HuffmanTable::new(&counts(&[(1, 2), (2, 1)]), b"abc", 7).is_err());
    }
}
