//! Pictures that the tests make.

use std::fs::File;
use std::io::{self, Cursor, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use bytes::Bytes;
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A picture with detail, its corners red, green, blue and white; `seed` makes it one of its own.
pub fn picture(width: u32, height: u32, seed: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (right, low) = (x * 2 >= width, y * 2 >= height);
        let corner = match (right, low) {
            (false, false) => [230, 20, 20],
            (true, false) => [20, 230, 20],
            (false, true) => [20, 20, 230],
            (true, true) => [235, 235, 235],
        };
        let mixed = (x ^ y.rotate_left(16) ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
        let wave = (mixed ^ (mixed >> 13)).to_le_bytes()[0] % 16;
        Rgb(corner.map(|channel: u8| channel.saturating_sub(wave)))
    })
}

/// A JPEG of such a picture.
pub fn jpeg(width: u32, height: u32, seed: u32) -> Bytes {
    encoded(&picture(width, height, seed).into(), ImageFormat::Jpeg)
}

/// Such a picture in any format that can be written.
pub fn encoded(picture: &image::DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

/// Writes a BMP of 100x100 pixels to a file, and after its pixels what nobody reads, up to a size in bytes: an original
/// that is large and cheap to make. A block of 4 KiB in each MiB tells one from the next; the rest takes no room on disks
/// that leave holes in files.
///
/// # Errors
/// What the operating system says.
pub fn write_large_bmp(path: &Path, size_bytes: u64, seed: u32) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&encoded(&picture(100, 100, seed).into(), ImageFormat::Bmp))?;
    for mebibyte in 1..size_bytes >> 20 {
        let block: Vec<u8> = (0..512)
            .flat_map(|index| (u64::from(seed) << 40 | mebibyte << 12 | index).to_le_bytes())
            .collect();
        file.seek(SeekFrom::Start(mebibyte << 20))?;
        file.write_all(&block)?;
    }
    file.set_len(size_bytes)
}

/// A PNG that is red on the left and fully transparent on the right.
pub fn half_transparent_png(width: u32, height: u32) -> Bytes {
    let half = RgbaImage::from_fn(width, height, |x, _| {
        if x * 2 < width { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 0, 0]) }
    });
    encoded(&half.into(), ImageFormat::Png)
}

/// The same JPEG with an EXIF segment that says how it is to be turned.
pub fn with_orientation(jpeg: &Bytes, orientation: u8) -> Bytes {
    let mut exif = vec![0xff, 0xe1, 0, 34];
    exif.extend_from_slice(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat().into()
}
