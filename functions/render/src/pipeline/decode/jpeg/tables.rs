//! The tables that segments between the scans define.

use super::JpegError;
use super::huffman::HuffmanTable;

/// The steps of a quantization table, in zigzag order: what the numbers in the file are to be multiplied by.
pub(super) type Steps = [f32; 64];

/// The tables in force.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quantization: [Option<Steps>; 4],
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
}

const NO_QUANTIZATION: &str = "it uses a quantization table that it never defined";
const NO_HUFFMAN: &str = "it uses a Huffman table that it never defined";
const BAD_QUANTIZATION: &str = "it has a malformed quantization table";
const BAD_HUFFMAN: &str = "it has a malformed Huffman table";

impl Tables {
    /// Takes the tables of a DQT segment.
    pub(super) fn define_quantization(&mut self, mut segment: &[u8], at: usize) -> Result<(), JpegError> {
        let corrupt = JpegError::Corrupt { at, what: BAD_QUANTIZATION };
        while let [head, values @ ..] = segment {
            let sample_bytes = match head >> 4 {
                0 => 1,
                1 => 2,
                _ => return Err(corrupt),
            };
            let Some(slot) = self.quantization.get_mut(usize::from(head & 15)) else { return Err(corrupt) };
            let Some((values, rest)) = values.split_at_checked(64 * sample_bytes) else {
                return Err(corrupt);
            };
            let mut table = [0.0; 64];
            for (step, bytes) in table.iter_mut().zip(values.chunks_exact(sample_bytes)) {
                *step = bytes.iter().fold(0_u16, |value, byte| value << 8 | u16::from(*byte)).into();
            }
            *slot = Some(table);
            segment = rest;
        }
        Ok(())
    }

    /// Takes the tables of a DHT segment.
    pub(super) fn define_huffman(&mut self, mut segment: &[u8], at: usize) -> Result<(), JpegError> {
        let corrupt = JpegError::Corrupt { at, what: BAD_HUFFMAN };
        while let Some(([head, counts @ ..], rest)) = segment.split_first_chunk::<17>() {
            let class = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(corrupt),
            };
            let Some(slot) = class.get_mut(usize::from(head & 15)) else { return Err(corrupt) };
            let total = counts.iter().map(|count| usize::from(*count)).sum::<usize>();
            let Some((symbols, rest)) = rest.split_at_checked(total) else { return Err(corrupt) };
            *slot = Some(HuffmanTable::new(counts, symbols, at)?);
            segment = rest;
        }
        if segment.is_empty() { Ok(()) } else { Err(corrupt) }
    }

    pub(super) fn quantization(&self, id: u8, at: usize) -> Result<Steps, JpegError> {
        let table = self.quantization.get(usize::from(id)).copied().flatten();
        table.ok_or(JpegError::Corrupt { at, what: NO_QUANTIZATION })
    }

    pub(super) fn dc(&self, id: u8, at: usize) -> Result<&HuffmanTable, JpegError> {
        let table = self.dc.get(usize::from(id)).and_then(Option::as_ref);
        table.ok_or(JpegError::Corrupt { at, what: NO_HUFFMAN })
    }

    pub(super) fn ac(&self, id: u8, at: usize) -> Result<&HuffmanTable, JpegError> {
        let table = self.ac.get(usize::from(id)).and_then(Option::as_ref);
        table.ok_or(JpegError::Corrupt { at, what: NO_HUFFMAN })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantization_tables_have_steps_of_one_or_two_bytes() {
        let mut tables = Tables::default();
        let segment = [&[0x00][..], &[7; 64], &[0x11], &[1, 2].repeat(64)].concat();
        tables.define_quantization(&segment, 0).unwrap();
        assert!(tables.quantization(0, 0).unwrap().iter().all(|step| (step - 7.0).abs() < 0.1));
        assert!(tables.quantization(1, 0).unwrap().iter().all(|step| (step - 258.0).abs() < 0.1));
        assert!(tables.quantization(2, 0).is_err());
    }

    #[test]
    fn a_malformed_table_is_refused() {
        let mut tables = Tables::default();
        for segment in [&[0x00, 7][..], &[0x20; 65], &[0x04; 65]] {
            assert!(tables.define_quantization(segment, 0).is_err(), "{segment:?}");
        }
        let one_code = [&[0x00, 1][..], &[0; 15], b"s"].concat();
        assert!(tables.define_huffman(&one_code, 0).is_ok());
        assert!(tables.dc(0, 0).is_ok() && tables.ac(0, 0).is_err());
        assert!(tables.define_huffman(&one_code[..17], 0).is_err());
        assert!(tables.define_huffman(&one_code[..9], 0).is_err());
    }
}
