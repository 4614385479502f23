//! ICC profiles, and what becomes of them.

use image::codecs::{
    jpeg::JpegDecoder, jpeg::JpegEncoder, png::PngDecoder, png::PngEncoder, webp::WebPDecoder,
    webp::WebPEncoder,
};
use image::{DynamicImage, ImageDecoder};
use jpeg_encoder::ColorType;
use moxcms::ColorProfile;
use render::Rendered;
use shared::variant::OutputFormat;

use crate::files::{JpegKind, with_metadata};
use crate::pictures::{close, corners, pixels, rendered, scene, spec};

fn profile_of(variant: &Rendered, format: OutputFormat) -> Option<Vec<u8>> {
    let file = std::io::Cursor::new(&variant.bytes);
    match format {
        OutputFormat::Jpeg => JpegDecoder::new(file).unwrap().icc_profile(),
        OutputFormat::Png => PngDecoder::new(file).unwrap().icc_profile(),
        OutputFormat::WebP | OutputFormat::Avif => WebPDecoder::new(file).unwrap().icc_profile(),
    }
    .unwrap()
}

/// A file of each type that can carry a profile.
fn files(picture: &DynamicImage, icc: &[u8]) -> [Vec<u8>; 3] {
    let mut files = [Vec::new(), Vec::new(), Vec::new()];
    let [jpeg, png, webp] = &mut files;
    with_metadata(JpegEncoder::new(jpeg), picture, Some(icc), None);
    with_metadata(PngEncoder::new(png), picture, Some(icc), None);
    with_metadata(WebPEncoder::new_lossless(webp), picture, Some(icc), None);
    files
}

const FORMATS: [OutputFormat; 3] = [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png];

#[test]
fn a_wide_profile_goes_along_byte_by_byte_from_every_type_to_every_format() {
    for icc in [ColorProfile::new_display_p3(), ColorProfile::new_adobe_rgb()]
        .map(|profile| profile.encode().unwrap())
    {
        for file in files(&corners(64, 48), &icc) {
            for format in FORMATS {
                let variant = rendered(&file, spec(32, 24, format)).unwrap();
                assert_eq!(profile_of(&variant, format).as_ref(), Some(&icc), "{format:?}");
                assert!(close([pixels(&variant).get_pixel(2, 2).0[0], 0, 0], [255, 0, 0], 8));
            }
        }
    }
}

#[test]
fn srgb_goes_without_saying() {
    let icc = ColorProfile::new_srgb().encode().unwrap();
    for file in files(&corners(64, 48), &icc) {
        for format in FORMATS {
            assert_eq!(
                profile_of(&rendered(&file, spec(32, 24, format)).unwrap(), format),
                None,
                "{format:?}"
            );
        }
    }
}

#[test]
fn a_profile_in_many_segments_is_put_together() {
    // 64 KiB and more take several segments of a JPEG.
    let mut icc = ColorProfile::new_display_p3().encode().unwrap();
    icc.resize(150_000, 7);
    let length = u32::try_from(icc.len()).unwrap();
    icc[..4].copy_from_slice(&length.to_be_bytes());
    let file = JpegKind::PLAIN.encode_with(&scene(64, 48), (64, 48), ColorType::Rgb, |encoder| {
        encoder.add_icc_profile(&icc).unwrap();
    });
    for format in FORMATS {
        let variant = rendered(&file, spec(32, 24, format)).unwrap();
        assert_eq!(profile_of(&variant, format).as_ref(), Some(&icc), "{format:?}");
    }
}

#[test]
fn a_profile_and_opacity_go_together() {
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let half = DynamicImage::from(image::RgbaImage::from_pixel(64, 48, image::Rgba([200, 0, 100, 128])));
    let mut file = Vec::new();
    with_metadata(PngEncoder::new(&mut file), &half, Some(&icc), None);
    for format in [OutputFormat::WebP, OutputFormat::Png] {
        let variant = rendered(&file, spec(32, 24, format)).unwrap();
        assert_eq!(profile_of(&variant, format).as_ref(), Some(&icc));
        assert_eq!(pixels(&variant).get_pixel(5, 5).0[3], 128);
    }
}
