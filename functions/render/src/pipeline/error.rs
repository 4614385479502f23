//! Why a picture is not rendered.

use shared::header::HeaderError;
use shared::media::MediaType;
use shared::variant::OutputFormat;

use crate::admission::Busy;

/// Why a picture is not rendered. All but the last two are the original's or the request's doing, and will be so again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The original is of no type that is decoded; `None` when its leading bytes match none at all.
    #[error("{}", match .0 {
        Some(known) => format!("originals of type {known} are not decoded"),
        None => "the original is of no image type that Hashfolio knows".to_owned(),
    })]
    UnsupportedType(Option<MediaType>),
    /// The variant's format is not written by this build, or not at this size.
    #[error("{} is not offered: {reason}", .format.content_type())]
    UnsupportedOutput {
        /// The format asked for.
        format: OutputFormat,
        /// Why not.
        reason: &'static str,
    },
    /// The original is corrupt, cut short, or of a kind that is not decoded.
    #[error("the original can't be decoded: {reason}")]
    Undecodable {
        /// What is wrong with it.
        reason: String,
    },
    /// The original has more pixels than the limit.
    #[error("the original has {pixels} pixels, and at most {limit} are decoded")]
    TooManyPixels {
        /// How many it has by its header.
        pixels: u64,
        /// The limit.
        limit: u64,
    },
    /// The original takes more memory than the limit.
    #[error(
        "decoding the original takes {needed_bytes} bytes of memory, and at most {limit_bytes} are given"
    )]
    TooMuchMemory {
        /// How much it takes at least.
        needed_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// Other renders have the memory that it takes: another try may succeed.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A step failed that can't fail for what is known of its input: a fault of ours.
    #[error("{step} failed: {reason}")]
    Failed {
        /// Which step.
        step: &'static str,
        /// What it said.
        reason: String,
    },
}

impl RenderError {
    /// An original of a type that a decoder refused.
    pub(crate) fn undecodable(media_type: MediaType, error: &dyn std::error::Error) -> Self {
        let mut reason = format!("{media_type}: {error}");
        let mut source = error.source();
        // Most decoders' outer errors say nothing but that there was one.
        while let Some(inner) = source {
            reason = format!("{reason}: {inner}");
            source = inner.source();
        }
        Self::Undecodable { reason }
    }
}

impl From<HeaderError> for RenderError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::UnknownType => Self::UnsupportedType(None),
            HeaderError::CutShort { .. }
            | HeaderError::Malformed { .. }
            | HeaderError::Sides { .. }
            | HeaderError::Scattered { .. } => Self::Undecodable { reason: error.to_string() },
        }
    }
}
