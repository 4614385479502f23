//! What the pipeline's stages take: `cargo bench`, with a part of a name behind it for those alone.
//!
//! Each is timed by the pipeline itself, on pictures that are made here: slow waves, edges and grain, as photographs have
//! them. A line shows the median, and between which times half of the renders were.
#![expect(clippy::unwrap_used, reason = "a program for developers: what fails must show where")]
#![expect(clippy::print_stdout, reason = "it is what it is for")]

use std::io::Cursor;
use std::time::{Duration, Instant};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use render::pipeline::render;
use render::{Limits, Timings};
use shared::variant::{OutputFormat, Quality, TargetSize, VariantSpec};

const SIZES: [(u32, u32); 3] = [(320, 240), (640, 480), (1920, 1080)];

fn main() {
    // Cargo says `--bench` itself; `cargo test` does not, and only wants to see that all of it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let bench = Bench { filter, patience: Duration::from_secs(if is_bench { 2 } else { 0 }) };
    decoding(&bench);
    encoding(&bench);
}

/// Decoding originals of 12 megapixels and reducing them.
fn decoding(bench: &Bench) {
    let picture = photograph(4000, 3000);
    let originals = [
        ("baseline jpeg", jpeg(&picture, false)),
        ("progressive jpeg", jpeg(&picture, true)),
        ("png", file(&picture, ImageFormat::Png)),
    ];
    for (name, original) in &originals {
        for (width, height) in SIZES {
            let spec = spec(width, height, OutputFormat::WebP);
            let size = spec.size;
            bench.run(&format!("decode {name} to {size}"), original, &spec, |timings| timings.decode);
            bench.run(&format!("reduce {name} to {size}"), original, &spec, |timings| timings.resize);
        }
    }
}

/// Encoding pictures that are as large as their originals.
fn encoding(bench: &Bench) {
    for (width, height) in SIZES {
        let original = file(&photograph(width, height), ImageFormat::Bmp);
        for format in OutputFormat::OFFERED {
            let spec = spec(width, height, format);
            let name = format!("encode {} of {}", format.extension(), spec.size);
            bench.run(&name, &original, &spec, |timings| timings.encode);
        }
    }
}

/// What is run, and how long.
struct Bench {
    filter: String,
    patience: Duration,
}

impl Bench {
    /// Renders again and again, and prints what a stage took.
    fn run(&self, name: &str, original: &[u8], spec: &VariantSpec, stage: fn(&Timings) -> Duration) {
        if !name.contains(&self.filter) {
            return;
        }
        let once = || stage(&render(original, spec, &Limits::default()).unwrap().timings);
        let started = Instant::now();
        let mut times = vec![once()];
        while started.elapsed() < self.patience {
            times.push(once());
        }
        times.sort_unstable();
        let at = |quarter: usize| times[(times.len() - 1) * quarter / 4].as_secs_f64() * 1e3;
        let (low, median, high) = (at(1), at(2), at(3));
        println!("{name:40} {median:9.2} ms   ({low:.2} to {high:.2}, {} renders)", times.len());
    }
}

fn spec(width: u32, height: u32, format: OutputFormat) -> VariantSpec {
    VariantSpec { size: TargetSize::new(width, height).unwrap(), quality: Quality::new(80).unwrap(), format }
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
