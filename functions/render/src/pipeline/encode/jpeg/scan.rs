//! What a progressive file's scans say (T.81, annex G).

use super::blocks::{Block, Blocks};

/// What takes the symbols of a scan, and the bits behind them.
pub(super) trait Sink {
    /// Takes a symbol of a Huffman code.
    fn symbol(&mut self, code: usize, symbol: u8);

    /// Takes bits as they are.
    fn bits(&mut self, bits: u32, count: u32);
}

/// Which bits of the coefficients a scan holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Precision {
    /// The lowest bit that the scans before hold; `None` when there is none.
    pub(super) before: Option<u8>,
    /// The lowest bit of this scan.
    pub(super) lowest: u8,
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
    #[expect(clippy::cast_possible_truncation, reason = "coefficients and their differences have at most 13 bits")]
    let bits = magnitude_bits(value.unsigned_abs() as u16);
    let shifted = if value < 0 { value - 1 } else { value };
    (shifted.cast_unsigned() & ((1 << bits) - 1), bits)
}

/// Writes the first bits of the means of all components, unit by unit. Each component has its blocks, its sampling,
/// and its code.
pub(super) fn first_means(components: &[(&Blocks, usize, usize)], lowest: u8, sink: &mut impl Sink) {
    let mut before = [0; 4];
    for_each_mean(components, |component, code, mean| {
        let value = i32::from(mean) >> lowest;
        let (bits, count) = number(value - before[component]);
        before[component] = value;
        sink.symbol(code, count);
        sink.bits(bits, count.into());
    });
}

/// Writes one more bit of the means.
pub(super) fn next_means(components: &[(&Blocks, usize, usize)], lowest: u8, sink: &mut impl Sink) {
    for_each_mean(components, |_, _, mean| {
        sink.bits(u32::from((mean >> lowest).cast_unsigned() & 1), 1);
    });
}

fn for_each_mean(components: &[(&Blocks, usize, usize)], mut visit: impl FnMut(usize, usize, i16)) {
    if let [(blocks, _, code)] = components {
        blocks.shown().for_each(|block| visit(0, *code, block[0]));
        return;
    }
    let Some((blocks, sampling, _)) = components.first() else { return };
    let units_wide = blocks.wide / sampling;
    let units = blocks.all.len() / (sampling * sampling);
    for unit in 0..units {
        let (row, column) = (unit / units_wide, unit % units_wide);
        for (component, (blocks, sampling, code)) in components.iter().enumerate() {
            for y in row * sampling..(row + 1) * sampling {
                let first = y * blocks.wide + column * sampling;
                blocks.all[first..first + sampling].iter().for_each(|block| visit(component, *code, block[0]));
            }
        }
    }
}

const SIXTEEN_ZEROS: u8 = 0xf0;

/// Blocks that have nothing more to say, and the bits that were put off for them.
#[derive(Debug, Default)]
struct Ends {
    count: u32,
    bits: Vec<bool>,
}

impl Ends {
    /// The most that one symbol can count.
    const MAX: u32 = 0x7fff;

    #[inline]
    fn flush(&mut self, sink: &mut impl Sink) {
        if self.count > 0 {
            let bits = self.count.ilog2();
            #[expect(clippy::cast_possible_truncation, reason = "at most 14")]
            sink.symbol(0, (bits as u8) << 4);
            sink.bits(self.count - (1 << bits), bits);
            self.count = 0;
        }
        put_all(&mut self.bits, sink);
    }

    fn add(&mut self, corrections: &mut Vec<bool>, sink: &mut impl Sink) {
        self.count += 1;
        self.bits.append(corrections);
        if self.count == Self::MAX {
            self.flush(sink);
        }
    }
}

fn put_all(bits: &mut Vec<bool>, sink: &mut impl Sink) {
    bits.drain(..).for_each(|bit| sink.bits(bit.into(), 1));
}

/// A band of a component's coefficients, by their places in zigzag order.
pub(super) type Band = std::ops::RangeInclusive<usize>;

/// Writes the first bits of a band.
pub(super) fn first_band(blocks: &Blocks, band: &Band, lowest: u8, sink: &mut impl Sink) {
    let mut ends = Ends::default();
    for block in blocks.shown() {
        let mut zeros = 0;
        for coefficient in &block[band.clone()] {
            let size = coefficient.unsigned_abs() >> lowest;
            if size == 0 {
                zeros += 1;
                continue;
            }
            ends.flush(sink);
            while zeros > 15 {
                sink.symbol(0, SIXTEEN_ZEROS);
                zeros -= 16;
            }
            let value = if *coefficient < 0 { -i32::from(size.cast_signed()) } else { size.into() };
            let (bits, count) = number(value);
            sink.symbol(0, zeros << 4 | count);
            sink.bits(bits, count.into());
            zeros = 0;
        }
        if zeros > 0 {
            ends.add(&mut Vec::new(), sink);
        }
    }
    ends.flush(sink);
}

/// Writes one more bit of a band.
pub(super) fn next_band(blocks: &Blocks, band: &Band, lowest: u8, sink: &mut impl Sink) {
    let (mut ends, mut corrections) = (Ends::default(), Vec::new());
    for block in blocks.shown() {
        next_of_block(&block[band.clone()], lowest, (&mut ends, &mut corrections), sink);
    }
    ends.flush(sink);
}

/// Writes one more bit of a block's band. Those that are known already get their bit behind the next symbol; what is left
/// of them waits in `ends`.
fn next_of_block(
    band: &[i16],
    lowest: u8,
    (ends, corrections): (&mut Ends, &mut Vec<bool>),
    sink: &mut impl Sink,
) {
    let size = |coefficient: i16| coefficient.unsigned_abs() >> lowest;
    let last_new = band.iter().rposition(|coefficient| size(*coefficient) == 1);
    let mut zeros = 0;
    for (place, coefficient) in band.iter().enumerate() {
        let size = size(*coefficient);
        if size == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 && last_new.is_some_and(|last| place <= last) {
            ends.flush(sink);
            sink.symbol(0, SIXTEEN_ZEROS);
            put_all(corrections, sink);
            zeros -= 16;
        }
        if size > 1 {
            corrections.push(size & 1 == 1);
            continue;
        }
        ends.flush(sink);
        sink.symbol(0, zeros << 4 | 1);
        sink.bits((*coefficient > 0).into(), 1);
        put_all(corrections, sink);
        zeros = 0;
    }
    if zeros > 0 || !corrections.is_empty() {
        ends.add(corrections, sink);
    }
}
