//! Pictures to render, and what to look at in what comes out.

use image::{DynamicImage, RgbaImage};
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

/// The pixels of a variant.
pub(crate) fn pixels(variant: &Rendered) -> RgbaImage {
    let picture = image::load_from_memory(&variant.bytes).unwrap();
    let size = (variant.dimensions.width(), variant.dimensions.height());
    assert_eq!((picture.width(), picture.height()), size);
    picture.into_rgba8()
}

/// A picture with a colour of its own in each corner: red, green, blue and yellow, from the top left on clockwise.
pub(crate) fn corners(width: u32, height: u32) -> DynamicImage {
    let color = |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => [255, 0, 0],
        (false, true) => [0, 255, 0],
        (false, false) => [0, 0, 255],
        (true, false) => [255, 255, 0],
    };
    DynamicImage::ImageRgb8(image::RgbImage::from_fn(width, height, |x, y| image::Rgb(color(x, y))))
}
