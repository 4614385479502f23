//! The entropy-coded bits of a scan.

use super::JpegError;
use super::huffman::{Code, END_OF_BLOCK, HuffmanTable, MEANINGLESS};

/// How many bytes of a scan are laid out at once: small enough to stay in the nearest cache.
const CHUNK_BYTES: usize = 16 << 10;

/// A block takes at most this many bytes: 64 codes of 16 bits, each with a number of 15; and a look ahead.
const BLOCK_BYTES: usize = 64 * 31 / 8 + 8;

/// A scan may leave this many bytes behind its last code unread, as some cameras' padding; more of them say that the
/// decoder lost its way.
const MAX_PADDING_BYTES: usize = 16;

/// A fill brings 56 bits. A code that a look tells takes at most 11 of them, and the number behind it 15.
const LOOKS_PER_FILL: u32 = 2;

const NO_CODE: &str = "it has bits that are no code of its Huffman table";
pub(super) const MEANINGLESS_CODE: &str = "it has a code that means nothing";
pub(super) const BEYOND_BLOCK: &str = "it has a block with too many coefficients";

/// Whether a block may end here: with the code for it, or with zeros, which some encoders let go on beyond it.
#[inline]
fn end_of_block(code: Code) -> Result<(), &'static str> {
    match code.zeros {
        MEANINGLESS => Err(MEANINGLESS_CODE),
        END_OF_BLOCK => Ok(()),
        _ if code.number_bits == 0 => Ok(()),
        _ => Err(BEYOND_BLOCK),
    }
}

/// The bits from a place in the file up to the next marker, and whether more were read than are there.
///
/// The bytes are laid out in chunks without the zeros that are stuffed behind each 0xFF, and with zeros behind the last,
/// which keeps the inner loops free of both; [`BitReader::check`] tells afterwards whether any of the latter was used.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    file: &'a [u8],
    /// Where the next byte to lay out stands; where the marker does, once all are.
    next: usize,
    /// Bytes laid out, and then [`BLOCK_BYTES`] zeros.
    laid_out: Vec<u8>,
    /// How many bytes of `laid_out` are the file's.
    filled: usize,
    /// Whether the bytes end at a marker, or with the file.
    has_ended: bool,
    cursor: Cursor,
}

/// How far the reading has come: small enough for registers.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    /// The next bits, the very next one on top.
    buffer: u64,
    /// How many bits of `buffer` count.
    bits: u32,
    /// Where the byte to take next stands in what is laid out.
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Reads from a place in the file on.
    pub(super) fn new(file: &'a [u8], at: usize) -> Self {
        let laid_out = vec![0; CHUNK_BYTES + BLOCK_BYTES];
        Self { file, next: at, laid_out, filled: 0, has_ended: false, cursor: Cursor::default() }
    }

    /// Goes on at another place, as if anew.
    pub(super) fn restart(&mut self, at: usize) {
        (self.next, self.filled, self.has_ended, self.cursor) = (at, 0, false, Cursor::default());
    }

    /// The byte of the file that is read next, more or less: for messages.
    pub(super) fn position(&self) -> usize {
        self.next - (self.filled.saturating_sub(self.cursor.at)).min(self.next)
    }

    /// Reads bits of one block.
    ///
    /// # Errors
    /// What `read` says is wrong, with the place.
    #[inline]
    pub(super) fn block<T>(
        &mut self,
        read: impl FnOnce(&mut BlockBits<'_>) -> Result<T, &'static str>,
    ) -> Result<T, JpegError> {
        if self.cursor.at + BLOCK_BYTES > self.filled && !self.has_ended {
            self.lay_out();
        }
        let mut bits = BlockBits { laid_out: &self.laid_out, cursor: self.cursor };
        let result = read(&mut bits);
        self.cursor = bits.cursor;
        // What is laid out ends in zeros for one block more.
        self.cursor.at = self.cursor.at.min(self.filled + 8);
        result.map_err(|what| JpegError::Corrupt { at: self.position(), what })
    }

    /// Checks that no more bits were used than there are.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`].
    #[inline]
    pub(super) fn check(&self) -> Result<(), JpegError> {
        if self.cursor.at * 8 > self.filled * 8 + self.cursor.bits as usize {
            return Err(JpegError::EndsEarly { at: self.next });
        }
        Ok(())
    }

    /// Ends the reading: where the marker stands that the bits end at.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`] when the file ends without one; [`JpegError::Corrupt`] when too much was left unread.
    pub(super) fn finish(&mut self) -> Result<usize, JpegError> {
        self.check()?;
        let unread = self.filled + self.cursor.bits as usize / 8 - self.cursor.at;
        let marker = next_marker(self.file, self.next).ok_or(JpegError::EndsEarly { at: self.file.len() })?;
        if unread + (marker - self.next) > MAX_PADDING_BYTES {
            let what = "its picture is complete before its data is";
            return Err(JpegError::Corrupt { at: self.position(), what });
        }
        Ok(marker)
    }

    /// Moves what is unread to the front, and lays out more behind it.
    #[cold]
    fn lay_out(&mut self) {
        let read = self.cursor.at.min(self.filled);
        self.laid_out.copy_within(read..self.filled, 0);
        self.cursor.at -= read;
        let mut filled = self.filled - read;
        while filled < CHUNK_BYTES && !self.has_ended {
            let rest = self.file.get(self.next..).unwrap_or_default();
            let rest = &rest[..rest.len().min(CHUNK_BYTES - filled)];
            let plain = memchr::memchr(0xff, rest).unwrap_or(rest.len());
            self.laid_out[filled..filled + plain].copy_from_slice(&rest[..plain]);
            filled += plain;
            self.next += plain;
            if plain < rest.len() && self.file.get(self.next + 1) == Some(&0) {
                self.laid_out[filled] = 0xff;
                filled += 1;
                self.next += 2;
            } else if plain < rest.len() || self.next >= self.file.len() {
                self.has_ended = true;
            }
        }
        self.laid_out[filled..].fill(0);
        self.filled = filled;
    }
}

/// Where the next marker stands, from a place in a scan's bits on; `None` when the file ends before.
pub(super) fn next_marker(file: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(0xff, file.get(at..)?)?;
        match file.get(at + 1)? {
            // An 0xFF as data, or one that fills up before a marker.
            0 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

impl Cursor {
    /// Fills the buffer to at least 56 bits: enough for a code and its number.
    #[inline]
    fn filled(self, laid_out: &[u8]) -> Self {
        let Self { buffer, bits, at } = self;
        let next = laid_out
            .get(at..)
            .and_then(|rest| rest.first_chunk())
            .map_or(0, |eight| u64::from_be_bytes(*eight));
        // As many whole bytes as there is room for; bits of a part of one more do no harm, since they come again.
        let taken = (63 - bits) / 8;
        Self { buffer: buffer | next >> bits, bits: bits + taken * 8, at: at + taken as usize }
    }

    #[inline]
    fn behind(self, bits: u8) -> Self {
        Self { buffer: self.buffer << bits, bits: self.bits - u32::from(bits), ..self }
    }

    /// The number behind a code (T.81, table F.1): a leading 0 says that it is negative.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits are left after the shift")]
    fn number(self, code: Code) -> i32 {
        let ahead = self.buffer << (code.bits - code.number_bits);
        let value = (ahead >> 1 >> (63 - code.number_bits)) as i32;
        let least = 1 << code.number_bits >> 1;
        if value < least { value - 2 * least + 1 } else { value }
    }
}

/// The bits of a block, read without a check: there are always enough, and made-up ones are noticed afterwards.
#[derive(Debug)]
pub(super) struct BlockBits<'b> {
    laid_out: &'b [u8],
    cursor: Cursor,
}

impl BlockBits<'_> {
    #[inline]
    fn fill(&mut self) {
        self.cursor = self.cursor.filled(self.laid_out);
    }

    #[inline]
    fn skip(&mut self, bits: u8) {
        self.cursor = self.cursor.behind(bits);
    }

    /// Reads a block of a sequential scan: returns the difference of its first coefficient from that of the block before.
    /// Of the others, hands on those before `until` that are not 0, each with its place in zigzag order, and a few more
    /// perhaps; and skips the rest.
    ///
    /// # Errors
    /// For bits that are no code, a code that means nothing here, or a block with too many coefficients.
    #[inline]
    pub(super) fn sequential_block(
        &mut self,
        dc_table: &HuffmanTable,
        ac_table: &HuffmanTable,
        until: usize,
        mut each: impl FnMut(usize, i32),
    ) -> Result<i32, &'static str> {
        let difference = self.difference(dc_table)?;
        let mut next = 1;
        // A copy, which stays in registers.
        let mut cursor = self.cursor;
        while next < until {
            cursor = cursor.filled(self.laid_out);
            for _ in 0..LOOKS_PER_FILL {
                let mut code = ac_table.code(cursor.buffer);
                if code.bits == 0 {
                    code = ac_table.any_code(cursor.buffer).ok_or(NO_CODE)?;
                }
                let value = cursor.number(code);
                cursor = cursor.behind(code.bits);
                next += usize::from(code.zeros);
                if next > 63 {
                    self.cursor = cursor;
                    return end_of_block(code).map(|()| difference);
                }
                each(next, value);
                next += 1;
                if next >= until {
                    break;
                }
            }
        }
        while next < 64 {
            cursor = cursor.filled(self.laid_out);
            for _ in 0..LOOKS_PER_FILL {
                let skip = ac_table.skip(cursor.buffer);
                let after = next + usize::from(skip.zeros);
                if after < 64 {
                    cursor = cursor.behind(skip.bits);
                    next = after;
                    continue;
                }
                // A block that is full has no code for its end: what looks like one is the next block's.
                if after == 64 || skip.is_to_end() && after < 64 + usize::from(END_OF_BLOCK) {
                    self.cursor = cursor.behind(skip.bits);
                    return Ok(difference);
                }
                let code = ac_table.any_code(cursor.buffer).ok_or(NO_CODE)?;
                cursor = cursor.behind(code.bits);
                next += usize::from(code.zeros);
                if next > 63 {
                    self.cursor = cursor;
                    return end_of_block(code).map(|()| difference);
                }
                next += 1;
                break;
            }
        }
        self.cursor = cursor;
        Ok(difference)
    }

    /// The difference between the first coefficients of this block and of the one before.
    ///
    /// # Errors
    /// For bits that are no code, or a code that means nothing here.
    #[inline]
    pub(super) fn difference(&mut self, table: &HuffmanTable) -> Result<i32, &'static str> {
        let (code, difference) = self.symbol(table)?;
        if code.symbol < 16 { Ok(difference) } else { Err(MEANINGLESS_CODE) }
    }

    /// The next Huffman code, and the number that follows it.
    ///
    /// # Errors
    /// For bits that are no code.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would keep the cursor out of the registers")]
    pub(super) fn symbol(&mut self, table: &HuffmanTable) -> Result<(Code, i32), &'static str> {
        self.fill();
        let mut code = table.code(self.cursor.buffer);
        if code.bits == 0 {
            code = table.any_code(self.cursor.buffer).ok_or(NO_CODE)?;
        }
        let number = self.cursor.number(code);
        self.skip(code.bits);
        Ok((code, number))
    }

    /// The next bits, at most 16, as a number.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "at most 16 bits are left after the shift")]
    pub(super) fn take(&mut self, count: u8) -> u32 {
        if self.cursor.bits < u32::from(count) {
            self.fill();
        }
        let bits = (self.cursor.buffer >> 1 >> (63 - count)) as u32;
        self.skip(count);
        bits
    }

    /// Skips this many bits.
    #[inline]
    pub(super) fn pass(&mut self, mut count: u8) {
        while count > 32 {
            self.fill();
            self.skip(32);
            count -= 32;
        }
        self.fill();
        self.skip(count);
    }
}

#[cfg(test)]
mod tests;
