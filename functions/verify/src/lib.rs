//! Looks at what was uploaded and writes what it is: READY, or REJECTED with the reason.
//!
//! *Event:* S3's notifications of new objects under `raw/` and `incoming/`, one or many at once. An event only says
//! "look": what is done depends on what HEAD shows now. So events may repeat, come late and out of order, and a look
//! that broke off in the middle is mended by the next one.
//!
//! *Side effects:* the state of one asset, by conditional writes; what is refused is deleted (`raw/`) or moved to
//! `refused/` with the reason (`incoming/`); what is accepted in the drop folder, or came in parts, is moved to
//! `raw/{hash}`.
//!
//! | file | what it does |
//! |---|---|
//! | `event.rs` | S3's JSON to the keys that are to be looked at |
//! | `verify.rs` | looks at each key; a failed one makes the whole event come again |
//! | `verify_original.rs` | `raw/{hash}` |
//! | `adopt_drop.rs` | `incoming/…` |
//! | `verify_parts.rs` | `incoming/.parts/…`, where uploads in parts end |
//! | `decide.rs`, `judge.rs`, `lookalike.rs` | the decisions, as pure functions |
//! | `measure.rs`, `write_state.rs`, `in_place.rs`, `set_aside.rs` | what these looks do in the same way |

mod adopt_drop;
mod config;
mod decide;
mod error;
mod event;
mod in_place;
mod judge;
mod lookalike;
mod measure;
mod set_aside;
#[cfg(test)]
mod testing;
mod verify;
mod verify_original;
mod verify_parts;
mod write_state;

pub use config::Config;
pub use error::VerifyError;
pub use event::S3Event;
pub use judge::Criteria;
pub use verify::Verify;
