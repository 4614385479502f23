//! CIE L*a*b* to sRGB.

/// The white that TIFF's and ICC's L*a*b* is relative to: D50.
const WHITE: [f64; 3] = [0.964_22, 1.0, 0.825_21];

/// From XYZ of D50 to linear sRGB, of D65: the inverse of sRGB's primaries after Bradford's adaptation of their white.
const TO_LINEAR_SRGB: [[f64; 3]; 3] = [
    [3.133_856_1, -1.616_866_7, -0.490_614_6],
    [-0.978_768_4, 1.916_141_5, 0.033_454_0],
    [0.071_945_3, -0.228_991_4, 1.405_242_7],
];

/// The nearest sRGB colour of an L* in 255 steps and of an a* and b* that start at -128.
pub(super) fn to_srgb(lab: [u8; 3]) -> [u8; 3] {
    let [lightness, green_red, blue_yellow] = lab.map(f64::from);
    let middle = (lightness * 100.0 / 255.0 + 16.0) / 116.0;
    let roots = [middle + (green_red - 128.0) / 500.0, middle, middle - (blue_yellow - 128.0) / 200.0];
    let xyz = roots.map(linear_light);
    TO_LINEAR_SRGB.map(|row| {
        let light = (0..3).map(|axis| row[axis] * xyz[axis] * WHITE[axis]).sum();
        encoded(light)
    })
}

/// CIE 15: the inverse of L*a*b*'s cube root, with its straight part near black.
fn linear_light(root: f64) -> f64 {
    const JOINT: f64 = 6.0 / 29.0;
    if root > JOINT { root.powi(3) } else { 3.0 * JOINT * JOINT * (root - 4.0 / 29.0) }
}

/// IEC 61966-2-1: sRGB's tone curve.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn encoded(light: f64) -> u8 {
    let light = light.clamp(0.0, 1.0);
    let value = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colors_come_out_right() {
        // L*a*b* of D50, rounded to its steps, for sRGB's white, black, middle grey and primaries.
        let cases = [
            ([255, 128, 128], [255, 255, 255]),
            ([0, 128, 128], [0, 0, 0]),
            ([138, 128, 128], [129, 129, 129]),
            ([138, 209, 198], [255, 0, 0]),
            ([224, 49, 209], [0, 255, 0]),
            ([75, 196, 16], [0, 0, 255]),
        ];
        for (lab, srgb) in cases {
            let found = to_srgb(lab);
            let off = found.iter().zip(srgb).map(|(a, b)| a.abs_diff(b)).max();
            // Near black a step of L*a*b* is many of sRGB.
            assert!(off <= Some(10), "{lab:?}: {found:?}, not {srgb:?}");
        }
    }
}
