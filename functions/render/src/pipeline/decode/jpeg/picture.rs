//! The picture that the scans of a JPEG build up.

use super::JpegError;
use super::block::coefficients_for;
use super::coefficients::Coefficients;
use super::frame::{Component, Frame, Process};
use super::progressive::{Ac, FirstDc, FirstDcPart, MoreDc};
use super::scan::{Scan, ScanComponent, ScanData};
use super::sequential::{SequentialDecoder, SequentialPart};
use super::strip::Strip;
use super::tables::{Steps, Tables};
use crate::pipeline::RenderError;
use crate::pipeline::decode::{ColorModel, Request};
use crate::pipeline::reduce::{Plane, ReducedPlane};

/// A picture, as far as it has been decoded.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) frame: Frame,
    /// What its components mean.
    pub(super) model: ColorModel,
    components: Vec<PictureComponent>,
    /// As of the request.
    tolerated_error: f32,
}

#[derive(Debug)]
struct PictureComponent {
    strip: Strip,
    /// Of a progressive picture: what its scans have brought so far.
    coefficients: Option<Coefficients>,
    /// The quantization table in force at its first scan; later ones are for others.
    steps: Option<Steps>,
}

/// No encoder at hand leaves more bits to later scans.
const MAX_UNREAD_BITS: u8 = 3;

impl Picture {
    /// Makes room for a picture, at the least size that the request allows.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`].
    pub(super) fn new(
        frame: Frame,
        model: ColorModel,
        request: &mut Request<'_>,
    ) -> Result<Self, RenderError> {
        let mut components = Vec::with_capacity(frame.components.len());
        for (index, component) in frame.components.iter().enumerate() {
            let is_chroma = model == ColorModel::YCbCr && index > 0;
            components.push(PictureComponent::new(&frame, component, is_chroma, request)?);
        }
        Ok(Self { frame, model, components, tolerated_error: request.tolerated_error })
    }

    /// How many coefficients of a component's blocks matter at the output's size.
    pub(super) fn coefficients_that_matter(&self, component: usize) -> usize {
        self.components[component].strip.coefficients()
    }

    /// How many of the lowest bits of a component's coefficients, but for the first, change nothing that could be seen.
    ///
    /// Without its `n` lowest bits a coefficient is off by a number that is spread evenly over 2^n steps; and since the
    /// transform is orthonormal, a coefficient's error is 8 times what it adds to the error of the samples (root mean
    /// square).
    pub(super) fn bits_that_do_not_show(&self, component: usize, tables: &Tables) -> u8 {
        let Ok(steps) = tables.quantization(self.frame.components[component].quantization, 0) else {
            return 0;
        };
        let squared_steps: f32 =
            steps[1..self.coefficients_that_matter(component)].iter().map(|step| step * step).sum();
        let error = |bits: i32| (squared_steps * (f32::powi(4.0, bits) - 1.0) / 12.0).sqrt() / 8.0;
        let shows = |bits: &u8| error(i32::from(*bits)) > self.tolerated_error;
        (1..=MAX_UNREAD_BITS).find(shows).map_or(MAX_UNREAD_BITS, |first| first - 1)
    }

    /// Decodes a scan; returns where the marker stands that ends it.
    ///
    /// # Errors
    /// [`JpegError`], and what reducing says.
    pub(super) fn decode(
        &mut self,
        scan: &Scan,
        tables: &Tables,
        data: ScanData<'_>,
    ) -> Result<usize, RenderError> {
        self.expect(scan, tables, data.at)?;
        match self.frame.process {
            Process::Sequential => self.decode_sequential(scan, tables, data),
            Process::Progressive => self.decode_progressive(scan, tables, data),
        }
    }

    /// Takes note of a scan whose bits nobody needs to read.
    ///
    /// # Errors
    /// [`JpegError::Corrupt`] when it is not the next of its coefficients' scans.
    pub(super) fn expect(&mut self, scan: &Scan, tables: &Tables, at: usize) -> Result<(), JpegError> {
        for part in &scan.components {
            let component = &mut self.components[part.index];
            if component.steps.is_none() {
                let table = self.frame.components[part.index].quantization;
                component.steps = Some(tables.quantization(table, at)?);
            } else if self.frame.process == Process::Sequential {
                return Err(JpegError::Corrupt { at, what: "it has two scans of one component" });
            }
            if let Some(coefficients) = &mut component.coefficients {
                coefficients.expect(scan.band, (scan.earlier_bit, scan.lowest_bit), at)?;
            }
        }
        Ok(())
    }

    fn decode_sequential(
        &mut self,
        scan: &Scan,
        tables: &Tables,
        data: ScanData<'_>,
    ) -> Result<usize, RenderError> {
        let is_alone = scan.components.len() == 1;
        let mut components: Vec<_> = self.components.iter_mut().map(Some).collect();
        let mut parts = Vec::with_capacity(scan.components.len());
        for part in &scan.components {
            let Some(component) = components[part.index].take() else { continue };
            let (_, down) = self.frame.components[part.index].factors;
            parts.push(SequentialPart {
                dc_table: tables.dc(part.dc_table, data.at)?,
                ac_table: tables.ac(part.ac_table, data.at)?,
                steps: component.steps.unwrap_or([0.0; 64]),
                coefficients: component.strip.coefficients(),
                strip: &mut component.strip,
                rows_at_once: if is_alone { 1 } else { down },
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
    ) -> Result<usize, RenderError> {
        let mut components: Vec<_> =
            self.components.iter_mut().map(|component| component.coefficients.as_mut()).collect();
        let mut parts = Vec::with_capacity(scan.components.len());
        for part in &scan.components {
            let Some(coefficients) = components[part.index].take() else { continue };
            coefficients.note_read(scan.band, scan.lowest_bit);
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
            let first = |(part, coefficients): (&ScanComponent, _)| {
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
    /// [`JpegError::Corrupt`] when scans are missing; what reducing says.
    pub(super) fn planes(self, at: usize) -> Result<Vec<ReducedPlane>, RenderError> {
        let components = self.components.into_iter().zip(&self.frame.components);
        components.map(|(component, header)| component.plane(header, at)).collect()
    }
}

impl PictureComponent {
    fn new(
        frame: &Frame,
        component: &Component,
        is_chroma: bool,
        request: &mut Request<'_>,
    ) -> Result<Self, RenderError> {
        let shown_at = if is_chroma { request.chroma_size() } else { request.framing.output };
        let is_enough = |scale: &u32| request.is_fine_enough(frame.pitch(component, *scale), shown_at);
        let scale = (1..8).find(is_enough).unwrap_or(8);
        let kept = coefficients_for(scale as usize);
        let (width, height) = frame.samples(component, scale);
        let blocks = (component.padded_blocks.0, component.factors.1);
        let coefficient_bytes = match frame.process {
            Process::Sequential => 0,
            Process::Progressive => Coefficients::bytes(component, kept),
        };
        request.memory.claim(Strip::bytes(blocks.0, blocks.1, scale) + coefficient_bytes)?;
        let pitch = frame.pitch(component, scale);
        let plane = Plane { width, height, channels: 1, has_alpha: false, pitch };
        let reducer = request.reducer_at(plane, shown_at)?;
        let coefficients = match frame.process {
            Process::Sequential => None,
            Process::Progressive => Some(Coefficients::new(component, kept)),
        };
        Ok(Self { strip: Strip::new(blocks, scale, reducer), coefficients, steps: None })
    }

    fn plane(mut self, header: &Component, at: usize) -> Result<ReducedPlane, RenderError> {
        let steps = self.steps.filter(|_| match &self.coefficients {
            Some(coefficients) => coefficients.are_complete(),
            None => true,
        });
        let steps = steps.ok_or(JpegError::Corrupt { at, what: "some of its scans are missing" })?;
        if let Some(coefficients) = &self.coefficients {
            coefficients.paint(header, &steps, &mut self.strip)?;
        }
        self.strip.finish()
    }
}
