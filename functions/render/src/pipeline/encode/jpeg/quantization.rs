//! The steps that coefficients are rounded to.

use shared::variant::Quality;

use crate::pipeline::luma_chroma::ChromaSampling;
use crate::pipeline::zigzag::ZIGZAG;

/// The steps of a component, in zigzag order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Steps(pub(super) [u8; 64]);

/// What a component holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    /// Luma, or grey.
    Luma,
    /// One of the chromas.
    Chroma(ChromaSampling),
}

impl Plane {
    /// What its steps are multiplied by, in percent. Halved chroma pays for finer steps than luma's: at equal SSIMULACRA2
    /// files are 0.7 % smaller than with the same. Full chroma says most in frequencies that nobody sees: with twice as
    /// coarse steps as for halved chroma files of quality 90 are 9 % smaller; coarser ones save but 1 % more.
    fn percent(self) -> u32 {
        match self {
            Self::Luma => 100,
            Self::Chroma(ChromaSampling::Halved) => 80,
            Self::Chroma(ChromaSampling::Full) => 160,
        }
    }
}

/// Luma's steps at quality 50, by vertical and horizontal frequency: `10 + 4 * r^1.4` at a distance `r` from the mean, and
/// 8 for the mean.
///
/// The rule is fitted to twelve photographs at 640x480, by the bytes that they take at the SSIMULACRA2 of libjpeg's
/// quality 80. Against T.81's tables (annex K), with all else equal, files are 15 % smaller; against N. Robidoux's, which is
/// mozjpeg's default, 6 %; against mozjpeg's for MS-SSIM, 4 %.
const STEPS: [[u16; 8]; 8] = [
    [8, 14, 21, 29, 38, 48, 59, 71],
    [14, 16, 22, 30, 39, 49, 60, 72],
    [21, 22, 27, 34, 43, 52, 63, 74],
    [29, 30, 34, 40, 48, 57, 67, 79],
    [38, 39, 43, 48, 55, 64, 74, 84],
    [48, 49, 52, 57, 64, 72, 81, 91],
    [59, 60, 63, 67, 74, 81, 90, 100],
    [71, 72, 74, 79, 84, 91, 100, 109],
];

impl Steps {
    /// The steps for a quality, which scales them as libjpeg's does: they are what the table says at 50, and all 1 at 100.
    /// A quality shows about as much as it does with libjpeg, in fewer bytes.
    pub(super) fn of(quality: Quality, plane: Plane) -> Self {
        let quality = u32::from(quality.get());
        let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        Self(ZIGZAG.map(|frequencies| {
            let at = usize::from(frequencies);
            let parts = u32::from(STEPS[at / 8][at % 8]) * percent * plane.percent();
            // Steps of more than a byte are for files of 12 bits a sample.
            u8::try_from(((parts + 5_000) / 10_000).max(1)).unwrap_or(u8::MAX)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_their_rule() {
        for (vertical, row) in STEPS.iter().enumerate() {
            for (horizontal, step) in row.iter().enumerate().skip(usize::from(vertical == 0)) {
                let square = u16::try_from(vertical * vertical + horizontal * horizontal).unwrap();
                let expected = 10.0 + 4.0 * f64::from(square).powf(0.7);
                assert!((f64::from(*step) - expected).abs() <= 0.5, "{vertical} {horizontal}: {expected}");
            }
        }
    }

    const HALVED: Plane = Plane::Chroma(ChromaSampling::Halved);

    #[test]
    fn quality_scales_the_steps_as_libjpeg_does() {
        let steps = |quality, plane| Steps::of(Quality::new(quality).unwrap(), plane).0;
        let second = |quality| steps(quality, Plane::Luma)[1];
        assert_eq!([10, 25, 50, 75, 80, 90, 100].map(second), [70, 28, 14, 7, 6, 3, 1]);
        assert_eq!([steps(50, Plane::Luma)[63], steps(50, HALVED)[63]], [109, 87]);
        assert_eq!(steps(10, Plane::Luma)[63], 255);
        assert_eq!(steps(100, HALVED), [1; 64]);
    }
}
