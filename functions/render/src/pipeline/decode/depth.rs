//! From samples of 16 bits to samples of 8.

/// The nearest of 256 steps to one of 65,536.
#[expect(clippy::cast_possible_truncation, reason = "65,535 * 255 + 32,767 over 65,535 is at most 255")]
pub(super) fn narrowed(wide: u16) -> u8 {
    ((u32::from(wide) * 255 + 32_767) / 65_535) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_become_the_nearest_of_eight() {
        for (wide, narrow) in [(0, 0), (127, 0), (129, 1), (0x8080, 0x80), (0xff7e, 254), (0xffff, 255)] {
            assert_eq!(narrowed(wide), narrow, "{wide:#x}");
        }
    }
}
