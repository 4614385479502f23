//! From decoded samples to the size of the output: cropped and resampled in one step, by a Lanczos filter.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use shared::asset::Dimensions;

use super::RenderError;
use super::decode::{ColorModel, Decoded, Plane};
use super::geometry::{Framing, Region};

/// A picture of the output's size, but as the file stores it: not yet upright, and in the file's own colours.
#[derive(Debug)]
pub(crate) struct Resized {
    pub(crate) dimensions: Dimensions,
    /// All samples of a pixel together.
    pub(crate) samples: Vec<u8>,
    pub(crate) model: ColorModel,
    /// The file's ICC profile.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Crops and resamples a decoded picture. The framing is that of the stored picture.
///
/// Colours are weighted by their opacity, so that what is transparent does not bleed.
///
/// # Errors
/// [`RenderError::Failed`].
pub(crate) fn resize(decoded: Decoded, framing: Framing) -> Result<Resized, RenderError> {
    let Decoded { planes, model, profile } = decoded;
    let mut resizer = Resizer::new();
    let mut resized = Vec::with_capacity(planes.len());
    for plane in planes {
        resized.push(resize_plane(&mut resizer, plane, framing, model)?);
    }
    let samples = match <[Vec<u8>; 1]>::try_from(resized) {
        Ok([samples]) => samples,
        Err(planes) => interleaved(&planes),
    };
    Ok(Resized { dimensions: framing.output, samples, model, profile })
}

fn resize_plane(
    resizer: &mut Resizer,
    plane: Plane,
    framing: Framing,
    model: ColorModel,
) -> Result<Vec<u8>, RenderError> {
    let pixel_type = match plane.channels {
        1 => PixelType::U8,
        2 => PixelType::U8x2,
        3 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
    let crop = plane.region(framing.region);
    let source = ImageRef::new(plane.width, plane.height, &plane.samples, pixel_type).map_err(failed)?;
    let mut target = Image::new(framing.output.width(), framing.output.height(), pixel_type);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(crop.left, crop.top, crop.width, crop.height)
        .use_alpha(model.has_alpha());
    resizer.resize(&source, &mut target, &options).map_err(failed)?;
    Ok(target.into_vec())
}

impl Plane {
    /// A region of the picture in samples of this plane.
    fn region(&self, picture: Region) -> Region {
        let (across, down) = self.pitch;
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        // Divisions may round up beyond the last sample.
        let left = (picture.left / across).clamp(0.0, width);
        let top = (picture.top / down).clamp(0.0, height);
        Region {
            left,
            top,
            width: (picture.width / across).min(width - left),
            height: (picture.height / down).min(height - top),
        }
    }
}

/// The samples of planes of one size, pixel by pixel.
fn interleaved(planes: &[Vec<u8>]) -> Vec<u8> {
    let mut samples = vec![0; planes.iter().map(Vec::len).sum()];
    for (channel, plane) in planes.iter().enumerate() {
        let places = samples.iter_mut().skip(channel).step_by(planes.len());
        places.zip(plane).for_each(|(place, sample)| *place = *sample);
    }
    samples
}

fn failed(error: impl std::error::Error) -> RenderError {
    RenderError::Failed { step: "resizing", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(region: (f64, f64, f64, f64), output: (u32, u32)) -> Framing {
        let (left, top, width, height) = region;
        let output = Dimensions::new(output.0, output.1).unwrap();
        Framing { region: Region { left, top, width, height }, output }
    }

    #[test]
    fn planes_of_different_pitch_come_together() {
        // Another value on the left, at full size, at half, and in one sample; the right is shown.
        let plane =
            |samples: Vec<u8>, width, height, pitch| Plane { samples, width, height, channels: 1, pitch };
        let fine = plane([[10; 8], [200; 8]].concat().repeat(4), 16, 4, (1.0, 1.0));
        let coarse = plane([20, 20, 100, 100, 100, 100, 100, 100].repeat(2), 8, 2, (2.0, 2.0));
        let single = plane(vec![7], 1, 1, (16.0, 4.0));
        let decoded = Decoded { planes: vec![fine, coarse, single], model: ColorModel::YCbCr, profile: None };
        let resized = resize(decoded, framing((12.0, 0.0, 4.0, 4.0), (4, 4))).unwrap();
        assert_eq!(resized.samples, [200, 100, 7].repeat(16));
    }

    #[test]
    fn what_is_transparent_does_not_bleed() {
        let samples = [[255, 0, 0, 255], [0, 255, 0, 0]].concat();
        let plane = Plane { samples, width: 2, height: 1, channels: 4, pitch: (1.0, 1.0) };
        let decoded = Decoded { planes: vec![plane], model: ColorModel::Rgba, profile: None };
        let resized = resize(decoded, framing((0.0, 0.0, 2.0, 1.0), (1, 1))).unwrap();
        assert_eq!(resized.samples, [255, 0, 0, 128]);
    }

    #[test]
    fn inks_are_not_taken_for_opacity() {
        let samples = [[200, 0, 0, 0], [100, 0, 0, 0]].concat();
        let plane = Plane { samples, width: 2, height: 1, channels: 4, pitch: (1.0, 1.0) };
        let decoded = Decoded { planes: vec![plane], model: ColorModel::Cmyk, profile: None };
        let resized = resize(decoded, framing((0.0, 0.0, 2.0, 1.0), (1, 1))).unwrap();
        assert_eq!(resized.samples, [150, 0, 0, 0]);
    }
}
