//! Which scans a file is made of.

use super::bits::BitWriter;
use super::blocks::Blocks;
use super::huffman::{Code, Counts};
use super::scan::{Part, Sink, band, means};
use super::segments;

/// A component of a picture.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) blocks: Blocks,
    /// How many blocks a side a unit of the picture has of it.
    pub(super) sampling: u8,
}

impl Component {
    fn part(&self, code: usize) -> Part<'_> {
        Part { blocks: &self.blocks, sampling: self.sampling.into(), code }
    }
}

/// A scan.
#[derive(Debug, Clone, Copy)]
enum Scan {
    /// The means of all components.
    Means,
    /// A component's coefficients from a place in zigzag order to another.
    Band(u8, u8, u8),
}

/// The scans of a file: first what shows the most.
///
/// At qualities 50, 80, 90 they take 0.3, 1.7, 1.9 % fewer bytes than one scan of everything does, on twelve photographs at
/// 640x480. More bands, or the coefficients' lowest bit in a scan of its own, change a fifth of a percent.
const SCANS: [Scan; 6] = [
    Scan::Means,
    Scan::Band(0, 1, 2),
    Scan::Band(0, 3, 9),
    Scan::Band(1, 1, 63),
    Scan::Band(2, 1, 63),
    Scan::Band(0, 10, 63),
];

/// Appends all scans of a picture.
pub(super) fn write(file: &mut Vec<u8>, components: &[Component]) {
    for scan in SCANS.iter().filter(|scan| scan.is_of(components)) {
        scan.write(file, components);
    }
}

impl Scan {
    fn is_of(self, components: &[Component]) -> bool {
        match self {
            Self::Means => true,
            Self::Band(component, ..) => usize::from(component) < components.len(),
        }
    }

    /// Appends the scan, behind the best Huffman codes for it.
    fn write(self, file: &mut Vec<u8>, components: &[Component]) {
        let mut counted = Counted([Counts::new(), Counts::new()]);
        self.tell(components, &mut counted);
        let codes = counted.0.each_ref().map(Code::of);
        for (code, id) in codes.iter().zip(0..).filter(|(code, _)| !code.symbols().is_empty()) {
            segments::huffman(file, self.class() | id, code);
        }
        self.write_header(file, components.len());
        let mut written = Written { codes, bits: BitWriter::new(file) };
        self.tell(components, &mut written);
        written.bits.finish();
    }

    /// What T.81 calls its codes' class, as it stands in a file.
    fn class(self) -> u8 {
        match self {
            Self::Means => 0,
            Self::Band(..) => 0x10,
        }
    }

    fn write_header(self, file: &mut Vec<u8>, count: usize) {
        match self {
            Self::Means => {
                let all = [(0, 0), (1, 0x10), (2, 0x10)];
                segments::scan(file, &all[..count], (0, 0));
            }
            Self::Band(component, first, last) => segments::scan(file, &[(component, 0)], (first, last)),
        }
    }

    fn tell(self, components: &[Component], sink: &mut impl Sink) {
        match self {
            Self::Means => {
                let parts: Vec<Part<'_>> =
                    components.iter().zip([0, 1, 1]).map(|(component, code)| component.part(code)).collect();
                means(&parts, sink);
            }
            Self::Band(component, first, last) => {
                band(&components[usize::from(component)].blocks, first.into()..=last.into(), sink);
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
