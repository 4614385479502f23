//! Render: variants of pictures, computed when they are asked for.
//!
//! A request for `/{hash}/{width}x{height}/{quality}.{ext}` is read by the edge ([`http`]), which hands it to the use case
//! ([`render_variant`]). That looks the asset up and fetches its original at the same time, decides whether it may be shown
//! (`judgement`), and has the [`pipeline`] render it. Nothing is written anywhere: a variant is a pure function of its URL,
//! and the edge in front of this function keeps it for a year.

pub mod config;
pub mod http;
mod judgement;
pub mod pipeline;
pub mod render_variant;

pub use config::Config;
pub use http::RenderApi;
pub use pipeline::{Limits, PIPELINE_VERSION, RenderError, Rendered, Timings};
pub use render_variant::{Render, RenderVariantError, Variant};
