use moxcms::ColorProfile;
use shared::dimensions::Dimensions;

use super::*;

fn icc(profile: &ColorProfile) -> Vec<u8> {
    profile.encode().unwrap()
}

/// Pixels, and the profile that goes with them.
struct Shown {
    pixels: Pixels,
    profile: Option<Vec<u8>>,
}

fn toned(model: ColorModel, samples: &[u8], profile: Option<Vec<u8>>, format: OutputFormat) -> Shown {
    let width = u32::try_from(samples.len() / usize::from(model.channels())).unwrap();
    let dimensions = Dimensions::new(width, 1).unwrap();
    let plane = ReducedPlane { dimensions, samples: samples.to_vec(), took: std::time::Duration::ZERO };
    let Toned { picture, profile } = tone(Decoded { planes: vec![plane], model, profile }, format);
    match picture {
        Picture::Pixels(pixels) => Shown { pixels, profile },
        Picture::LumaChroma(_) => panic!("one plane holds no luma and chroma"),
    }
}

#[test]
fn a_profile_that_says_srgb_is_left_out_and_another_goes_along() {
    let cases = [
        (ColorProfile::new_srgb(), false),
        (ColorProfile::new_display_p3(), true),
        (ColorProfile::new_adobe_rgb(), true),
        (ColorProfile::new_pro_photo_rgb(), true),
    ];
    for (profile, is_carried) in cases {
        let bytes = icc(&profile);
        let toned = toned(ColorModel::Rgb, &[1, 2, 3], Some(bytes.clone()), OutputFormat::WebP);
        assert_eq!(toned.profile, is_carried.then_some(bytes));
        assert_eq!(toned.pixels.samples, [1, 2, 3]);
    }
}

#[test]
fn what_is_no_profile_of_the_samples_space_is_left_out() {
    let junk = b"this is not a profile".to_vec();
    assert_eq!(toned(ColorModel::Rgb, &[1, 2, 3], Some(junk), OutputFormat::Png).profile, None);
    let grey = icc(&ColorProfile::new_gray_with_gamma(1.8));
    assert_eq!(toned(ColorModel::Rgb, &[1, 2, 3], Some(grey), OutputFormat::Png).profile, None);
}

#[test]
fn grey_keeps_its_profile_where_the_format_has_grey_and_is_converted_where_not() {
    let bytes = icc(&ColorProfile::new_gray_with_gamma(1.0));
    let kept = toned(ColorModel::Grey, &[0, 55, 255], Some(bytes.clone()), OutputFormat::Jpeg);
    assert_eq!((kept.profile, kept.pixels.samples), (Some(bytes.clone()), vec![0, 55, 255]));
    let converted = toned(ColorModel::Grey, &[0, 55, 255], Some(bytes), OutputFormat::WebP);
    assert_eq!(converted.profile, None);
    // A linear 55/255 is 0.5 in sRGB's curve.
    let lightness: Vec<u8> = converted.pixels.samples.iter().step_by(3).copied().collect();
    assert!(lightness[0] == 0 && lightness[1].abs_diff(128) <= 1 && lightness[2] == 255, "{lightness:?}");
}

#[test]
fn grey_with_a_profile_of_rgb_becomes_rgb() {
    let bytes = icc(&ColorProfile::new_adobe_rgb());
    let toned = toned(ColorModel::Grey, &[9], Some(bytes.clone()), OutputFormat::Png);
    assert_eq!((toned.pixels.samples, toned.profile), (vec![9, 9, 9], Some(bytes)));
}

#[test]
fn luma_and_chroma_become_red_green_and_blue() {
    let primaries = [76, 85, 255, 150, 44, 21, 29, 255, 107, 255, 128, 128, 0, 128, 128];
    let expected = [254, 0, 0, 0, 255, 1, 0, 0, 254, 255, 255, 255, 0, 0, 0];
    assert_eq!(toned(ColorModel::YCbCr, &primaries, None, OutputFormat::WebP).pixels.samples, expected);
}

#[test]
fn inks_without_a_profile_each_take_their_part_of_the_light() {
    let cmyk = [0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255, 51, 102, 153, 51];
    let rgb = [255, 255, 255, 0, 255, 255, 255, 0, 0, 0, 0, 0, 163, 122, 82];
    assert_eq!(toned(ColorModel::Cmyk, &cmyk, None, OutputFormat::WebP).pixels.samples, rgb);
    let inverted = cmyk.map(|ink| 255 - ink);
    assert_eq!(toned(ColorModel::CmykInverted, &inverted, None, OutputFormat::WebP).pixels.samples, rgb);
    // White paper and red as Adobe's YCCK: inks as red, green and blue, black left out.
    let ycck = [0, 128, 128, 255, 179, 171, 0, 255];
    assert_eq!(
        toned(ColorModel::Ycck, &ycck, None, OutputFormat::WebP).pixels.samples,
        [255, 255, 255, 255, 0, 0]
    );
}
