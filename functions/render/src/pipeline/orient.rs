//! Turning the picture upright.
//!
//! It happens at the output's size, where it costs nothing: what is shown of a picture lies in its middle, so that
//! mirroring or turning it before or after resizing is the same.

use shared::dimensions::Dimensions;
use shared::header::Orientation;

use super::color::Toned;
use super::pixels::Pixels;

/// A picture as people will see it.
#[derive(Debug)]
pub(crate) struct Upright {
    pub(crate) pixels: Pixels,
    /// The ICC profile that the output must carry.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Turns a picture as its file says.
pub(crate) fn turn_upright(toned: Toned, orientation: Orientation) -> Upright {
    let Toned { pixels, profile } = toned;
    if orientation == Orientation::Upright {
        return Upright { pixels, profile };
    }
    let Pixels { dimensions, layout, samples } = pixels;
    let upright = if orientation.swaps_sides() { dimensions.transposed() } else { dimensions };
    let channels = layout.channels();
    let mut turned = Vec::with_capacity(samples.len());
    for (x, y) in (0..upright.height()).flat_map(|y| (0..upright.width()).map(move |x| (x, y))) {
        let (stored_x, stored_y) = stored_place(orientation, upright, x, y);
        let at = (stored_y as usize * dimensions.width() as usize + stored_x as usize) * channels;
        turned.extend_from_slice(&samples[at..at + channels]);
    }
    Upright { pixels: Pixels { dimensions: upright, layout, samples: turned }, profile }
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
            let upright = turn_upright(Toned { pixels, profile: None }, orientation).pixels;
            assert_eq!(upright.dimensions, Dimensions::new(2, 3).unwrap(), "{orientation:?}");
            assert_eq!(String::from_utf8_lossy(&upright.samples), "abcdef", "{orientation:?}");
        }
    }
}
