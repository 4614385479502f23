//! JPEGs that are written, as two decoders show them: `image`'s and this project's.

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, RgbaImage};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use render::Rendered;
use shared::variant::{OutputFormat, Quality, VariantSpec};

use crate::files::encoded;
use crate::pictures::{pixels, psnr, rendered, scene, shown, spec};

const SIDES: [(u32, u32); 9] =
    [(1, 1), (7, 5), (8, 8), (9, 17), (16, 16), (33, 15), (160, 120), (161, 121), (250, 1)];

fn jpeg(picture: &DynamicImage, quality: u8) -> Rendered {
    let quality = Quality::new(quality).unwrap();
    let spec = VariantSpec { quality, ..spec(9999, 0, OutputFormat::Jpeg) };
    rendered(&encoded(picture, ImageFormat::Png), spec).unwrap()
}

/// How alike what both decoders show is to a picture; the lesser of the two, in decibels.
fn likeness(file: &Rendered, picture: &DynamicImage) -> f64 {
    let expected = picture.to_rgba8();
    psnr(&pixels(file), &expected).min(psnr(&shown(&file.bytes), &expected))
}

#[test]
fn at_every_quality_and_size_both_decoders_show_the_picture() {
    let least = [(10, 24.0), (50, 31.0), (75, 33.0), (90, 36.0), (100, 45.0)];
    for (width, height) in SIDES {
        // A scene of few pixels has more detail than halved chroma can hold.
        let picture = if width > 100 && height > 100 { scene(width, height) } else { slope(width, height) };
        for (quality, least) in least {
            let found = likeness(&jpeg(&picture.clone().into(), quality), &picture.clone().into());
            assert!(found > least, "{width}x{height} at {quality}: {found:.1} dB");
        }
    }
}

/// A picture without any detail.
fn slope(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x * 40 / width, y * 40 / height);
        Rgb([100 + x, 160 - y, 120 + y].map(|light| u8::try_from(light).unwrap()))
    })
}

/// Bytes without any order.
fn noise(length: u32) -> impl Iterator<Item = u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(1), next).take(length as usize).map(|state: u32| state.to_be_bytes()[0])
}

#[test]
fn noise_and_the_hardest_edges_come_out_whole() {
    let noise = GrayImage::from_raw(77, 51, noise(77 * 51).collect()).unwrap();
    // The greatest coefficients there are, and the greatest differences of means.
    let stripes = GrayImage::from_fn(64, 64, |x, _| Luma([if x % 2 == 0 { 0 } else { 255 }]));
    let board = GrayImage::from_fn(64, 64, |x, y| Luma([if (x / 8 + y / 8) % 2 == 0 { 0 } else { 255 }]));
    for (picture, least) in [(noise, 45.0), (stripes, 45.0), (board, 45.0)] {
        let picture = DynamicImage::from(picture);
        let found = likeness(&jpeg(&picture, 100), &picture);
        assert!(found > least, "{found:.1} dB");
        for quality in [10, 40, 80] {
            assert!(likeness(&jpeg(&picture, quality), &picture) > 6.0, "{quality}");
        }
    }
}

#[test]
fn a_flat_picture_takes_next_to_nothing_and_keeps_its_color() {
    for grey in [0, 1, 127, 128, 254, 255] {
        let picture = DynamicImage::from(GrayImage::from_pixel(640, 480, Luma([grey])));
        let file = jpeg(&picture, 90);
        assert!(file.bytes.len() < 1500, "{} bytes", file.bytes.len());
        assert!(pixels(&file).pixels().all(|pixel| pixel.0[0].abs_diff(grey) <= 1), "{grey}");
    }
}

#[test]
fn the_same_picture_is_the_same_file() {
    let picture = DynamicImage::from(scene(161, 121));
    assert_eq!(jpeg(&picture, 80).bytes, jpeg(&picture, 80).bytes);
}

#[test]
fn grey_is_written_as_one_component_and_color_as_three() {
    let picture = DynamicImage::from(scene(64, 48));
    let components = |file: &Rendered| {
        let frame = file.bytes.windows(2).position(|marker| marker == [0xff, 0xc2]).unwrap();
        file.bytes[frame + 9]
    };
    assert_eq!(components(&jpeg(&picture, 80)), 3);
    assert_eq!(components(&jpeg(&picture.to_luma8().into(), 80)), 1);
}

#[test]
fn chroma_keeps_its_resolution_from_quality_90_on() {
    let stripes = RgbImage::from_fn(64, 64, |x, _| Rgb(if x % 2 == 0 { [255, 0, 0] } else { [0, 0, 255] }));
    let found = |quality| {
        let [red, _, blue, _] = pixels(&jpeg(&stripes.clone().into(), quality)).get_pixel(32, 32).0;
        i32::from(red) - i32::from(blue)
    };
    assert!(found(90) > 200 && found(80) < 100, "{} {}", found(90), found(80));
}

/// A picture with fine grain on it, as a camera's.
fn grainy(width: u32, height: u32) -> RgbImage {
    let mut picture = scene(width, height);
    for (sample, grain) in picture.iter_mut().zip(noise(width * height * 3)) {
        *sample = sample.saturating_add(grain / 24);
    }
    picture
}

/// The picture as a baseline file, which `jpeg-encoder` writes with the tables of the standard.
fn baseline(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    let (width, height) = (picture.width().try_into().unwrap(), picture.height().try_into().unwrap());
    encoder.encode(picture, width, height, ColorType::Rgb).unwrap();
    file
}

#[test]
fn at_equal_likeness_it_is_much_smaller_than_a_baseline_file() {
    for picture in [scene(640, 480), grainy(640, 480)] {
        let expected: RgbaImage = DynamicImage::from(picture.clone()).to_rgba8();
        for quality in [50, 75] {
            let plain = baseline(&picture, quality);
            let aim = psnr(&image::load_from_memory(&plain).unwrap().to_rgba8(), &expected);
            let own = (quality - 20..90)
                .map(|quality| jpeg(&picture.clone().into(), quality))
                .find(|file| psnr(&pixels(file), &expected) >= aim)
                .unwrap();
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            let ratio = own.bytes.len() as f64 / plain.len() as f64;
            assert!(ratio < 0.9, "{quality}: {ratio:.3}");
        }
    }
}
