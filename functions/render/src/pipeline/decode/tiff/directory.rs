//! The first directory of a TIFF, as it stands in the file.

/// An entry of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u64,
    /// Of which type its values are.
    kind: u64,
    /// How many it announces.
    count: u64,
    /// Where they stand in the entry, if there is room for them.
    pub(super) value_at: usize,
}

/// Numbers of a file in its byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'a> {
    file: &'a [u8],
    pub(super) is_big_endian: bool,
}

impl<'a> Numbers<'a> {
    pub(super) fn of(file: &'a [u8]) -> Self {
        Self { file, is_big_endian: file.starts_with(b"MM") }
    }

    /// The number that some bytes stand for.
    pub(super) fn at(self, at: usize, bytes: usize) -> Option<u64> {
        let digits = self.file.get(at..at.checked_add(bytes)?)?;
        let push = |value: u64, digit: &u8| value << 8 | u64::from(*digit);
        Some(if self.is_big_endian { digits.iter().fold(0, push) } else { digits.iter().rev().fold(0, push) })
    }
}

/// The entries of the first directory, as far as they are there; none when it is not where it must be, which the decoder
/// has words for.
pub(super) fn entries(file: &[u8]) -> impl Iterator<Item = Entry> {
    let numbers = Numbers::of(file);
    // BigTIFF has longer offsets and counts.
    let is_big = numbers.at(2, 2) == Some(43);
    let (offset_at, offset_bytes, count_bytes) = if is_big { (8, 8, 8) } else { (4, 4, 2) };
    let (entry_bytes, values_bytes) = if is_big { (20, 8) } else { (12, 4) };
    let directory = numbers.at(offset_at, offset_bytes).and_then(|at| usize::try_from(at).ok());
    let count = directory.and_then(|at| usize::try_from(numbers.at(at, count_bytes)?).ok()).unwrap_or(0);
    let first = directory.and_then(|at| at.checked_add(count_bytes));
    (0..count).map_while(move |index| {
        let at = first?.checked_add(index.checked_mul(entry_bytes)?)?;
        let value_at = at.checked_add(4 + values_bytes)?;
        Some(Entry {
            tag: numbers.at(at, 2)?,
            kind: numbers.at(at + 2, 2)?,
            count: numbers.at(at + 4, values_bytes)?,
            value_at,
        })
    })
}

impl Entry {
    /// Whether it announces more values than a file of so many bytes can hold: a decoder would make room for them.
    pub(super) fn exceeds(&self, file_bytes: usize) -> bool {
        self.count.saturating_mul(self.bytes_of_value()) > file_bytes as u64
    }

    /// The size of a value by its type (TIFF 6.0, section 2; and BigTIFF's types of 8 bytes).
    fn bytes_of_value(&self) -> u64 {
        match self.kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_has_no_entries() {
        for file in
            [&b"II\x2a\0\xff\xff\xff\xff"[..], b"II\x2b\0\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", b"MM"]
        {
            assert_eq!(entries(file).count(), 0);
        }
    }

    #[test]
    fn an_entry_that_announces_more_than_the_file_holds_is_told() {
        let file =
            |count: [u8; 4]| [&b"MM\0\x2a\0\0\0\x08\0\x01\x01\x02\0\x03"[..], &count, &[0; 8]].concat();
        let exceeds = |count| {
            let file = file(count);
            entries(&file).any(|entry| entry.exceeds(file.len()))
        };
        assert_eq!(
            [exceeds([0, 0, 0, 3]), exceeds([0, 0, 0, 13]), exceeds([0, 0, 0, 14])],
            [false, false, true]
        );
        assert!(exceeds([0xff; 4]));
    }
}
