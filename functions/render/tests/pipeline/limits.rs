//! What is refused before memory is taken.

use image::{DynamicImage, ImageFormat};
use jpeg_encoder::ColorType;
use render::pipeline::{Limits, RenderError, render};
use shared::variant::{OutputFormat, VariantSpec};
use tiff::encoder::Compression;

use crate::allocations::peak_of;
use crate::files::{JpegKind, encoded, replaced, tiff};
use crate::libjpeg::Jpeg;
use crate::pictures::{scene, spec};
use crate::scans::Scans;
use crate::seeds::compressed_tiff;

fn refused(file: &[u8], limits: Limits) -> RenderError {
    render(file, &spec(320, 240, OutputFormat::WebP), &limits).unwrap_err()
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let bomb = DynamicImage::new_luma8(4, 4);
    let png = encoded(&bomb, ImageFormat::Png);
    let png = replaced(&png, &[0, 0, 0, 4, 0, 0, 0, 4], &[0, 1, 0, 0, 0, 1, 0, 0]);
    let expected = RenderError::TooManyPixels { pixels: 1 << 32, limit: 100_000_000 };
    assert_eq!(refused(&png, Limits::default()), expected);
}

#[test]
fn the_limit_is_on_pixels_of_every_type() {
    let picture = DynamicImage::from(scene(100, 80));
    let limits = Limits { max_pixels: 7999, ..Limits::default() };
    let mut files: Vec<Vec<u8>> =
        [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
            .map(|format| encoded(&picture, format))
            .into();
    files.push(JpegKind::PLAIN.encode(picture.as_bytes(), 100, 80, ColorType::Rgb));
    for file in files {
        assert_eq!(refused(&file, limits), RenderError::TooManyPixels { pixels: 8000, limit: 7999 });
        let enough = Limits { max_pixels: 8000, ..limits };
        assert!(render(&file, &spec(32, 24, OutputFormat::WebP), &enough).is_ok());
    }
}

#[test]
fn memory_is_limited_too() {
    let picture = DynamicImage::from(scene(400, 300));
    let progressive = JpegKind { is_progressive: true, ..JpegKind::PLAIN };
    let files = [
        encoded(&picture, ImageFormat::Png),
        encoded(&picture, ImageFormat::Tiff),
        progressive.encode(picture.as_bytes(), 400, 300, ColorType::Rgb),
    ];
    for file in files {
        let limits = Limits { max_memory_bytes: file.len() as u64 + 200_000, ..Limits::default() };
        assert!(matches!(refused(&file, limits), RenderError::TooMuchMemory { .. }));
        let limits = Limits { max_memory_bytes: file.len() as u64 + 3_000_000, ..Limits::default() };
        render(&file, &spec(320, 240, OutputFormat::WebP), &limits).unwrap();
    }
}

#[test]
fn a_jpeg_that_is_shown_small_takes_little_memory() {
    let file = JpegKind::PLAIN.encode(&scene(3200, 2400), 3200, 2400, ColorType::Rgb);
    // Whole, its samples alone would be 11.5 MB.
    let limits = Limits { max_memory_bytes: file.len() as u64 + 3_500_000, ..Limits::default() };
    assert!(render(&file, &spec(320, 240, OutputFormat::WebP), &limits).is_ok());
}

#[test]
fn tiles_larger_than_the_picture_are_counted() {
    let tags: [(u16, &[u16]); 5] =
        [(258, &[8]), (262, &[1]), (277, &[1]), (322, &[65_520]), (323, &[65_520])];
    let mut file = tiff((4, 4), &tags, &[0; 16]);
    // Strips become tiles.
    for (strip, tile) in [([0x11, 0x01, 4, 0], [0x44, 0x01, 4, 0]), ([0x17, 0x01, 4, 0], [0x45, 0x01, 4, 0])]
    {
        file = replaced(&file, &strip, &tile);
    }
    let error = render(
        &file,
        &spec(4, 4, OutputFormat::Png),
        &Limits { max_memory_bytes: 100_000, ..Limits::default() },
    );
    assert!(error.is_err());
}

/// What is left out of the claims: the encoder's own memory, filters and tables, which do not grow with the original.
const UNCLAIMED_BYTES: u64 = 200_000;

#[test]
fn no_more_memory_is_taken_than_was_claimed() {
    let scene = scene(500, 400);
    let picture = DynamicImage::from(scene.clone());
    let jpeg = |scans| Jpeg { scans, ..Jpeg::PLAIN }.encode(&scene);
    let mut files = vec![
        ("JPEG", jpeg(Scans::One)),
        ("JPEG in a scan for each component", jpeg(Scans::Apart)),
        ("progressive JPEG", jpeg(Scans::Usual)),
        ("PNG of 16 bits with opacity", encoded(&picture.to_rgba16().into(), ImageFormat::Png)),
        ("TIFF of 16 bits", encoded(&picture.to_rgb16().into(), ImageFormat::Tiff)),
        ("TIFF with LZW", compressed_tiff(&scene, Compression::Lzw)),
    ];
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp] {
        files.push((format.to_mime_type(), encoded(&picture, format)));
    }
    for (name, file) in files {
        for (width, format) in [(500, OutputFormat::Png), (200, OutputFormat::WebP)] {
            let spec = spec(width, 0, format);
            let claimed = claimed(&file, &spec);
            let limits = Limits { max_memory_bytes: claimed, ..Limits::default() };
            let (result, peak_bytes) = peak_of(|| render(&file, &spec, &limits));
            result.unwrap();
            // The file counts, and is there already.
            let taken = peak_bytes + file.len() as u64;
            assert!(
                taken <= claimed + UNCLAIMED_BYTES,
                "{name} as {format:?}: {taken} bytes, and claimed {claimed}"
            );
        }
    }
}

/// The least limit at which a file is rendered.
fn claimed(file: &[u8], spec: &VariantSpec) -> u64 {
    let mut max_memory_bytes = 0;
    loop {
        match render(file, spec, &Limits { max_memory_bytes, ..Limits::default() }) {
            Ok(_) => return max_memory_bytes,
            Err(RenderError::TooMuchMemory { needed_bytes, .. }) => max_memory_bytes = needed_bytes,
            // A decoder's own look at what is left.
            Err(other) if max_memory_bytes > 64 << 20 => panic!("{other}"),
            Err(_) => max_memory_bytes += 64 << 10,
        }
    }
}

#[test]
fn values_that_a_directory_only_announces_take_no_memory() {
    let tags: [(u16, &[u16]); 3] = [(258, &[8; 3]), (262, &[2]), (277, &[3])];
    let file = tiff((8, 4), &tags, &[99; 96]);
    // Two million depths of samples instead of three.
    let announced = replaced(&file, &[2, 1, 3, 0, 3, 0, 0, 0], &[2, 1, 3, 0, 3, 0, 32, 0]);
    let limits = Limits { max_memory_bytes: 1 << 20, ..Limits::default() };
    let (result, peak_bytes) = peak_of(|| render(&announced, &spec(8, 4, OutputFormat::Png), &limits));
    assert!(result.is_err());
    assert!(peak_bytes < limits.max_memory_bytes, "{peak_bytes} bytes");
}

#[test]
fn a_frame_larger_than_its_screen_is_counted() {
    let file = encoded(&scene(48, 36).into(), ImageFormat::Gif);
    // Its frame says that it is as many as 52,272 pixels wide.
    let wide = replaced(&file, &[0x2c, 0, 0, 0, 0, 48, 0, 36, 0], &[0x2c, 0, 0, 0, 0, 48, 204, 36, 0]);
    let limits = Limits { max_memory_bytes: 8 << 20, ..Limits::default() };
    let (result, peak_bytes) = peak_of(|| render(&wide, &spec(8, 4, OutputFormat::Png), &limits));
    assert!(result.is_err());
    assert!(peak_bytes < limits.max_memory_bytes, "{peak_bytes} bytes");
}
