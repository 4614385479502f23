//! Leases: which of many renders of one variant is the one that shares its bytes.

use super::RepositoryError;
use crate::time::Timestamp;
use crate::variant::VariantUrl;

/// Gives each variant to one renderer at a time.
pub trait RenderLeases {
    /// Takes a variant's lease until `ends`, unless another's lasts beyond `now`. Of any number of takers at one time, one
    /// succeeds. A lease ends by itself: nobody waits for a renderer that died.
    ///
    /// # Errors
    /// [`RepositoryError::Unavailable`]; the lease may have been taken then, and ends by itself.
    async fn take(
        &self,
        variant: &VariantUrl,
        now: Timestamp,
        ends: Timestamp,
    ) -> Result<bool, RepositoryError>;

    /// Gives back the lease that was taken until `ends`. Another's is left alone.
    ///
    /// # Errors
    /// [`RepositoryError::Unavailable`]; the lease ends by itself then.
    async fn give_back(&self, variant: &VariantUrl, ends: Timestamp) -> Result<(), RepositoryError>;
}
