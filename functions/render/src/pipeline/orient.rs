//! Turning the picture upright.
//!
//! It happens at the output's size, where it costs nothing: what is shown of a picture lies in its middle, so that
//! mirroring or turning it before or after resizing is the same.

use shared::dimensions::Dimensions;
use shared::header::Orientation;

use super::color::Toned;
use super::luma_chroma::LumaChroma;
use super::picture::Picture;
use super::pixels::Pixels;

/// A picture as people will see it.
#[derive(Debug)]
pub(crate) struct Upright {
    pub(crate) picture: Picture,
    /// The ICC profile that the output must carry.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Turns a picture as its file says.
pub(crate) fn turn_upright(toned: Toned, orientation: Orientation) -> Upright {
    let Toned { picture, profile } = toned;
    let picture = match (orientation, picture) {
        (Orientation::Upright, picture) => picture,
        (_, Picture::Pixels(pixels)) => Picture::Pixels(turn_pixels(pixels, orientation)),
        (_, Picture::LumaChroma(picture)) => Picture::LumaChroma(turn_planes(picture, orientation)),
    };
    Upright { picture, profile }
}

fn turn_pixels(pixels: Pixels, orientation: Orientation) -> Pixels {
    let Pixels { dimensions, layout, samples } = pixels;
    let samples = match layout.channels() {
        1 => turned::<1>(&samples, dimensions, orientation),
        2 => turned::<2>(&samples, dimensions, orientation),
        3 => turned::<3>(&samples, dimensions, orientation),
        _ => turned::<4>(&samples, dimensions, orientation),
    };
    Pixels { dimensions: upright_size(dimensions, orientation), layout, samples }
}

fn turn_planes(picture: LumaChroma, orientation: Orientation) -> LumaChroma {
    let LumaChroma { dimensions, sampling, luma, chroma, alpha } = picture;
    let of_chroma = sampling.plane(dimensions);
    LumaChroma {
        dimensions: upright_size(dimensions, orientation),
        sampling,
        luma: turned::<1>(&luma, dimensions, orientation),
        chroma: chroma.map(|planes| planes.map(|plane| turned::<1>(&plane, of_chroma, orientation))),
        alpha: alpha.map(|plane| turned::<1>(&plane, dimensions, orientation)),
    }
}

fn upright_size(stored: Dimensions, orientation: Orientation) -> Dimensions {
    if orientation.swaps_sides() { stored.transposed() } else { stored }
}

/// Samples of the stored picture in the order of the upright one.
fn turned<const CHANNELS: usize>(samples: &[u8], stored: Dimensions, orientation: Orientation) -> Vec<u8> {
    let upright = upright_size(stored, orientation);
    let pixels = samples.as_chunks::<CHANNELS>().0;
    let width = stored.width() as usize;
    let mut turned = Vec::with_capacity(samples.len());
    for y in 0..upright.height() {
        for x in 0..upright.width() {
            let (stored_x, stored_y) = stored_place(orientation, upright, x, y);
            turned.extend_from_slice(&pixels[stored_y as usize * width + stored_x as usize]);
        }
    }
    turned
}

/// Where the stored picture has the pixel that the upright one has at (x, y).
fn stored_place(orientation: Orientation, upright: Dimensions, x: u32, y: u32) -> (u32, u32) {
    let (right, bottom) = (upright.width() - 1, upright.height() - 1);
    match orientation {
        Orientation::Upright => (x, y),
        Orientation::FlipHorizontal => (right - x, y),
        Orientation::Rotate180 => (right - x, bottom - y),
        Orientation::FlipVertical => (x, bottom - y),
        Orientation::Transpose => (y, x),
        Orientation::Rotate90 => (y, right - x),
        Orientation::Transverse => (bottom - y, right - x),
        Orientation::Rotate270 => (bottom - y, x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::pixels::Layout;

    #[test]
    fn every_orientation_becomes_the_same_upright_picture() {
        // What EXIF says where the stored picture's first row and column are, for "ab" over "cd" over "ef".
        let stored = [
            ("abcdef", 2),
            ("badcfe", 2),
            ("fedcba", 2),
            ("efcdab", 2),
            ("acebdf", 3),
            ("bdface", 3),
            ("fdbeca", 3),
            ("ecafdb", 3),
        ];
        for (orientation, (text, width)) in Orientation::ALL.into_iter().zip(stored) {
            let dimensions = Dimensions::new(width, 6 / width).unwrap();
            let pixels = Pixels { dimensions, layout: Layout::Grey, samples: text.as_bytes().to_vec() };
            let upright = turn_pixels(pixels, orientation);
            assert_eq!(upright.dimensions, Dimensions::new(2, 3).unwrap(), "{orientation:?}");
            assert_eq!(String::from_utf8_lossy(&upright.samples), "abcdef", "{orientation:?}");
        }
    }
}
