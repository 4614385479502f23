//! The eight ways in which a stored picture can lie.

use image::codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::{DynamicImage, ImageFormat};
use shared::variant::OutputFormat;

use crate::files::{encoded, exif, tiff, with_metadata};
use crate::pictures::{CORNERS, close, corners, pixels, quarters, rendered, spec};

/// How a picture is stored so that this EXIF value makes it upright again.
fn stored(upright: &DynamicImage, orientation: u8) -> DynamicImage {
    match orientation {
        2 => upright.fliph(),
        3 => upright.rotate180(),
        4 => upright.flipv(),
        5 => upright.rotate90().fliph(),
        6 => upright.rotate270(),
        7 => upright.rotate270().fliph(),
        8 => upright.rotate90(),
        _ => upright.clone(),
    }
}

fn jpeg(picture: &DynamicImage, orientation: u8) -> Vec<u8> {
    let mut file = Vec::new();
    with_metadata(JpegEncoder::new_with_quality(&mut file, 90), picture, None, Some(&exif(orientation)));
    file
}

#[test]
fn every_orientation_of_every_shape_comes_out_upright() {
    // Wide and tall originals, for wide and tall boxes, for the whole picture, and small enough not to be scaled up.
    let asked = [(64, 48), (48, 64), (64, 0), (640, 480)];
    for (width, height) in [(160, 90), (90, 160)] {
        let upright = corners(width, height);
        for orientation in 1..=8 {
            let file = jpeg(&stored(&upright, orientation), orientation);
            for (across, down) in asked {
                let variant = rendered(&file, spec(across, down, OutputFormat::Png)).unwrap();
                let reference = rendered(&jpeg(&upright, 1), spec(across, down, OutputFormat::Png)).unwrap();
                assert_eq!(variant.dimensions, reference.dimensions, "{orientation}");
                for (found, expected) in quarters(&pixels(&variant)).into_iter().zip(CORNERS) {
                    assert!(close(found, expected, 30), "{orientation} of {width}x{height}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn other_types_say_how_they_lie_too() {
    let lying = stored(&corners(160, 90), 6);
    let (mut png, mut webp) = (Vec::new(), Vec::new());
    with_metadata(PngEncoder::new(&mut png), &lying, None, Some(&exif(6)));
    with_metadata(WebPEncoder::new_lossless(&mut webp), &lying, None, Some(&exif(6)));
    let tags: [(u16, &[u16]); 6] =
        [(258, &[8, 8, 8]), (259, &[1]), (262, &[2]), (274, &[6]), (277, &[3]), (284, &[1])];
    let tiff = tiff((90, 160), &tags, lying.as_bytes());
    for file in [png, webp, tiff] {
        let variant = rendered(&file, spec(80, 0, OutputFormat::WebP)).unwrap();
        assert_eq!(variant.dimensions.to_string(), "80x45");
        for (found, expected) in quarters(&pixels(&variant)).into_iter().zip(CORNERS) {
            assert!(close(found, expected, 30), "{found:?}");
        }
    }
}

#[test]
fn the_output_says_nothing_of_orientation_any_more() {
    let file = jpeg(&stored(&corners(160, 90), 6), 6);
    for format in [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png] {
        let variant = rendered(&file, spec(64, 48, format)).unwrap();
        for trace in [&b"Exif"[..], b"EXIF", b"eXIf", b"MM\0\x2a"] {
            let has_trace = variant.bytes.windows(trace.len()).any(|window| window == trace);
            assert!(!has_trace, "{format:?} has {trace:?}");
        }
    }
}

#[test]
fn a_bitmap_stored_from_the_bottom_is_upright() {
    let file = encoded(&corners(64, 48), ImageFormat::Bmp);
    let variant = rendered(&file, spec(64, 48, OutputFormat::Png)).unwrap();
    assert_eq!(quarters(&pixels(&variant)), CORNERS);
}
