//! TIFF, by the `tiff` crate: the first directory's picture, in strips or tiles, in grey, RGB, CMYK, L*a*b* or with a
//! palette, of up to 16 bits.

mod bands;
mod directory;
mod relabel;
mod samples;

use shared::media::MediaType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, PlanarConfiguration, Predictor, SampleFormat, Tag};
use tiff::{ColorType, TiffError};

use self::bands::Bands;
use self::relabel::{CIE_LAB, ColorSpaceEntry, GREY, ICC_LAB, PALETTE, RGB, Relabelled};
use self::samples::{Palette, Stored};
use super::{ColorModel, Decoded, Request};
use crate::pipeline::RenderError;
use crate::pipeline::reduce::Plane;

type Reader<'a> = Decoder<Relabelled<'a>>;

/// Longer values in the directory are no picture's: offsets of a hundred thousand strips, or a large ICC profile.
const MAX_TAG_BYTES: usize = 16 << 20;

/// Decodes a TIFF.
///
/// # Errors
/// [`RenderError`].
pub(super) fn decode(request: &mut Request<'_>) -> Result<Decoded, RenderError> {
    // Before the decoder sees it, which makes room for a directory before it can be told of limits.
    if directory::entries(request.file).any(|entry| entry.exceeds(request.file.len())) {
        let reason = format!("{}: its directory announces more than the file holds", MediaType::Tiff);
        return Err(RenderError::Undecodable { reason });
    }
    let entry = ColorSpaceEntry::find(request.file);
    let shown = match entry {
        Some(entry) if [CIE_LAB, ICC_LAB].contains(&entry.value) => {
            Relabelled::as_color_space(request.file, entry, RGB)
        }
        Some(entry) if entry.value == PALETTE => Relabelled::as_color_space(request.file, entry, GREY),
        Some(_) | None => Relabelled::unchanged(request.file),
    };
    let left_bytes = usize::try_from(request.memory.left_bytes()).unwrap_or(usize::MAX);
    let mut limits = Limits::default();
    limits.decoding_buffer_size = left_bytes;
    limits.intermediate_buffer_size = left_bytes;
    limits.ifd_value_size = MAX_TAG_BYTES;
    let mut reader = Decoder::new(shown).map_err(undecodable)?.with_limits(limits);
    let (width, height) = reader.dimensions().map_err(undecodable)?;
    request.expect_size(width, height)?;
    let layout = Layout::of(&mut reader, entry.map_or(GREY, |entry| entry.value))?;
    let profile = reader.get_tag_u8_vec(Tag::IccProfile).ok().filter(|profile| !profile.is_empty());
    let model = layout.kind.model();
    let plane = if layout.is_planar {
        let samples = read_whole(&mut reader, &layout, request)?.into_pixels(&layout, width);
        request.reduced(&samples, model)?
    } else {
        let mut bands = Bands::new(&mut reader, &layout, request)?;
        let mut reducer =
            request.reducer(Plane::whole(request.stored, model.channels(), model.has_alpha()))?;
        while let Some(band) = bands.next(&mut reader)? {
            let row_samples = width as usize * usize::from(model.channels());
            reducer.push(&band.into_pixels(&layout, width), row_samples)?;
        }
        reducer.finish()?
    };
    Ok(Decoded { planes: vec![plane], model, profile })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` wants")]
fn undecodable(error: TiffError) -> RenderError {
    RenderError::undecodable(MediaType::Tiff, &error)
}

fn unsupported(what: &str) -> RenderError {
    RenderError::Undecodable { reason: format!("TIFF {what} is not supported") }
}

/// What the decoder hands out for a pixel.
#[derive(Debug)]
struct Layout {
    kind: Kind,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    bits: u8,
    /// Samples of a pixel.
    count: u16,
    /// Whether the samples come in planes, one after the other.
    is_planar: bool,
}

/// What the samples mean.
#[derive(Debug)]
enum Kind {
    Plain(ColorModel),
    /// The colours were multiplied by the opacity, which is the last sample.
    Premultiplied(ColorModel),
    /// Four inks, and an opacity that is left out.
    CmykAndMore,
    /// L*, and a* and b* that are signed.
    CieLab,
    /// L*, a* and b*, the latter from 128 up and down.
    IccLab,
    Palette(Palette),
}

impl Layout {
    fn of(reader: &mut Reader<'_>, color_space: u16) -> Result<Self, RenderError> {
        let color = reader.colortype().map_err(undecodable)?;
        let (bits, count) = (color.bit_depth(), color.num_samples());
        check_kind_of_file(reader, count)?;
        let is_packed = matches!(bits, 1 | 2 | 4) && count == 1;
        if !is_packed && !matches!(bits, 8 | 16) {
            return Err(unsupported("with samples of this depth"));
        }
        let alpha = alpha(reader)?;
        let with_alpha = |model| match alpha {
            Alpha::Associated => Kind::Premultiplied(model),
            Alpha::None | Alpha::Unassociated => Kind::Plain(model),
        };
        let kind = match (color_space, color) {
            (CIE_LAB, ColorType::RGB(_)) => Kind::CieLab,
            (ICC_LAB, ColorType::RGB(_)) => Kind::IccLab,
            (PALETTE, ColorType::Gray(_)) => Kind::Palette(Palette::read(reader, bits)?),
            (_, ColorType::Gray(_)) => Kind::Plain(ColorModel::Grey),
            (_, ColorType::GrayA(_)) => with_alpha(ColorModel::GreyAlpha),
            (GREY, ColorType::Multiband { num_samples: 2, .. }) if alpha != Alpha::None => {
                with_alpha(ColorModel::GreyAlpha)
            }
            (_, ColorType::RGB(_)) => Kind::Plain(ColorModel::Rgb),
            (_, ColorType::RGBA(_)) => with_alpha(ColorModel::Rgba),
            (_, ColorType::CMYK(_)) => Kind::Plain(ColorModel::Cmyk),
            (_, ColorType::CMYKA(_)) => Kind::CmykAndMore,
            _ => return Err(unsupported("in this colour space")),
        };
        let is_planar = tag(reader, Tag::PlanarConfiguration)? == Some(PlanarConfiguration::Planar.to_u16());
        Ok(Self { kind, bits, count, is_planar: is_planar && count > 1 })
    }
}

impl Layout {
    /// How many bytes the decoder takes for a pixel.
    fn pixel_bytes(&self) -> u64 {
        u64::from(self.bits.div_ceil(8)) * u64::from(self.count)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alpha {
    None,
    Associated,
    Unassociated,
}

/// What `ExtraSamples` says of the first sample behind the colours.
fn alpha(reader: &mut Reader<'_>) -> Result<Alpha, RenderError> {
    let extra = reader.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).map_err(undecodable)?;
    Ok(match extra.as_deref() {
        Some([1, ..]) => Alpha::Associated,
        Some([2, ..]) => Alpha::Unassociated,
        _ => Alpha::None,
    })
}

fn tag(reader: &mut Reader<'_>, tag: Tag) -> Result<Option<u16>, RenderError> {
    reader.find_tag_unsigned(tag).map_err(undecodable)
}

/// Refuses what the decoder would decode without noticing that it can't.
fn check_kind_of_file(reader: &mut Reader<'_>, count: u16) -> Result<(), RenderError> {
    let formats = reader.find_tag_unsigned_vec::<u16>(Tag::SampleFormat).map_err(undecodable)?;
    if formats.is_some_and(|formats| formats.iter().any(|format| *format != SampleFormat::Uint.to_u16())) {
        return Err(unsupported("with samples other than whole numbers"));
    }
    // Its JPEG decoder takes a strip that ends early for a whole one.
    let compression = tag(reader, Tag::Compression)?;
    let is_jpeg = [CompressionMethod::JPEG, CompressionMethod::ModernJPEG].map(|method| method.to_u16());
    if compression.is_some_and(|compression| is_jpeg.contains(&compression)) {
        return Err(unsupported("with JPEG inside"));
    }
    // It undoes a predictor after it left samples out, so that each is added to a wrong one.
    let stored = tag(reader, Tag::SamplesPerPixel)?.unwrap_or(1);
    let predictor = tag(reader, Tag::Predictor)?.unwrap_or(Predictor::None.to_u16());
    if stored != count && predictor != Predictor::None.to_u16() {
        return Err(unsupported("with samples of unknown meaning behind a predictor"));
    }
    Ok(())
}

/// Reads all samples of a picture in planes.
fn read_whole(
    reader: &mut Reader<'_>,
    layout: &Layout,
    request: &mut Request<'_>,
) -> Result<Stored, RenderError> {
    // What is decoded, the same again for turning it into 8 bits and pixels, and a strip or tile.
    let picture_bytes = request.stored.pixels().saturating_mul(layout.pixel_bytes());
    request.memory.claim(picture_bytes.saturating_mul(3))?;
    let mut result = DecodingResult::U8(Vec::new());
    let buffer = reader.read_image_to_buffer(&mut result).map_err(undecodable)?;
    if result.as_buffer(0).as_bytes().len() < buffer.complete_len {
        return Err(unsupported("of this size in planes"));
    }
    Stored::of(result)
}
