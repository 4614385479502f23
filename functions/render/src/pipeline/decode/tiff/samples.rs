//! From the samples that a TIFF stores to pixels of 8 bits a sample.

use tiff::decoder::DecodingResult;
use tiff::tags::Tag;

use super::{Kind, Layout, Reader, undecodable, unsupported};
use crate::pipeline::RenderError;
use crate::pipeline::decode::ColorModel;
use crate::pipeline::decode::depth::narrowed;

/// Samples as they are stored.
#[derive(Debug)]
pub(super) enum Stored {
    /// Of at most 8 bits; those of fewer are packed, each row from a new byte on.
    Eight(Vec<u8>),
    /// Of 16 bits.
    Sixteen(Vec<u16>),
}

/// The colours of a palette: red, green and blue.
#[derive(Debug)]
pub(super) struct Palette(Vec<[u8; 3]>);

impl Palette {
    /// Reads the palette for indices of so many bits.
    pub(super) fn read(reader: &mut Reader<'_>, bits: u8) -> Result<Self, RenderError> {
        let map =
            reader.find_tag_unsigned_vec::<u16>(Tag::ColorMap).map_err(undecodable)?.unwrap_or_default();
        // All reds, then all greens, then all blues.
        let size = 1 << bits;
        if map.len() != 3 * size {
            return Err(unsupported("with a palette of another size than its samples"));
        }
        let color = |index| [map[index], map[size + index], map[2 * size + index]].map(narrowed);
        Ok(Self((0..size).map(color).collect()))
    }
}

impl Stored {
    /// What the decoder made.
    ///
    /// # Errors
    /// [`RenderError::Undecodable`] for samples that are no whole numbers of 8 or 16 bits.
    pub(super) fn of(result: DecodingResult) -> Result<Self, RenderError> {
        match result {
            DecodingResult::U8(samples) => Ok(Self::Eight(samples)),
            DecodingResult::U16(samples) => Ok(Self::Sixteen(samples)),
            DecodingResult::U32(_)
            | DecodingResult::U64(_)
            | DecodingResult::F16(_)
            | DecodingResult::F32(_)
            | DecodingResult::F64(_)
            | DecodingResult::I8(_)
            | DecodingResult::I16(_)
            | DecodingResult::I32(_)
            | DecodingResult::I64(_) => Err(unsupported("with samples other than whole numbers")),
        }
    }

    /// None, of the same size.
    pub(super) fn empty(&self) -> Self {
        match self {
            Self::Eight(_) => Self::Eight(Vec::new()),
            Self::Sixteen(_) => Self::Sixteen(Vec::new()),
        }
    }

    /// The samples of rows that are so wide, pixel by pixel, as [`Kind::model`] says.
    pub(super) fn into_pixels(self, layout: &Layout, width: u32) -> Vec<u8> {
        if let Kind::Palette(palette) = &layout.kind {
            let colors = |index: usize| palette.0.get(index).copied().unwrap_or_default();
            return self.indices(layout, width).flat_map(colors).collect();
        }
        let mut samples = match self {
            Self::Eight(samples) if layout.bits < 8 => {
                let highest = (1 << layout.bits) - 1;
                let spread = |value: u8| value * (255 / highest);
                return unpacked(&samples, layout.bits, width).map(spread).collect();
            }
            Self::Eight(samples) => {
                let mut samples = interleaved(samples, layout);
                if matches!(layout.kind, Kind::CieLab) {
                    samples
                        .chunks_exact_mut(3)
                        .for_each(|lab| lab[1..].iter_mut().for_each(|ab| *ab ^= 0x80));
                }
                samples
            }
            Self::Sixteen(samples) => {
                let samples = interleaved(samples, layout);
                let channels = (0..layout.count).cycle();
                samples
                    .into_iter()
                    .zip(channels)
                    .map(|(wide, channel)| layout.kind.narrow(wide, channel))
                    .collect()
            }
        };
        match layout.kind {
            Kind::Premultiplied(model) => unmultiply(&mut samples, model.channels()),
            Kind::CmykAndMore => {
                samples = samples.chunks_exact(5).flat_map(|pixel| &pixel[..4]).copied().collect();
            }
            Kind::Plain(_) | Kind::CieLab | Kind::IccLab | Kind::Palette(_) => {}
        }
        samples
    }

    /// Samples that are indices.
    fn indices(self, layout: &Layout, width: u32) -> Box<dyn Iterator<Item = usize>> {
        match self {
            Self::Eight(samples) if layout.bits < 8 => {
                let indices: Vec<u8> = unpacked(&samples, layout.bits, width).collect();
                Box::new(indices.into_iter().map(usize::from))
            }
            Self::Eight(samples) => Box::new(samples.into_iter().map(usize::from)),
            Self::Sixteen(samples) => Box::new(samples.into_iter().map(usize::from)),
        }
    }
}

impl Kind {
    /// What the samples of its pixels mean.
    pub(super) fn model(&self) -> ColorModel {
        match self {
            Self::Plain(model) | Self::Premultiplied(model) => *model,
            Self::CmykAndMore => ColorModel::Cmyk,
            Self::CieLab | Self::IccLab => ColorModel::Lab,
            Self::Palette(_) => ColorModel::Rgb,
        }
    }

    /// A sample of 16 bits as one of 8.
    fn narrow(&self, wide: u16, channel: u16) -> u8 {
        let upper_byte = |wide: u16| wide.to_be_bytes()[0];
        match (self, channel) {
            // 256 steps for 1, so that the upper byte is the value; and 0 becomes 128.
            (Self::CieLab, 1..) => upper_byte(wide ^ 0x8000),
            // ICC's old encoding: 0xFF00 is L* = 100.
            (Self::IccLab, _) => upper_byte(wide),
            (
                Self::CieLab | Self::Plain(_) | Self::Premultiplied(_) | Self::CmykAndMore | Self::Palette(_),
                _,
            ) => narrowed(wide),
        }
    }
}

/// Samples of 1, 2 or 4 bits, one by one.
fn unpacked(packed: &[u8], bits: u8, width: u32) -> impl Iterator<Item = u8> {
    let width = width as usize;
    let row_bytes = (width * usize::from(bits)).div_ceil(8);
    let mask = (1_u8 << bits) - 1;
    packed.chunks_exact(row_bytes).flat_map(move |row| {
        let samples =
            row.iter().flat_map(move |byte| (1..=8 / bits).map(move |nth| byte >> (8 - nth * bits) & mask));
        samples.take(width)
    })
}

/// Samples of planes as samples of pixels.
fn interleaved<T: Copy>(samples: Vec<T>, layout: &Layout) -> Vec<T> {
    if !layout.is_planar {
        return samples;
    }
    let plane = samples.len() / usize::from(layout.count);
    let count = usize::from(layout.count);
    (0..plane * count).map(|index| samples[index % count * plane + index / count]).collect()
}

/// Divides colours by the opacity that they were multiplied by.
fn unmultiply(samples: &mut [u8], channels: u8) {
    for pixel in samples.chunks_exact_mut(channels.into()) {
        let Some((alpha, colors)) = pixel.split_last_mut() else { continue };
        let alpha = u32::from(*alpha).max(1);
        for color in colors {
            let divided = (u32::from(*color) * 255 + alpha / 2) / alpha;
            *color = u8::try_from(divided).unwrap_or(u8::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(kind: Kind, bits: u8, count: u16, is_planar: bool) -> Layout {
        Layout { kind, bits, count, is_planar }
    }

    #[test]
    fn packed_samples_come_row_by_row_and_padding_is_left_out() {
        let grey = layout(Kind::Plain(ColorModel::Grey), 2, 1, false);
        let stored = Stored::Eight(vec![0b00_01_10_11, 0b11_00_00_00, 0b11_10_01_00, 0b00_11_11_11]);
        let samples = stored.into_pixels(&grey, 5);
        assert_eq!(samples, [0, 85, 170, 255, 255, 255, 170, 85, 0, 0]);
    }

    #[test]
    fn planes_become_pixels() {
        let planar = layout(Kind::Plain(ColorModel::Rgb), 8, 3, true);
        let samples = Stored::Eight(vec![1, 2, 11, 12, 21, 22]).into_pixels(&planar, 2);
        assert_eq!(samples, [1, 11, 21, 2, 12, 22]);
    }

    #[test]
    fn lab_has_one_form_however_it_was_stored() {
        let grey_and_blueish = [255, 128, 128, 127, 128, 118];
        let eight = Stored::Eight(vec![255, 0, 0, 127, 0, 246]);
        assert_eq!(eight.into_pixels(&layout(Kind::CieLab, 8, 3, false), 2), grey_and_blueish);
        let sixteen = Stored::Sixteen(vec![0xffff, 0, 0, 0x7f7f, 0, 0xf600]);
        assert_eq!(sixteen.into_pixels(&layout(Kind::CieLab, 16, 3, false), 2), grey_and_blueish);
        let icc = Stored::Sixteen(vec![0xff00, 0x8000, 0x8000, 0x7f00, 0x8000, 0x7600]);
        assert_eq!(icc.into_pixels(&layout(Kind::IccLab, 16, 3, false), 2), grey_and_blueish);
    }

    #[test]
    fn a_palette_gives_its_colors() {
        let palette = Palette(vec![[1, 2, 3], [4, 5, 6]]);
        let layout = layout(Kind::Palette(palette), 1, 1, false);
        assert_eq!(layout.kind.model(), ColorModel::Rgb);
        let samples = Stored::Eight(vec![0b0110_0000]).into_pixels(&layout, 3);
        assert_eq!(samples, [1, 2, 3, 4, 5, 6, 4, 5, 6]);
    }

    #[test]
    fn premultiplied_colors_are_divided_by_their_opacity() {
        let mut samples = [64, 0, 32, 128, 9, 9, 9, 0, 10, 20, 30, 255];
        unmultiply(&mut samples, 4);
        assert_eq!(samples, [128, 0, 64, 128, 255, 255, 255, 0, 10, 20, 30, 255]);
    }
}
