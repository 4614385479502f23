//! Which numbers a block is written with: those that cost the least in bits and error together.
//!
//! Rounding each coefficient to the nearest step makes the smallest error, not the best file: a one that stands alone
//! costs six bits and more, for an error that nobody sees. So the way from coefficient to coefficient is searched that has
//! the least sum of bits and weighted squared error (Viterbi's algorithm over the last number that is not zero), as
//! first published by Ramchandran and Vetterli ("Rate-distortion optimal fast thresholding", IEEE Transactions on Image
//! Processing 3, 1994), and with run-length codes by Crouse and Ramchandran (the same, 6, 1997).

use super::blocks::{Block, PARTS};
use super::huffman::{Code, Counts};
use super::quantization::Steps;
use super::scan::magnitude_bits;

/// What bits cost, in bits.
#[derive(Debug)]
pub(super) struct Prices {
    /// A number of so many bits behind so many zeros.
    numbers: [[f32; 12]; 64],
    /// The end of a block.
    end: f32,
}

impl Prices {
    /// The prices by what blocks hold that are rounded plainly.
    pub(super) fn of<'a>(blocks: impl Iterator<Item = &'a Block>) -> Self {
        // Each symbol that there may be counts once, so that it has a price.
        let mut counts = Counts::new();
        let symbols = (0..16_u8).flat_map(|zeros| (1..=11_u8).map(move |bits| zeros << 4 | bits));
        symbols.chain([END, SIXTEEN_ZEROS]).for_each(|symbol| counts.add(symbol));
        for block in blocks {
            count(block, &mut counts);
        }
        let code = Code::of(&counts);
        let price = |symbol: u8| f32::from(code.word(symbol).length);
        let numbers = std::array::from_fn(|zeros| {
            let (sixteens, zeros) = (f32_of(zeros / 16), zeros as u8 % 16);
            std::array::from_fn(|bits| {
                let symbol = zeros << 4 | bits as u8;
                sixteens * price(SIXTEEN_ZEROS) + price(symbol) + f32_of(bits)
            })
        });
        Self { numbers, end: price(END) }
    }
}

const END: u8 = 0;
const SIXTEEN_ZEROS: u8 = 0xf0;

fn f32_of(small: usize) -> f32 {
    f32::from(small as u8)
}

fn count(block: &Block, counts: &mut Counts) {
    let mut zeros = 0;
    for parts in &block[1..] {
        let size = (parts.unsigned_abs() + PARTS.unsigned_abs() / 2) / PARTS.unsigned_abs();
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

/// How much an error counts against bits.
#[derive(Debug)]
pub(super) struct Weights {
    /// The squares of the steps.
    squares: [f32; 64],
}

/// The bits that a squared error of one step is worth, in a block without any detail...
const FLAT: f32 = 12.0;
/// ...and at which mean square of its coefficients it is worth half.
const HALF_AT: f32 = 1000.0;

impl Weights {
    pub(super) fn of(steps: &Steps) -> Self {
        Self { squares: steps.0.map(|step| f32::from(step) * f32::from(step)) }
    }

    /// The weight of an error in a block: the busier it is, the less is seen of one.
    fn of_block(&self, block: &Block) -> f32 {
        let square = |parts: i16| f32::from(parts) * f32::from(parts);
        let energy: f32 = block.iter().zip(&self.squares).skip(1).map(|(parts, step)| square(*parts) * step).sum();
        let mean = energy / (63.0 * f32::from(PARTS) * f32::from(PARTS));
        FLAT * HALF_AT / (HALF_AT + mean)
    }
}

/// A number that may be written, and the cheapest way to it.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// Where it stands.
    place: usize,
    /// What all up to it costs.
    cost: f32,
    /// What zeros cost up to its place, in error.
    zeroed: f32,
    size: u16,
    /// The step before, by its index.
    before: usize,
}

/// Rounds a block.
pub(super) fn round(block: &mut Block, prices: &Prices, weights: &Weights) {
    let weight = weights.of_block(block);
    let unit = weight / (f32::from(PARTS) * f32::from(PARTS));
    // The first stands for the start.
    let mut steps = [Step::default(); 64];
    let (mut count, mut oldest) = (1, 0);
    let mut zeroed = 0.0;
    for place in 1..64 {
        let parts = block[place].unsigned_abs();
        let nearest = (parts + PARTS.unsigned_abs() / 2) / PARTS.unsigned_abs();
        let square = |parts: u16| f32::from(parts) * f32::from(parts) * unit;
        let before_zeroed = zeroed;
        zeroed += square(parts);
        if nearest == 0 {
            continue;
        }
        let mut best = Step { place, cost: f32::INFINITY, zeroed, size: 0, before: 0 };
        for size in [nearest, nearest - 1] {
            if size == 0 {
                break;
            }
            let error = square(parts.abs_diff(size * PARTS.unsigned_abs()));
            let bits = usize::from(magnitude_bits(size));
            for (index, before) in steps[oldest..count].iter().enumerate() {
                let zeros = place - before.place - 1;
                let cost = before.cost + before_zeroed - before.zeroed + prices.numbers[zeros][bits] + error;
                if cost < best.cost {
                    best = Step { cost, size, before: oldest + index, ..best };
                }
            }
        }
        if nearest > MAX_ZEROED {
            oldest = count;
        }
        steps[count] = best;
        count += 1;
    }
    let rest = |step: &Step| step.cost + zeroed - step.zeroed + if step.place < 63 { prices.end } else { 0.0 };
    let mut last = oldest;
    for index in oldest..count {
        if rest(&steps[index]) < rest(&steps[last]) {
            last = index;
        }
    }
    write(block, &steps, last);
}

/// Greater numbers are never worth a zero.
const MAX_ZEROED: u16 = 2;

fn write(block: &mut Block, steps: &[Step; 64], last: usize) {
    let signs: Block = block.map(i16::signum);
    // DC has no neighbours in the block to share a code with.
    let half = PARTS / 2;
    block[0] = (block[0] + half).div_euclid(PARTS);
    block[1..].fill(0);
    let mut index = last;
    while index > 0 {
        let step = &steps[index];
        block[step.place] = signs[step.place] * step.size.cast_signed();
        index = step.before;
    }
}
