//! Which numbers a block is written with: those that cost the least in bits and error together.
//!
//! Rounding each coefficient to the nearest step makes the smallest error, not the best file: a one that stands alone
//! costs six bits and more, and leaving it out an error that nobody sees. So the way from coefficient to coefficient is searched that has
//! the least sum of bits and weighted squared error (Viterbi's algorithm over the last number that is not zero), as
//! first published by Ramchandran and Vetterli ("Rate-distortion optimal fast thresholding", IEEE Transactions on Image
//! Processing 3, 1994), and with run-length codes by Crouse and Ramchandran (the same, 6, 1997).

use super::blocks::{Block, PARTS};
use super::huffman::{Code, Counts};
use super::quantization::Steps;
use super::scan::{SIXTEEN_ZEROS, magnitude_bits};

/// Rounds the blocks of a component.
#[derive(Debug)]
pub(super) struct Rounder<'a> {
    prices: &'a Prices,
    /// The squares of the steps.
    squares: [f32; 64],
}

/// What a squared error of one step is worth in a block without any detail, in bits.
const FLAT_WORTH: f32 = 20.0;
/// At which mean square of a block's coefficients an error is worth half: the busier a block, the less is seen of one.
const HALF_WORTH_AT: f32 = 8_000.0;

/// What a part of a step is of a step, squared.
const PART_SQUARE: f32 = 1.0 / (PARTS as f32 * PARTS as f32);

/// A number that may be written, and the cheapest way to it.
#[derive(Debug, Clone, Copy, Default)]
struct Stop {
    /// Where it stands.
    place: usize,
    /// What all up to it costs.
    cost: f32,
    /// What it costs to make zeros of all up to its place, itself included.
    zeroed: f32,
    size: u16,
    /// The one before, by its index.
    before: usize,
}

impl<'a> Rounder<'a> {
    pub(super) fn new(prices: &'a Prices, steps: &Steps) -> Self {
        Self { prices, squares: steps.0.map(|step| f32::from(step) * f32::from(step)) }
    }

    /// Rounds a block's parts of steps to steps.
    pub(super) fn round(&self, block: &mut Block) {
        // The mean has no neighbours in its block to share a code with.
        block[0] = (block[0] + PARTS / 2).div_euclid(PARTS);
        let worth = self.worth_of_error(block) * PART_SQUARE;
        // The first is the start.
        let mut stops = [Stop::default(); 64];
        let (mut count, mut oldest, mut zeroed) = (1, 0, 0.0);
        for place in 1..64 {
            let parts = block[place].unsigned_abs();
            let before_zeroed = zeroed;
            zeroed += f32::from(parts) * f32::from(parts) * worth;
            let nearest = nearest(parts);
            if nearest == 0 {
                continue;
            }
            let mut best = Stop { place, cost: f32::INFINITY, zeroed, size: 0, before: 0 };
            let sizes = if nearest > 1 { nearest - 1..=nearest } else { 1..=1 };
            for size in sizes {
                let error = f32::from(parts.abs_diff(size * PARTS.unsigned_abs()));
                let fixed = before_zeroed + error * error * worth;
                let prices = &self.prices.numbers[usize::from(magnitude_bits(size))];
                for (index, before) in stops[oldest..count].iter().enumerate() {
                    let price = prices[(place - before.place - 1) & 63];
                    let cost = before.cost - before.zeroed + fixed + price;
                    if cost < best.cost {
                        best = Stop { cost, size, before: oldest + index, ..best };
                    }
                }
            }
            if nearest > 1 {
                // A number that is greater than one is never worth a zero: no way leads around it.
                oldest = count;
            }
            stops[count] = best;
            count += 1;
        }
        let last = self.last(&stops[..count], oldest);
        write(block, &stops, last);
    }

    /// What a squared error of one step is worth in a block, in bits.
    fn worth_of_error(&self, block: &Block) -> f32 {
        let energy = |parts: i16, square: f32| f32::from(parts) * f32::from(parts) * square;
        let coefficients = block.iter().zip(&self.squares).skip(1);
        let energy: f32 = coefficients.map(|(parts, square)| energy(*parts, *square)).sum();
        FLAT_WORTH * HALF_WORTH_AT / (HALF_WORTH_AT + energy * PART_SQUARE / 63.0)
    }

    /// The number after which it is cheapest to have zeros only, not before an index.
    fn last(&self, stops: &[Stop], oldest: usize) -> usize {
        // What zeros cost to the block's end is the same for all, but for those up to the number itself.
        let cost =
            |stop: &Stop| stop.cost - stop.zeroed + if stop.place < 63 { self.prices.end } else { 0.0 };
        let all = stops.iter().enumerate().skip(oldest);
        all.min_by(|(_, one), (_, other)| cost(one).total_cmp(&cost(other))).map_or(0, |(index, _)| index)
    }
}

/// How many whole steps some parts are, to the nearest.
fn nearest(parts: u16) -> u16 {
    (parts + PARTS.unsigned_abs() / 2) / PARTS.unsigned_abs()
}

/// Puts the numbers of the cheapest way, which ends with `last`, in their places.
fn write(block: &mut Block, stops: &[Stop; 64], last: usize) {
    let signs = block.map(i16::signum);
    block[1..].fill(0);
    let mut index = last;
    while index > 0 {
        let stop = &stops[index];
        block[stop.place] = signs[stop.place] * stop.size.cast_signed();
        index = stop.before;
    }
}

/// What symbols cost, in bits.
#[derive(Debug)]
pub(super) struct Prices {
    /// By its own bits, and by the zeros before it, a number.
    numbers: [[f32; 64]; 12],
    /// The end of a block.
    end: f32,
}

/// The end of a block, as a symbol.
const END: u8 = 0;

impl Prices {
    /// The prices by what blocks hold that are rounded to the nearest step: those of the code that would be the best for
    /// them, in whole bits, so that every machine finds the same ones.
    pub(super) fn of<'a>(blocks: impl Iterator<Item = &'a Block>) -> Self {
        let mut counts = Counts::new();
        // Each symbol that there may be counts once, so that it has a price.
        let numbers = (0..16_u8).flat_map(|zeros| (1..=11_u8).map(move |bits| zeros << 4 | bits));
        numbers.chain([END, SIXTEEN_ZEROS]).for_each(|symbol| counts.add(symbol));
        blocks.for_each(|block| count(block, &mut counts));
        let code = Code::of(&counts);
        let price = |symbol: u8| f32::from(code.word(symbol).length);
        let mut prices = [[0.0; 64]; 12];
        for (prices, bits) in prices.iter_mut().zip(0_u8..).skip(1) {
            for (known, zeros) in prices.iter_mut().zip(0_u8..) {
                let sixteens = f32::from(zeros / 16) * price(SIXTEEN_ZEROS);
                *known = sixteens + price((zeros % 16) << 4 | bits) + f32::from(bits);
            }
        }
        Self { numbers: prices, end: price(END) }
    }
}

fn count(block: &Block, counts: &mut Counts) {
    let mut zeros = 0;
    for parts in &block[1..] {
        let size = nearest(parts.unsigned_abs());
        if size == 0 {
            zeros += 1;
            continue;
        }
        (0..zeros / 16).for_each(|_| counts.add(SIXTEEN_ZEROS));
        counts.add((zeros % 16) << 4 | magnitude_bits(size));
        zeros = 0;
    }
    if zeros > 0 {
        counts.add(END);
    }
}

#[cfg(test)]
mod tests {
    use shared::variant::Quality;

    use super::*;
    use crate::pipeline::encode::jpeg::quantization::Plane;

    fn rounded(parts: &[(usize, i16)]) -> Vec<(usize, i16)> {
        let mut block = [0; 64];
        for (place, parts) in parts {
            block[*place] = *parts;
        }
        let prices = Prices::of(std::iter::once(&block));
        let steps = Steps::of(Quality::new(80).unwrap(), Plane::Luma);
        Rounder::new(&prices, &steps).round(&mut block);
        block.into_iter().enumerate().filter(|(_, number)| *number != 0).collect()
    }

    #[test]
    fn what_is_near_a_step_is_rounded_to_it() {
        let parts = [(0, -5 * PARTS - 3), (1, 9 * PARTS + 2), (5, -3 * PARTS + 1), (63, 4 * PARTS)];
        assert_eq!(rounded(&parts), [(0, -5), (1, 9), (5, -3), (63, 4)]);
    }

    #[test]
    fn a_weak_one_that_stands_alone_is_left_out_and_a_strong_one_is_not() {
        let weak = PARTS / 2 + 1;
        assert_eq!(rounded(&[(3, weak)]), []);
        assert_eq!(rounded(&[(3, PARTS)]), [(3, 1)]);
    }

    #[test]
    fn the_nearest_step_is_not_exceeded_and_none_but_the_one_below_is_taken_instead() {
        let mut state = 7_u32;
        for _ in 0..200 {
            let parts: Vec<(usize, i16)> = (0..64)
                .map(|place| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (place, i16::try_from(state >> 20).unwrap() - 2048)
                })
                .collect();
            let found = rounded(&parts);
            for (place, parts) in parts.iter().skip(1) {
                let number = found.iter().find(|(at, _)| at == place).map_or(0, |(_, number)| *number);
                let nearest = nearest(parts.unsigned_abs()).cast_signed();
                assert!((nearest - 1..=nearest).contains(&number.abs()), "{parts} parts: {number}");
                assert!(number == 0 || number.signum() == parts.signum());
            }
        }
    }
}
