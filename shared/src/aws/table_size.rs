//! How much a table keeps, by DynamoDB's `DescribeTable`, which costs nothing.

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::TableDescription;

use super::DynamoAssetRepository;
use crate::ports::{MeasurementError, SizedTable};

/// What must be allowed.
const ACTION: &str = "dynamodb:DescribeTable";

impl SizedTable for DynamoAssetRepository {
    async fn size_bytes(&self) -> Result<u64, MeasurementError> {
        let described = self.client().describe_table().table_name(self.table()).send().await;
        let described = described.map_err(|error| match error.code() {
            Some("AccessDeniedException") => {
                MeasurementError::Denied { action: ACTION, source: Box::new(error) }
            }
            _ => MeasurementError::Unavailable { action: ACTION, source: Box::new(error) },
        })?;
        let table = described.table();
        let indexes = table.into_iter().flat_map(TableDescription::global_secondary_indexes);
        let sizes = indexes.map(|index| index.index_size_bytes().unwrap_or(0));
        let bytes: i64 = sizes.chain(table.and_then(TableDescription::table_size_bytes)).sum();
        Ok(u64::try_from(bytes).unwrap_or(0))
    }
}
