//! JPEG (ITU-T T.81), from planes as the encoder works on them.
//!
//! ```text
//! planes ─blocks─▶ coefficients ─trellis─▶ numbers ─script─▶ scans, each with the best Huffman code for it
//! ```

mod bits;
mod blocks;
mod huffman;
mod quantization;
mod scan;
mod script;
mod segments;
mod transform;
mod trellis;

use shared::variant::{OutputFormat, Quality};

use self::blocks::Blocks;
use self::quantization::{Plane, Steps};
use self::script::Component;
use self::trellis::{Prices, Rounder};
use super::failed;
use crate::pipeline::RenderError;
use crate::pipeline::luma_chroma::{ChromaSampling, LumaChroma};

/// Encodes a picture; what is transparent becomes white.
pub(super) fn encode(
    picture: LumaChroma,
    quality: Quality,
    profile: Option<&[u8]>,
) -> Result<Vec<u8>, RenderError> {
    if profile.is_some_and(|icc| icc.len() > segments::MAX_PROFILE_BYTES) {
        let reason = "its colour profile is longer than a JPEG can carry";
        return Err(RenderError::UnsupportedOutput { format: OutputFormat::Jpeg, reason });
    }
    let picture = picture.on_white();
    let side = |pixels: u32| u16::try_from(pixels).map_err(|error| failed("JPEG encoding", error));
    let sides = (side(picture.dimensions.width())?, side(picture.dimensions.height())?);
    let components = components(&picture, quality);
    let planes = [Plane::Luma, Plane::Chroma(picture.sampling)];

    let mut file = segments::START.to_vec();
    segments::jfif(&mut file);
    if let Some(icc) = profile {
        segments::profile(&mut file, icc);
    }
    for (plane, id) in planes.into_iter().take(components.len()).zip(0..) {
        segments::quantization(&mut file, id, &Steps::of(quality, plane));
    }
    let shapes: Vec<(u8, u8)> =
        components.iter().zip([0, 1, 1]).map(|(component, table)| (component.sampling, table)).collect();
    segments::frame(&mut file, sides, &shapes);
    script::write(&mut file, &components);
    file.extend(segments::END);
    Ok(file)
}

/// The components of a picture, their coefficients rounded.
fn components(picture: &LumaChroma, quality: Quality) -> Vec<Component> {
    let LumaChroma { dimensions, sampling, luma, chroma, alpha: _ } = picture;
    let luma_sampling = match (chroma, sampling) {
        (None, _) | (_, ChromaSampling::Full) => 1,
        (Some(_), ChromaSampling::Halved) => 2,
    };
    let steps = Steps::of(quality, Plane::Luma);
    let blocks = Blocks::of(luma, *dimensions, luma_sampling.into(), &steps);
    let [blocks] = rounded([blocks], &steps);
    let mut components = vec![Component { blocks, sampling: luma_sampling }];
    if let Some(planes) = chroma {
        let steps = Steps::of(quality, Plane::Chroma(*sampling));
        let size = sampling.plane(*dimensions);
        let blocks = planes.each_ref().map(|plane| Blocks::of(plane, size, 1, &steps));
        components.extend(rounded(blocks, &steps).map(|blocks| Component { blocks, sampling: 1 }));
    }
    components
}

/// Rounds the coefficients of components that are alike.
fn rounded<const COUNT: usize>(mut components: [Blocks; COUNT], steps: &Steps) -> [Blocks; COUNT] {
    let prices = Prices::of(components.iter().flat_map(Blocks::shown));
    let rounder = Rounder::new(&prices, steps);
    components.iter_mut().flat_map(|blocks| &mut blocks.all).for_each(|block| rounder.round(block));
    components
}

#[cfg(test)]
mod tests {
    use shared::dimensions::Dimensions;

    use super::*;

    #[test]
    fn a_profile_that_a_file_can_not_carry_is_refused() {
        let profile = vec![0; segments::MAX_PROFILE_BYTES + 1];
        let grey = || LumaChroma {
            dimensions: Dimensions::new(1, 1).unwrap(),
            sampling: ChromaSampling::Full,
            luma: vec![9],
            chroma: None,
            alpha: None,
        };
        let quality = Quality::new(80).unwrap();
        let refused = encode(grey(), quality, Some(&profile));
        assert!(matches!(refused, Err(RenderError::UnsupportedOutput { .. })));
        assert!(encode(grey(), quality, Some(&profile[1..])).is_ok());
    }
}
