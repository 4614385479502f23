//! Files, made by other people's encoders or by hand.

use std::io::Cursor;

use image::{DynamicImage, ImageEncoder, ImageFormat};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use crate::parts::crc32;

/// A picture as a file of a format that `image` writes.
pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A picture with metadata, as an encoder of `image` writes it.
pub(crate) fn with_metadata<E: ImageEncoder>(
    mut encoder: E,
    picture: &DynamicImage,
    icc: Option<&[u8]>,
    exif: Option<&[u8]>,
) {
    if let Some(icc) = icc {
        encoder.set_icc_profile(icc.to_vec()).unwrap();
    }
    if let Some(exif) = exif {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    let color = picture.color().into();
    encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), color).unwrap();
}

/// EXIF that says nothing but an orientation.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
    [&b"MM\0\x2a\0\0\0\x08\0\x01"[..], &entry, &[0; 4]].concat()
}

/// How a JPEG is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JpegKind {
    pub(crate) sampling: SamplingFactor,
    pub(crate) is_progressive: bool,
    /// With Huffman tables of its own, each component gets a scan of its own.
    pub(crate) is_optimized: bool,
    pub(crate) restart_interval: u16,
}

impl JpegKind {
    pub(crate) const PLAIN: Self = Self {
        sampling: SamplingFactor::F_2_2,
        is_progressive: false,
        is_optimized: false,
        restart_interval: 0,
    };

    /// Samples as a file of quality 95.
    pub(crate) fn encode(self, samples: &[u8], width: u32, height: u32, color: ColorType) -> Vec<u8> {
        self.encode_with(samples, (width, height), color, |_| {})
    }

    /// The same with more said to the encoder.
    pub(crate) fn encode_with(
        self,
        samples: &[u8],
        (width, height): (u32, u32),
        color: ColorType,
        more: impl FnOnce(&mut Encoder<&mut Vec<u8>>),
    ) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, 95);
        encoder.set_sampling_factor(self.sampling);
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        encoder.set_progressive(self.is_progressive);
        encoder.set_optimized_huffman_tables(self.is_optimized);
        if self.restart_interval > 0 {
            encoder.set_restart_interval(self.restart_interval);
        }
        more(&mut encoder);
        encoder.encode(samples, width.try_into().unwrap(), height.try_into().unwrap(), color).unwrap();
        file
    }
}

/// A TIFF of one uncompressed strip, by its tags: each with its values, all of them shorts but for the strip's.
pub(crate) fn tiff((width, height): (u16, u16), tags: &[(u16, &[u16])], strip: &[u8]) -> Vec<u8> {
    let mut all: Vec<(u16, u16, Vec<u16>)> =
        tags.iter().map(|(tag, values)| (*tag, 3, values.to_vec())).collect();
    all.extend([(256, 3, vec![width]), (257, 3, vec![height]), (278, 3, vec![height])]);
    all.extend([(273, 4, Vec::new()), (279, 4, Vec::new())]);
    all.sort_by_key(|(tag, ..)| *tag);
    let directory_bytes = 2 + 12 * all.len() + 4;
    let mut values_at = 8 + directory_bytes;
    let strip_at = values_at + all.iter().map(|(.., values)| 2 * values.len()).sum::<usize>();
    let word = |value: usize| u32::try_from(value).unwrap().to_le_bytes();

    let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
    file.extend(u16::try_from(all.len()).unwrap().to_le_bytes());
    let mut outside = Vec::new();
    for (tag, kind, values) in &all {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(word(values.len().max(1)));
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        match (tag, bytes.len()) {
            (273, _) => file.extend(word(strip_at)),
            (279, _) => file.extend(word(strip.len())),
            (_, 0..=4) => file.extend([&bytes[..], &vec![0; 4 - bytes.len()]].concat()),
            _ => file.extend(word(values_at + outside.len())),
        }
        if bytes.len() > 4 {
            outside.extend(bytes);
        }
    }
    file.extend([0; 4]);
    values_at += outside.len();
    outside.resize(outside.len() + strip_at - values_at, 0);
    file.extend(outside);
    file.extend(strip);
    file
}

/// An animated WebP: frames that are still WebP files themselves, each at its even place on a canvas.
pub(crate) fn animated_webp((width, height): (u32, u32), frames: &[((u32, u32), &[u8])]) -> Vec<u8> {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let padding = vec![0; content.len() % 2];
        [&name[..], &length, content, &padding].concat()
    };
    let three = |value: u32| value.to_le_bytes()[..3].to_vec();
    let canvas = [vec![0x12, 0, 0, 0], three(width - 1), three(height - 1)].concat();
    let mut chunks = [chunk(b"VP8X", &canvas), chunk(b"ANIM", &[0; 6])].concat();
    for ((left, top), still) in frames {
        let size = image::load_from_memory(still).unwrap();
        let sides = [three(size.width() - 1), three(size.height() - 1)].concat();
        let place = [three(left / 2), three(top / 2), sides, three(100), vec![0]].concat();
        // What follows a still's RIFF header are the chunks of its picture.
        let picture = if &still[12..16] == b"VP8X" { &still[30..] } else { &still[12..] };
        chunks.extend(chunk(b"ANMF", &[&place, picture].concat()));
    }
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &chunks].concat()
}

/// Replaces the first bytes that match.
pub(crate) fn replaced(file: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let at = file.windows(what.len()).position(|window| window == what).unwrap();
    [&file[..at], with, &file[at + what.len()..]].concat()
}

/// A PNG of one chunk of data that is not compressed: its depth, kind of colour and interlacing, chunks before the data,
/// and rows that each start with their filter.
pub(crate) fn png(
    (width, height): (u32, u32),
    [depth, color, interlacing]: [u8; 3],
    before: &[(&[u8; 4], &[u8])],
    rows: &[u8],
) -> Vec<u8> {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let named = [&name[..], content].concat();
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&length[..], &named, &crc32(&named).to_be_bytes()].concat()
    };
    let header =
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, interlacing]].concat();
    // One block, stored; the sum behind it is the two of Adler-32.
    let length = u16::try_from(rows.len()).unwrap();
    let (low, high) = rows.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    let sum = high << 16 | low;
    let stored = [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), rows].concat();
    let data = [stored, sum.to_be_bytes().to_vec()].concat();
    let before = before.iter().flat_map(|(name, content)| chunk(name, content)).collect::<Vec<u8>>();
    [
        b"\x89PNG\r\n\x1a\n",
        &chunk(b"IHDR", &header)[..],
        &before,
        &chunk(b"IDAT", &data),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A bitmap by its bits for a pixel, its kind of compression, its colours and its data.
pub(crate) fn bmp(
    (width, height): (i32, i32),
    (bits, compression): (u16, u32),
    colors: &[u8],
    data: &[u8],
) -> Vec<u8> {
    let word = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let data_at = 54 + colors.len();
    let head = [b"BM", &word(data_at + data.len())[..], &[0; 4], &word(data_at)].concat();
    let sizes = [word(40), width.to_le_bytes(), height.to_le_bytes()].concat();
    let kind = [&1_u16.to_le_bytes()[..], &bits.to_le_bytes(), &compression.to_le_bytes()].concat();
    let rest = [word(data.len()), word(2835), word(2835), word(colors.len() / 4), word(0)].concat();
    [&head[..], &sizes, &kind, &rest, colors, data].concat()
}

/// A GIF whose rows are taken to come in the order of interlacing.
pub(crate) fn interlaced_gif(file: &[u8], (width, height): (u8, u8)) -> Vec<u8> {
    let mut file = file.to_vec();
    let descriptor = [0x2c, 0, 0, 0, 0, width, 0, height, 0];
    let at = file.windows(9).position(|window| window == descriptor).unwrap();
    file[at + 9] |= 0x40;
    file
}
