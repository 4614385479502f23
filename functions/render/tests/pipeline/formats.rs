//! What each type of original holds, and what each format of output does.

use image::imageops::{flip_horizontal, flip_vertical};
use image::{DynamicImage, ImageFormat, LumaA, Rgba};
use shared::variant::OutputFormat;

use crate::files::{animated_webp, encoded, tiff};
use crate::pictures::{CORNERS, close, corners, pixels, psnr, quarters, rendered, shown, spec};

#[test]
fn every_type_and_depth_shows_its_colors() {
    let picture = corners(64, 48);
    let files = [
        encoded(&picture, ImageFormat::Png),
        encoded(&picture.to_rgb16().into(), ImageFormat::Png),
        encoded(&picture.to_rgba16().into(), ImageFormat::Png),
        encoded(&picture, ImageFormat::WebP),
        encoded(&picture, ImageFormat::Gif),
        encoded(&picture, ImageFormat::Bmp),
        encoded(&picture.to_rgba8().into(), ImageFormat::Bmp),
        encoded(&picture, ImageFormat::Tiff),
        encoded(&picture.to_rgb16().into(), ImageFormat::Tiff),
        encoded(&picture.to_rgba8().into(), ImageFormat::Tiff),
    ];
    for file in files {
        assert_eq!(quarters(&shown(&file)), CORNERS);
        let lossy = rendered(&file, spec(32, 24, OutputFormat::WebP)).unwrap();
        for (found, expected) in quarters(&pixels(&lossy)).into_iter().zip(CORNERS) {
            assert!(close(found, expected, 24), "{found:?}");
        }
    }
}

#[test]
fn opacity_is_kept_and_becomes_white_where_a_format_has_none() {
    let half = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(64, 48, Rgba([200, 0, 100, 128])));
    let grey = DynamicImage::ImageLumaA8(image::GrayAlphaImage::from_pixel(64, 48, LumaA([40, 128])));
    for (picture, color) in [(half, [200, 0, 100]), (grey, [40, 40, 40])] {
        let file = encoded(&picture, ImageFormat::Png);
        for format in [OutputFormat::WebP, OutputFormat::Png] {
            let [red, green, blue, alpha] =
                pixels(&rendered(&file, spec(32, 24, format)).unwrap()).get_pixel(9, 9).0;
            assert!(
                close([red, green, blue], color, 4) && alpha == 128,
                "{format:?}: {red} {green} {blue} {alpha}"
            );
        }
        let flat = pixels(&rendered(&file, spec(32, 24, OutputFormat::Jpeg)).unwrap()).get_pixel(9, 9).0;
        let before_white = color.map(|light| light / 2 + 127);
        assert!(close([flat[0], flat[1], flat[2]], before_white, 4) && flat[3] == 255, "{flat:?}");
    }
}

#[test]
fn a_picture_that_hides_nothing_is_written_without_opacity() {
    let opaque = DynamicImage::from(corners(64, 48).to_rgba8());
    let variant = rendered(&encoded(&opaque, ImageFormat::Png), spec(32, 24, OutputFormat::Png)).unwrap();
    assert_eq!(image::load_from_memory(&variant.bytes).unwrap().color(), image::ColorType::Rgb8);
}

#[test]
fn the_first_frame_of_an_animation_lies_where_it_belongs() {
    let mut file = b"GIF89a\x08\0\x04\0\x91\0\0".to_vec();
    file.extend([[10, 20, 30], [250, 0, 0], [0, 250, 0], [0, 0, 250]].concat());
    // Two red pixels at (6, 2), then a frame that covers all in green.
    file.extend(b"\x2c\x06\0\x02\0\x02\0\x01\0\0\x02\x02\x4c\x0a\0");
    file.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x54\x01\0\x3b");
    let picture = shown(&file);
    assert_eq!(picture.dimensions(), (8, 4));
    assert_eq!((picture.get_pixel(6, 2).0, picture.get_pixel(7, 2).0), ([250, 0, 0, 255], [250, 0, 0, 255]));
    assert_eq!(picture.get_pixel(0, 0).0[3], 0, "where no frame is, it is transparent");
}

#[test]
fn the_first_frame_of_a_webp_lies_where_it_belongs() {
    let still = |color: [u8; 3]| {
        let picture = image::RgbImage::from_pixel(8, 6, image::Rgb(color));
        rendered(&encoded(&picture.into(), ImageFormat::Png), spec(8, 6, OutputFormat::WebP)).unwrap().bytes
    };
    let (red, blue) = (still([250, 0, 0]), still([0, 0, 250]));
    let picture = shown(&animated_webp((20, 10), &[((12, 4), &red), ((0, 0), &blue)]));
    assert_eq!(picture.dimensions(), (20, 10));
    let [r, g, b, alpha] = picture.get_pixel(12, 4).0;
    assert!(close([r, g, b], [250, 0, 0], 4) && alpha == 255);
    assert_eq!(picture.get_pixel(11, 4).0[3], 0, "where no frame is, it is transparent");
    let outside = animated_webp((20, 10), &[((14, 4), &red)]);
    assert!(crate::pictures::undecodable(&outside).contains("outside"));
}

#[test]
fn a_tiff_shows_its_colors_in_every_colour_space() {
    let flat = |pixel: &[u8]| pixel.repeat(8 * 4);
    let first = |file: &[u8]| {
        let [red, green, blue, _] = shown(file).get_pixel(3, 2).0;
        [red, green, blue]
    };
    let eight = |space, samples: u16, more: &[(u16, &[u16])], strip: &[u8]| {
        let (bits, space, count) = (vec![8; usize::from(samples)], [space], [samples]);
        let tags: Vec<(u16, &[u16])> = [&[(258, &bits[..]), (262, &space), (277, &count)][..], more].concat();
        first(&tiff((8, 4), &tags, strip))
    };
    assert_eq!(eight(2, 3, &[], &flat(&[10, 200, 30])), [10, 200, 30]);
    assert_eq!(eight(0, 1, &[], &flat(&[55])), [200, 200, 200], "0 is white");
    assert_eq!(eight(5, 4, &[], &flat(&[0, 255, 255, 0])), [255, 0, 0], "CMYK");
    assert_eq!(eight(5, 5, &[(338, &[2])], &flat(&[0, 255, 255, 0, 9])), [255, 0, 0], "CMYK and opacity");
    assert!(close(eight(8, 3, &[], &flat(&[138, 81, 70])), [255, 0, 0], 4), "L*a*b*");
    assert!(close(eight(9, 3, &[], &flat(&[138, 209, 198])), [255, 0, 0], 4), "ICC L*a*b*");
    let map: Vec<u16> = (0..768).map(|index| if index == 7 { 0xffff } else { 0 }).collect();
    assert_eq!(eight(3, 1, &[(320, &map)], &flat(&[7])), [255, 0, 0], "a palette");
    let planes = [[10; 32], [200; 32], [30; 32]].concat();
    assert!(
        rendered(
            &tiff((8, 4), &[(258, &[8, 8, 8]), (262, &[2]), (277, &[3]), (284, &[2])], &planes),
            spec(8, 4, OutputFormat::Png)
        )
        .is_err(),
        "three planes in one strip"
    );
}

#[test]
fn a_tiff_with_opacity_shows_it() {
    let tags = |kind: &'static [u16]| -> [(u16, &[u16]); 4] {
        [(258, &[8; 4]), (262, &[2]), (277, &[4]), (338, kind)]
    };
    let unassociated = tiff((8, 4), &tags(&[2]), &[200, 100, 0, 128].repeat(32));
    assert_eq!(shown(&unassociated).get_pixel(3, 2).0, [200, 100, 0, 128]);
    let associated = tiff((8, 4), &tags(&[1]), &[100, 50, 0, 128].repeat(32));
    assert_eq!(shown(&associated).get_pixel(3, 2).0, [199, 100, 0, 128]);
    let grey: [(u16, &[u16]); 4] = [(258, &[8; 2]), (262, &[1]), (277, &[2]), (338, &[2])];
    assert_eq!(shown(&tiff((8, 4), &grey, &[90, 40].repeat(32))).get_pixel(3, 2).0, [90, 90, 90, 40]);
}

#[test]
fn a_tiff_of_two_tones_shows_them() {
    let tags: [(u16, &[u16]); 3] = [(258, &[1]), (262, &[1]), (277, &[1])];
    let picture = shown(&tiff((8, 2), &tags, &[0b1111_0000, 0b0000_0001]));
    let row = |y| (0..8).map(|x| picture.get_pixel(x, y).0[0]).collect::<Vec<_>>();
    assert_eq!([row(0), row(1)], [vec![255, 255, 255, 255, 0, 0, 0, 0], vec![0, 0, 0, 0, 0, 0, 0, 255]]);
}

#[test]
fn a_tiff_that_would_be_misread_is_refused() {
    let refused =
        |tags: &[(u16, &[u16])]| crate::pictures::undecodable(&tiff((8, 4), tags, &[0; 8 * 4 * 16]));
    assert!(
        refused(&[(258, &[8; 3]), (259, &[7]), (262, &[6]), (277, &[3])]).contains("TIFF"),
        "JPEG inside"
    );
    assert!(refused(&[(258, &[32; 3]), (262, &[2]), (277, &[3]), (339, &[3; 3])]).contains("whole numbers"));
    let extra: [(u16, &[u16]); 5] = [(258, &[8; 4]), (262, &[2]), (277, &[4]), (317, &[2]), (338, &[0])];
    assert!(refused(&extra).contains("predictor"));
}

#[test]
fn colors_lie_where_they_belong_in_every_format() {
    // A red disc in the middle of blue stays as it is when left and right, or top and bottom, are swapped.
    let disc = image::RgbImage::from_fn(160, 128, |x, y| {
        let is_in_disc = (f64::from(x) - 79.5).hypot(f64::from(y) - 63.5) < 40.0;
        image::Rgb(if is_in_disc { [220, 30, 30] } else { [30, 30, 220] })
    });
    let file = encoded(&disc.into(), ImageFormat::Png);
    for format in [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png] {
        let variant = pixels(&rendered(&file, spec(80, 64, format)).unwrap());
        let found = psnr(&variant, &flip_horizontal(&variant)).min(psnr(&variant, &flip_vertical(&variant)));
        assert!(found > 30.0, "{format:?}: {found:.1} dB");
    }
}

#[test]
fn a_format_that_this_build_does_not_write_is_refused_at_once() {
    let refused = rendered(b"whatever", spec(640, 480, OutputFormat::Avif)).unwrap_err();
    assert_eq!(refused.to_string(), "image/avif is not offered: this build has no AVIF encoder");
}

#[test]
fn a_side_that_a_format_can_not_have_is_refused() {
    let ribbon = DynamicImage::new_luma8(16_384, 2);
    let file = encoded(&ribbon, ImageFormat::Png);
    assert!(rendered(&file, spec(99_999, 0, OutputFormat::Png)).is_ok());
    let refused = rendered(&file, spec(99_999, 0, OutputFormat::WebP)).unwrap_err();
    assert!(matches!(refused, render::RenderError::UnsupportedOutput { .. }), "{refused}");
}
