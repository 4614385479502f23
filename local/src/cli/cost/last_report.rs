//! What a deployed stack has measured: its last report says it.

use std::time::Duration;

use cost::Usage;
use serde_json::Value;
use shared::aws::Clients;
use shared::key::{ReportFormat, ReportName};
use shared::ports::{ReportStore as _, StoreError};
use shared::runtime::{ConfigError, Environment};
use shared::time::Timestamp;

use super::CostCommandError;
use crate::client::stack::{StackError, StackOutputs};

/// How old the last report may be: the function makes one a day.
const DAYS_BACK: u32 = 7;

/// Why a stack's last report can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LastReportError {
    /// It is not known where it is.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The credentials are wrong.
    #[error("the configuration is wrong: {0}")]
    Config(#[from] ConfigError),
    /// The bucket can't be read.
    #[error("the stack's reports cannot be read: {0}")]
    Store(#[from] StoreError),
    /// There is none.
    #[error("the stack {0} has made no cost report in the last {DAYS_BACK} days: invoke its cost function")]
    None(String),
}

/// The use that a stack's last report was made of, and the fields of it that are not known here.
pub(super) async fn usage(
    stack: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Usage, Vec<String>), CostCommandError> {
    let outputs = StackOutputs::of(stack, environment).await.map_err(LastReportError::from)?;
    let bucket = outputs.get(stack, "AssetsBucketName").map_err(LastReportError::from)?;
    let clients = Clients::from_env(&Environment::new(environment)).map_err(LastReportError::from)?;
    let reports = clients.object_store(bucket);
    let now = Timestamp::now();
    for days in 0..DAYS_BACK {
        let date = now.minus(Duration::from_hours(u64::from(days) * 24)).date();
        let name = ReportName::of_cost_day(&date, ReportFormat::Json);
        let report = reports.read_report(&name).await.map_err(LastReportError::from)?;
        let usage = report.and_then(|report| serde_json::from_slice::<Value>(&report).ok());
        if let Some(usage) = usage.and_then(|mut report| report.get_mut("usage").map(Value::take)) {
            let origin = format!("the report of {date}");
            let read = Usage::parse(usage.to_string().as_bytes());
            return read.map_err(|source| CostCommandError::Usage { origin, source });
        }
    }
    Err(LastReportError::None(stack.to_owned()).into())
}
