//! `render`: `GET /{hash}/{width}x{height}/{quality}.{ext}`, behind CloudFront on Lambda and behind the local edge.
//!
//! A variant is a pure function of its URL and the original's bytes. It is made on the first request and kept by the
//! CDN for a year; nothing is stored here.
//!
//! | step | where |
//! |---|---|
//! | request → variant, or a refusal that costs no call | [`http`] |
//! | is the asset READY, and its object the one that was verified | [`render_variant`] |
//! | bytes → bytes | [`pipeline`] |
//! | side effects | one DynamoDB read and one S3 GET, at the same time; no write |

pub mod config;
pub mod http;
pub mod pipeline;
pub mod render_variant;

pub use config::Config;
pub use http::RenderApi;
pub use pipeline::{Limits, PIPELINE_VERSION, RenderError, Rendered, Timings};
pub use render_variant::Render;

#[cfg(test)]
mod testing;
