//! Huffman tables (T.81, annexes C and F.2.2.3).

use super::JpegError;

/// How many bits one look takes in: nearly all codes, in a table of 4 KiB, so that those of luma and chroma stay in the
/// nearest cache together with what is decoded.
const LOOK_BITS: u32 = 10;
const LOOKS: usize = 1 << LOOK_BITS;

/// The same where nothing but the number of coefficients is wanted.
const SKIP_BITS: u32 = 12;
const SKIPS: usize = 1 << SKIP_BITS;

/// So many zeros, beyond any block's, say that the rest of a block is zero.
pub(super) const END_OF_BLOCK: u8 = 128;

/// As the number of zeros: the symbol says nothing about coefficients, or only in a progressive scan.
pub(super) const MEANINGLESS: u8 = 255;

/// A Huffman code: which bits stand for which symbol.
#[derive(Debug, Clone)]
pub(super) struct HuffmanTable {
    /// For each [`LOOK_BITS`] bits, the code that they start with.
    codes: Box<[Code; LOOKS]>,
    /// For each [`SKIP_BITS`] bits, the coefficients that they start with, to be skipped together.
    skips: Box<[Skip; SKIPS]>,
    /// For each length, from 1, one more than the greatest code, as the top bits of 16; 0 without a code.
    ends: [u32; 16],
    /// For each length, what to add to a code to get the index of its symbol.
    offsets: [i32; 16],
    ordered: Vec<u8>,
}

/// A code, and what its symbol means for the coefficients of a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) symbol: u8,
    /// How many zeros come before the coefficient whose number follows; [`END_OF_BLOCK`], or [`MEANINGLESS`].
    pub(super) zeros: u8,
    /// How many bits the number has that follows the code.
    pub(super) number_bits: u8,
    /// How many bits the code and its number take together; 0 where no code is known.
    pub(super) bits: u8,
}

impl Code {
    /// The code of a symbol (T.81, F.1.2.2): its upper half counts zeros, the lower one the bits of the number.
    fn new(symbol: u8, length: u8) -> Self {
        let number_bits = symbol & 15;
        let zeros = match (symbol >> 4, number_bits) {
            (0, 0) => END_OF_BLOCK,
            // 15 are 16 zeros: 15 before one more.
            (1..=14, 0) => MEANINGLESS,
            (zeros, _) => zeros,
        };
        Self { symbol, zeros, number_bits, bits: length + number_bits }
    }
}

/// Coefficients that can be skipped together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skip {
    /// How many they are, with the zeros before them; [`END_OF_BLOCK`] more when the block ends then.
    pub(super) zeros: u8,
    /// How many bits they take.
    pub(super) bits: u8,
}

impl Skip {
    /// What leads beyond every block's end, and is no end.
    const NONE: Self = Self { zeros: END_OF_BLOCK - 1, bits: 0 };

    /// Whether the block ends behind them.
    #[inline]
    pub(super) fn is_to_end(self) -> bool {
        self.zeros >= END_OF_BLOCK
    }
}

impl HuffmanTable {
    /// The table with this many codes of each length, from 1 to 16, and these symbols in the order of their codes.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when there are more codes than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], at: usize) -> Result<Self, JpegError> {
        let mut table = Self {
            codes: Box::new([Code::default(); LOOKS]),
            skips: Box::new([Skip::NONE; SKIPS]),
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
        for look in 0..SKIPS {
            table.skips[look] = table.skip_in(look);
        }
        Ok(table)
    }

    /// Enters a code in every place that starts with it.
    fn enter(&mut self, code: u32, length: u8, symbol: u8) {
        let Some(spare) = LOOK_BITS.checked_sub(length.into()) else { return };
        let start = (code as usize) << spare;
        if let Some(places) = self.codes.get_mut(start..start + (1 << spare)) {
            places.fill(Code::new(symbol, length));
        }
    }

    /// All coefficients whose codes are in a look; the numbers behind the last may lie beyond it.
    fn skip_in(&self, look: usize) -> Skip {
        let mut skip = Skip { zeros: 0, bits: 0 };
        while u32::from(skip.bits) < SKIP_BITS && skip.zeros < 64 {
            let rest = look << skip.bits & (SKIPS - 1);
            let code = self.codes[rest >> (SKIP_BITS - LOOK_BITS)];
            let is_inside = u32::from(skip.bits + code.bits - code.number_bits) <= SKIP_BITS;
            match code.zeros {
                MEANINGLESS => break,
                _ if code.bits == 0 || !is_inside => break,
                END_OF_BLOCK => {
                    return Skip { zeros: skip.zeros | END_OF_BLOCK, bits: skip.bits + code.bits };
                }
                zeros => {
                    skip.zeros += zeros + 1;
                    skip.bits += code.bits;
                }
            }
        }
        if skip.bits == 0 { Skip::NONE } else { skip }
    }

    /// The code that bits start with, those on top being the first; without bits when it is longer than a look.
    #[inline]
    pub(super) fn code(&self, bits: u64) -> Code {
        self.codes[top(bits, LOOK_BITS)]
    }

    /// The coefficients that can be skipped together.
    #[inline]
    pub(super) fn skip(&self, bits: u64) -> Skip {
        self.skips[top(bits, SKIP_BITS)]
    }

    /// The code that bits start with, whatever its length; `None` when they start with none.
    #[cold]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits are left after the shift")]
    pub(super) fn any_code(&self, bits: u64) -> Option<Code> {
        let ahead = (bits >> 48) as u32;
        let length = (1..=16_usize).find(|length| ahead < self.ends[length - 1])?;
        let code = (ahead >> (16 - length)).cast_signed();
        let index = usize::try_from(code + self.offsets[length - 1]).ok()?;
        Some(Code::new(*self.ordered.get(index)?, length as u8))
    }
}

/// So many bits from the top.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "so few bits fit everywhere")]
fn top(bits: u64, count: u32) -> usize {
    (bits >> (64 - count)) as usize
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
        let find = |bits| table.any_code(ahead(bits));
        assert_eq!(find(0b0111_1111_0000_0000), Some(Code::new(b'a', 1)));
        assert_eq!(find(0b1011_1111_0000_0000), Some(Code::new(b'b', 2)));
        assert_eq!(find(0b1101_1111_0000_0000), Some(Code::new(b'c', 3)));
        assert_eq!(find(0b1110_0000_0000_1111), Some(Code::new(b'd', 12)));
        assert_eq!(find(0b1110_0000_0001_0000), None);
        assert_eq!(find(0xffff), None);
        assert_eq!(table.code(ahead(0b1101_1111_0000_0000)), Code::new(b'c', 3));
        assert_eq!(table.code(ahead(0b1110_0000_0000_1111)), Code::default());
    }

    #[test]
    fn one_look_tells_a_code_or_skips_several() {
        // 0: a number of one bit; 10: two zeros, then a number of two bits; 110: the end.
        let table = HuffmanTable::new(&counts(&[(1, 1), (2, 1), (3, 1)]), &[0x01, 0x22, 0x00], 0).unwrap();
        let found = |bits| {
            let Code { zeros, number_bits, bits, .. } = table.code(ahead(bits));
            (zeros, number_bits, bits)
        };
        assert_eq!(found(0b0100_0000_0000_0000), (0, 1, 2));
        assert_eq!(found(0b1000_0000_0000_0000), (2, 2, 4));
        assert_eq!(found(0b1100_0000_0000_0000), (END_OF_BLOCK, 0, 3));
        assert_eq!(found(0b1110_0000_0000_0000), (0, 0, 0));
        // One and one of the first kind, one of the second, and the end.
        assert_eq!(table.skip(ahead(0b0001_1001_1100_0000)), Skip { zeros: 5 | END_OF_BLOCK, bits: 11 });
        assert_eq!(table.skip(ahead(0b1110_0000_0000_0000)), Skip::NONE);
    }

    #[test]
    fn a_table_with_more_codes_than_bits_can_tell_apart_is_refused() {
        assert!(HuffmanTable::new(&counts(&[(1, 3)]), b"abc", 7).is_err());
        assert!(HuffmanTable::new(&counts(&[(1, 2)]), b"ab", 7).is_ok());
        assert!(HuffmanTable::new(&counts(&[(1, 2), (2, 1)]), b"abc", 7).is_err());
    }
}
