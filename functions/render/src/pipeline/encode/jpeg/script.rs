//! Which scans a file is made of, and how each is written.

use super::bits::BitWriter;
use super::blocks::Blocks;
use super::huffman::{Code, Counts};
use super::scan::{Sink, first_band, first_means, next_band, next_means};
use super::segments;

/// A component of a picture.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) blocks: Blocks,
    /// How many blocks a side a unit of the picture has of it.
    pub(super) sampling: usize,
}

/// A scan.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scan {
    /// The means of all components.
    Means,
    /// A component's coefficients from a place in zigzag order to another.
    Band(u8, u8, u8, Bits),
}

/// Which of their bits.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bits {
    /// All but so many of the lowest.
    AllBut(u8),
    /// The one that this many lower ones follow.
    Next(u8),
}

/// The scans of a picture in colour, and of a grey one.
const COLOR: &[Scan] = &[
    Scan::Means,
    Scan::Band(0, 1, 5, Bits::AllBut(0)),
    Scan::Band(2, 1, 63, Bits::AllBut(0)),
    Scan::Band(1, 1, 63, Bits::AllBut(0)),
    Scan::Band(0, 6, 63, Bits::AllBut(0)),
];
const GREY: &[Scan] = &[Scan::Means, Scan::Band(0, 1, 5, Bits::AllBut(0)), Scan::Band(0, 6, 63, Bits::AllBut(0))];

/// Writes all scans of a picture.
pub(super) fn write(file: &mut Vec<u8>, components: &[Component]) {
    let scans = if components.len() == 1 { GREY } else { COLOR };
    scans.iter().for_each(|scan| scan.write(file, components));
}

impl Scan {
    fn write(&self, file: &mut Vec<u8>, components: &[Component]) {
        let mut counted = Counted([Counts::new(), Counts::new()]);
        self.tell(components, &mut counted);
        let codes = counted.0.each_ref().map(Code::of);
        match self {
            Self::Means => {
                let used = if components.len() == 1 { 1 } else { 2 };
                for (code, id) in codes.iter().zip(0..used) {
                    segments::huffman(file, id, code);
                }
            }
            Self::Band(..) => segments::huffman(file, 0x10, &codes[0]),
        }
        self.header(file, if components.len() == 1 { 1 } else { 3 });
        let mut written = Written { codes, bits: BitWriter::new(file) };
        self.tell(components, &mut written);
        written.bits.finish();
    }

    fn header(&self, file: &mut Vec<u8>, count: u8) {
        match *self {
            Self::Means => {
                let all: Vec<(u8, u8)> = (0..count).map(|id| (id, u8::from(id > 0) << 4)).collect();
                segments::scan(file, &all, (0, 0), 0);
            }
            Self::Band(component, first, last, bits) => {
                let precision = match bits {
                    Bits::AllBut(lowest) => lowest,
                    Bits::Next(lowest) => (lowest + 1) << 4 | lowest,
                };
                segments::scan(file, &[(component, 0)], (first, last), precision);
            }
        }
    }

    fn tell(&self, components: &[Component], sink: &mut impl Sink) {
        match *self {
            Self::Means => {
                let all: Vec<_> = components
                    .iter()
                    .enumerate()
                    .map(|(id, component)| (&component.blocks, component.sampling, usize::from(id > 0)))
                    .collect();
                first_means(&all, 0, sink);
            }
            Self::Band(component, first, last, bits) => {
                let blocks = &components[usize::from(component)].blocks;
                let (first, last) = (first.into(), last.into());
                match bits {
                    Bits::AllBut(lowest) => first_band(blocks, &(first..=last), lowest, sink),
                    Bits::Next(lowest) => next_band(blocks, &(first..=last), lowest, sink),
                }
            }
        }
    }
}

/// Counts what a scan says.
struct Counted([Counts; 2]);

impl Sink for Counted {
    #[inline]
    fn symbol(&mut self, code: usize, symbol: u8) {
        self.0[code].add(symbol);
    }

    #[inline]
    fn bits(&mut self, _: u32, _: u32) {}
}

/// Writes it.
struct Written<'a> {
    codes: [Code; 2],
    bits: BitWriter<'a>,
}

impl Sink for Written<'_> {
    #[inline]
    fn symbol(&mut self, code: usize, symbol: u8) {
        let word = self.codes[code].word(symbol);
        self.bits.put(word.bits.into(), word.length.into());
    }

    #[inline]
    fn bits(&mut self, bits: u32, count: u32) {
        self.bits.put(bits, count);
    }
}
