//! The scans of a JPEG: how an encoder spreads a picture over them, and where they are in a file.

use std::ffi::c_int;
use std::ops::Range;

use mozjpeg_sys::jpeg_scan_info;

/// How a picture's coefficients are spread over scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scans {
    /// Baseline, all components together.
    One,
    /// Baseline, each component alone.
    Apart,
    /// Progressive as libjpeg does it: bands, and the two lowest bits later.
    Usual,
    /// Progressive in bands of coefficients, each complete.
    Bands,
    /// Progressive in bits: three of the first coefficient and four of the others come in scans of their own.
    Deep,
    /// Progressive with the first coefficients alone and apart, then all others.
    FirstApart,
}

impl Scans {
    pub(crate) const ALL: [Self; 6] =
        [Self::One, Self::Apart, Self::Usual, Self::Bands, Self::Deep, Self::FirstApart];

    /// libjpeg's script for a picture of so many components; empty where it needs none.
    pub(crate) fn script(self, components: usize) -> Vec<jpeg_scan_info> {
        let each = |scan: Part| (0..components).map(move |component| scan.of(&[component]));
        let together: Vec<usize> = (0..components).collect();
        let first = |bits: (c_int, c_int)| Part { band: (0, 0), bits }.of(&together);
        let part = |band, bits| Part { band, bits };
        match self {
            Self::One => Vec::new(),
            Self::Apart => each(part((0, 63), (0, 0))).collect(),
            Self::Bands => std::iter::once(first((0, 0)))
                .chain(each(part((1, 5), (0, 0))))
                .chain(each(part((6, 63), (0, 0))))
                .collect(),
            Self::FirstApart => each(part((0, 0), (0, 0))).chain(each(part((1, 63), (0, 0)))).collect(),
            Self::Deep => {
                let mut script = vec![first((0, 3))];
                script.extend(each(part((1, 63), (0, 4))));
                script.extend([(3, 2), (2, 1), (1, 0)].map(first));
                script.extend(
                    [(4, 3), (3, 2), (2, 1), (1, 0)].into_iter().flat_map(|bits| each(part((1, 63), bits))),
                );
                script
            }
            Self::Usual => {
                let luma = |band, bits| part(band, bits).of(&[0]);
                let others = |bits| (1..components).rev().map(move |index| part((1, 63), bits).of(&[index]));
                let mut script = vec![first((0, 1)), luma((1, 5), (0, 2))];
                script.extend(others((0, 1)));
                script.extend([luma((6, 63), (0, 2)), luma((1, 63), (2, 1)), first((1, 0))]);
                script.extend(others((1, 0)));
                script.push(luma((1, 63), (1, 0)));
                script
            }
        }
    }
}

/// What a scan brings: a band of coefficients, and of these the bits from one known before down to another.
#[derive(Debug, Clone, Copy)]
struct Part {
    band: (c_int, c_int),
    bits: (c_int, c_int),
}

impl Part {
    fn of(self, components: &[usize]) -> jpeg_scan_info {
        let mut indices = [0; 4];
        for (place, component) in indices.iter_mut().zip(components) {
            *place = c_int::try_from(*component).unwrap();
        }
        jpeg_scan_info {
            comps_in_scan: c_int::try_from(components.len()).unwrap(),
            component_index: indices,
            Ss: self.band.0,
            Se: self.band.1,
            Ah: self.bits.0,
            Al: self.bits.1,
        }
    }
}

/// A scan of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrittenScan {
    /// The names of its components.
    pub(crate) components: Vec<u8>,
    /// Its first and last coefficient.
    pub(crate) band: (u8, u8),
    /// The lowest bit that was known before, or 0; and the one that it brings.
    pub(crate) bits: (u8, u8),
    /// Where its bits are, restart markers included.
    pub(crate) data: Range<usize>,
}

/// The scans of a file that is whole.
pub(crate) fn written(file: &[u8]) -> Vec<WrittenScan> {
    let mut scans = Vec::new();
    let mut at = 2;
    while file[at + 1] != 0xd9 {
        let content = &file[at + 4..at + 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]))];
        let marker = file[at + 1];
        at += 4 + content.len();
        if marker == 0xda {
            let count = usize::from(content[0]);
            let components = content[1..].iter().step_by(2).take(count).copied().collect();
            let [first, last, bits] = content[1 + 2 * count..] else { panic!("a scan header") };
            let ends = |place: &usize| file[*place] == 0xff && !matches!(file[place + 1], 0 | 0xd0..=0xd7);
            let end = (at..file.len() - 1).find(ends).unwrap();
            scans.push(WrittenScan {
                components,
                band: (first, last),
                bits: (bits >> 4, bits & 15),
                data: at..end,
            });
            at = end;
        }
    }
    scans
}
