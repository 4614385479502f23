//! What is shown of a picture lies in its middle, to within half a pixel: pixels say where they stand.

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use shared::variant::OutputFormat;

use crate::files::encoded;
use crate::libjpeg::{Color, Jpeg};
use crate::likeness::mean;
use crate::pictures::{pixels, rendered, spec};
use crate::scans::Scans;

/// Red is how far a pixel stands to the right, and green how far down, in halves of the picture's pixels and from 10 on.
fn places(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([2 * x + 10, 2 * y + 10, 128].map(|value| u8::try_from(value).unwrap()))
    })
}

/// The same as a JPEG stores it that an orientation makes upright.
fn lying(upright: &RgbImage, orientation: u8) -> RgbImage {
    let mut stored = DynamicImage::from(upright.clone());
    // What turns it upright turns it back, but for the two quarter turns.
    let inverse = match orientation {
        6 => 8,
        8 => 6,
        other => other,
    };
    stored.apply_orientation(Orientation::from_exif(inverse).unwrap());
    stored.into_rgb8()
}

/// Files of a picture: without loss, and as JPEGs that are decoded at a reduced size.
fn files(picture: &RgbImage) -> Vec<(String, Vec<u8>)> {
    let formats =
        [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff];
    // GIF's 256 colours are not enough.
    let lossless = formats.into_iter().filter(|format| *format != ImageFormat::Gif);
    let lossless = lossless.map(|format| (format!("{format:?}"), encoded(&picture.clone().into(), format)));
    let jpegs = (1..=8).flat_map(|orientation| {
        let stored = lying(picture, orientation);
        [(Scans::One, Color::Rgb), (Scans::Usual, Color::YCbCr)].map(|(scans, color)| {
            let jpeg = Jpeg { color, factors: &[], scans, quality: 100, orientation, ..Jpeg::PLAIN };
            (format!("{jpeg:?}"), jpeg.encode(&stored))
        })
    });
    lossless.chain(jpegs).collect()
}

#[test]
fn a_crop_is_centred_to_half_a_pixel() {
    // Odd and even rests, on either side; scales from 1 to 12.
    let asked = [(101, 60), (100, 50), (65, 66), (40, 40), (45, 10), (20, 11), (7, 9), (33, 0)];
    for (width, height) in [(101, 66), (65, 116), (120, 49)] {
        for (name, file) in files(&places(width, height)) {
            for (across, down) in asked {
                let variant = rendered(&file, spec(across, down, OutputFormat::Png)).unwrap();
                let picture = DynamicImage::from(pixels(&variant)).into_rgb8();
                // The middle of the variant is the middle of the picture, and each step from it a step of one size.
                let (shown_width, shown_height) = picture.dimensions();
                let sides =
                    [(width, shown_width), (height, shown_height)].map(|(a, b)| (f64::from(a), f64::from(b)));
                let scale = sides.map(|(whole, shown)| whole / shown);
                let scale = if down == 0 { scale } else { [scale[0].min(scale[1]); 2] };
                let off = [0, 1].map(|channel| {
                    mean(
                        picture
                            .enumerate_pixels()
                            .filter(|(x, y, _)| is_inside((*x, *y), picture.dimensions()))
                            .map(|(x, y, pixel)| {
                                let ((whole, shown), place) = (sides[channel], f64::from([x, y][channel]));
                                let expected =
                                    whole / 2.0 + (place + 0.5 - shown / 2.0) * scale[channel] - 0.5;
                                (f64::from(pixel.0[channel]) - 10.0) / 2.0 - expected
                            }),
                    )
                });
                // Less than half a pixel, since rounding to whole levels alone takes a fifth where only few are shown.
                let is_centred = off.iter().all(|off| off.abs() < 0.3);
                assert!(is_centred, "off by {off:?} pixels: {name} of {width}x{height} as {across}x{down}");
            }
        }
    }
}

/// Whether the filter that made a pixel found all its samples; at the edges it has to do with fewer.
fn is_inside((x, y): (u32, u32), (width, height): (u32, u32)) -> bool {
    let margin = |side: u32| if side > 8 { 3 } else { 0 };
    let is_between = |place: u32, side: u32| (margin(side)..side - margin(side)).contains(&place);
    is_between(x, width) && is_between(y, height)
}
