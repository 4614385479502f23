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

use shared::dimensions::Dimensions;
use shared::variant::{OutputFormat, Quality};

use self::blocks::Blocks;
use self::quantization::Steps;
use self::script::Component;
use self::trellis::{Prices, Weights};
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
    let steps = Steps::of(quality);
    let components = components(picture, &steps);

    let mut file = segments::START.to_vec();
    segments::jfif(&mut file);
    if let Some(icc) = profile {
        segments::profile(&mut file, icc);
    }
    segments::quantization(&mut file, 0, &steps);
    #[expect(clippy::cast_possible_truncation, reason = "1 or 2")]
    let samplings: Vec<(u8, u8)> =
        components.iter().map(|component| (component.sampling as u8, 0)).collect();
    segments::frame(&mut file, sides, &samplings);
    script::write(&mut file, &components);
    file.extend(segments::END);
    Ok(file)
}

/// The components of a picture, their coefficients rounded.
fn components(picture: LumaChroma, steps: &Steps) -> Vec<Component> {
    let LumaChroma { dimensions, sampling, luma, chroma, alpha: _ } = picture;
    let luma_sampling = match (&chroma, sampling) {
        (None, _) | (_, ChromaSampling::Full) => 1,
        (Some(_), ChromaSampling::Halved) => 2,
    };
    let component = |plane: &[u8], size: Dimensions, sampling: usize| Component {
        blocks: Blocks::of(plane, size, sampling, steps),
        sampling,
    };
    let mut lumas = component(&luma, dimensions, luma_sampling);
    drop(luma);
    round([&mut lumas], steps);
    let Some([blue, red]) = chroma else { return vec![lumas] };
    let of_chroma = sampling.plane(dimensions);
    let mut blues = component(&blue, of_chroma, 1);
    let mut reds = component(&red, of_chroma, 1);
    round([&mut blues, &mut reds], steps);
    vec![lumas, blues, reds]
}

/// Rounds the coefficients of components that share a code.
fn round<const COUNT: usize>(mut components: [&mut Component; COUNT], steps: &Steps) {
    let prices = Prices::of(components.iter().flat_map(|component| component.blocks.shown()));
    let weights = Weights::of(steps);
    for component in &mut components {
        component.blocks.all.iter_mut().for_each(|block| trellis::round(block, &prices, &weights));
    }
}
