//! Which scans of a progressive picture must be read for the size at which it is shown.

use super::JpegError;
use super::bits::next_marker;
use super::picture::Picture;
use super::scan::Scan;
use super::segments::{EOI, SOS, Segments, is_restart};
use super::tables::Tables;

/// Scans that must be read, by their place in the file.
#[derive(Debug, Default)]
pub(super) struct ScanPlan {
    needed: Vec<usize>,
}

/// A scan and where its bits start.
struct PlannedScan {
    at: usize,
    scan: Scan,
    is_needed: bool,
}

impl ScanPlan {
    /// Looks at the headers of all scans, from the one whose bits start at `at` on.
    ///
    /// A scan is needed when it brings coefficients that matter, and bits of them that show; or when a later one that is
    /// needed has bits for those coefficients of it that are not 0, and can't be read without knowing which they are.
    ///
    /// # Errors
    /// [`JpegError::EndsEarly`] when the file ends before its end marker does; and for scan headers that make no sense.
    pub(super) fn of(
        file: &[u8],
        first: (usize, Scan),
        picture: &Picture,
        tables: &Tables,
    ) -> Result<Self, JpegError> {
        let mut scans = vec![PlannedScan { at: first.0, scan: first.1, is_needed: false }];
        let mut segments = Segments::new(file)?;
        segments.seek(first.0);
        loop {
            segments.seek(end_of_bits(file, segments.position())?);
            let segment = loop {
                let segment = segments.next()?;
                if matches!(segment.marker, SOS | EOI) {
                    break segment;
                }
            };
            if segment.marker == EOI {
                break;
            }
            let scan = Scan::parse(segment.content, &picture.frame, segment.at)?;
            scans.push(PlannedScan { at: segments.position(), scan, is_needed: false });
        }
        mark_needed(&mut scans, picture, tables);
        let needed =
            scans.into_iter().filter(|planned| planned.is_needed).map(|planned| planned.at).collect();
        Ok(Self { needed })
    }

    /// Whether the scan whose bits start at a place must be read.
    pub(super) fn needs(&self, at: usize) -> bool {
        self.needed.contains(&at)
    }
}

/// Where the bits of a scan end: at a marker that is no restart.
pub(super) fn end_of_bits(file: &[u8], mut at: usize) -> Result<usize, JpegError> {
    loop {
        at = next_marker(file, at).ok_or(JpegError::EndsEarly { at: file.len() })?;
        match file.get(at + 1) {
            Some(marker) if is_restart(*marker) => at += 2,
            _ => return Ok(at),
        }
    }
}

fn mark_needed(scans: &mut [PlannedScan], picture: &Picture, tables: &Tables) {
    // For each component, the coefficients that matter, and those that a later scan's reading depends on.
    let mut wanted: Vec<u64> = (0..picture.frame.components.len())
        .map(|component| u64::MAX >> (64 - picture.coefficients_that_matter(component)))
        .collect();
    let idle_bits: Vec<u8> =
        (0..wanted.len()).map(|component| picture.bits_that_do_not_show(component, tables)).collect();
    for planned in scans.iter_mut().rev() {
        let Scan { components, band, earlier_bit, lowest_bit, .. } = &planned.scan;
        let is_refinement = *earlier_bit > 0;
        let is_idle = |component: usize| is_refinement && band.0 > 0 && *lowest_bit < idle_bits[component];
        let band = u64::MAX >> (63 - band.1.min(63)) & u64::MAX << band.0.min(63);
        planned.is_needed =
            components.iter().any(|part| wanted[part.index] & band != 0 && !is_idle(part.index));
        if planned.is_needed && is_refinement {
            for part in components {
                wanted[part.index] |= band;
            }
        }
    }
}
