//! The planning of a range of shards while it is under way.

use shared::ports::{AssetInventory, ObjectInventory};
use shared::shard::{Shard, ShardRange};
use shared::time::Timestamp;

use crate::planner::ShardPlan;
use crate::settings::Settings;
use crate::take_inventory::{InventoryError, Outlook, plan_shard};

/// Plans the shards of a range.
#[derive(Debug)]
pub(crate) struct Planning<'a> {
    first: Shard,
    settings: &'a Settings,
    started_at: Timestamp,
    outlook: Outlook,
}

impl<'a> Planning<'a> {
    /// The planning of a range in a run that started at this time.
    pub(crate) fn new(range: ShardRange, settings: &'a Settings, started_at: Timestamp) -> Self {
        Self { first: range.first(), settings, started_at, outlook: Outlook::default() }
    }

    /// A shard's plan, which says why where the shard could not be compared; `None` when it is too late for one. The
    /// first is planned however late it is, so that a run of many steps comes to an end.
    pub(crate) async fn shard(
        &self,
        store: &impl ObjectInventory,
        assets: &impl AssetInventory,
        shard: Shard,
    ) -> (Shard, Option<ShardPlan>) {
        if shard != self.first && self.settings.is_late() {
            return (shard, None);
        }
        let youngest = self.started_at.minus(self.settings.grace);
        let pause = self.settings.retry_pause;
        let planned = plan_shard((store, assets), shard, youngest, pause, &self.outlook).await;
        (shard, Some(planned.unwrap_or_else(|error| unchecked(shard, &error))))
    }
}

fn unchecked(shard: Shard, error: &InventoryError) -> ShardPlan {
    tracing::error!(%shard, error.message = %error, "a shard could not be compared");
    let mut plan = ShardPlan::default();
    plan.sums.unchecked(shard, &error.to_string());
    plan
}
