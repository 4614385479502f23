//! The frame header: how big the picture is, and how its components are sampled (T.81, B.2.2).

use super::JpegError;

/// How the coefficients of a frame are spread over its scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// Each block is complete in one scan (baseline, extended sequential).
    Sequential,
    /// Each scan adds some coefficients, or some of their bits.
    Progressive,
}

/// A picture's frame header.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) process: Process,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
    /// The greatest sampling factors, across and down: a component with these has a sample for each pixel.
    pub(super) finest: (u32, u32),
    /// How many minimum coded units an interleaved scan has, across and down.
    pub(super) units: (u32, u32),
}

/// One component of the picture: luma, a chroma, an ink.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Its name in scan headers.
    pub(super) id: u8,
    /// Its sampling factors, 1 to 4: blocks in a minimum coded unit, across and down.
    pub(super) factors: (u32, u32),
    /// Which quantization table it uses.
    pub(super) quantization: u8,
    /// How many blocks have samples of the picture, across and down.
    pub(super) blocks: (u32, u32),
    /// How many blocks there are with those that fill up the last minimum coded units, across and down.
    pub(super) padded_blocks: (u32, u32),
}

impl Frame {
    /// Reads the segment of a frame header that stands at `at`.
    ///
    /// # Errors
    /// [`JpegError::Unsupported`] for what no decoder of photographs is expected to read; [`JpegError::Corrupt`].
    pub(super) fn parse(process: Process, segment: &[u8], at: usize) -> Result<Self, JpegError> {
        let corrupt = |what| JpegError::Corrupt { at, what };
        let [precision, h1, h0, w1, w0, count, specs @ ..] = segment else {
            return Err(corrupt("its frame header is too short"));
        };
        let (height, width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
        if *precision != 8 {
            return Err(JpegError::Unsupported("JPEG with another depth than 8 bits"));
        }
        if width == 0 || height == 0 {
            return Err(JpegError::Unsupported("JPEG that does not say how big it is"));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(JpegError::Unsupported("JPEG with a number of components other than 1, 3 and 4"));
        }
        if specs.len() != usize::from(*count) * 3 {
            return Err(corrupt("its frame header has a wrong length"));
        }
        let mut components = Vec::with_capacity(4);
        for spec in specs.chunks_exact(3) {
            let factors = (u32::from(spec[1] >> 4), u32::from(spec[1] & 15));
            if !(1..=4).contains(&factors.0) || !(1..=4).contains(&factors.1) || spec[2] > 3 {
                return Err(corrupt("its frame header has a component that cannot be"));
            }
            let (id, quantization) = (spec[0], spec[2]);
            components.push(Component { id, factors, quantization, blocks: (0, 0), padded_blocks: (0, 0) });
        }
        Ok(Self::with_blocks(process, width.into(), height.into(), components))
    }

    /// The frame with its components' numbers of blocks worked out.
    fn with_blocks(process: Process, width: u32, height: u32, mut components: Vec<Component>) -> Self {
        let finest_across = components.iter().map(|component| component.factors.0).max().unwrap_or(1);
        let finest_down = components.iter().map(|component| component.factors.1).max().unwrap_or(1);
        let units = (width.div_ceil(8 * finest_across), height.div_ceil(8 * finest_down));
        for component in &mut components {
            let (across, down) = component.factors;
            component.blocks =
                ((width * across).div_ceil(8 * finest_across), (height * down).div_ceil(8 * finest_down));
            component.padded_blocks = (units.0 * across, units.1 * down);
        }
        Self { process, width, height, components, finest: (finest_across, finest_down), units }
    }

    /// How many pixels of the picture one sample of a component spans, across and down, when each of its blocks becomes
    /// `scale` samples wide and high instead of 8.
    pub(super) fn pitch(&self, component: &Component, scale: u32) -> (f64, f64) {
        let pitch = |finest: u32, factor: u32| f64::from(finest * 8) / f64::from(factor * scale);
        (pitch(self.finest.0, component.factors.0), pitch(self.finest.1, component.factors.1))
    }

    /// How many samples of a component cover the picture at that scale, across and down.
    pub(super) fn samples(&self, component: &Component, scale: u32) -> (u32, u32) {
        let samples = |length: u32, factor: u32, finest: u32| (length * factor * scale).div_ceil(finest * 8);
        (
            samples(self.width, component.factors.0, self.finest.0),
            samples(self.height, component.factors.1, self.finest.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(width: u16, height: u16, factors: &[u8]) -> Vec<u8> {
        let mut segment = vec![8];
        segment.extend(height.to_be_bytes());
        segment.extend(width.to_be_bytes());
        segment.push(u8::try_from(factors.len()).unwrap());
        for (id, factors) in (1_u8..).zip(factors) {
            segment.extend([id, *factors, 0]);
        }
        segment
    }

    #[test]
    fn a_subsampled_component_has_fewer_blocks_and_its_samples_span_more_pixels() {
        let frame = Frame::parse(Process::Sequential, &header(100, 50, &[0x22, 0x11, 0x11]), 0).unwrap();
        let [luma, chroma, _] = &frame.components[..] else { panic!("three components") };
        assert_eq!((luma.blocks, luma.padded_blocks), ((13, 7), (14, 8)));
        assert_eq!((chroma.blocks, chroma.padded_blocks), ((7, 4), (7, 4)));
        assert_eq!((frame.pitch(luma, 8), frame.pitch(chroma, 8)), ((1.0, 1.0), (2.0, 2.0)));
        assert_eq!((frame.pitch(luma, 4), frame.samples(luma, 4)), ((2.0, 2.0), (50, 25)));
        assert_eq!(frame.samples(chroma, 8), (50, 25));
    }

    #[test]
    fn a_lone_component_has_a_sample_for_each_pixel_whatever_its_factors() {
        let frame = Frame::parse(Process::Sequential, &header(100, 50, &[0x42]), 0).unwrap();
        assert_eq!(frame.components[0].blocks, (13, 7));
        assert_eq!(frame.pitch(&frame.components[0], 8), (1.0, 1.0));
    }

    #[test]
    fn a_header_that_cannot_be_is_refused() {
        let parse = |segment: &[u8]| Frame::parse(Process::Sequential, segment, 0);
        let good = header(100, 50, &[0x11]);
        assert!(parse(&good).is_ok());
        assert!(parse(&good[..good.len() - 1]).is_err());
        assert!(parse(&header(0, 50, &[0x11])).is_err());
        assert!(parse(&header(100, 50, &[0x50])).is_err());
        assert!(parse(&header(100, 50, &[0x11, 0x11])).is_err());
        let twelve_bits: Vec<u8> = [&[12], &good[1..]].concat();
        assert!(matches!(parse(&twelve_bits), Err(JpegError::Unsupported(_))));
    }
}
