//! The entropy-coded bits of a scan.

use super::JpegError;
use super::huffman::{HuffmanTable, LOOKUP_BITS};

/// Reads bits up to the next marker, and knows when more were read than are there.
///
/// Behind the last bit it hands out zeros without end, which keeps the inner loops free of checks;
/// [`BitReader::check`] tells afterwards whether any of them was used. It is small and [`Copy`], so that a loop can hold
/// it in registers.
#[derive(Debug, Clone, Copy)]
pub(super) struct BitReader<'a> {
    file: &'a [u8],
    /// Where the next byte to take into `buffer` stands.
    at: usize,
    /// The next bits, the very next one on top.
    buffer: u64,
    /// How many bits of `buffer` are filled.
    filled: u32,
    /// How many of all bits ever filled were made up.
    made_up: u32,
}

/// A scan may leave this many bytes behind its last code unread, as some cameras' padding; more of them say that the
/// decoder lost its way.
const MAX_PADDING_BYTES: usize = 16;

const NO_CODE: &str = "it has bits that are no code of its Huffman table";

impl<'a> BitReader<'a> {
    /// Reads from a place in the file on.
    pub(super) fn new(file: &'a [u8], at: usize) -> Self {
        Self { file, at, buffer: 0, filled: 0, made_up: 0 }
    }

    /// The byte of the file that is read next, more or less: for messages.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next symbol of a Huffman code, and the number that follows it (T.81, F.2.2.1): the symbol's lower half says in
    /// how many bits, and a leading 0 that it is negative.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] for bits that are no code.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "16 bits, and at most 15, are left after the shifts")]
    pub(super) fn symbol(&mut self, table: &HuffmanTable) -> Result<(u8, i32), JpegError> {
        // A code has at most 16 bits, and a number 15.
        if self.filled < 32 {
            self.fill();
        }
        let ahead = (self.buffer >> 48) as u16;
        let (symbol, length) = match table.short(ahead >> (16 - LOOKUP_BITS)) {
            (_, 0) => table.long(ahead).ok_or(JpegError::Corrupt { at: self.at, what: NO_CODE })?,
            found => found,
        };
        self.skip(length);
        let bits = symbol & 15;
        let value = (self.buffer >> 1 >> (63 - bits)) as i32;
        self.skip(bits);
        let is_negative = value < 1 << bits >> 1;
        Ok((symbol, if is_negative { value - (1 << bits) + 1 } else { value }))
    }

    /// The next bits, at most 16, as a number.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits are left after the shift")]
    pub(super) fn take(&mut self, count: u8) -> u32 {
        if self.filled < u32::from(count) {
            self.fill();
        }
        let bits = (self.buffer >> 1 >> (63 - count)) as u32;
        self.skip(count);
        bits
    }

    /// Checks that no more bits were used than there are.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`].
    #[inline]
    pub(super) fn check(&self) -> Result<(), JpegError> {
        if self.made_up > self.filled { Err(JpegError::EndsEarly { at: self.at }) } else { Ok(()) }
    }

    /// Ends the reading: where the marker stands that the bits end at.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`] when the file ends without one; [`JpegError::Corrupt`] when too much was left unread.
    pub(super) fn finish(self) -> Result<usize, JpegError> {
        self.check()?;
        let unread = ((self.filled - self.made_up) / 8) as usize;
        let mut at = self.at;
        loop {
            match (self.file.get(at), self.file.get(at + 1)) {
                // An 0xFF as data, or one that fills up before a marker.
                (Some(0xff), Some(0)) => at += 2,
                (Some(0xff), Some(0xff)) => at += 1,
                (Some(0xff), Some(_)) => break,
                (Some(_), _) => at += 1,
                (None, _) => return Err(JpegError::EndsEarly { at: self.file.len() }),
            }
        }
        if unread + (at - self.at) > MAX_PADDING_BYTES {
            let what = "its picture is complete before its data is";
            return Err(JpegError::Corrupt { at: self.at, what });
        }
        Ok(at)
    }

    #[inline]
    fn skip(&mut self, bits: u8) {
        self.buffer <<= bits;
        self.filled -= u32::from(bits);
    }

    /// Fills the buffer to at least 32 bits.
    #[inline]
    fn fill(&mut self) {
        if let Some(four) = self.four_plain_bytes() {
            self.buffer |= u64::from(four) << (32 - self.filled);
            self.filled += 32;
            self.at += 4;
        } else {
            *self = self.filled_bytewise();
        }
    }

    /// The next four bytes if none of them is 0xFF and there is room for them.
    #[inline]
    fn four_plain_bytes(&self) -> Option<u32> {
        let four = u32::from_be_bytes(*self.file.get(self.at..)?.first_chunk()?);
        // A byte of `!four` is 0 where one of `four` is 0xFF; the classic test for a zero byte.
        let has_ff = (!four).wrapping_sub(0x0101_0101) & four & 0x8080_8080 != 0;
        (self.filled <= 32 && !has_ff).then_some(four)
    }

    /// Near a 0xFF, and at the end. By value, so that the fast path need not keep the reader in memory.
    #[cold]
    fn filled_bytewise(mut self) -> Self {
        while self.filled <= 56 {
            let byte = match (self.file.get(self.at), self.file.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(&byte), _) if byte != 0xff => {
                    self.at += 1;
                    byte
                }
                _ => {
                    self.made_up += 8;
                    0
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.filled);
            self.filled += 8;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_order_and_a_stuffed_zero_is_no_data() {
        let mut bits = BitReader::new(&[0b1010_0101, 0xff, 0x00, 0b1100_0000, 0xff, 0xd9], 0);
        assert_eq!([bits.take(4), bits.take(8), bits.take(6)], [0b1010, 0b0101_1111, 0b11_1111]);
        assert!(bits.check().is_ok());
        assert_eq!(bits.finish().unwrap(), 4);
    }

    #[test]
    fn a_bit_too_many_is_noticed() {
        let mut bits = BitReader::new(&[0x12, 0x34, 0xff, 0xd9], 0);
        bits.take(16);
        assert!(bits.check().is_ok());
        bits.take(1);
        assert!(matches!(bits.check(), Err(JpegError::EndsEarly { .. })));
        assert!(bits.finish().is_err());
    }

    #[test]
    fn data_without_a_marker_behind_it_ends_early() {
        assert!(matches!(BitReader::new(&[0x12, 0x34], 0).finish(), Err(JpegError::EndsEarly { at: 2 })));
        assert!(matches!(BitReader::new(&[0xff, 0xff], 0).finish(), Err(JpegError::EndsEarly { .. })));
    }

    #[test]
    fn much_unread_data_says_that_the_way_was_lost() {
        let mut file = vec![0x55; 100];
        file.extend([0xff, 0xd9]);
        assert!(matches!(BitReader::new(&file, 0).finish(), Err(JpegError::Corrupt { .. })));
        assert_eq!(BitReader::new(&file, 90).finish().unwrap(), 100);
    }

    #[test]
    fn a_symbol_comes_with_its_number_and_a_leading_zero_is_negative() {
        // One code, a single 0, for a number of three bits.
        let mut counts = [0; 16];
        counts[0] = 1;
        let table = HuffmanTable::new(&counts, &[0x53], 0).unwrap();
        let read = |byte: u8| BitReader::new(&[byte, 0xff, 0xd9], 0).symbol(&table).unwrap();
        assert_eq!(read(0b0101_0000), (0x53, 5));
        assert_eq!(read(0b0010_0000), (0x53, -5));
        assert_eq!(read(0b0000_0000), (0x53, -7));
        assert!(BitReader::new(&[0x80, 0xff, 0xd9], 0).symbol(&table).is_err());
    }
}
