//! The promises of the ports as executable checks: every adapter passes the same.
//!
//! A check panics when a promise is broken. It works under keys of its own, so that checks can run side by side in a
//! store that holds other things too.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken promise must fail the test that runs the check"
)]

pub mod asset_inventory;
pub mod asset_repository;
pub mod object_inventory;
pub mod object_store;
pub mod render_leases;
pub mod report_store;
