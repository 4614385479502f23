//! The repository of assets: DynamoDB's semantics, as far as Hashfolio relies on them.

use crate::asset::{Amendment, Asset, AssetChange, AssetId, Principal};
#[cfg(any(feature = "aws", feature = "memory"))]
use crate::asset::{AssetEvent, AssetState, Transition};
use crate::hash::ContentHash;
use crate::time::Timestamp;

/// Holds what can't be derived of each asset. Every write is one conditional write of one item.
pub trait AssetRepository {
    /// The asset with this hash.
    ///
    /// # Errors
    /// [`RepositoryError`].
    async fn find(
        &self,
        hash: &ContentHash,
        consistency: Consistency,
    ) -> Result<Option<Asset>, RepositoryError>;

    /// The asset with this identifier.
    ///
    /// # Errors
    /// [`RepositoryError`].
    async fn find_by_id(&self, id: &AssetId) -> Result<Option<Asset>, RepositoryError>;

    /// Carries a transition out, if the asset's state admits it. Of many that race for one edge, exactly one gets
    /// [`Applied::Changed`]. Safe to repeat.
    ///
    /// # Errors
    /// [`RepositoryError`]; whether the write happened is then unknown, and repeating it tells.
    async fn apply(
        &self,
        hash: &ContentHash,
        change: &AssetChange,
        now: Timestamp,
    ) -> Result<Applied, RepositoryError>;

    /// Writes what leaves the state as it is; `None` when the asset is no longer one that admits it.
    ///
    /// # Errors
    /// [`RepositoryError`], as for [`AssetRepository::apply`].
    async fn amend(
        &self,
        hash: &ContentHash,
        amendment: &Amendment,
        now: Timestamp,
    ) -> Result<Option<Asset>, RepositoryError>;

    /// A page of the assets that a caller created, newest first. May lag behind the writes by a moment.
    ///
    /// # Errors
    /// [`ListError::Cursor`] for a cursor that no page gave out.
    async fn list_owned(&self, owner: &Principal, page: &PageRequest) -> Result<OwnedPage, ListError>;
}

/// How fresh a read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// May miss the last second's writes; half the price.
    Eventual,
    /// Sees every write that was acknowledged before.
    Strong,
}

/// What became of a transition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It happened: the asset as it is now.
    Changed(Asset),
    /// It had happened before: the asset as it is.
    AlreadyThere(Asset),
    /// The asset's state does not admit it, or another writer came first: the asset as it is.
    NotAdmitted(Option<Asset>),
}

impl Applied {
    /// What a change that was not written amounts to, judged by the asset that stood against it.
    #[cfg(any(feature = "aws", feature = "memory"))]
    pub(crate) fn without_effect(event: AssetEvent, current: Option<Asset>) -> Self {
        let state = current.as_ref().map(|asset| asset.state);
        match (AssetState::after(state, event), current) {
            (Ok(Transition::AlreadyThere), Some(asset)) => Self::AlreadyThere(asset),
            (_, current) => Self::NotAdmitted(current),
        }
    }
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many assets at most.
    pub limit: u32,
    /// Where the page before ended; `None` for the first.
    pub cursor: Option<String>,
}

/// A page of assets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPage {
    /// The assets, newest first.
    pub assets: Vec<Asset>,
    /// What to ask the next page with; `None` after the last.
    pub next_cursor: Option<String>,
}

/// A cursor that no page gave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this API gave out")]
pub struct BadCursor;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The cursor is none of ours.
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// What a repository can answer instead.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// It failed, timed out or throttled: another try may succeed.
    #[error("{what}: the repository is unavailable")]
    Unavailable {
        /// What was asked of it.
        what: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An item is not as Hashfolio writes them: a person must look.
    #[error("{item}: attribute {attribute} is not as Hashfolio writes it")]
    Corrupt {
        /// Which item.
        item: String,
        /// Which attribute.
        attribute: &'static str,
    },
}
