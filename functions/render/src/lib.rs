//! Render: variants of pictures, computed when they are asked for.
//!
//! A request for `/{hash}/{width}x{height}/{quality}.{ext}` is read by the edge ([`http`]), which hands it to the use case
//! ([`render_variant`]). That looks the asset up and fetches its original at the same time, decides whether it may be shown
//! (`judgement`), and has the [`pipeline`] render it. Nothing is written anywhere: a variant is a pure function of its URL,
//! and the edge in front of this function keeps it for a year.
//!
//! Of many that ask for one variant at one time, one renders, and the others wait for it: within a process always
//! (`collapse`; `recent` for those that come a moment late), across processes with `STAMPEDE_GUARD=lease` (`guard`). `admission` bounds how much is rendered at once,
//! and `unknown` remembers for seconds which hashes there are no assets of.

mod admission;
mod collapse;
pub mod config;
mod guard;
pub mod http;
mod judgement;
mod load;
pub mod pipeline;
mod recent;
pub mod render_variant;
mod unguarded;
mod unknown;

pub use admission::Busy;
pub use config::Config;
pub use http::RenderApi;
pub use load::Load;
pub use pipeline::{Limits, PIPELINE_VERSION, RenderError, Rendered, Timings};
pub use render_variant::{CacheLock, Render, RenderVariantError, Variant};
pub use unguarded::Unguarded;
