//! The asset repository on DynamoDB.
//!
//! What each call costs, in units of the on-demand price (WRU .625, RRU .125 USD per million): a transition of an item
//! under 1 KB is one WRU for the table, and one for the index when owner or creation time are written; a refused
//! condition is one WRU; a read is half an RRU, or one when it must be strongly consistent.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::expression::Expression;
use super::item::{Item, asset_of, item_of, key, text};
use crate::asset::{Amendment, Asset, AssetChange, AssetId, AssetState, Principal};
use crate::hash::ContentHash;
use crate::ports::{
    Applied, AssetRepository, BadCursor, Consistency, ListError, OwnedPage, PageRequest, RepositoryError,
};
use crate::time::Timestamp;

/// The index of assets by who created them.
const BY_OWNER: &str = "by_owner";

/// How often the rest of a batch read that DynamoDB cut short is asked for.
const MAX_BATCH_ROUNDS: u32 = 8;

/// A table as an asset repository.
#[derive(Debug, Clone)]
pub struct DynamoAssetRepository {
    client: Client,
    table: String,
}

impl DynamoAssetRepository {
    /// The repository that a table is.
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// Starts an item anew: a put, so that nothing of a rejected one is left.
    async fn start(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        asset: Asset,
    ) -> Result<Applied, RepositoryError> {
        let event = change.event();
        let guard = Expression::admitting(event);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item_of(&asset)))
            .condition_expression(guard.condition())
            .set_expression_attribute_names(Some(guard.names()))
            .set_expression_attribute_values(Some(guard.values()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match put {
            Ok(_) => Ok(Applied::Changed(asset)),
            Err(error) => match refused_put(&error) {
                Some(failed) => {
                    let current = failed.item.as_ref().map(asset_of).transpose()?;
                    Ok(Applied::without_effect(event, current))
                }
                None => Err(unavailable(format!("put {hash}"), error)),
            },
        }
    }

    async fn update(&self, hash: &ContentHash, expression: &Expression) -> Result<Updated, RepositoryError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(hash)))
            .update_expression(expression.update())
            .condition_expression(expression.condition())
            .set_expression_attribute_names(Some(expression.names()))
            .set_expression_attribute_values(Some(expression.values()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match update {
            Ok(output) => {
                let asset = output.attributes.as_ref().map(asset_of).transpose()?;
                asset
                    .map(Updated::Written)
                    .ok_or(RepositoryError::Corrupt { item: hash.to_string(), attribute: "content_hash" })
            }
            Err(error) => match refused_update(&error) {
                Some(failed) => Ok(Updated::Refused(failed.item.as_ref().map(asset_of).transpose()?)),
                None => Err(unavailable(format!("update {hash}"), error)),
            },
        }
    }

    /// The assets with these keys, in the order asked for, without those that are gone.
    async fn read_in_order(&self, hashes: &[ContentHash]) -> Result<Vec<Asset>, RepositoryError> {
        let mut found = std::collections::HashMap::new();
        let mut pending: Vec<Item> = hashes.iter().map(key).collect();
        for _ in 0..MAX_BATCH_ROUNDS {
            if pending.is_empty() {
                break;
            }
            let keys = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut pending))).build();
            let keys = keys.map_err(|error| unavailable("batch read".to_owned(), error))?;
            let call = self.client.batch_get_item().request_items(&self.table, keys);
            let got = call.send().await.map_err(|error| unavailable("batch read".to_owned(), error))?;
            for item in got.responses.unwrap_or_default().into_values().flatten() {
                let asset = asset_of(&item)?;
                found.insert(asset.content_hash, asset);
            }
            pending = got.unprocessed_keys.unwrap_or_default().into_values().flat_map(|k| k.keys).collect();
        }
        if !pending.is_empty() {
            let source = "DynamoDB left part of a batch read undone each time".into();
            return Err(RepositoryError::Unavailable { what: "batch read".to_owned(), source });
        }
        Ok(hashes.iter().filter_map(|hash| found.remove(hash)).collect())
    }
}

enum Updated {
    Written(Asset),
    Refused(Option<Asset>),
}

impl AssetRepository for DynamoAssetRepository {
    async fn find(
        &self,
        hash: &ContentHash,
        consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(key(hash)));
        let call = call.consistent_read(consistency == Consistency::Strong);
        let got = call.send().await.map_err(|error| unavailable(format!("get {hash}"), error))?;
        got.item.as_ref().map(asset_of).transpose()
    }

    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError> {
        let (least, greatest) = id.hash_range();
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#shard = :shard AND #hash BETWEEN :least AND :greatest")
            .expression_attribute_names("#shard", "shard")
            .expression_attribute_names("#hash", "content_hash")
            .expression_attribute_values(":shard", text(id.shard()))
            .expression_attribute_values(":least", text(least))
            .expression_attribute_values(":greatest", text(greatest))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(format!("find {id}"), error))?;
        let assets = found.items().iter().map(asset_of).collect::<Result<Vec<_>, _>>()?;
        Ok(assets.into_iter().find(|asset| asset.asset_id() == *id))
    }

    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError> {
        if let (AssetChange::UploadRequested(_), Some(asset)) = (change, change.apply(None, *hash, now)) {
            return self.start(hash, change, asset).await;
        }
        match self.update(hash, &Expression::changing(hash, change, now)).await? {
            Updated::Written(asset) => Ok(Applied::Changed(asset)),
            Updated::Refused(current) => Ok(Applied::without_effect(change.event(), current)),
        }
    }

    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError> {
        match self.update(hash, &Expression::amending(amendment, now)).await? {
            Updated::Written(asset) => Ok(Some(asset)),
            // What has no end needs no keeping: it is as the caller wants it.
            Updated::Refused(current) => Ok(current.filter(|asset| {
                matches!(amendment, Amendment::KeepPending { .. })
                    && asset.state == AssetState::Pending
                    && asset.expires_at.is_none()
            })),
        }
    }

    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError> {
        let start = page.cursor.as_deref().map(|cursor| start_key(owner, cursor)).transpose()?;
        // One more than asked for tells whether there is another page.
        let limit = i32::try_from(page.limit).unwrap_or(i32::MAX).saturating_add(1);
        let listed = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_OWNER)
            .key_condition_expression("created_by = :owner")
            .expression_attribute_values(":owner", text(owner))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| unavailable(format!("list {owner}"), error))?;
        let mut entries = listed.items().iter().map(IndexEntry::of).collect::<Result<Vec<_>, _>>()?;
        let more = entries.len() > page.limit as usize;
        entries.truncate(page.limit as usize);
        let next_cursor = entries.last().filter(|_| more).map(IndexEntry::cursor);
        let hashes: Vec<ContentHash> = entries.iter().map(|entry| entry.hash).collect();
        Ok(OwnedPage { assets: self.read_in_order(&hashes).await?, next_cursor })
    }
}

/// What the index holds of an asset.
struct IndexEntry {
    hash: ContentHash,
    created_at: Timestamp,
}

impl IndexEntry {
    fn of(item: &Item) -> Result<Self, RepositoryError> {
        let read = |attribute: &'static str| {
            let value = item.get(attribute).and_then(|value| value.as_s().ok());
            value.ok_or(RepositoryError::Corrupt { item: BY_OWNER.to_owned(), attribute })
        };
        let corrupt = |attribute| RepositoryError::Corrupt { item: BY_OWNER.to_owned(), attribute };
        Ok(Self {
            hash: read("content_hash")?.parse().map_err(|_| corrupt("content_hash"))?,
            created_at: read("created_at")?.parse().map_err(|_| corrupt("created_at"))?,
        })
    }

    fn cursor(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {}", self.created_at, self.hash))
    }
}

/// The index key that a cursor stands for; it names no owner, so that nobody pages through another's assets.
fn start_key(owner: &Principal, cursor: &str) -> Result<Item, BadCursor> {
    let decoded = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
    let decoded = std::str::from_utf8(&decoded).map_err(|_| BadCursor)?;
    let (created_at, hash) = decoded.split_once(' ').ok_or(BadCursor)?;
    let created_at: Timestamp = created_at.parse().map_err(|_| BadCursor)?;
    let hash: ContentHash = hash.parse().map_err(|_| BadCursor)?;
    let mut start = key(&hash);
    start.insert("created_by".to_owned(), text(owner));
    start.insert("created_at".to_owned(), text(created_at));
    Ok(start)
}

/// The condition that refused a put, if one did.
pub(super) fn refused_put(error: &SdkError<PutItemError>) -> Option<&ConditionalCheckFailedException> {
    let PutItemError::ConditionalCheckFailedException(failed) = error.as_service_error()? else {
        return None;
    };
    Some(failed)
}

fn refused_update(error: &SdkError<UpdateItemError>) -> Option<&ConditionalCheckFailedException> {
    let UpdateItemError::ConditionalCheckFailedException(failed) = error.as_service_error()? else {
        return None;
    };
    Some(failed)
}

pub(super) fn unavailable(
    what: String,
    source: impl std::error::Error + Send + Sync + 'static,
) -> RepositoryError {
    RepositoryError::Unavailable { what, source: Box::new(source) }
}
