//! The best Huffman code for given symbols (T.81, annex C; lengths by Larmore's and Hirschberg's package-merge, Journal of
//! the ACM 37, 1990, which gives the shortest code whose longest word has a given length).

/// How often each symbol occurs.
#[derive(Debug, Clone)]
pub(super) struct Counts([u32; 256]);

impl Counts {
    pub(super) fn new() -> Self {
        Self([0; 256])
    }

    #[inline]
    pub(super) fn add(&mut self, symbol: u8) {
        self.0[usize::from(symbol)] += 1;
    }
}

/// T.81's longest code, in bits.
const MAX_LENGTH: usize = 16;

/// A code: for each symbol the bits that stand for it.
#[derive(Debug, Clone)]
pub(super) struct Code {
    words: [Word; 256],
    /// The symbols from the shortest word to the longest.
    ordered: Vec<u8>,
}

/// The bits of a symbol; none for one that does not occur.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) bits: u16,
    pub(super) length: u8,
}

impl Code {
    /// The shortest code for symbols that occur so often; those that don't have no word.
    pub(super) fn of(counts: &Counts) -> Self {
        let mut ordered: Vec<u8> =
            (0..=u8::MAX).filter(|symbol| counts.0[usize::from(*symbol)] > 0).collect();
        ordered.sort_by_key(|symbol| std::cmp::Reverse(counts.0[usize::from(*symbol)]));
        // One place more, rarer than all others, takes the word of ones only, which T.81 (C.2) forbids.
        let weights: Vec<u64> = std::iter::once(0)
            .chain(ordered.iter().rev().map(|symbol| u64::from(counts.0[usize::from(*symbol)])))
            .collect();
        let lengths = lengths(&weights);
        let mut words = [Word::default(); 256];
        let (mut next, mut last_length) = (0_u16, 0);
        for (symbol, length) in ordered.iter().zip(lengths.iter().skip(1).rev()) {
            next <<= length - last_length;
            words[usize::from(*symbol)] = Word { bits: next, length: *length };
            next += 1;
            last_length = *length;
        }
        Self { words, ordered }
    }

    #[inline]
    pub(super) fn word(&self, symbol: u8) -> Word {
        self.words[usize::from(symbol)]
    }

    /// How many words there are of each length, from 1 on.
    pub(super) fn counts_by_length(&self) -> [u8; MAX_LENGTH] {
        let mut counts = [0; MAX_LENGTH];
        for symbol in &self.ordered {
            counts[usize::from(self.word(*symbol).length) - 1] += 1;
        }
        counts
    }

    /// The symbols, from the shortest word to the longest.
    pub(super) fn symbols(&self) -> &[u8] {
        &self.ordered
    }
}

/// The lengths of the words for weights in ascending order.
fn lengths(weights: &[u64]) -> Vec<u8> {
    // A list for each length, from the longest: the weights, and between them pairs of the list before.
    let mut lists: Vec<Vec<Item>> = Vec::with_capacity(MAX_LENGTH);
    for _ in 0..MAX_LENGTH {
        let pairs = lists.last().map_or(&[][..], |list| list.as_chunks::<2>().0);
        let weight = |[one, other]: &[Item; 2]| Item { weight: one.weight + other.weight, is_pair: true };
        let mut pairs = pairs.iter().map(weight).peekable();
        let mut list = Vec::with_capacity(2 * weights.len());
        for weight in weights {
            while let Some(pair) = pairs.next_if(|pair| pair.weight < *weight) {
                list.push(pair);
            }
            list.push(Item { weight: *weight, is_pair: false });
        }
        list.extend(pairs);
        lists.push(list);
    }
    // The lightest of the last list make the code: each time that a weight is among what they are made of, its word gets
    // one bit longer.
    let mut lengths = vec![0; weights.len()];
    let mut taken = 2 * weights.len() - 2;
    for list in lists.iter().rev() {
        let pairs = list.iter().take(taken).filter(|item| item.is_pair).count();
        for length in lengths.iter_mut().take(taken - pairs) {
            *length += 1;
        }
        taken = 2 * pairs;
    }
    lengths
}

/// A weight, or the sum of two items of the list before.
#[derive(Debug, Clone, Copy)]
struct Item {
    weight: u64,
    is_pair: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(counts: &[(u8, u32)]) -> Code {
        let mut all = Counts::new();
        for (symbol, count) in counts {
            all.0[usize::from(*symbol)] = *count;
        }
        Code::of(&all)
    }

    #[test]
    fn frequent_symbols_have_short_words_and_none_is_all_ones() {
        let code = code(&[(7, 10), (3, 4), (200, 1)]);
        let word = |symbol| (code.word(symbol).bits, code.word(symbol).length);
        assert_eq!([word(7), word(3), word(200)], [(0, 1), (0b10, 2), (0b110, 3)]);
        assert_eq!((code.symbols(), code.word(0).length), (&[7, 3, 200][..], 0));
        assert_eq!(code.counts_by_length()[..4], [1, 1, 1, 0]);
    }

    #[test]
    fn a_single_symbol_has_a_word_and_none_has_none() {
        assert_eq!(code(&[(9, 5)]).word(9), Word { bits: 0, length: 1 });
        assert!(code(&[]).symbols().is_empty());
    }

    #[test]
    fn no_word_is_longer_than_sixteen_bits_however_uneven_the_counts() {
        // Fibonacci's numbers make the longest words there are.
        let (mut one, mut two) = (1_u32, 1_u32);
        let counts: Vec<(u8, u32)> = (0..40)
            .map(|symbol| {
                (one, two) = (two, one + two);
                (symbol, one)
            })
            .collect();
        for counts in [counts, (0..=255).map(|symbol| (symbol, 1)).collect()] {
            let code = code(&counts);
            let lengths = counts.iter().map(|(symbol, _)| code.word(*symbol).length);
            assert!(lengths.clone().all(|length| (1..=16).contains(&length)));
            // Kraft's sum, in parts of 2^16: one word is left over.
            let taken: u32 = lengths.map(|length| 1 << (16 - length)).sum();
            assert!(taken < 1 << 16, "{taken}");
        }
    }

    #[test]
    fn it_is_as_short_as_huffmans() {
        let counts = [5, 9, 12, 13, 16, 45];
        let code = code(&[(0, 5), (1, 9), (2, 12), (3, 13), (4, 16), (5, 45)]);
        let bits: u32 =
            counts.iter().zip(0..).map(|(n, symbol)| n * u32::from(code.word(symbol).length)).sum();
        // 224 bits by Huffman's own example; the word that is left over makes one of them a bit longer.
        assert_eq!(bits, 224 + 5);
    }
}
