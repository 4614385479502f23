//! The order in which a JPEG's file holds the coefficients of a block.

/// Where the coefficients of the zigzag order stand in rows of eight (T.81, figure A.6).
pub(crate) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_along_the_diagonals_up_and_down_in_turn() {
        let steps = |from: u8, to: u8| {
            (i16::from(to / 8) - i16::from(from / 8), i16::from(to % 8) - i16::from(from % 8))
        };
        for pair in ZIGZAG.windows(2) {
            let diagonal = pair[0] / 8 + pair[0] % 8;
            let expected: &[_] = if diagonal.is_multiple_of(2) {
                &[(-1, 1), (0, 1), (1, 0)]
            } else {
                &[(1, -1), (1, 0), (0, 1)]
            };
            assert!(expected.contains(&steps(pair[0], pair[1])), "{pair:?}");
        }
        let mut all = ZIGZAG;
        all.sort_unstable();
        assert!(all.into_iter().eq(0..64));
    }
}
