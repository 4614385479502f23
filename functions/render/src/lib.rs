//! Render.
pub mod pipeline;
pub use pipeline::{Limits, PIPELINE_VERSION, RenderError, Rendered, Timings};
