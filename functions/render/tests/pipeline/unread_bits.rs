//! Bits of progressive pictures that do not show are not read; but they must be there.

use image::RgbImage;
use shared::variant::OutputFormat;

use crate::libjpeg::Jpeg;
use crate::pictures::{pixels, psnr, rendered, scene, spec, undecodable};
use crate::scans::{Scans, WrittenScan, written};

const WHOLE: Jpeg = Jpeg { quality: 92, ..Jpeg::PLAIN };
const IN_BITS: [Scans; 2] = [Scans::Usual, Scans::Deep];

fn picture() -> RgbImage {
    scene(640, 480)
}

/// The last scan, which brings the last bit of luma.
fn last_scan(file: &[u8]) -> WrittenScan {
    let last = written(file).pop().unwrap();
    assert_eq!((last.band, last.bits), ((1, 63), (1, 0)));
    last
}

#[test]
fn what_is_left_out_is_less_than_was_promised() {
    // The same coefficients, in one scan or bit by bit.
    let whole = WHOLE.encode(&picture());
    for scans in IN_BITS {
        let progressive = Jpeg { scans, ..WHOLE }.encode(&picture());
        for width in [640, 400, 320, 200, 100, 40] {
            let shown = |file: &[u8], format| pixels(&rendered(file, spec(width, 0, format)).unwrap());
            let reference = shown(&whole, OutputFormat::Png);
            // Half a level of error in luma and each chroma is one level in blue: 48 dB.
            let found = psnr(&shown(&progressive, OutputFormat::Png), &reference);
            assert!(found > 48.0, "{scans:?} at {width}: {found:.1} dB");
            // Two levels are 42 dB; the encoder loses far more.
            for format in [OutputFormat::WebP, OutputFormat::Jpeg] {
                let [read, left_out] =
                    [&whole, &progressive].map(|file| psnr(&shown(file, format), &reference));
                assert!(
                    left_out > read - 0.5,
                    "{scans:?} at {width} as {format:?}: {left_out:.1} for {read:.1} dB"
                );
            }
        }
    }
}

/// A scan's bits, each byte another one and none of them a marker.
fn with_other_bits(file: &[u8], scan: &WrittenScan) -> Vec<u8> {
    let mut other = file.to_vec();
    for byte in &mut other[scan.data.clone()] {
        *byte = if *byte == 0xff { 0x7f } else { *byte ^ 0x55 };
        *byte = if *byte == 0xff { 0x7e } else { *byte };
    }
    other
}

#[test]
fn bits_that_do_not_show_may_be_any() {
    for scans in IN_BITS {
        let file = Jpeg { scans, ..WHOLE }.encode(&picture());
        let other = with_other_bits(&file, &last_scan(&file));
        for format in [OutputFormat::WebP, OutputFormat::Jpeg] {
            let small = spec(80, 0, format);
            assert_eq!(rendered(&other, small).unwrap().bytes, rendered(&file, small).unwrap().bytes);
        }
        // Where they show they are read: the same bits are then nonsense, or another picture.
        let large = spec(640, 0, OutputFormat::Png);
        let shown = rendered(&other, large).map(|variant| variant.bytes);
        assert_ne!(shown.ok(), Some(rendered(&file, large).unwrap().bytes), "{scans:?}");
    }
}

#[test]
fn a_file_that_ends_within_bits_that_do_not_show_is_cut_short() {
    for scans in IN_BITS {
        let file = Jpeg { scans, ..WHOLE }.encode(&picture());
        let data = last_scan(&file).data;
        for cut in
            [data.start, data.start + 1, data.start.midpoint(data.end), data.end - 1, data.end, data.end + 1]
        {
            for (width, format) in
                [(80, OutputFormat::WebP), (80, OutputFormat::Jpeg), (640, OutputFormat::Png)]
            {
                let refused = rendered(&file[..cut], spec(width, 0, format)).unwrap_err().to_string();
                let place = format!("cut short: its data ends at byte {cut}");
                assert!(refused.ends_with(&place), "{refused}, and not at {cut}");
            }
        }
        assert!(undecodable(&file[..data.start]).contains("cut short"));
    }
}
