//! The picture that the scans of a JPEG build up.

use super::JpegError;
use super::canvas::{Canvas, Coefficients};
use super::frame::{Frame, Process};
use super::progressive::{Ac, FirstDc, FirstDcPart, MoreDc};
use super::scan::{Scan, ScanData};
use super::sequential::{SequentialDecoder, SequentialPart};
use super::tables::{Steps, Tables};
use crate::pipeline::RenderError;
use crate::pipeline::decode::{Plane, Request};

/// A picture, as far as it has been decoded.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) frame: Frame,
    components: Vec<PictureComponent>,
}

#[derive(Debug)]
struct PictureComponent {
    /// How many samples a block becomes, across and down.
    scale: u32,
    canvas: Canvas,
    /// Of a progressive picture: what its scans have brought so far.
    coefficients: Option<Coefficients>,
    /// The quantization table in force at its first scan; later ones are for others.
    steps: Option<Steps>,
}

impl Picture {
    /// Makes room for a picture, at the least size that the request allows.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    pub(super) fn new(frame: Frame, request: &mut Request<'_>) -> Result<Self, RenderError> {
        let mut scales = Vec::with_capacity(frame.components.len());
        for component in &frame.components {
            let enough = |scale: &u32| request.is_fine_enough(frame.pitch(component, *scale));
            let scale = [1, 2, 4].into_iter().find(enough).unwrap_or(8);
            let (width, height) = frame.samples(component, scale);
            let coefficient_bytes = match frame.process {
                Process::Sequential => 0,
                Process::Progressive => Coefficients::bytes(component),
            };
            request.memory.claim(u64::from(width) * u64::from(height) + coefficient_bytes)?;
            scales.push(scale);
        }
        let room = |(component, scale)| PictureComponent {
            scale,
            canvas: Canvas::new(&frame, component, scale),
            coefficients: match frame.process {
                Process::Sequential => None,
                Process::Progressive => Some(Coefficients::new(component)),
            },
            steps: None,
        };
        let components = frame.components.iter().zip(scales).map(room).collect();
        Ok(Self { frame, components })
    }

    /// Decodes a scan; returns where the marker stands that ends it.
    ///
    /// # Errors
    /// [`JpegError`].
    pub(super) fn decode(
        &mut self,
        scan: &Scan,
        tables: &Tables,
        data: ScanData<'_>,
    ) -> Result<usize, JpegError> {
        for part in &scan.components {
            let component = &mut self.components[part.index];
            if component.steps.is_none() {
                let table = self.frame.components[part.index].quantization;
                component.steps = Some(tables.quantization(table, data.at)?);
            } else if self.frame.process == Process::Sequential {
                return Err(JpegError::Corrupt { at: data.at, what: "it has two scans of one component" });
            }
        }
        match self.frame.process {
            Process::Sequential => self.decode_sequential(scan, tables, data),
            Process::Progressive => self.decode_progressive(scan, tables, data),
        }
    }

    fn decode_sequential(
        &mut self,
        scan: &Scan,
        tables: &Tables,
        data: ScanData<'_>,
    ) -> Result<usize, JpegError> {
        let mut components: Vec<_> = self.components.iter_mut().map(Some).collect();
        let mut parts = Vec::with_capacity(scan.components.len());
        for part in &scan.components {
            let Some(component) = components[part.index].take() else { continue };
            parts.push(SequentialPart {
                dc_table: tables.dc(part.dc_table, data.at)?,
                ac_table: tables.ac(part.ac_table, data.at)?,
                steps: component.steps.unwrap_or([0.0; 64]),
                canvas: &mut component.canvas,
                prediction: 0,
            });
        }
        scan.decode(&self.frame, data, &mut SequentialDecoder::new(parts))
    }

    fn decode_progressive(
        &mut self,
        scan: &Scan,
        tables: &Tables,
        data: ScanData<'_>,
    ) -> Result<usize, JpegError> {
        let mut components: Vec<_> =
            self.components.iter_mut().map(|component| component.coefficients.as_mut()).collect();
        let mut parts = Vec::with_capacity(scan.components.len());
        for part in &scan.components {
            let Some(coefficients) = components[part.index].take() else { continue };
            coefficients.expect(scan.band, (scan.earlier_bit, scan.lowest_bit), data.at)?;
            parts.push((part, coefficients));
        }
        let (is_first, lowest_bit) = (scan.earlier_bit == 0, scan.lowest_bit);
        if scan.band.0 > 0 {
            let alone =
                parts.pop().ok_or(JpegError::Corrupt { at: data.at, what: "it has an empty scan" })?;
            let table = tables.ac(alone.0.ac_table, data.at)?;
            let band = (scan.band.0.into(), scan.band.1.into());
            let mut ac = Ac { table, coefficients: alone.1, band, lowest_bit, is_first, empty_blocks: 0 };
            scan.decode(&self.frame, data, &mut ac)
        } else if is_first {
            let first = |(part, coefficients): (&super::scan::ScanComponent, _)| {
                Ok(FirstDcPart { table: tables.dc(part.dc_table, data.at)?, coefficients, prediction: 0 })
            };
            let parts = parts.into_iter().map(first).collect::<Result<_, JpegError>>()?;
            scan.decode(&self.frame, data, &mut FirstDc { parts, lowest_bit })
        } else {
            let parts = parts.into_iter().map(|(_, coefficients)| coefficients).collect();
            scan.decode(&self.frame, data, &mut MoreDc { parts, lowest_bit })
        }
    }

    /// The finished picture, a plane per component.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when scans are missing.
    pub(super) fn planes(self, at: usize) -> Result<Vec<Plane>, JpegError> {
        let mut planes = Vec::with_capacity(self.components.len());
        for (mut component, header) in self.components.into_iter().zip(&self.frame.components) {
            let steps = component.steps.filter(|_| match &component.coefficients {
                Some(coefficients) => coefficients.are_complete(),
                None => true,
            });
            let steps = steps.ok_or(JpegError::Corrupt { at, what: "some of its scans are missing" })?;
            if let Some(coefficients) = &component.coefficients {
                coefficients.paint(header, &steps, &mut component.canvas);
            }
            let Canvas { samples, width, height, .. } = component.canvas;
            let pitch = self.frame.pitch(header, component.scale);
            planes.push(Plane { samples, width, height, channels: 1, pitch });
        }
        Ok(planes)
    }
}
