//! Small files that take every decoder every way that it has.

use std::io::Cursor;
use std::sync::LazyLock;

use image::{DynamicImage, ImageFormat, RgbImage};
use moxcms::ColorProfile;
use shared::variant::OutputFormat;
use tiff::encoder::compression::DeflateLevel;
use tiff::encoder::{Compression, Predictor, TiffEncoder, colortype};

use crate::files::{animated_webp, bmp, encoded, interlaced_gif, png, replaced, tiff, with_metadata};
use crate::libjpeg::{Color, Jpeg, Restarts};
use crate::pictures::{rendered, scene, spec};
use crate::scans::Scans;

/// A file and what it is.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) name: &'static str,
    pub(crate) file: Vec<u8>,
}

/// All of them, those of a type together.
pub(crate) static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| {
    let picture = scene(48, 36);
    let files = jpegs(&picture).into_iter().chain(pngs(&picture)).chain(tiffs(&picture));
    let files = files.chain(webps(&picture)).chain(others(&picture));
    files.map(|(name, file)| Seed { name, file }).collect()
});

type Named = (&'static str, Vec<u8>);

fn jpegs(picture: &RgbImage) -> Vec<Named> {
    let plain = Jpeg { orientation: 6, ..Jpeg::PLAIN };
    let with = |scans: Scans| Jpeg { scans, ..plain }.encode(picture);
    let icc = ColorProfile::new_display_p3().encode().unwrap();
    let mut profiled = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new(&mut profiled);
    with_metadata(encoder, &picture.clone().into(), Some(&icc), None);
    vec![
        ("JPEG", plain.encode(picture)),
        ("JPEG with a profile", profiled),
        ("JPEG 4:1:1", Jpeg { factors: &[(4, 1)], ..plain }.encode(picture)),
        ("JPEG with restarts", Jpeg { restarts: Restarts::Units(2), ..plain }.encode(picture)),
        ("JPEG in a scan for each component", with(Scans::Apart)),
        ("progressive JPEG", with(Scans::Usual)),
        ("progressive JPEG in bands", with(Scans::Bands)),
        ("progressive JPEG in bits", with(Scans::Deep)),
        (
            "progressive JPEG with restarts",
            Jpeg { scans: Scans::Usual, restarts: Restarts::Row, ..plain }.encode(picture),
        ),
        ("grey JPEG", Jpeg { color: Color::Grey, factors: &[], ..plain }.encode(picture)),
        ("JPEG of inks", Jpeg { color: Color::Cmyk, factors: &[], ..plain }.encode(picture)),
        (
            "progressive JPEG of inks",
            Jpeg {
                color: Color::Ycck,
                factors: &[(2, 2), (1, 1), (1, 1), (2, 2)],
                scans: Scans::Usual,
                ..plain
            }
            .encode(picture),
        ),
    ]
}

fn pngs(picture: &RgbImage) -> Vec<Named> {
    let picture = DynamicImage::from(picture.clone());
    let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
    let mut profiled = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut profiled);
    with_metadata(encoder, &picture, Some(&icc), Some(&crate::files::exif(3)));
    let palette: Vec<u8> = (0..48).map(|index| index * 5).collect();
    // Each of Adam7's passes has rows of its own, each of which starts with its filter.
    let passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)];
    let interlaced =
        passes.iter().flat_map(|(width, rows)| [&[0][..], &vec![99; width * 3]].concat().repeat(*rows));
    vec![
        ("PNG", encoded(&picture, ImageFormat::Png)),
        ("PNG with a profile", profiled),
        ("PNG of 16 bits with opacity", encoded(&picture.to_rgba16().into(), ImageFormat::Png)),
        ("grey PNG", encoded(&picture.to_luma8().into(), ImageFormat::Png)),
        (
            "PNG with a palette",
            png((8, 8), [4, 3, 0], &[(b"PLTE", &palette), (b"tRNS", &[9, 99])], &[0, 1, 2, 3, 4].repeat(8)),
        ),
        ("PNG of two tones", png((8, 8), [1, 0, 0], &[], &[0, 0x5a].repeat(8))),
        ("interlaced PNG", png((8, 8), [8, 2, 1], &[], &interlaced.collect::<Vec<u8>>())),
    ]
}

fn tiffs(picture: &RgbImage) -> Vec<Named> {
    let colors: [(u16, &[u16]); 3] = [(258, &[8; 3]), (262, &[2]), (277, &[3])];
    let tiled = [&colors[..], &[(322, &[16]), (323, &[16])]].concat();
    // What says where strips are says where tiles are.
    let tiled = replaced(&tiff((8, 4), &tiled, &[77; 768]), &[0x11, 1, 4, 0], &[0x44, 1, 4, 0]);
    let tiled = replaced(&tiled, &[0x17, 1, 4, 0], &[0x45, 1, 4, 0]);
    let inks: [(u16, &[u16]); 3] = [(258, &[8; 4]), (262, &[5]), (277, &[4])];
    let lab: [(u16, &[u16]); 3] = [(258, &[16; 3]), (262, &[8]), (277, &[3])];
    let palette: [(u16, &[u16]); 4] = [(258, &[4]), (262, &[3]), (277, &[1]), (320, &[500; 48])];
    let opacity: [(u16, &[u16]); 4] = [(258, &[8; 4]), (262, &[2]), (277, &[4]), (338, &[1])];
    let wide = DynamicImage::from(picture.clone()).into_rgb16();
    vec![
        ("TIFF", tiff((8, 4), &colors, &[99; 96])),
        ("TIFF in tiles", tiled),
        ("TIFF of inks", tiff((8, 4), &inks, &[99; 128])),
        ("TIFF of L*a*b*", tiff((8, 4), &lab, &[99; 192])),
        ("TIFF with a palette", tiff((8, 4), &palette, &[0x5a; 16])),
        ("TIFF with opacity", tiff((8, 4), &opacity, &[99; 128])),
        ("TIFF of 16 bits", encoded(&wide.into(), ImageFormat::Tiff)),
        ("TIFF with LZW", compressed_tiff(picture, Compression::Lzw)),
        ("TIFF with Deflate", compressed_tiff(picture, Compression::Deflate(DeflateLevel::default()))),
        ("TIFF with PackBits", compressed_tiff(picture, Compression::Packbits)),
    ]
}

/// A TIFF of strips of a few rows.
pub(crate) fn compressed_tiff(picture: &RgbImage, compression: Compression) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let encoder = TiffEncoder::new(&mut file).unwrap().with_compression(compression);
    let mut encoder = encoder.with_predictor(Predictor::Horizontal);
    let mut strips = encoder.new_image::<colortype::RGB8>(picture.width(), picture.height()).unwrap();
    strips.rows_per_strip(10).unwrap();
    strips.write_data(picture.as_raw()).unwrap();
    file.into_inner()
}

fn webps(picture: &RgbImage) -> Vec<Named> {
    let picture = DynamicImage::from(picture.clone());
    let mut half = picture.to_rgba8();
    half.pixels_mut().enumerate().for_each(|(index, pixel)| pixel.0[3] = u8::try_from(index % 256).unwrap());
    let lossy = |picture: &DynamicImage| {
        rendered(&encoded(picture, ImageFormat::Png), spec(48, 36, OutputFormat::WebP)).unwrap().bytes
    };
    let (still, seen_through) = (lossy(&picture), lossy(&half.clone().into()));
    let animated = animated_webp((60, 40), &[((4, 2), &seen_through), ((0, 0), &still)]);
    vec![
        ("lossy WebP", still),
        ("lossy WebP with opacity", seen_through),
        ("lossless WebP", encoded(&picture, ImageFormat::WebP)),
        ("lossless WebP with opacity", encoded(&half.into(), ImageFormat::WebP)),
        ("animated WebP", animated),
    ]
}

fn others(picture: &RgbImage) -> Vec<Named> {
    let picture = DynamicImage::from(picture.clone());
    let gif = encoded(&picture, ImageFormat::Gif);
    // Runs of 3 and 5 in each row, its end; at last the end of all.
    let runs = [[3, 1, 5, 2, 0, 0].repeat(4), vec![0, 1]].concat();
    vec![
        ("interlaced GIF", interlaced_gif(&gif, (48, 36))),
        ("GIF", gif),
        ("BMP", encoded(&picture, ImageFormat::Bmp)),
        ("BMP with opacity", encoded(&picture.to_rgba8().into(), ImageFormat::Bmp)),
        ("BMP with a palette", encoded(&picture.to_luma8().into(), ImageFormat::Bmp)),
        ("BMP in runs", bmp((8, 4), (8, 1), &[10, 20, 30, 0].repeat(256), &runs)),
        ("BMP of 16 bits", bmp((8, 4), (16, 0), &[], &[0x1f, 0x7c].repeat(32))),
    ]
}

#[test]
fn every_seed_is_rendered() {
    for Seed { name, file } in SEEDS.iter() {
        for format in [OutputFormat::WebP, OutputFormat::Jpeg, OutputFormat::Png] {
            if let Err(error) = rendered(file, spec(20, 0, format)) {
                panic!("{name}: {error}");
            }
        }
    }
}
