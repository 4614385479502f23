//! Which part of the original is shown, and how big it becomes. Pure arithmetic.
//!
//! What is to be rounded is rounded once, in integers, when the output's size is chosen. The part of the original that
//! fills it then has exactly the output's ratio, at fractions of pixels: nothing is stretched, and the part lies in the
//! middle to within the precision of `f64`.

use shared::dimensions::Dimensions;
use shared::variant::TargetSize;

/// A part of a picture, in its pixels; sides and corner may be fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Region {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The part of a picture that is shown, and the size at which it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Framing {
    /// What is shown, in pixels of the original.
    pub(crate) region: Region,
    /// How big it becomes: on neither side more pixels than the original has.
    pub(crate) output: Dimensions,
}

/// The largest crop of the ratio asked for is mostly not a whole number of pixels. A slightly smaller one that has the
/// ratio exactly is taken if it is at least this part of it, in hundredths.
const EXACT_RATIO_PERCENT: u64 = 98;

impl Framing {
    /// How an upright original fills the size asked for.
    pub(crate) fn of(original: Dimensions, asked: TargetSize) -> Self {
        match asked {
            TargetSize::Cover(frame) => {
                let output = covering_size(original, frame);
                Self { region: Region::centred(original, output), output }
            }
            TargetSize::Width(width) => {
                let width = width.min(original.width());
                let height = rounded_share(original.height(), width, original.width());
                let output = Dimensions::new(width, height).unwrap_or(original);
                Self { region: Region::whole(original), output }
            }
        }
    }

    /// The same for the picture turned on its side. The region lies in the middle, so that mirrors and half turns leave
    /// it where it is.
    #[must_use]
    pub(crate) fn transposed(self) -> Self {
        let Region { left, top, width, height } = self.region;
        let region = Region { left: top, top: left, width: height, height: width };
        Self { region, output: self.output.transposed() }
    }
}

impl Region {
    /// How many pixels of it become one of an output, across and down.
    pub(crate) fn scale(&self, output: Dimensions) -> (f64, f64) {
        (self.width / f64::from(output.width()), self.height / f64::from(output.height()))
    }

    fn whole(picture: Dimensions) -> Self {
        Self { left: 0.0, top: 0.0, width: picture.width().into(), height: picture.height().into() }
    }

    /// The largest part of a picture that has a ratio, in its middle.
    fn centred(picture: Dimensions, ratio: Dimensions) -> Self {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let (across, down) = (f64::from(ratio.width()), f64::from(ratio.height()));
        let is_wider = is_wider(picture, ratio);
        let region_width = if is_wider { (height * across / down).min(width) } else { width };
        let region_height = if is_wider { height } else { (width * down / across).min(height) };
        let (left, top) = ((width - region_width) / 2.0, (height - region_height) / 2.0);
        Self { left, top, width: region_width, height: region_height }
    }
}

/// Whether a picture is wider, for its height, than a ratio.
fn is_wider(picture: Dimensions, ratio: Dimensions) -> bool {
    u64::from(picture.width()) * u64::from(ratio.height())
        > u64::from(picture.height()) * u64::from(ratio.width())
}

/// The size asked for where the original has that many pixels, and otherwise the largest of its ratio that it has.
fn covering_size(original: Dimensions, asked: Dimensions) -> Dimensions {
    if original.width() >= asked.width() && original.height() >= asked.height() {
        return asked;
    }
    let (width, height) = if is_wider(original, asked) {
        (rounded_share(original.height(), asked.width(), asked.height()), original.height())
    } else {
        (original.width(), rounded_share(original.width(), asked.height(), asked.width()))
    };
    let rounded =
        Dimensions::new(width.min(original.width()), height.min(original.height())).unwrap_or(original);
    exact_multiple(original, asked)
        .filter(|exact| {
            u64::from(exact.width()) * 100 >= u64::from(rounded.width()) * EXACT_RATIO_PERCENT
                && u64::from(exact.height()) * 100 >= u64::from(rounded.height()) * EXACT_RATIO_PERCENT
        })
        .unwrap_or(rounded)
}

/// The largest size inside the original that has the ratio to the pixel, if there is one.
fn exact_multiple(original: Dimensions, ratio: Dimensions) -> Option<Dimensions> {
    let divisor = greatest_common_divisor(ratio.width(), ratio.height());
    let (across, down) = (ratio.width() / divisor, ratio.height() / divisor);
    let times = (original.width() / across).min(original.height() / down);
    Dimensions::new(across * times, down * times)
}

/// `length * numerator / denominator`, rounded to the nearest whole number, halves up, and at least 1.
fn rounded_share(length: u32, numerator: u32, denominator: u32) -> u32 {
    let doubled = 2 * u128::from(length) * u128::from(numerator) + u128::from(denominator);
    let rounded = doubled / (2 * u128::from(denominator));
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(width: u32, height: u32) -> Dimensions {
        Dimensions::new(width, height).unwrap()
    }

    fn cover(original: (u32, u32), asked: (u32, u32)) -> Framing {
        Framing::of(size(original.0, original.1), TargetSize::Cover(size(asked.0, asked.1)))
    }

    fn sides() -> impl Strategy<Value = Dimensions> {
        let side = || prop_oneof![1_u32..=40, 1_u32..=5000, 1_u32..=99_999, Just(u32::MAX)];
        (side(), side()).prop_map(|(width, height)| size(width, height))
    }

    proptest! {
        #[test]
        fn the_output_never_has_more_pixels_than_the_original_on_either_side(
            original in sides(), asked in sides(), whole: bool,
        ) {
            let asked = if whole { TargetSize::Width(asked.width()) } else { TargetSize::Cover(asked) };
            let Framing { output, .. } = Framing::of(original, asked);
            prop_assert!(output.width() <= original.width() && output.height() <= original.height());
            prop_assert!(output.width() <= asked.width());
        }

        #[test]
        fn the_region_lies_inside_the_original_and_in_its_middle(original in sides(), asked in sides()) {
            let Region { left, top, width, height } = Framing::of(original, TargetSize::Cover(asked)).region;
            prop_assert!(left >= 0.0 && top >= 0.0 && width > 0.0 && height > 0.0);
            prop_assert!((2.0 * left + width - f64::from(original.width())).abs() < 1e-5);
            prop_assert!((2.0 * top + height - f64::from(original.height())).abs() < 1e-5);
            // It can't be larger: one side is the original's.
            prop_assert!(left == 0.0 || top == 0.0);
        }

        #[test]
        fn the_output_has_the_ratio_asked_for_to_within_a_pixel(original in sides(), asked in sides()) {
            let Framing { output, region } = Framing::of(original, TargetSize::Cover(asked));
            let ideal_height = f64::from(output.width()) * f64::from(asked.height()) / f64::from(asked.width());
            let ideal_width = f64::from(output.height()) * f64::from(asked.width()) / f64::from(asked.height());
            let off = (ideal_height - f64::from(output.height())).abs().min((ideal_width - f64::from(output.width())).abs());
            prop_assert!(off <= 1.0, "{output} for {asked} of {original}");
            // Nothing is stretched: both sides shrink alike.
            let (across, down) = (region.width / f64::from(output.width()), region.height / f64::from(output.height()));
            prop_assert!((across / down - 1.0).abs() < 1e-9);
        }

        #[test]
        fn a_whole_picture_keeps_its_ratio_to_within_half_a_pixel(original in sides(), width in 1_u32..5000) {
            let Framing { output, region } = Framing::of(original, TargetSize::Width(width));
            let ideal = f64::from(output.width()) * f64::from(original.height()) / f64::from(original.width());
            prop_assert!(output.height() == 1 || (ideal - f64::from(output.height())).abs() <= 0.5 + 1e-6);
            prop_assert_eq!(region, Region::whole(original));
        }

        #[test]
        fn turning_the_original_on_its_side_turns_the_framing(original in sides(), asked in sides()) {
            let lying = Framing::of(original, TargetSize::Cover(asked));
            let standing = Framing::of(original.transposed(), TargetSize::Cover(asked.transposed()));
            prop_assert_eq!(lying.transposed(), standing);
        }
    }

    #[test]
    fn a_large_enough_original_gives_exactly_the_size_asked_for() {
        let framing = cover((4000, 3000), (1920, 1080));
        assert_eq!(framing.output, size(1920, 1080));
        assert_eq!(framing.region, Region { left: 0.0, top: 375.0, width: 4000.0, height: 2250.0 });
        // An odd rest is shared: half a pixel on each side.
        let region = Region { left: 0.5, top: 0.0, width: 640.0, height: 480.0 };
        assert_eq!(cover((641, 480), (640, 480)).region, region);
    }

    #[test]
    fn a_small_original_gives_its_largest_crop_of_the_ratio() {
        let cases = [
            // 4:3 to the pixel: 132 x 4 by 132 x 3, less than 2 % below 533.33 x 400.
            ((600, 400), (640, 480), (532, 399)),
            ((600, 450), (640, 480), (600, 450)),
            ((100, 1000), (640, 480), (100, 75)),
            ((1000, 100), (640, 480), (132, 99)),
            // 28 x 21 would be 7 % less than 30 x 22.5: the nearest whole pixels instead.
            ((30, 1000), (640, 480), (30, 23)),
            ((3, 3), (1920, 1080), (3, 2)),
            ((1, 1000), (1920, 1080), (1, 1)),
            ((1000, 1), (320, 240), (1, 1)),
        ];
        for (original, asked, output) in cases {
            let framing = cover(original, asked);
            assert_eq!(framing.output, size(output.0, output.1), "{original:?} for {asked:?}");
        }
    }

    #[test]
    fn a_width_alone_shows_the_whole_picture() {
        let framing = |original: Dimensions, width| Framing::of(original, TargetSize::Width(width)).output;
        assert_eq!(framing(size(4000, 3000), 640), size(640, 480));
        assert_eq!(framing(size(4000, 2999), 640), size(640, 480));
        assert_eq!(framing(size(300, 200), 640), size(300, 200));
        assert_eq!(framing(size(4000, 1), 640), size(640, 1));
    }
}
