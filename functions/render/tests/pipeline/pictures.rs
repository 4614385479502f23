//! Pictures to render, and what to look at in what comes out.

use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use render::pipeline::{Limits, RenderError, Rendered, render};
use shared::variant::{OutputFormat, Quality, TargetSize, VariantSpec};

/// What a URL like `640x480/80.webp` asks for.
pub(crate) fn spec(width: u32, height: u32, format: OutputFormat) -> VariantSpec {
    VariantSpec { size: TargetSize::new(width, height).unwrap(), quality: Quality::new(80).unwrap(), format }
}

/// Renders with the limits that hold where none are set.
pub(crate) fn rendered(file: &[u8], spec: VariantSpec) -> Result<Rendered, RenderError> {
    render(file, &spec, &Limits::default())
}

/// Why a file is refused as undecodable.
pub(crate) fn undecodable(file: &[u8]) -> String {
    match rendered(file, spec(320, 240, OutputFormat::WebP)) {
        Err(RenderError::Undecodable { reason }) => reason,
        other => panic!("not refused as undecodable: {other:?}"),
    }
}

/// The pixels of a variant.
pub(crate) fn pixels(variant: &Rendered) -> RgbaImage {
    let picture = image::load_from_memory(&variant.bytes).unwrap();
    let size = (variant.dimensions.width(), variant.dimensions.height());
    assert_eq!((picture.width(), picture.height()), size);
    picture.into_rgba8()
}

/// The pixels of a file, at the size at which it is stored, without loss.
pub(crate) fn shown(file: &[u8]) -> RgbaImage {
    pixels(&rendered(file, spec(9999, 0, OutputFormat::Png)).unwrap())
}

/// A colour of its own in each corner: red, green, blue and yellow, from the top left on clockwise.
pub(crate) const CORNERS: [[u8; 3]; 4] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]];

/// A picture of four fields in the colours of [`CORNERS`].
pub(crate) fn corners(width: u32, height: u32) -> DynamicImage {
    let color = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => CORNERS[0],
        (false, true) => CORNERS[1],
        (false, false) => CORNERS[2],
        (true, false) => CORNERS[3],
    };
    RgbImage::from_fn(width, height, |x, y| Rgb(color(x, y))).into()
}

/// The colours in the middle of a picture's quarters, from the top left on clockwise.
pub(crate) fn quarters(picture: &RgbaImage) -> [[u8; 3]; 4] {
    let (width, height) = picture.dimensions();
    let (left, right) = (width / 4, width - 1 - width / 4);
    let (top, bottom) = (height / 4, height - 1 - height / 4);
    [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| {
        let [red, green, blue, _] = picture.get_pixel(x, y).0;
        [red, green, blue]
    })
}

/// A smooth picture with as much going on as a photograph: gradients, soft waves and a disc.
pub(crate) fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
        let wave = (20.0 * u + 9.0 * v).sin() * 30.0;
        let is_in_disc = (u - 0.4).hypot(v - 0.5) < 0.2;
        let base = [200.0 * u + 30.0, 180.0 * v + 30.0, 120.0 + 100.0 * (v - u)];
        let disc = [210.0, 90.0, 60.0];
        let color = if is_in_disc { disc } else { base };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
        Rgb(color.map(|value| (value + wave).clamp(0.0, 255.0) as u8))
    })
}

/// How alike two pictures of one size are, in decibels.
pub(crate) fn psnr(one: &RgbaImage, other: &RgbaImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let squares = one.iter().zip(other.iter()).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2));
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let mean = squares.sum::<u64>() as f64 / one.len() as f64;
    10.0 * (255.0_f64.powi(2) / mean.max(1e-9)).log10()
}

/// Whether two colours are alike to the eye.
pub(crate) fn close(one: [u8; 3], other: [u8; 3], tolerance: u8) -> bool {
    one.iter().zip(other).all(|(a, b)| a.abs_diff(b) <= tolerance)
}
