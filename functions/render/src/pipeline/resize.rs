//! From decoded samples to the size of the output: cropped and resampled in one step, by a Lanczos filter.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x2, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};
use shared::dimensions::Dimensions;

use super::RenderError;
use super::decode::{ColorModel, Decoded, Plane};
use super::geometry::{Framing, Region};
use super::memory::MemoryBudget;

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
/// [`RenderError::TooMuchMemory`]; [`RenderError::Failed`].
pub(crate) fn resize(
    decoded: Decoded,
    framing: Framing,
    memory: &mut MemoryBudget,
) -> Result<Resized, RenderError> {
    let Decoded { planes, model, profile } = decoded;
    let mut resizer = Resizer::new();
    let mut small_planes = Vec::with_capacity(planes.len());
    for plane in planes {
        memory.claim(plane.resizing_bytes(framing, model))?;
        small_planes.push(resize_plane(&mut resizer, &plane, framing, model)?);
    }
    let samples = match <[Vec<u8>; 1]>::try_from(small_planes) {
        Ok([samples]) => samples,
        Err(several) => interleaved(&several),
    };
    Ok(Resized { dimensions: framing.output, samples, model, profile })
}

fn resize_plane(
    resizer: &mut Resizer,
    plane: &Plane,
    framing: Framing,
    model: ColorModel,
) -> Result<Vec<u8>, RenderError> {
    let crop = plane.region(framing.region);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(crop.left, crop.top, crop.width, crop.height)
        .use_alpha(model.has_alpha());
    // Typed, because the untyped call is compiled here for every pixel type that there is, which takes minutes.
    match plane.channels {
        1 => resize_typed::<U8>(resizer, plane, framing.output, &options),
        2 => resize_typed::<U8x2>(resizer, plane, framing.output, &options),
        3 => resize_typed::<U8x3>(resizer, plane, framing.output, &options),
        _ => resize_typed::<U8x4>(resizer, plane, framing.output, &options),
    }
}

fn resize_typed<P: PixelTrait>(
    resizer: &mut Resizer,
    plane: &Plane,
    output: Dimensions,
    options: &ResizeOptions,
) -> Result<Vec<u8>, RenderError> {
    let mut samples = vec![0; usize::try_from(output.pixels()).unwrap_or(0) * usize::from(plane.channels)];
    let source =
        TypedImageRef::<P>::from_buffer(plane.width, plane.height, &plane.samples).map_err(failed)?;
    let mut target =
        TypedImage::<P>::from_buffer(output.width(), output.height(), &mut samples).map_err(failed)?;
    resizer.resize_typed(&source, &mut target, options).map_err(failed)?;
    Ok(samples)
}

impl Plane {
    /// How much memory resizing takes: the output, the rows at the output's width, and a copy of all that was multiplied
    /// by its opacity.
    fn resizing_bytes(&self, framing: Framing, model: ColorModel) -> u64 {
        let channels = u64::from(self.channels);
        let rows = u64::from(framing.output.width()) * u64::from(self.height) * channels;
        let copy = if model.has_alpha() { self.samples.len() as u64 } else { 0 };
        framing.output.pixels() * channels + rows + copy
    }

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
        let of_channel = samples.iter_mut().skip(channel).step_by(planes.len());
        of_channel.zip(plane).for_each(|(place, sample)| *place = *sample);
    }
    samples
}

fn failed(error: impl std::error::Error) -> RenderError {
    RenderError::Failed { step: "resizing", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plenty() -> MemoryBudget {
        MemoryBudget::new(1 << 20)
    }

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
        let resized = resize(decoded, framing((12.0, 0.0, 4.0, 4.0), (4, 4)), &mut plenty()).unwrap();
        assert_eq!(resized.samples, [200, 100, 7].repeat(16));
    }

    #[test]
    fn what_is_transparent_does_not_bleed() {
        let samples = [[255, 0, 0, 255], [0, 255, 0, 0]].concat();
        let plane = Plane { samples, width: 2, height: 1, channels: 4, pitch: (1.0, 1.0) };
        let decoded = Decoded { planes: vec![plane], model: ColorModel::Rgba, profile: None };
        let resized = resize(decoded, framing((0.0, 0.0, 2.0, 1.0), (1, 1)), &mut plenty()).unwrap();
        assert_eq!(resized.samples, [255, 0, 0, 128]);
    }

    #[test]
    fn inks_are_not_taken_for_opacity() {
        let samples = [[200, 0, 0, 0], [100, 0, 0, 0]].concat();
        let plane = Plane { samples, width: 2, height: 1, channels: 4, pitch: (1.0, 1.0) };
        let decoded = Decoded { planes: vec![plane], model: ColorModel::Cmyk, profile: None };
        let resized = resize(decoded, framing((0.0, 0.0, 2.0, 1.0), (1, 1)), &mut plenty()).unwrap();
        assert_eq!(resized.samples, [150, 0, 0, 0]);
    }
}
