//! Huffman tables (T.81, annexes C and F.2.2.3).

use super::JpegError;

/// Codes up to this length are found with one look. Nine bits cover nearly all that occur and keep a table in a
/// kilobyte.
pub(super) const LOOKUP_BITS: u8 = 9;

/// A Huffman code: which bits stand for which symbol.
#[derive(Debug, Clone)]
pub(super) struct HuffmanTable {
    /// For each [`LOOKUP_BITS`] bits, the symbol that they start with and its code's length; 0 for a longer code.
    lookup: Box<[(u8, u8); 1 << LOOKUP_BITS]>,
    /// For each length, from 1, one more than the greatest code, as the top bits of 16; 0 without a code.
    ends: [u32; 16],
    /// For each length, what to add to a code to get the index of its symbol.
    offsets: [i32; 16],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// The table with this many codes of each length, from 1 to 16, and these symbols in the order of their codes.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when there are more codes than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], at: usize) -> Result<Self, JpegError> {
        let mut table = Self {
            lookup: Box::new([(0, 0); 1 << LOOKUP_BITS]),
            ends: [0; 16],
            offsets: [0; 16],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1_u8..).zip(counts.iter().map(|count| usize::from(*count))) {
            let slot = usize::from(length - 1);
            table.offsets[slot] = signed(index) - code.cast_signed();
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
        Ok(table)
    }

    /// Enters a code in every place of the lookup that starts with it.
    fn enter(&mut self, code: u32, length: u8, symbol: u8) {
        let Some(spare) = LOOKUP_BITS.checked_sub(length) else { return };
        let start = (code as usize) << spare;
        if let Some(places) = self.lookup.get_mut(start..start + (1 << spare)) {
            places.fill((symbol, length));
        }
    }

    /// The symbol that [`LOOKUP_BITS`] bits start with, and its code's length; a length of 0 when the code is longer or
    /// none.
    #[inline]
    pub(super) fn short(&self, ahead: u16) -> (u8, u8) {
        self.lookup[usize::from(ahead) % (1 << LOOKUP_BITS)]
    }

    /// The same for codes of any length, from 16 bits; `None` when they start with no code.
    #[cold]
    pub(super) fn long(&self, ahead: u16) -> Option<(u8, u8)> {
        let length = (1_u8..=16).find(|length| u32::from(ahead) < self.ends[usize::from(length - 1)])?;
        let code = i32::from(ahead >> (16 - length));
        let index = usize::try_from(code + self.offsets[usize::from(length - 1)]).ok()?;
        Some((*self.symbols.get(index)?, length))
    }
}

#[expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a table has at most 256 symbols"
)]
fn signed(index: usize) -> i32 {
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

    #[test]
    fn codes_are_found_whatever_their_length() {
        // 0, 10, 110, and with 12 bits 1110_0000_0000.
        let table = HuffmanTable::new(&counts(&[(1, 1), (2, 1), (3, 1), (12, 1)]), b"abcd", 0).unwrap();
        let short = |ahead: u16| Some(table.short(ahead >> 7)).filter(|(_, length)| *length > 0);
        let find = |ahead: u16| short(ahead).or_else(|| table.long(ahead));
        assert_eq!(find(0b0111_1111_0000_0000), Some((b'a', 1)));
        assert_eq!(find(0b1011_1111_0000_0000), Some((b'b', 2)));
        assert_eq!(find(0b1101_1111_0000_0000), Some((b'c', 3)));
        assert_eq!(find(0b1110_0000_0000_1111), Some((b'd', 12)));
        assert_eq!(find(0b1110_0000_0001_0000), None);
        assert_eq!(find(0xffff), None);
    }

    #[test]
    fn a_table_with_more_codes_than_bits_can_tell_apart_is_refused() {
        assert!(HuffmanTable::new(&counts(&[(1, 3)]), b"abc", 7).is_err());
        assert!(HuffmanTable::new(&counts(&[(1, 2)]), b"ab", 7).is_ok());
        assert!(HuffmanTable::new(&counts(&[(1, 2), (2, 1)]), b"abc", 7).is_err());
    }
}
