//! What variants look like, as it was when they were looked at: in a grid of 16 by 16 fields, the mean colour of each.

use std::fmt::Write;

use image::{DynamicImage, ImageFormat, RgbaImage};
use shared::variant::OutputFormat;

use crate::files::{encoded, tiff};
use crate::libjpeg::{Color, Jpeg};
use crate::likeness::mean;
use crate::pictures::{pixels, rendered, scene, spec};
use crate::scans::Scans;

/// How far the mean of a field may be from what it was, in levels of 255: without loss, no more than rounding; an encoder
/// at quality 80 loses detail, and of a field's colour a few levels. A picture that is shifted by some pixels, or in
/// another colour space or range, is further off.
const TOLERANCES: [(OutputFormat, f64); 3] =
    [(OutputFormat::Png, 1.0), (OutputFormat::WebP, 4.0), (OutputFormat::Jpeg, 4.0)];

const FIELDS: u32 = 16;

/// What was made of which picture: its file, and the fields of its variant as text.
fn known() -> [(&'static str, Vec<u8>, &'static str); 6] {
    let picture = scene(800, 600);
    let jpeg = Jpeg { factors: &[(2, 2)], orientation: 6, ..Jpeg::PLAIN };
    let progressive = Jpeg { scans: Scans::Usual, ..Jpeg::PLAIN };
    let inks = Jpeg { color: Color::Cmyk, factors: &[], ..Jpeg::PLAIN };
    [
        ("a JPEG on its side", jpeg.encode(&picture), include_str!("fingerprints/jpeg_on_its_side.txt")),
        (
            "a progressive JPEG",
            progressive.encode(&picture),
            include_str!("fingerprints/progressive_jpeg.txt"),
        ),
        ("a JPEG of inks", inks.encode(&picture), include_str!("fingerprints/jpeg_of_inks.txt")),
        ("a PNG with opacity", fading(), include_str!("fingerprints/png_with_opacity.txt")),
        ("a TIFF of L*a*b*", lab(), include_str!("fingerprints/tiff_of_lab.txt")),
        ("a GIF", encoded(&scene(333, 250).into(), ImageFormat::Gif), include_str!("fingerprints/gif.txt")),
    ]
}

/// Colours that fade from left to right.
fn fading() -> Vec<u8> {
    let mut picture: RgbaImage = DynamicImage::from(scene(400, 300)).into_rgba8();
    picture
        .enumerate_pixels_mut()
        .for_each(|(x, _, pixel)| pixel.0[3] = u8::try_from(x * 255 / 399).unwrap());
    encoded(&picture.into(), ImageFormat::Png)
}

/// All of a* and b* at one lightness.
fn lab() -> Vec<u8> {
    let tags: [(u16, &[u16]); 3] = [(258, &[8; 3]), (262, &[9]), (277, &[3])];
    let samples: Vec<u8> =
        (0..=255_u8).flat_map(|b| (0..=255_u8).flat_map(move |a| [150, 64 + a / 2, 64 + b / 2])).collect();
    tiff((256, 256), &tags, &samples)
}

/// The fields of a picture, transparent ones before white.
fn fields(picture: &RgbaImage) -> Vec<[f64; 3]> {
    let (width, height) = picture.dimensions();
    let range = |field: u32, side: u32| side * field / FIELDS..side * (field + 1) / FIELDS;
    let places = (0..FIELDS).flat_map(|row| (0..FIELDS).map(move |column| (column, row)));
    let color = |(column, row)| {
        [0, 1, 2].map(|channel| {
            let pixels = range(row, height).flat_map(|y| range(column, width).map(move |x| (x, y)));
            mean(pixels.map(|(x, y)| {
                let pixel = picture.get_pixel(x, y).0.map(f64::from);
                let alpha = pixel[3] / 255.0;
                pixel[channel] * alpha + 255.0 * (1.0 - alpha)
            }))
        })
    };
    places.map(color).collect()
}

/// Fields as text: a row of them in each line, a colour in hexadecimal digits.
fn as_text(fields: &[[f64; 3]]) -> String {
    let mut text = String::new();
    for row in fields.chunks(FIELDS as usize) {
        for [red, green, blue] in row {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
            let [red, green, blue] = [red, green, blue].map(|value| value.round() as u8);
            write!(text, "{red:02x}{green:02x}{blue:02x} ").unwrap();
        }
        text.push('\n');
    }
    text
}

fn of_text(text: &str) -> Vec<[f64; 3]> {
    let color =
        |digits: &str| [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()));
    text.split_whitespace().map(color).collect()
}

#[test]
fn variants_look_as_they_did() {
    for (name, file, text) in known() {
        let expected = of_text(text);
        for (format, tolerance) in TOLERANCES {
            let found = fields(&pixels(&rendered(&file, spec(320, 240, format)).unwrap()));
            let furthest = found.iter().zip(&expected).flat_map(|(found, expected)| {
                [0, 1, 2].map(|channel| (found[channel] - expected[channel]).abs())
            });
            let furthest = furthest.fold(0.0, f64::max);
            let is_as_it_was = found.len() == expected.len() && furthest <= tolerance;
            assert!(is_as_it_was, "{name} as {format:?} is off by {furthest:.1}:\n{}", as_text(&found));
        }
    }
}
