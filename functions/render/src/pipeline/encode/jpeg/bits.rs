//! Bits as a scan holds them (T.81, F.1.2.3).

/// Collects bits, the first on top.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    file: &'a mut Vec<u8>,
    /// What is not written yet, in the low bits.
    pending: u64,
    pending_bits: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(file: &'a mut Vec<u8>) -> Self {
        Self { file, pending: 0, pending_bits: 0 }
    }

    /// Appends the low bits of a number, at most 32.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.pending = self.pending << count | u64::from(bits);
        self.pending_bits += count;
        if self.pending_bits >= 32 {
            self.pending_bits -= 32;
            #[expect(clippy::cast_possible_truncation, reason = "the next 32 bits")]
            let word = (self.pending >> self.pending_bits) as u32;
            self.append(word.to_be_bytes());
        }
    }

    fn append(&mut self, bytes: [u8; 4]) {
        if bytes.contains(&0xff) {
            for byte in bytes {
                self.append_stuffed(byte);
            }
        } else {
            self.file.extend(bytes);
        }
    }

    /// A byte of ones would start a marker: a zero behind it says that it does not.
    fn append_stuffed(&mut self, byte: u8) {
        self.file.push(byte);
        if byte == 0xff {
            self.file.push(0);
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(mut self) {
        let missing = self.pending_bits.next_multiple_of(8) - self.pending_bits;
        self.put((1 << missing) - 1, missing);
        while self.pending_bits > 0 {
            self.pending_bits -= 8;
            #[expect(clippy::cast_possible_truncation, reason = "the next byte")]
            let byte = (self.pending >> self.pending_bits) as u8;
            self.append_stuffed(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_each_other_and_no_marker_comes_of_them() {
        let mut file = Vec::new();
        let mut bits = BitWriter::new(&mut file);
        for (number, count) in [(0b101, 3), (0b0_0011, 5), (0xff, 8), (0, 0), (0x1234_ffff, 32), (0b1, 1)] {
            bits.put(number, count);
        }
        bits.finish();
        assert_eq!(file, [0b1010_0011, 0xff, 0, 0x12, 0x34, 0xff, 0, 0xff, 0, 0xff, 0]);
    }
}
