//! Every kind of JPEG, against the picture that it was made of.

use image::imageops::{FilterType, flip_horizontal, flip_vertical, resize};
use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use jpeg_encoder::{ColorType, SamplingFactor};
use shared::variant::OutputFormat;

use crate::files::{JpegKind, replaced};
use crate::pictures::{pixels, psnr, rendered, scene, shown, spec, undecodable};

const SAMPLINGS: [SamplingFactor; 8] = [
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_2,
    SamplingFactor::F_2_2,
    SamplingFactor::F_4_1,
    SamplingFactor::F_4_2,
    SamplingFactor::F_1_4,
    SamplingFactor::F_2_4,
];

fn kinds() -> impl Iterator<Item = JpegKind> {
    // Progressive or not, a scan for each component or not, restarts or not. The encoder has no restarts in tables of its
    // own: it fails at them.
    let coded = [(false, false, 0), (false, false, 3), (false, true, 0), (true, false, 0), (true, false, 3)];
    SAMPLINGS.into_iter().flat_map(move |sampling| {
        coded.map(|(is_progressive, is_optimized, restart_interval)| JpegKind {
            sampling,
            is_progressive,
            is_optimized,
            restart_interval,
        })
    })
}

/// Below this, a picture of quality 95 is not the one that was encoded.
const LEAST_PSNR: f64 = 30.0;

#[test]
fn every_sampling_coding_and_size_shows_the_picture_that_was_encoded() {
    for kind in kinds() {
        for (width, height) in [(160, 120), (161, 121), (33, 47), (7, 5), (1, 1)] {
            // A scene of few pixels has more detail than a subsampled chroma can hold.
            let picture = if width > 100 { scene(width, height) } else { ramp(width, height) };
            let file = kind.encode(&picture, width, height, ColorType::Rgb);
            let original: RgbaImage = DynamicImage::from(picture).into_rgba8();
            let found = psnr(&shown(&file), &original);
            assert!(found > LEAST_PSNR, "{kind:?} {width}x{height}: {found:.1} dB");
        }
    }
}

/// A picture without any detail.
fn ramp(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x * 60 / width, y * 60 / height);
        Rgb([100 + x, 160 - y, 90 + y].map(|light| u8::try_from(light).unwrap()))
    })
}

#[test]
fn chroma_lies_where_luma_does() {
    // A red disc in the middle of blue stays as it is when left and right, or top and bottom, are swapped.
    let picture = RgbImage::from_fn(160, 128, |x, y| {
        let is_in_disc = (f64::from(x) - 79.5).hypot(f64::from(y) - 63.5) < 40.0;
        Rgb(if is_in_disc { [220, 30, 30] } else { [30, 30, 220] })
    });
    for kind in kinds() {
        let file = kind.encode(&picture, 160, 128, ColorType::Rgb);
        for width in [160, 100, 70, 30, 15] {
            let variant = pixels(&rendered(&file, spec(width, 0, OutputFormat::Png)).unwrap());
            let found =
                psnr(&variant, &flip_horizontal(&variant)).min(psnr(&variant, &flip_vertical(&variant)));
            assert!(found > 36.0, "{kind:?} at {width}: {found:.1} dB");
        }
    }
}

#[test]
fn a_picture_decoded_at_a_reduced_size_is_the_whole_one_made_smaller() {
    let picture = scene(803, 601);
    for kind in kinds() {
        let file = kind.encode(&picture, 803, 601, ColorType::Rgb);
        // Decoded at 1/2, 1/4 and 1/8, and at the full size.
        for width in [170, 90, 40, 300] {
            let variant = rendered(&file, spec(width, 0, OutputFormat::Png)).unwrap();
            let (width, height) = (variant.dimensions.width(), variant.dimensions.height());
            let expected =
                DynamicImage::from(resize(&picture, width, height, FilterType::Lanczos3)).into_rgba8();
            let found = psnr(&pixels(&variant), &expected);
            assert!(found > LEAST_PSNR, "{kind:?} at {width}: {found:.1} dB");
        }
    }
}

#[test]
fn grey_stays_grey() {
    let picture = DynamicImage::from(scene(161, 121)).into_luma8();
    for kind in kinds() {
        let file = kind.encode(&picture, 161, 121, ColorType::Luma);
        let original = DynamicImage::from(picture.clone()).into_rgba8();
        let found = psnr(&shown(&file), &original);
        assert!(found > LEAST_PSNR, "{kind:?}: {found:.1} dB");
        for format in [OutputFormat::Jpeg, OutputFormat::Png] {
            let variant = rendered(&file, spec(64, 48, format)).unwrap();
            let color = image::load_from_memory(&variant.bytes).unwrap().color();
            assert_eq!(color, image::ColorType::L8, "{format:?}");
        }
    }
}

#[test]
fn inks_as_adobe_writes_them_show_their_colors() {
    let picture = scene(161, 121);
    let inks: Vec<u8> = picture
        .pixels()
        .flat_map(|rgb| {
            let [cyan, magenta, yellow] = rgb.0.map(|light| 255 - light);
            [cyan, magenta, yellow, 0]
        })
        .collect();
    let original = DynamicImage::from(picture).into_rgba8();
    for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        for kind in kinds().filter(|kind| kind.restart_interval == 0) {
            let file = kind.encode(&inks, 161, 121, color);
            let found = psnr(&shown(&file), &original);
            assert!(found > LEAST_PSNR, "{color:?} {kind:?}: {found:.1} dB");
        }
    }
}

#[test]
fn components_that_are_named_rgb_are_rgb() {
    let picture = scene(64, 48);
    // Written as if red, green and blue were luma and chromas, then named what they are, without JFIF's word for it.
    let kind = JpegKind { sampling: SamplingFactor::F_1_1, ..JpegKind::PLAIN };
    let file = kind.encode(&picture, 64, 48, ColorType::Ycbcr);
    let file = replaced(&file, b"JFIF\0", b"none\0");
    let frame = replaced(
        &file,
        &[3, 0, 0x11, 0, 1, 0x11, 1, 2, 0x11, 1],
        &[3, b'R', 0x11, 0, b'G', 0x11, 1, b'B', 0x11, 1],
    );
    let named = replaced(&frame, &[3, 0, 0, 1, 0x11, 2, 0x11], &[3, b'R', 0, b'G', 0x11, b'B', 0x11]);
    let found = psnr(&shown(&named), &DynamicImage::from(picture).into_rgba8());
    assert!(found > LEAST_PSNR, "{found:.1} dB");
}

#[test]
fn kinds_that_are_not_decoded_are_refused_by_name() {
    let file = JpegKind::PLAIN.encode(&scene(64, 48), 64, 48, ColorType::Rgb);
    for (marker, name) in [(0xc9, "arithmetic"), (0xc3, "lossless"), (0xc5, "hierarchical")] {
        let other = replaced(&file, &[0xff, 0xc0], &[0xff, marker]);
        assert!(undecodable(&other).contains(name), "{}", undecodable(&other));
    }
    let twelve_bits = replaced(&file, &[0xff, 0xc0, 0, 17, 8], &[0xff, 0xc1, 0, 17, 12]);
    assert!(undecodable(&twelve_bits).contains("8 bits"));
}
