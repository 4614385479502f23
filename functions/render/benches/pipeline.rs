//! What the pipeline's stages take: `cargo bench -p render`, or with a part of a name behind it, those alone.
//!
//! Each is timed by the pipeline itself, on pictures that are made here: slow waves, edges and grain, as photographs have
//! them.
#![expect(clippy::unwrap_used, reason = "a program for developers: what fails must show where")]

use std::io::Cursor;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use render::pipeline::render;
use render::{Limits, Timings};
use shared::variant::{OutputFormat, Quality, TargetSize, VariantSpec};

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    decoding(&mut criterion);
    encoding(&mut criterion);
    criterion.final_summary();
}

/// Decoding originals of 12 megapixels and reducing them.
fn decoding(criterion: &mut Criterion) {
    let picture = photograph(4000, 3000);
    let originals = [
        ("baseline jpeg", jpeg(&picture, false)),
        ("progressive jpeg", jpeg(&picture, true)),
        ("png", file(&picture, ImageFormat::Png)),
    ];
    for (stage, took) in
        [("decode", decode as fn(&Timings) -> Duration), ("reduce", |timings: &Timings| timings.resize)]
    {
        let mut group = criterion.benchmark_group(stage);
        for (name, original) in &originals {
            for (width, height) in [(320, 240), (640, 480), (1920, 1080)] {
                let id = BenchmarkId::new(*name, format!("{width}x{height}"));
                let spec = spec(width, height, OutputFormat::WebP);
                group.bench_function(id, |bencher| {
                    bencher.iter_custom(|times| total(original, &spec, times, took));
                });
            }
        }
    }
}

/// Encoding pictures that are as large as their originals.
fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for (width, height) in [(320, 240), (640, 480), (1920, 1080)] {
        let original = file(&photograph(width, height), ImageFormat::Bmp);
        for format in OutputFormat::OFFERED {
            let id = BenchmarkId::new(format.extension(), format!("{width}x{height}"));
            let spec = spec(width, height, format);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| total(&original, &spec, times, |timings| timings.encode));
            });
        }
    }
}

fn decode(timings: &Timings) -> Duration {
    timings.decode
}

fn spec(width: u32, height: u32, format: OutputFormat) -> VariantSpec {
    VariantSpec { size: TargetSize::new(width, height).unwrap(), quality: Quality::new(80).unwrap(), format }
}

/// What a stage took in so many renders.
fn total(original: &[u8], spec: &VariantSpec, times: u64, stage: fn(&Timings) -> Duration) -> Duration {
    (0..times).map(|_| stage(&render(original, spec, &Limits::default()).unwrap().timings)).sum()
}

fn jpeg(picture: &RgbImage, is_progressive: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_progressive(is_progressive);
    let (width, height) = (picture.width().try_into().unwrap(), picture.height().try_into().unwrap());
    encoder.encode(picture, width, height, ColorType::Rgb).unwrap();
    file
}

fn file(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Light as in a photograph: detail of every size, each half as strong as the one of twice its size, a few hard edges, and
/// grain.
fn photograph(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (at(x, width), at(y, width));
        let detail: f32 = (1..9).map(|octave| smooth(u, v, octave) / f32::from(1_u8 << (octave - 1))).sum();
        let edge = if smooth(u, v, 3) > 0.55 { 40.0 } else { 0.0 };
        let grain = random(x, y) * 6.0;
        let light = 20.0 + detail * 85.0 + edge + grain;
        let tint = smooth(u, v, 2) - 0.5;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        Rgb([1.0 + tint, 1.0, 1.0 - tint].map(|part| (light * part).clamp(0.0, 255.0) as u8))
    })
}

#[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
fn at(place: u32, side: u32) -> f32 {
    place as f32 / side as f32
}

/// Noise without detail finer than `2^octave` to the picture's width, from 0 to 1.
fn smooth(u: f32, v: f32, octave: u8) -> f32 {
    let scale = f32::from(1_u16 << octave);
    let (x, y) = (u * scale, v * scale);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^octave")]
    let (left, top) = (x as u32, y as u32);
    let (right, down) = (x.fract(), y.fract());
    let corner = |x, y| random(left + x, (top + y) ^ u32::from(octave) << 20);
    let above = corner(0, 0) * (1.0 - right) + corner(1, 0) * right;
    let below = corner(0, 1) * (1.0 - right) + corner(1, 1) * right;
    above * (1.0 - down) + below * down
}

/// A number from 0 to 1 that two others decide.
fn random(x: u32, y: u32) -> f32 {
    let mixed = (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b)).wrapping_mul(0xc2b2_ae35);
    let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d);
    f32::from(mixed.to_be_bytes()[0]) / 255.0
}
