//! The Lanczos filter of three lobes, by table.

use std::sync::LazyLock;

use fast_image_resize::{Filter, FilterType};

/// How far the filter reaches, in pixels of the output.
pub(super) const SUPPORT: f64 = 3.0;

/// Values between two places of the output. Between them a straight line is off by 1e-6 at most, a fortieth of what the
/// filter's weights are rounded to.
const STEPS: usize = 1024;

/// From 0 to [`SUPPORT`]; and one more, so that a line can be drawn to it.
static VALUES: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let steps = 3 * STEPS + 2;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let value = |step: usize| by_definition(step as f64 / STEPS as f64);
    (0..steps).map(value).collect()
});

/// The filter for `fast_image_resize`, whose own works out two sines for each weight: for a variant that is made in many
/// bands that takes as long as resampling itself.
pub(super) fn filter() -> FilterType {
    Filter::new("Lanczos3", value, SUPPORT).map_or(FilterType::Lanczos3, FilterType::Custom)
}

/// Duchon's windowed sinc: sinc(x) sinc(x / 3) for |x| < 3.
fn by_definition(x: f64) -> f64 {
    let sinc =
        |x: f64| if x == 0.0 { 1.0 } else { (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI) };
    if x < SUPPORT { sinc(x) * sinc(x / SUPPORT) } else { 0.0 }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "below 3072"
)]
fn value(x: f64) -> f64 {
    let place = x.abs() * STEPS as f64;
    let step = place as usize;
    match VALUES.get(step..step + 2) {
        Some([before, after]) => before + (after - before) * (place - step as f64),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_follows_the_definition() {
        for step in -40_000..=40_000 {
            let x = f64::from(step) / 10_000.0;
            assert!((value(x) - by_definition(x.abs())).abs() < 2e-6, "{x}");
        }
    }
}
