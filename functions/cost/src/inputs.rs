//! What no measurement says: the assumptions of the comparison, and what was paid to change over.

use crate::money::MicroUsd;
use crate::storage_class::StorageClass;
use crate::usage::{GbSeconds, Share};

/// Assumptions and amounts that an operator gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// Variants that would be made of each asset at its upload.
    pub variants_per_asset: u32,
    /// A variant's size relative to its original; `None` takes the measured mean.
    pub variant_size: Option<Share>,
    /// The class that variants would be stored in.
    pub variant_class: StorageClass,
    /// What making one variant takes; `None` takes the measured mean.
    pub variant_time: Option<GbSeconds>,
    /// What changing over cost, once; `None` when it was not said.
    pub migration_cost: Option<MicroUsd>,
    /// What a month may cost; `None` for no budget.
    pub monthly_budget: Option<MicroUsd>,
}

impl Inputs {
    /// Four widths in two formats: the least that a page with `srcset` needs to have stored.
    pub const VARIANTS_PER_ASSET: u32 = 8;
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            variants_per_asset: Self::VARIANTS_PER_ASSET,
            variant_size: None,
            variant_class: StorageClass::Standard,
            variant_time: None,
            migration_cost: None,
            monthly_budget: None,
        }
    }
}
