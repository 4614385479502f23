//! Render leases on DynamoDB.
//!
//! A lease is one conditional write of under 1 KB, refused or not: .625 USD per million.
//!
//! A write that took effect, and whose answer was lost, is sent again by the SDK, and refused then: by its own lease.
//! So each take writes who it is, and knows itself again.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::dynamodb::{refused_put, unavailable};
use crate::ports::{RenderLeases, RepositoryError};
use crate::time::Timestamp;
use crate::variant::VariantUrl;

/// DynamoDB removes items up to days after their time: what a lease is worth is decided by this attribute alone.
const ENDS_AT_MS: &str = "ends_at_ms";

/// What tells one take from every other.
const TAKEN_BY: &str = "taken_by";

/// A table as leases of renders.
#[derive(Debug, Clone)]
pub struct DynamoRenderLeases {
    client: Client,
    table: String,
}

impl DynamoRenderLeases {
    pub(super) fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }
}

impl RenderLeases for DynamoRenderLeases {
    async fn take(
        &self,
        variant: &VariantUrl,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<bool, RepositoryError> {
        let taker = taker();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("variant", AttributeValue::S(variant.to_string()))
            .item(ENDS_AT_MS, millis(ends))
            .item(TAKEN_BY, taker.clone())
            .item("expires_at", AttributeValue::N(ends.epoch_seconds().saturating_add(1).to_string()))
            .condition_expression("attribute_not_exists(#variant) OR #ends <= :now")
            .expression_attribute_names("#variant", "variant")
            .expression_attribute_names("#ends", ENDS_AT_MS)
            .expression_attribute_values(":now", millis(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(true),
            Err(error) => match refused_put(&error) {
                Some(refused) => Ok(refused.item().and_then(|lease| lease.get(TAKEN_BY)) == Some(&taker)),
                None => Err(unavailable(format!("lease {variant}"), error)),
            },
        }
    }

    async fn give_back(&self, variant: &VariantUrl, ends: Timestamp) -> Result<(), RepositoryError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("variant", AttributeValue::S(variant.to_string()))
            .condition_expression("#ends = :ends")
            .expression_attribute_names("#ends", ENDS_AT_MS)
            .expression_attribute_values(":ends", millis(ends))
            .send()
            .await;
        match delete {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(format!("give back the lease {variant}"), error)),
        }
    }
}

/// A name that no other take has, by the randomness that hash maps are seeded with.
fn taker() -> AttributeValue {
    let half = || RandomState::new().hash_one(0);
    AttributeValue::S(format!("{:016x}{:016x}", half(), half()))
}

fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.epoch_millis().to_string())
}
