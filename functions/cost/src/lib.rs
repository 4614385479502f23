//! What Hashfolio costs, what pre-generating every variant would have cost, and what to change: from measured use and
//! dated prices.
//!
//! *Event:* `EventBridge`'s daily schedule.
//!
//! *Side effects:* reports under `reports/cost/`, a message to a topic and to a webhook, metrics.
//!
//! | file | what it does |
//! |---|---|
//! | `config.rs`, `event.rs`, `handler.rs` | the function on Lambda |
//! | `report_cost.rs` | the whole way: use is measured, analyzed, kept as a report, and announced |
//! | `collect_usage.rs` | the port that use is measured through |
//! | `on_aws.rs` | the same on AWS: which metrics are read, and what their silence means |
//! | `usage.rs` | measured use: the usage file |
//! | `item.rs`, `prices.rs`, `money.rs`, `quantity.rs` | what is billed, at which price, in whole numbers |
//! | `month.rs`, `bill.rs` | a month of that use, and its bill |
//! | `baseline.rs`, `returns.rs` | the same month with everything stored, and what the difference amounts to |
//! | `advice.rs` | what to change, each with its price |
//! | `analyze.rs` | all of that together: pure |
//! | `report.rs` | the analysis as JSON, as a page with charts, and as a digest for a chat |

mod advice;
mod analyze;
mod assumptions;
mod baseline;
mod bill;
mod collect_usage;
mod config;
mod event;
mod handler;
mod inputs;
mod item;
mod missing;
mod money;
mod month;
mod on_aws;
mod prices;
mod quantity;
mod report;
mod report_cost;
mod returns;
mod storage_class;
mod usage;
mod wording;

pub use advice::Advice;
pub use analyze::{Analysis, AnalyzeError, HitRatioSource, Projected, analyze};
pub use assumptions::Assumption;
pub use bill::{Bill, Costs, MonthlyUse};
pub use collect_usage::{UsageSource, UsageSourceError};
pub use config::Config;
pub use event::BadEvent;
pub use handler::{HandleError, Handler};
pub use inputs::Inputs;
pub use item::{Architecture, Component, Item, Unit};
pub use money::MicroUsd;
pub use month::Traffic;
pub use on_aws::{AwsUsage, Deployment, Function, Role};
pub use prices::{Minimums, PriceBook, PriceBookError};
pub use quantity::{DAYS_PER_MONTH, Quantity};
pub use report_cost::{Cost, ReportCostError};
pub use returns::Returns;
pub use storage_class::{StorageClass, StoredAs, Tier, UnknownStorageClass};
pub use usage::{
    Bytes, Count, DynamoDbUse, EarlyDeletion, GbSeconds, Retrieval, S3Requests, Share, Stored, Transition,
    Usage, UsageError,
};
