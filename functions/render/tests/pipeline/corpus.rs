//! Real and awkward files, where they are at hand: beside the repository.
//!
//! What is rendered is left in the target folder, to be looked at.

use std::path::{Path, PathBuf};

use image::{DynamicImage, RgbaImage};
use render::{RenderError, Rendered};
use shared::variant::OutputFormat;

use crate::pictures::{close, pixels, psnr, rendered, spec};

const FORMATS: [OutputFormat; 3] = [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}

/// A file, if it is there.
fn file(name: &str) -> Option<Vec<u8>> {
    std::fs::read(folder().join(name)).ok()
}

/// What is refused, and what the refusal says.
const REFUSED: [(&str, &str); 7] = [
    ("a_avif_o6.avif", "image/avif"),
    ("a_bomb65536.png", "4294967296 pixels"),
    ("a_corrupt_header.jpg", "JPEG"),
    ("a_giant.jpg", "280000000 pixels"),
    ("a_truncated.gif", "cut short"),
    ("a_truncated.jpg", "cut short"),
    ("a_truncated.png", "cut short"),
];

#[test]
fn every_file_is_rendered_but_those_that_must_be_refused() {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus");
    std::fs::create_dir_all(&output).unwrap();
    let Ok(entries) = folder().read_dir() else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "md") {
            continue;
        }
        let file = std::fs::read(&path).unwrap();
        let expected = REFUSED.iter().find(|(refused, _)| *refused == name);
        for format in FORMATS {
            match (rendered(&file, spec(640, 480, format)), expected) {
                (Ok(variant), None) => {
                    let target = output.join(format!("{name}.{}", format.extension()));
                    std::fs::write(target, &variant.bytes).unwrap();
                    check_size(&name, &variant);
                }
                (Err(refusal), Some((_, reason))) => check_reason(&refusal, reason),
                (Ok(_), Some(_)) => panic!("{name} is not refused"),
                (Err(refusal), None) => panic!("{name}: {refusal}"),
            }
        }
    }
}

/// All but the small ones fill the box.
fn check_size(name: &str, variant: &Rendered) {
    let size = (variant.dimensions.width(), variant.dimensions.height());
    assert!(size.0 <= 640 && size.1 <= 480, "{name}");
    if name.starts_with(['p', 's']) {
        assert_eq!(size, (640, 480), "{name}");
    }
    pixels(variant);
}

fn check_reason(refusal: &RenderError, reason: &str) {
    assert!(refusal.to_string().contains(reason), "{refusal}");
}

fn at_full_size(file: &[u8]) -> RgbaImage {
    pixels(&rendered(file, spec(9999, 0, OutputFormat::Png)).unwrap())
}

#[test]
fn photographs_look_as_another_decoder_shows_them() {
    for name in ["p06_sharp.jpg", "p12_s7edge_prog.jpg", "a_prog_small.jpg", "a_gray.jpg"] {
        let Some(file) = file(name) else { return };
        let expected = DynamicImage::from(image::load_from_memory(&file).unwrap().to_rgb8()).into_rgba8();
        let found = psnr(&at_full_size(&file), &expected);
        assert!(found > 38.0, "{name}: {found:.1} dB");
    }
}

#[test]
fn scans_of_single_components_show_the_picture_that_they_are_of() {
    // It was made of this photograph, at this size.
    let (Some(scans), Some(photograph)) = (file("a_noninterleaved.jpg"), file("p12_imagers.jpg")) else {
        return;
    };
    let expected = pixels(&rendered(&photograph, spec(640, 480, OutputFormat::Png)).unwrap());
    let found = psnr(&at_full_size(&scans), &expected);
    assert!(found > 24.0, "{found:.1} dB");
}

#[test]
fn the_eight_landscapes_look_alike() {
    let landscape = |orientation| {
        let file = file(&format!("o_landscape_{orientation}.jpg"))?;
        Some(pixels(&rendered(&file, spec(320, 240, OutputFormat::Png)).unwrap()))
    };
    let Some(upright) = landscape(1) else { return };
    for orientation in 2..=8 {
        // They differ by a digit in their middle.
        let found = psnr(&landscape(orientation).unwrap(), &upright);
        assert!(found > 20.0, "{orientation}: {found:.1} dB");
    }
}

#[test]
fn inks_and_lab_come_out_in_natural_colors() {
    let mean = |name: &str| {
        let picture = at_full_size(&file(name)?);
        let count = u64::from(picture.width()) * u64::from(picture.height());
        let sum = |channel: usize| picture.pixels().map(|pixel| u64::from(pixel.0[channel])).sum::<u64>();
        Some([0, 1, 2].map(|channel| u8::try_from(sum(channel) / count).unwrap()))
    };
    // A park by day, through its profile and by the plain formula, and a bird in the grass: judged by eye, then measured.
    let expected = [
        ("a_cmyk_icc.jpg", [120, 126, 114]),
        ("a_cmyk_noicc.jpg", [109, 132, 109]),
        ("a_lab.tiff", [85, 114, 65]),
    ];
    for (name, color) in expected {
        let Some(found) = mean(name) else { return };
        assert!(close(found, color, 4), "{name}: {found:?}");
    }
}
