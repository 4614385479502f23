//! How alike pictures are, and what a picture looks like made smaller: both by definition, without a thought for time.

use image::{Rgb, RgbImage};

/// A part of a picture in its pixels: left, top, width and height.
pub(crate) type Region = [f64; 4];

/// A region at another size by the Lanczos filter of three lobes, in floating point.
pub(crate) fn reduced(picture: &RgbImage, region: Region, (width, height): (u32, u32)) -> RgbImage {
    let [left, top, region_width, region_height] = region;
    let across = weights(left, region_width, width, picture.width());
    let down = weights(top, region_height, height, picture.height());
    // Rows first: each of the picture's, as wide as the output.
    let rows: Vec<Vec<[f64; 3]>> = (0..picture.height())
        .map(|y| across.iter().map(|taps| sum(taps, |x| channels(picture, x, y))).collect())
        .collect();
    RgbImage::from_fn(width, height, |x, y| {
        let color = sum(&down[y as usize], |row| rows[row as usize][x as usize]);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        Rgb(color.map(|value| value.round().clamp(0.0, 255.0) as u8))
    })
}

fn channels(picture: &RgbImage, x: u32, y: u32) -> [f64; 3] {
    picture.get_pixel(x, y).0.map(f64::from)
}

fn sum(taps: &[(u32, f64)], at: impl Fn(u32) -> [f64; 3]) -> [f64; 3] {
    taps.iter().fold([0.0; 3], |sum, (place, weight)| {
        let color = at(*place);
        [0, 1, 2].map(|channel| sum[channel] + color[channel] * weight)
    })
}

/// For each place of the output, the samples that it is made of and their weights.
fn weights(start: f64, length: f64, output: u32, samples: u32) -> Vec<Vec<(u32, f64)>> {
    let scale = length / f64::from(output);
    let widened = scale.max(1.0);
    let of_place = |place: u32| {
        let middle = start + (f64::from(place) + 0.5) * scale;
        let weight = |sample: u32| lanczos((f64::from(sample) + 0.5 - middle) / widened);
        let taps: Vec<(u32, f64)> = (0..samples)
            .map(|sample| (sample, weight(sample)))
            .filter(|(_, weight)| *weight != 0.0)
            .collect();
        let total: f64 = taps.iter().map(|(_, weight)| weight).sum();
        taps.into_iter().map(|(sample, weight)| (sample, weight / total)).collect()
    };
    (0..output).map(of_place).collect()
}

fn lanczos(x: f64) -> f64 {
    let sinc =
        |x: f64| if x == 0.0 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
    if x.abs() < 3.0 { sinc(x) * sinc(x / 3.0) } else { 0.0 }
}

/// The structural similarity (Wang et al. 2004) of two pictures' greens, the mean of windows of 8 by 8 pixels; of a picture
/// that is smaller than that, its one window.
pub(crate) fn ssim(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let (width, height) = one.dimensions();
    let starts = |length: u32| (0..=length.saturating_sub(8)).step_by(4);
    let windows: Vec<f64> = starts(height)
        .flat_map(|top| starts(width).map(move |left| (left, top)))
        .map(|(left, top)| {
            let places =
                (top..height.min(top + 8)).flat_map(|y| (left..width.min(left + 8)).map(move |x| (x, y)));
            of_window(places.map(|(x, y)| [one, other].map(|picture| channels(picture, x, y)[1])))
        })
        .collect();
    mean(windows.into_iter())
}

fn of_window(pairs: impl Iterator<Item = [f64; 2]> + Clone) -> f64 {
    let [c1, c2] = [0.01_f64, 0.03].map(|share| (share * 255.0).powi(2));
    let (x, y) = (mean(pairs.clone().map(|[x, _]| x)), mean(pairs.clone().map(|[_, y]| y)));
    let xx = mean(pairs.clone().map(|[a, _]| (a - x).powi(2)));
    let yy = mean(pairs.clone().map(|[_, b]| (b - y).powi(2)));
    let xy = mean(pairs.map(|[a, b]| (a - x) * (b - y)));
    (2.0 * x * y + c1) * (2.0 * xy + c2) / ((x * x + y * y + c1) * (xx + yy + c2))
}

/// The mean of some numbers, of which there is at least one.
pub(crate) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number, count + 1.0));
    sum / count
}
