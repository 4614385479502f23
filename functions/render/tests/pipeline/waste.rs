//! Small files that ask for as much work as the limits allow: it is done in time, and within the memory.

use std::time::{Duration, Instant};

use image::{DynamicImage, GrayImage, ImageFormat};
use render::pipeline::{Limits, render};
use shared::variant::OutputFormat;

use crate::allocations::peak_of;
use crate::files::{bmp, encoded};
use crate::pictures::{pixels, spec};

/// Almost 100 million pixels, as a ribbon: of it a part is shown at almost its full size, and all must be decoded.
const WIDTH: u16 = 2_560;
const HEIGHT: u16 = 39_040;
const BLOCKS: usize = WIDTH as usize / 8 * (HEIGHT as usize / 8);

/// The time that this thread has worked; where the system does not tell, the time that has gone by.
fn worked(since: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

/// A grey JPEG whose only codes, one bit each, are these: for the first coefficient that it is as before, and another for
/// the others. Its scans follow.
fn grey_jpeg(frame: u8, code_of_others: u8, scans: &[Vec<u8>]) -> Vec<u8> {
    let one_code = |class: u8, symbol: u8| [&[class, 1][..], &[0; 15], &[symbol]].concat();
    let ([height_high, height_low], [width_high, width_low]) = (HEIGHT.to_be_bytes(), WIDTH.to_be_bytes());
    let head = [
        vec![0xff, 0xd8],
        segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        segment(frame, &[8, height_high, height_low, width_high, width_low, 1, 1, 0x11, 0]),
        segment(0xc4, &[one_code(0, 0), one_code(0x10, code_of_others)].concat()),
    ];
    [head.concat(), scans.concat(), vec![0xff, 0xd9]].concat()
}

fn scan([first, last, bits]: [u8; 3], data: &[u8]) -> Vec<u8> {
    [segment(0xda, &[1, 1, 0, first, last, bits]), data.to_vec()].concat()
}

/// In a hundred scans, each of which says of all blocks in a few bytes that nothing is new.
fn progressive_jpeg() -> Vec<u8> {
    // A code of one bit, 0, and 14 bits: for 32,767 blocks. Eight of them are 15 bytes; a byte of ones is followed by 0.
    let eight = (0..8).fold(0_u128, |bits, _| bits << 15 | 0x3fff).to_be_bytes();
    let eight: Vec<u8> = eight[1..]
        .iter()
        .flat_map(|byte| [*byte, 0].into_iter().take(if *byte == 0xff { 2 } else { 1 }))
        .collect();
    let nothing_new = eight.repeat(BLOCKS.div_ceil(8 * 32_767));
    let mut scans = vec![scan([0, 0, 0], &vec![0; BLOCKS / 8])];
    for index in 1..=63 {
        let is_in_two = index > 27;
        scans.push(scan([index, index, u8::from(is_in_two)], &nothing_new));
        if is_in_two {
            scans.push(scan([index, index, 0x10], &nothing_new));
        }
    }
    assert_eq!(scans.len(), 100);
    grey_jpeg(0xc2, 0xe0, &scans)
}

#[test]
fn the_largest_pictures_are_rendered_in_time_and_memory() {
    let large = DynamicImage::from(GrayImage::from_pixel(WIDTH.into(), HEIGHT.into(), image::Luma([128])));
    // Runs of 255 pixels of one colour, and an end of each row.
    let row = [[255, 1].repeat(10), vec![10, 1, 0, 0]].concat();
    let colors = [[0, 0, 0, 0], [128, 128, 128, 0]].concat();
    let in_runs = bmp((WIDTH.into(), HEIGHT.into()), (8, 1), &colors, &row.repeat(HEIGHT.into()));
    let files = [
        ("JPEG", grey_jpeg(0xc0, 0, &[scan([0, 63, 0], &vec![0; BLOCKS / 4])])),
        ("progressive JPEG", progressive_jpeg()),
        ("PNG", encoded(&large, ImageFormat::Png)),
        ("BMP", in_runs),
    ];
    for (name, file) in files {
        assert!(file.len() < 1_500_000, "{name} of {} bytes", file.len());
        let started = Instant::now();
        let before = worked(started);
        let shown = spec(1920, 1080, OutputFormat::Jpeg);
        let (variant, peak_bytes) = peak_of(|| render(&file, &shown, &Limits::default()));
        let (variant, took) = (variant.unwrap(), worked(started).saturating_sub(before));
        assert!(pixels(&variant).pixels().all(|pixel| pixel.0 == [128, 128, 128, 255]), "{name}");
        assert!(took < Duration::from_secs(5), "{name} takes {took:?}");
        assert!(peak_bytes < Limits::default().max_memory_bytes, "{name} takes {peak_bytes} bytes");
    }
}
