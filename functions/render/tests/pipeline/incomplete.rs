//! Files that were cut short or corrupted: always an error, never a part of a picture.

use image::{DynamicImage, ImageFormat};
use jpeg_encoder::ColorType;
use shared::variant::OutputFormat;
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, TiffEncoder, colortype::RGB8};

use crate::files::{JpegKind, encoded, replaced};
use crate::pictures::{rendered, scene, spec, undecodable};

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let picture = DynamicImage::from(scene(200, 150));
    let samples = picture.as_bytes();
    let jpeg = |kind: JpegKind| kind.encode(samples, 200, 150, ColorType::Rgb);
    let plain = JpegKind::PLAIN;
    vec![
        ("baseline JPEG", jpeg(plain)),
        ("JPEG with restarts", jpeg(JpegKind { restart_interval: 5, ..plain })),
        ("JPEG in a scan for each component", jpeg(JpegKind { is_optimized: true, ..plain })),
        ("progressive JPEG", jpeg(JpegKind { is_progressive: true, ..plain })),
        ("PNG", encoded(&picture, ImageFormat::Png)),
        ("GIF", encoded(&picture, ImageFormat::Gif)),
        ("lossless WebP", encoded(&picture, ImageFormat::WebP)),
        (
            "lossy WebP",
            rendered(&encoded(&picture, ImageFormat::Png), spec(200, 150, OutputFormat::WebP)).unwrap().bytes,
        ),
        ("BMP", encoded(&picture, ImageFormat::Bmp)),
        ("TIFF", encoded(&picture, ImageFormat::Tiff)),
        ("TIFF with LZW", compressed_tiff(samples, Compression::Lzw)),
        ("TIFF with Deflate", compressed_tiff(samples, Compression::Deflate(DeflateLevel::default()))),
        ("TIFF with PackBits", compressed_tiff(samples, Compression::Packbits)),
    ]
}

fn compressed_tiff(samples: &[u8], compression: Compression) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file).unwrap().with_compression(compression);
    encoder.write_image::<RGB8>(200, 150, samples).unwrap();
    file.into_inner()
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    for (name, file) in files() {
        assert!(rendered(&file, spec(64, 48, OutputFormat::WebP)).is_ok(), "{name} is whole");
        let length = file.len();
        let shares = [10, 25, 50, 75, 90, 99].map(|percent| length * percent / 100);
        for cut in shares.into_iter().chain(length - 100..length) {
            let refused = rendered(&file[..cut], spec(64, 48, OutputFormat::WebP));
            assert!(refused.is_err(), "{name} cut to {cut} of {length} bytes");
        }
    }
}

#[test]
fn a_jpeg_that_ends_early_is_refused_although_it_has_an_end() {
    for (name, file) in files().into_iter().filter(|(name, _)| name.contains("JPEG")) {
        for percent in [30, 60, 90, 99] {
            let cut = &file[..file.len() * percent / 100];
            let refused = undecodable(&[cut, &[0xff, 0xd9]].concat());
            assert!(refused.contains("JPEG"), "{name}: {refused}");
        }
    }
}

#[test]
fn a_jpeg_with_a_part_of_its_data_left_out_is_refused() {
    let picture = scene(200, 150);
    let file = JpegKind { restart_interval: 4, ..JpegKind::PLAIN }.encode(&picture, 200, 150, ColorType::Rgb);
    let restarts: Vec<usize> =
        (1..file.len()).filter(|at| file[at - 1] == 0xff && (0xd0..=0xd7).contains(&file[*at])).collect();
    let (from, to) = (restarts[3], restarts[4]);
    let without = [&file[..from], &file[to..]].concat();
    assert!(undecodable(&without).contains("corrupt"), "an interval is missing");
}

#[test]
fn a_webp_whose_lengths_were_mended_after_a_cut_is_refused() {
    for (name, file) in files().into_iter().filter(|(name, _)| name.contains("WebP")) {
        for percent in [30, 60, 90] {
            let mut cut = file[..file.len() / 200 * percent * 2].to_vec();
            let length = u32::try_from(cut.len()).unwrap();
            let (whole, chunk) = (length - 8, length - 20);
            cut[4..8].copy_from_slice(&whole.to_le_bytes());
            cut[16..20].copy_from_slice(&chunk.to_le_bytes());
            let refused = rendered(&cut, spec(64, 48, OutputFormat::WebP));
            assert!(refused.is_err(), "{name} cut to {percent} %: {refused:?}");
        }
    }
}

#[test]
fn a_gif_whose_blocks_were_ended_after_a_cut_is_refused() {
    let file = encoded(&scene(200, 150).into(), ImageFormat::Gif);
    for percent in [30, 60, 90] {
        // A block that ends nowhere is cut back to the end of the one before.
        let whole_blocks =
            block_ends(&file).into_iter().filter(|end| *end <= file.len() * percent / 100).max();
        let cut = [&file[..whole_blocks.unwrap()], &[0, 0x3b]].concat();
        assert!(rendered(&cut, spec(64, 48, OutputFormat::WebP)).is_err(), "{percent} %");
    }
}

/// Where the data blocks of a GIF's first frame end.
fn block_ends(file: &[u8]) -> Vec<usize> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(file[10]);
    while file[at] == 0x21 {
        at += 2;
        while file[at] != 0 {
            at += 1 + usize::from(file[at]);
        }
        at += 1;
    }
    at += 10 + table(file[at + 9]) + 1;
    let mut ends = Vec::new();
    while file[at] != 0 {
        at += 1 + usize::from(file[at]);
        ends.push(at);
    }
    ends
}

#[test]
fn a_png_with_a_wrong_checksum_is_refused() {
    let file = encoded(&scene(64, 48).into(), ImageFormat::Png);
    let data = file.windows(4).position(|window| window == b"IDAT").unwrap() + 40;
    let mut corrupt = file.clone();
    corrupt[data] ^= 0x10;
    assert!(undecodable(&corrupt).contains("image/png"));
}

#[test]
fn what_is_no_image_is_refused_by_what_it_is_and_not_by_its_name() {
    use render::RenderError::{Undecodable, UnsupportedType};
    let webp = spec(320, 240, OutputFormat::WebP);
    assert_eq!(rendered(b"<!DOCTYPE html><html></html>", webp).unwrap_err(), UnsupportedType(None));
    assert_eq!(rendered(b"", webp).unwrap_err(), UnsupportedType(None));
    let header_only = &encoded(&scene(64, 48).into(), ImageFormat::Png)[..20];
    assert!(matches!(rendered(header_only, webp), Err(Undecodable { .. })));
    let mixed = replaced(&encoded(&scene(64, 48).into(), ImageFormat::Png), b"IHDR", b"JUNK");
    assert!(matches!(rendered(&mixed, webp), Err(Undecodable { .. })));
}
