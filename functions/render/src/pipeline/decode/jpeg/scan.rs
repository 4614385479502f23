//! A scan: which components it brings which coefficients of, and the order of its blocks (T.81, A.2 and B.2.3).

use super::JpegError;
use super::bits::BitReader;
use super::frame::{Frame, Process};
use super::segments::is_restart;
use crate::pipeline::RenderError;

/// A scan header.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// The components, in the order of their blocks.
    pub(super) components: Vec<ScanComponent>,
    /// The first and last coefficient, in zigzag order.
    pub(super) band: (u8, u8),
    /// The lowest bit of these coefficients that earlier scans brought; 0 when none did.
    pub(super) earlier_bit: u8,
    /// The lowest bit that this scan brings.
    pub(super) lowest_bit: u8,
}

/// A component's part in a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanComponent {
    /// Its place in the frame.
    pub(super) index: usize,
    /// Its Huffman table for the first coefficient.
    pub(super) dc_table: u8,
    /// Its Huffman table for the others.
    pub(super) ac_table: u8,
}

/// A block to decode: whose, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockPlace {
    /// The component, by its place in the scan.
    pub(super) in_scan: usize,
    /// Its place among the component's blocks, across and down.
    pub(super) at: (u32, u32),
    /// Its row among the component's blocks of its minimum coded unit.
    pub(super) row_in_unit: u32,
}

/// What decodes the blocks of a scan.
pub(super) trait BlockDecoder {
    /// Decodes the next block of the scan.
    fn block(&mut self, bits: &mut BitReader<'_>, place: BlockPlace) -> Result<(), JpegError>;

    /// Takes note that a row of minimum coded units is complete.
    fn row_done(&mut self) -> Result<(), RenderError> {
        Ok(())
    }

    /// Forgets what blocks before had said: a restart interval begins.
    fn restart(&mut self);
}

impl Scan {
    /// Reads the segment of a scan header that stands at `at`.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`].
    pub(super) fn parse(segment: &[u8], frame: &Frame, at: usize) -> Result<Self, JpegError> {
        let corrupt = |what| JpegError::Corrupt { at, what };
        let malformed = || corrupt("it has a malformed scan header");
        let (count, rest) = segment.split_first().ok_or_else(malformed)?;
        let (specs, tail) = rest.split_at_checked(usize::from(*count) * 2).ok_or_else(malformed)?;
        let [first, last, bits] = tail else { return Err(malformed()) };
        let mut components: Vec<ScanComponent> = Vec::with_capacity(4);
        for spec in specs.chunks_exact(2) {
            let named = frame.components.iter().position(|component| component.id == spec[0]);
            let index = named.filter(|index| components.iter().all(|other| other.index != *index));
            let index = index.ok_or_else(|| corrupt("it has a scan of a component that it does not have"))?;
            components.push(ScanComponent { index, dc_table: spec[1] >> 4, ac_table: spec[1] & 15 });
        }
        let blocks_in_unit = |one: &ScanComponent| {
            let (across, down) = frame.components[one.index].factors;
            across * down
        };
        if components.is_empty()
            || components.len() > 1 && components.iter().map(blocks_in_unit).sum::<u32>() > 10
        {
            return Err(malformed());
        }
        let scan = Self { components, band: (*first, *last), earlier_bit: bits >> 4, lowest_bit: bits & 15 };
        let possible = match frame.process {
            // Some encoders leave garbage in the fields that only progressive scans use.
            Process::Sequential => true,
            Process::Progressive => scan.is_possible(),
        };
        if possible { Ok(scan) } else { Err(malformed()) }
    }

    /// Whether a progressive scan keeps the rules: the first coefficient alone, or others of one component.
    fn is_possible(&self) -> bool {
        let (first, last) = self.band;
        let band_is_possible =
            if first == 0 { last == 0 } else { first <= last && last < 64 && self.components.len() == 1 };
        let refines_by_one_bit = self.earlier_bit == 0 || self.earlier_bit == self.lowest_bit + 1;
        band_is_possible && refines_by_one_bit && self.lowest_bit <= 13
    }

    /// Decodes all blocks of the scan, whose bits start at `at`. Returns where the marker stands that ends it.
    ///
    /// # Errors
    /// What the decoder says, or for bits that end early or restarts that are out of order.
    pub(super) fn decode(
        &self,
        frame: &Frame,
        data: ScanData<'_>,
        decoder: &mut impl BlockDecoder,
    ) -> Result<usize, RenderError> {
        let mut bits = BitReader::new(data.file, data.at);
        let mut restarts =
            Restarts { interval: data.restart_interval, left: data.restart_interval, number: 0 };
        let blocks = self.blocks_of_unit(frame);
        let (across, down) = self.units(frame);
        for row in 0..down {
            for column in 0..across {
                if restarts.is_due() {
                    restarts.pass(&mut bits, data.file)?;
                    decoder.restart();
                }
                for block in &blocks {
                    let at = (column * block.across + block.column, row * block.down + block.row);
                    let place = BlockPlace { in_scan: block.in_scan, at, row_in_unit: block.row };
                    decoder.block(&mut bits, place)?;
                }
                bits.check()?;
            }
            decoder.row_done()?;
        }
        Ok(bits.finish()?)
    }

    /// How many minimum coded units the scan has, across and down: of a lone component each block is one, and only
    /// blocks with samples of the picture count.
    fn units(&self, frame: &Frame) -> (u32, u32) {
        match self.components[..] {
            [alone] => frame.components[alone.index].blocks,
            _ => frame.units,
        }
    }

    /// The blocks of a minimum coded unit, in their order.
    fn blocks_of_unit(&self, frame: &Frame) -> Vec<UnitBlock> {
        if self.components.len() == 1 {
            return vec![UnitBlock { in_scan: 0, across: 1, down: 1, column: 0, row: 0 }];
        }
        let of_component = |(in_scan, component): (usize, &ScanComponent)| {
            let (across, down) = frame.components[component.index].factors;
            (0..across * down).map(move |block| UnitBlock {
                in_scan,
                across,
                down,
                column: block % across,
                row: block / across,
            })
        };
        self.components.iter().enumerate().flat_map(of_component).collect()
    }
}

/// A block of a minimum coded unit.
#[derive(Debug, Clone, Copy)]
struct UnitBlock {
    in_scan: usize,
    /// How many blocks of its component a unit has, across and down.
    across: u32,
    down: u32,
    /// Its place among them.
    column: u32,
    row: u32,
}

/// Where the bits of a scan are.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanData<'a> {
    /// The whole file.
    pub(super) file: &'a [u8],
    /// Where the bits start.
    pub(super) at: usize,
    /// After how many minimum coded units a restart marker stands; 0: there are none.
    pub(super) restart_interval: u16,
}

/// The restart markers of a scan.
#[derive(Debug)]
struct Restarts {
    interval: u16,
    /// Units left before the next; stays 0 where there are none.
    left: u16,
    /// The next one's number.
    number: u8,
}

impl Restarts {
    /// Counts a unit: whether a marker stands before it.
    #[inline]
    fn is_due(&mut self) -> bool {
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.interval > 0
    }

    /// Goes on behind the marker that must stand here.
    fn pass(&mut self, bits: &mut BitReader<'_>, file: &[u8]) -> Result<(), JpegError> {
        let at = bits.finish()?;
        match file.get(at + 1) {
            Some(marker) if is_restart(*marker) && marker & 7 == self.number => bits.restart(at + 2),
            Some(_) => return Err(JpegError::Corrupt { at, what: "a part of its data is missing" }),
            None => return Err(JpegError::EndsEarly { at }),
        }
        (self.left, self.number) = (self.interval - 1, (self.number + 1) % 8);
        Ok(())
    }
}
