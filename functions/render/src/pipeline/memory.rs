//! What a render may take of memory, asked for before it is taken.

use super::RenderError;
use crate::admission::Portion;

/// The memory of one render. Every buffer whose size follows from the original is claimed here first; what was let go of
/// meanwhile still counts, so that the sum is never less than the peak.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    claimed_bytes: u64,
    limit_bytes: u64,
    /// Its part of what all renders have together, if there are others.
    portion: Option<Portion>,
}

impl MemoryBudget {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { claimed_bytes: 0, limit_bytes, portion: None }
    }

    /// A budget that is also a part of what all renders have together.
    pub(crate) fn within(limit_bytes: u64, portion: Portion) -> Self {
        Self { claimed_bytes: 0, limit_bytes, portion: Some(portion) }
    }

    /// Claims memory.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`] when it is more than is left, [`RenderError::Busy`] when others have it.
    pub(crate) fn claim(&mut self, bytes: u64) -> Result<(), RenderError> {
        let needed_bytes = self.claimed_bytes.saturating_add(bytes);
        if needed_bytes > self.limit_bytes {
            return Err(RenderError::TooMuchMemory { needed_bytes, limit_bytes: self.limit_bytes });
        }
        if let Some(portion) = &mut self.portion {
            portion.grow(bytes)?;
        }
        self.claimed_bytes = needed_bytes;
        Ok(())
    }

    /// How much is left.
    pub(crate) fn left_bytes(&self) -> u64 {
        self.limit_bytes - self.claimed_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::{Busy, MemoryPool};

    #[test]
    fn no_more_is_given_than_there_is() {
        let mut memory = MemoryBudget::new(100);
        assert!(memory.claim(60).is_ok());
        let refused = RenderError::TooMuchMemory { needed_bytes: 101, limit_bytes: 100 };
        assert_eq!(memory.claim(41), Err(refused));
        assert_eq!(memory.left_bytes(), 40);
        assert!(memory.claim(40).is_ok());
        assert!(memory.claim(u64::MAX).is_err());
    }

    #[test]
    fn what_others_have_is_not_given() {
        let pool = MemoryPool::new(100);
        let mut others = pool.nothing();
        assert!(others.grow(50).is_ok());
        let mut memory = MemoryBudget::within(100, pool.nothing());
        assert_eq!(memory.claim(51), Err(RenderError::Busy(Busy)));
        drop(others);
        assert!(memory.claim(51).is_ok());
    }
}
