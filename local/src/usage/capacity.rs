//! DynamoDB's units, as the embedded DynamoDB reports them to the system's own client.
//!
//! The server itself has no hook for that. So each call of the functions in this process asks for what it consumed
//! (`ReturnConsumedCapacity`), which takes nothing more than a number in the answer. What other programs ask of the
//! embedded DynamoDB directly, `hashfolio reconcile` in its own process among them, is not counted.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use aws_smithy_runtime_api::client::interceptors::context;

use super::counters::{Counter, Counters};

/// A write unit writes so many bytes of an item.
const WRITE_UNIT_BYTES: usize = 1024;

/// Counts what each call consumes.
#[derive(Debug)]
pub(crate) struct CountCapacity(pub(crate) Arc<Counters>);

/// Asks for the capacity, if the input is one of these; a caller that asked for more keeps that.
macro_rules! ask {
    ($input:expr, $($kind:ty),+) => {
        $(if let Some(input) = $input.downcast_mut::<$kind>() {
            input.return_consumed_capacity.get_or_insert(ReturnConsumedCapacity::Total);
        })+
    };
}

/// The capacity that an output reports, if it is one of these.
macro_rules! reported {
    ($output:expr, $($kind:ty),+) => {
        None$(.or_else(|| $output.downcast_ref::<$kind>().and_then(|output| output.consumed_capacity())))+
    };
}

impl Intercept for CountCapacity {
    fn name(&self) -> &'static str {
        "CountCapacity"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input_mut();
        ask!(
            input,
            GetItemInput,
            BatchGetItemInput,
            QueryInput,
            PutItemInput,
            UpdateItemInput,
            DeleteItemInput
        );
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.output_or_error() {
            Ok(output) => {
                self.0.add(Counter::HalfReadUnits, half_units_read(output));
                self.0.add(Counter::WriteUnits, units_written(output));
            }
            Err(error) => {
                let refused = error.as_operation_error().and_then(refused_condition);
                self.0.add(Counter::WriteUnits, refused.map_or(0, units_of_refused));
            }
        }
        Ok(())
    }
}

fn half_units_read(output: &context::Output) -> u64 {
    let batch = output.downcast_ref::<BatchGetItemOutput>().map(BatchGetItemOutput::consumed_capacity);
    let one = reported!(output, GetItemOutput, QueryOutput);
    batch.unwrap_or_default().iter().chain(one).map(half_units).sum()
}

fn units_written(output: &context::Output) -> u64 {
    let one = reported!(output, PutItemOutput, UpdateItemOutput, DeleteItemOutput);
    one.map_or(0, half_units).div_ceil(2)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no call consumes 2^53 units")]
fn half_units(capacity: &ConsumedCapacity) -> u64 {
    (capacity.capacity_units().unwrap_or_default() * 2.0).round() as u64
}

fn refused_condition(error: &context::Error) -> Option<&ConditionalCheckFailedException> {
    if let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.downcast_ref() {
        return Some(refused);
    }
    if let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.downcast_ref() {
        return Some(refused);
    }
    match error.downcast_ref() {
        Some(DeleteItemError::ConditionalCheckFailedException(refused)) => Some(refused),
        Some(_) | None => None,
    }
}

/// A write whose condition does not hold is billed all the same, by the size of the item that it met, and reports
/// nothing. The functions have that item returned; where there was none it is one unit, for they write no item of more
/// than a KB.
fn units_of_refused(refused: &ConditionalCheckFailedException) -> u64 {
    let item_bytes = refused.item().map_or(0, item_bytes);
    item_bytes.div_ceil(WRITE_UNIT_BYTES).max(1) as u64
}

/// An item's size as DynamoDB's documentation defines it: names and values in UTF-8; numbers by about two digits a
/// byte; three bytes for a list or map, and one for each of its members.
fn item_bytes(item: &HashMap<String, AttributeValue>) -> usize {
    item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enum grows with DynamoDB")]
fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::Ns(numbers) => numbers.iter().map(|digits| digits.len().div_ceil(2) + 1).sum(),
        AttributeValue::Bs(all) => all.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_bytes(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + item_bytes(map),
        // A truth value or a null; what is not known yet can't be larger than nothing.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(item: &[(&str, &str)]) -> ConditionalCheckFailedException {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let item = item.iter().map(|(name, value)| ((*name).to_owned(), text(value))).collect();
        ConditionalCheckFailedException::builder().set_item(Some(item)).build()
    }

    #[test]
    fn a_refused_write_is_billed_by_each_kilobyte_of_what_it_met() {
        let long = "x".repeat(1020);
        assert_eq!(units_of_refused(&ConditionalCheckFailedException::builder().build()), 1);
        assert_eq!(units_of_refused(&refused(&[("name", &long)])), 1);
        assert_eq!(units_of_refused(&refused(&[("name2", &long)])), 2);
    }

    #[test]
    fn values_have_the_sizes_of_the_documentation() {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let number = |value: &str| AttributeValue::N(value.to_owned());
        for (value, bytes) in [
            (text("Käfer"), 6),
            (number("1700000000"), 6),
            (AttributeValue::Bool(true), 1),
            (AttributeValue::Null(true), 1),
            (AttributeValue::L(vec![text("ab"), number("7")]), 3 + 3 + 3),
            (AttributeValue::M(HashMap::from([("k".to_owned(), text("ab"))])), 3 + 1 + 3),
        ] {
            assert_eq!(value_bytes(&value), bytes, "{value:?}");
        }
    }
}
