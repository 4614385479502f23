//! What Hashfolio costs, what pre-generating every variant would have cost, and what to change: from measured use and
//! dated prices.
//!
//! *Event:* `EventBridge`'s daily schedule.
//!
//! *Side effects:* reports under `reports/cost/`, a message to a topic and to a webhook, metrics.
//!
//! | file | what it does |
//! |---|---|
//! | `collect_usage.rs` | the port that use is measured through |
//! | `usage.rs` | measured use: the usage file |
//! | `item.rs`, `prices.rs`, `money.rs`, `quantity.rs` | what is billed, at which price, in whole numbers |
//! | `month.rs`, `bill.rs` | a month of that use, and its bill |
//! | `baseline.rs`, `returns.rs` | the same month with everything stored, and what the difference amounts to |
//! | `advice.rs` | what to change, each with its price |
//! | `analyze.rs` | all of that together: pure |
//! | `report.rs` | the analysis as JSON |

mod advice;
mod analyze;
mod assumptions;
mod baseline;
mod bill;
mod collect_usage;
mod inputs;
mod item;
mod missing;
mod money;
mod month;
mod prices;
mod quantity;
mod report;
mod returns;
mod usage;
mod wording;

pub use advice::Advice;
pub use analyze::{Analysis, AnalyzeError, HitRatioSource, Projected, analyze};
pub use assumptions::Assumption;
pub use bill::{Bill, Costs, MonthlyUse};
pub use collect_usage::{UsageSource, UsageSourceError};
pub use inputs::Inputs;
pub use item::{Architecture, Component, Item, StorageClass, StoredAs, Tier, UnknownStorageClass};
pub use money::MicroUsd;
pub use month::Traffic;
pub use prices::{Minimums, PriceBook, PriceBookError};
pub use quantity::{DAYS_PER_MONTH, Quantity};
pub use returns::Returns;
pub use usage::{
    Bytes, Count, DynamoDbUse, EarlyDeletion, GbSeconds, Retrieval, S3Requests, Share, Stored, Transition,
    Usage, UsageError,
};
