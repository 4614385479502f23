//! The pipeline: the original's bytes in, a variant's bytes out. No Lambda, no S3, no async.
//!
//! ```text
//! Source ─decode, reduce─▶ Decoded ─tone─▶ Toned ─turn_upright─▶ Upright ─encode─▶ Encoded
//! ```
//!
//! Each step takes what the one before made, so that none can be left out. Decoders hand their rows to a reducer, so that
//! no picture is held at its full size. Up to `Toned` pictures lie as the file stores them: turning them upright, and
//! bringing their colours into shape, is cheapest at the output's size.

mod color;
mod decode;
mod encode;
mod error;
mod geometry;
mod libwebp;
mod luma_chroma;
mod memory;
mod orient;
mod picture;
mod pixels;
mod reduce;
mod riff;
mod zigzag;

use std::time::{Duration, Instant};

use shared::dimensions::Dimensions;
use shared::header::ImageHeader;
use shared::variant::VariantSpec;

pub use encode::check_offered;
pub use error::RenderError;

use self::decode::Request;
use self::geometry::Framing;
use self::memory::MemoryBudget;
use crate::admission::Portion;

/// The version of what the pipeline makes of an original. It is part of every variant's `ETag`: it must change whenever
/// the bytes of a variant do.
pub const PIPELINE_VERSION: u32 = 4;

/// What a render may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels that an original may have.
    pub max_pixels: u64,
    /// The most memory, in bytes, that the original and what is decoded of it may take together.
    pub max_memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 100_000_000, max_memory_bytes: 1 << 30 }
    }
}

/// A rendered variant.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its size in pixels.
    pub dimensions: Dimensions,
    /// What took how long.
    pub timings: Timings,
}

/// How long the steps took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// From bytes to samples.
    pub decode: Duration,
    /// Cropping and resampling.
    pub resize: Duration,
    /// Colours, turning upright, and encoding.
    pub encode: Duration,
}

impl Timings {
    /// All steps together.
    pub fn total(&self) -> Duration {
        self.decode + self.resize + self.encode
    }
}

/// Renders a variant of an original.
///
/// # Errors
/// [`RenderError`], as for all that renders.
pub fn render(original: &[u8], spec: &VariantSpec, limits: &Limits) -> Result<Rendered, RenderError> {
    render_within(original, spec, limits, MemoryBudget::new(limits.max_memory_bytes))
}

/// Renders a variant of an original, in memory that is shared with other renders.
///
/// # Errors
/// [`RenderError`]; [`RenderError::Busy`] when the others have what it takes.
pub(crate) fn render_beside_others(
    original: &[u8],
    spec: &VariantSpec,
    limits: &Limits,
    portion: Portion,
) -> Result<Rendered, RenderError> {
    render_within(original, spec, limits, MemoryBudget::within(limits.max_memory_bytes, portion))
}

/// Renders a variant of an original in a budget.
///
/// # Errors
/// [`RenderError`]: refused before memory is taken where the header shows it. Data that is corrupt or cut short is always
/// an error, never a part of a picture.
fn render_within(
    original: &[u8],
    spec: &VariantSpec,
    limits: &Limits,
    mut memory: MemoryBudget,
) -> Result<Rendered, RenderError> {
    encode::check_offered(spec.format)?;
    let started = Instant::now();
    let source = Source::inspect(original, limits)?;
    memory.claim(original.len() as u64)?;
    let framing = source.framing(spec);
    let request = Request {
        file: original,
        stored: source.stored(),
        framing,
        chroma: encode::chroma_sampling(spec),
        spare_scale: encode::spare_scale(framing.output),
        tolerated_error: encode::tolerated_error(spec.format),
        memory: &mut memory,
    };
    let decoded = decode::decode(source.header.media_type, request)?;
    let decode_and_resize = started.elapsed();
    let resize = decoded.reducing_took();
    let decoded_at = Instant::now();
    let toned = color::tone(decoded, spec.format);
    let upright = orient::turn_upright(toned, source.header.orientation);
    let encode::Encoded { bytes, dimensions } = encode::encode(upright, spec)?;
    let decode = decode_and_resize.saturating_sub(resize);
    let timings = Timings { decode, resize, encode: decoded_at.elapsed() };
    Ok(Rendered { bytes, dimensions, timings })
}

/// An original whose header is known.
#[derive(Debug)]
struct Source {
    header: ImageHeader,
}

impl Source {
    fn inspect(file: &[u8], limits: &Limits) -> Result<Self, RenderError> {
        let header = ImageHeader::of(file)?;
        let (pixels, limit) = (header.dimensions.pixels(), limits.max_pixels);
        if pixels > limit {
            return Err(RenderError::TooManyPixels { pixels, limit });
        }
        Ok(Self { header })
    }

    /// The size of the picture as it is stored.
    fn stored(&self) -> Dimensions {
        let upright = self.header.dimensions;
        if self.header.orientation.swaps_sides() { upright.transposed() } else { upright }
    }

    /// What is to be shown of the stored picture, and how big.
    fn framing(&self, spec: &VariantSpec) -> Framing {
        let upright = Framing::of(self.header.dimensions, spec.size);
        if self.header.orientation.swaps_sides() { upright.transposed() } else { upright }
    }
}
