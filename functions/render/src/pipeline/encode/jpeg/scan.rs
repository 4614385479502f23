//! What the scans of a progressive file say (T.81, annex G).

use std::ops::RangeInclusive;

use super::blocks::{Block, Blocks};

/// What takes the symbols of a scan, and the bits behind them.
pub(super) trait Sink {
    /// Takes a symbol of a Huffman code.
    fn symbol(&mut self, code: usize, symbol: u8);

    /// Takes bits as they are.
    fn bits(&mut self, bits: u32, count: u32);
}

/// How many bits a number needs.
#[inline]
pub(super) fn magnitude_bits(size: u16) -> u8 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
    let bits = (u16::BITS - size.leading_zeros()) as u8;
    bits
}

/// A number with its sign as T.81 (F.1.2.1) writes it: what is negative is less one.
#[inline]
fn number(value: i32) -> (u32, u8) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "coefficients and their differences have at most 13 bits"
    )]
    let bits = magnitude_bits(value.unsigned_abs() as u16);
    let shifted = if value < 0 { value - 1 } else { value };
    (shifted.cast_unsigned() & ((1 << bits) - 1), bits)
}

/// A component as a scan of several takes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) blocks: &'a Blocks,
    /// How many blocks a side a unit of the picture has of it.
    pub(super) sampling: usize,
    /// Which of the scan's Huffman codes is its own.
    pub(super) code: usize,
}

/// Tells the means of components, each as the difference to the one before. Those of several components lie unit by unit.
pub(super) fn means(parts: &[Part<'_>], sink: &mut impl Sink) {
    let mut before = [0; 3];
    let mut tell = |part: usize, code: usize, block: &Block| {
        let mean = i32::from(block[0]);
        let (bits, count) = number(mean - before[part]);
        before[part] = mean;
        sink.symbol(code, count);
        sink.bits(bits, count.into());
    };
    match parts {
        [] => {}
        [only] => only.blocks.shown().for_each(|block| tell(0, only.code, block)),
        [first, ..] => {
            let units_wide = first.blocks.wide / first.sampling;
            for unit in 0..first.blocks.all.len() / first.sampling.pow(2) {
                let place = (unit / units_wide, unit % units_wide);
                for (index, part) in parts.iter().enumerate() {
                    part.unit(place).for_each(|block| tell(index, part.code, block));
                }
            }
        }
    }
}

impl<'a> Part<'a> {
    /// The blocks of a unit, by its row and column.
    fn unit(self, (row, column): (usize, usize)) -> impl Iterator<Item = &'a Block> {
        (0..self.sampling).flat_map(move |y| {
            let first = (row * self.sampling + y) * self.blocks.wide + column * self.sampling;
            &self.blocks.all[first..first + self.sampling]
        })
    }
}

/// Sixteen zeros, with more than zeros behind them.
pub(super) const SIXTEEN_ZEROS: u8 = 0xf0;

/// Tells a band of a component's coefficients, from a place in zigzag order to another.
pub(super) fn band(blocks: &Blocks, places: RangeInclusive<usize>, sink: &mut impl Sink) {
    let mut ended = Ended(0);
    for block in blocks.shown() {
        let band = &block[places.clone()];
        let Some(last) = band.iter().rposition(|coefficient| *coefficient != 0) else {
            ended.add(sink);
            continue;
        };
        ended.tell(sink);
        let mut zeros = 0;
        for coefficient in &band[..=last] {
            if *coefficient == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 {
                sink.symbol(0, SIXTEEN_ZEROS);
                zeros -= 16;
            }
            let (bits, count) = number((*coefficient).into());
            sink.symbol(0, zeros << 4 | count);
            sink.bits(bits, count.into());
            zeros = 0;
        }
        if last + 1 < band.len() {
            ended.add(sink);
        }
    }
    ended.tell(sink);
}

/// How many blocks have nothing more to say.
struct Ended(u32);

impl Ended {
    /// The most that one symbol can count.
    const MAX: u32 = 0x7fff;

    #[inline]
    fn add(&mut self, sink: &mut impl Sink) {
        self.0 += 1;
        if self.0 == Self::MAX {
            self.tell(sink);
        }
    }

    #[inline]
    fn tell(&mut self, sink: &mut impl Sink) {
        if self.0 == 0 {
            return;
        }
        let count = self.0.ilog2();
        #[expect(clippy::cast_possible_truncation, reason = "at most 14")]
        sink.symbol(0, (count as u8) << 4);
        sink.bits(self.0 - (1 << count), count);
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use shared::dimensions::Dimensions;
    use shared::variant::Quality;

    use super::super::quantization::{Plane, Steps};
    use super::*;

    /// What a scan said: symbols with their codes, and the bits behind them with their counts.
    #[derive(Default)]
    struct Heard(Vec<(usize, u8, Bits)>);

    type Bits = Vec<(u32, u32)>;

    impl Sink for Heard {
        fn symbol(&mut self, code: usize, symbol: u8) {
            self.0.push((code, symbol, Vec::new()));
        }

        fn bits(&mut self, bits: u32, count: u32) {
            if count > 0 {
                self.0.last_mut().unwrap().2.push((bits, count));
            }
        }
    }

    impl Heard {
        fn symbols(&self) -> Vec<u8> {
            self.0.iter().map(|(_, symbol, _)| *symbol).collect()
        }
    }

    /// As many blocks of zeros as a flat picture has.
    fn blocks(width: u32, height: u32, sampling: usize) -> Blocks {
        let size = Dimensions::new(width, height).unwrap();
        let plane = vec![128; usize::try_from(size.pixels()).unwrap()];
        let steps = Steps::of(Quality::new(50).unwrap(), Plane::Luma);
        Blocks::of(&plane, size, sampling, &steps)
    }

    #[test]
    fn a_band_tells_runs_numbers_and_ends() {
        let mut blocks = blocks(24, 8, 1);
        (blocks.all[0][2], blocks.all[0][20], blocks.all[2][63]) = (3, -1, 1);
        let mut heard = Heard::default();
        band(&blocks, 1..=63, &mut heard);
        // One zero and a 3; seventeen and a -1; two ends; sixty-two zeros and a 1.
        assert_eq!(heard.symbols(), [0x12, 0xf0, 0x11, 0x10, 0xf0, 0xf0, 0xf0, 0xe1]);
        assert_eq!(heard.0[0].2, [(3, 2)]);
        assert_eq!(heard.0[2].2, [(0, 1)], "minus one is a zero");
        assert_eq!(heard.0[3].2, [(0, 1)], "two ends: one bit, and it is 0");
    }

    #[test]
    fn more_ends_than_a_symbol_counts_take_two() {
        let mut heard = Heard::default();
        band(&blocks(8 * 200, 8 * 200, 1), 1..=63, &mut heard);
        assert_eq!(heard.0, [(0, 0xe0, vec![(0x3fff, 14)]), (0, 0xc0, vec![(40_000 - 32_767 - 4096, 12)])]);
    }

    #[test]
    fn means_are_told_unit_by_unit_as_differences() {
        let (mut luma, mut chroma) = (blocks(32, 16, 2), blocks(16, 8, 1));
        for (block, mean) in luma.all.iter_mut().zip([1, 2, 3, 4, 5, 6, 7, 8]) {
            block[0] = mean;
        }
        chroma.all[1][0] = -3;
        let parts =
            [Part { blocks: &luma, sampling: 2, code: 0 }, Part { blocks: &chroma, sampling: 1, code: 1 }];
        let mut heard = Heard::default();
        means(&parts, &mut heard);
        // 1, 2, 5, 6 and a chroma of 0; 3, 4, 7, 8 and one of -3.
        let bits: Vec<_> = heard.0.iter().map(|(code, bits, _)| (*code, *bits)).collect();
        let expected = [(0, 1), (0, 1), (0, 2), (0, 1), (1, 0), (0, 2), (0, 1), (0, 2), (0, 1), (1, 2)];
        assert_eq!(bits, expected);
        assert_eq!([&heard.0[2].2, &heard.0[5].2, &heard.0[9].2], [&[(3, 2)], &[(0, 2)], &[(0, 2)]]);
    }
}
