//! The steps that coefficients are rounded to.

use shared::variant::Quality;

/// The steps of a component, in zigzag order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps(pub(super) [u8; 64]);

/// At quality 50, by vertical and horizontal frequency: N. Robidoux's table, after Klein, Silverstein and Carney,
/// "Relevance of human vision to JPEG-DCT compression" (1992); it is mozjpeg's own for luma and chroma alike.
const ROBIDOUX: [[u16; 8]; 8] = [
    [16, 16, 16, 18, 25, 37, 56, 85],
    [16, 17, 20, 27, 34, 40, 53, 75],
    [16, 20, 24, 31, 43, 62, 91, 135],
    [18, 27, 31, 40, 53, 74, 106, 156],
    [25, 34, 43, 53, 69, 94, 131, 189],
    [37, 40, 62, 74, 94, 124, 169, 238],
    [56, 53, 91, 106, 131, 169, 226, 311],
    [85, 75, 135, 156, 189, 238, 311, 418],
];

/// Where the coefficients of a file belong: vertical frequency times eight plus horizontal (T.81, figure A.6).
pub(super) const ZIGZAG: [usize; 64] = zigzag();

impl Steps {
    /// The steps for a quality, scaled as libjpeg does: none halved at 50, all 1 at 100.
    pub(super) fn of(quality: Quality) -> Self {
        let quality = u32::from(quality.get());
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        Self(ZIGZAG.map(|place| {
            let step = (u32::from(ROBIDOUX[place / 8][place % 8]) * percent + 50) / 100;
            // Baseline's limit: steps of two bytes need another kind of file.
            u8::try_from(step.clamp(1, 255)).unwrap_or(u8::MAX)
        }))
    }
}

const fn zigzag() -> [usize; 64] {
    let mut order = [0; 64];
    let (mut index, mut diagonal) = (0, 0);
    while diagonal < 15 {
        let first = if diagonal < 8 { 0 } else { diagonal - 7 };
        let last = diagonal - first;
        let mut along = first;
        while along <= last {
            // Even diagonals run up to the right, odd ones down to the left.
            let (row, column) =
                if diagonal % 2 == 0 { (diagonal - along, along) } else { (along, diagonal - along) };
            order[index] = row * 8 + column;
            index += 1;
            along += 1;
        }
        diagonal += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zigzag_is_the_standards() {
        assert_eq!(ZIGZAG[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(ZIGZAG[58..], [61, 54, 47, 55, 62, 63]);
        let mut all = ZIGZAG;
        all.sort_unstable();
        assert!(all.into_iter().eq(0..64));
    }

    #[test]
    fn quality_scales_the_steps_as_libjpeg_does() {
        let first = |quality| Steps::of(Quality::new(quality).unwrap()).0[0];
        assert_eq!([10, 25, 50, 75, 80, 90, 100].map(first), [80, 32, 16, 8, 6, 3, 1]);
        assert_eq!(Steps::of(Quality::new(10).unwrap()).0[63], 255);
        assert_eq!(Steps::of(Quality::new(100).unwrap()).0, [1; 64]);
    }
}
