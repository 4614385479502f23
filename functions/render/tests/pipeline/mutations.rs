//! Files that chance made: rendered or refused, without a panic, whatever their bytes.

use std::sync::LazyLock;

use image::{DynamicImage, ImageFormat};
use jpeg_encoder::ColorType;
use moxcms::ColorProfile;
use proptest::prelude::*;
use render::pipeline::{Limits, render};
use shared::variant::OutputFormat;

use crate::files::{JpegKind, animated_webp, encoded, exif, tiff};
use crate::pictures::{scene, spec};

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let picture = DynamicImage::from(scene(48, 36));
    let grey = DynamicImage::from(picture.to_luma8());
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let jpeg = |kind: JpegKind| {
        kind.encode_with(picture.as_bytes(), (48, 36), ColorType::Rgb, |encoder| {
            encoder.add_icc_profile(&icc).unwrap();
            encoder.add_exif_metadata(&exif(6)).unwrap();
        })
    };
    let plain = JpegKind::PLAIN;
    let mut seeds = vec![
        jpeg(plain),
        jpeg(JpegKind { restart_interval: 2, ..plain }),
        jpeg(JpegKind { is_optimized: true, ..plain }),
        jpeg(JpegKind { is_progressive: true, ..plain }),
        plain.encode(grey.as_bytes(), 48, 36, ColorType::Luma),
        plain.encode(&[7; 48 * 36 * 4], 48, 36, ColorType::CmykAsYcck),
        tiff((8, 4), &[(258, &[8; 3]), (262, &[8]), (277, &[3])], &[99; 96]),
        tiff((8, 4), &[(258, &[4]), (262, &[3]), (277, &[1]), (320, &[500; 48])], &[0x5a; 16]),
    ];
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff]
    {
        seeds.push(encoded(&picture, format));
    }
    seeds.push(encoded(&picture.to_rgba16().into(), ImageFormat::Png));
    seeds.push(encoded(&picture.to_rgba8().into(), ImageFormat::WebP));
    let small = spec(48, 36, OutputFormat::WebP);
    for lossless in [8, 14] {
        seeds.push(render(&seeds[lossless], &small, &Limits::default()).unwrap().bytes);
    }
    seeds.push(animated_webp((60, 40), &[((4, 2), &seeds[15]), ((0, 0), &seeds[14])]));
    seeds
});

/// A change to a file, at a place that is a share of its length.
#[derive(Debug, Clone)]
enum Change {
    Set(f64, u8),
    Flip(f64, u8),
    Cut(f64),
    Remove(f64, usize),
    Repeat(f64, usize),
}

fn change() -> impl Strategy<Value = Change> {
    // Headers matter most.
    let place = || prop_oneof![0.0..1.0, 0.0..0.1];
    prop_oneof![
        4 => (place(), prop_oneof![any::<u8>(), Just(0), Just(255), Just(1), Just(127)])
            .prop_map(|(at, value)| Change::Set(at, value)),
        4 => (place(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        1 => place().prop_map(Change::Cut),
        1 => (place(), 1_usize..20).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => (place(), 1_usize..20).prop_map(|(at, length)| Change::Repeat(at, length)),
    ]
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small files"
)]
fn changed(mut file: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = file.len();
        let place = |share: f64| ((length as f64 * share) as usize).min(length.saturating_sub(1));
        match *change {
            _ if file.is_empty() => {}
            Change::Set(at, value) => file[place(at)] = value,
            Change::Flip(at, bit) => file[place(at)] ^= bit,
            Change::Cut(at) => file.truncate(place(at)),
            Change::Remove(at, count) => drop(file.drain(place(at)..(place(at) + count).min(length))),
            Change::Repeat(at, count) => {
                let part = file[place(at)..(place(at) + count).min(length)].to_vec();
                let at = place(at);
                file.splice(at..at, part);
            }
        }
    }
    file
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2048), ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_rendered_or_refused(
        seed in 0_usize..18, changes in prop::collection::vec(change(), 1..6),
        format in prop::sample::select(&[OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png][..]),
        size in prop::sample::select(&[(4, 3), (20, 0), (64, 48)][..]),
    ) {
        let file = changed(SEEDS[seed % SEEDS.len()].clone(), &changes);
        let limits = Limits { max_pixels: 1_000_000, max_memory_bytes: 64 << 20 };
        if let Ok(variant) = render(&file, &spec(size.0, size.1, format), &limits) {
            prop_assert!(variant.dimensions.width() <= size.0);
            prop_assert!(!variant.bytes.is_empty());
        }
    }
}
