//! Compares S3 with DynamoDB, shard by shard, and mends what is safe to mend.
//!
//! *Event:* `EventBridge`'s schedule, or the steps of a state machine (`state_machine.asl.json`).
//!
//! *Side effects:* the states of assets, by conditional writes; whatever verify does with an object that is to be
//! looked at again; reports under `reports/reconcile/`. The only objects that go are those of REJECTED and DELETED
//! assets. When very much seems lost, nothing is written: then it is rather the look that is wrong.
//!
//! | file | what it does |
//! |---|---|
//! | `planning.rs`, `take_inventory.rs`, `join.rs` | both lists of a shard, page by page, joined in constant memory |
//! | `plan.rs`, `planner.rs` | what follows from an object and a record: pure |
//! | `sums.rs` | what is counted, and the stop that it may call for: pure |
//! | `execute.rs` | mends a finding after looking again |
//! | `reconcile.rs` | a whole run: plan all, decide once, mend |
//! | `event.rs`, `handler.rs` | the same in steps, for a state machine |
//! | `report.rs`, `usage.rs` | what a run has to say, and what it cost |

mod config;
mod event;
mod execute;
mod finding;
mod handler;
mod join;
mod plan;
mod planner;
mod planning;
mod reconcile;
mod report;
mod settings;
mod sums;
mod take_inventory;
mod usage;

pub use config::Config;
pub use event::BadEvent;
pub use finding::{Action, Finding, Kind, Status};
pub use handler::{HandleError, Handler};
pub use join::{Disorder, MergeJoin, Name, Step};
pub use plan::{SeenAsset, SeenObject};
pub use planner::{Planner, Record, ShardPlan};
pub use reconcile::{Progress, Reconcile};
pub use report::{Report, Verdict};
pub use settings::Settings;
pub use sums::Sums;
pub use usage::{NanoUsd, Usage};
