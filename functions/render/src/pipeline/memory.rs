//! What a render may take of memory, asked for before it is taken.

use super::RenderError;

/// The memory of one render. Every buffer whose size follows from the original is claimed here first; what was let go of
/// meanwhile still counts, so that the sum is never less than the peak.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    claimed_bytes: u64,
    limit_bytes: u64,
}

impl MemoryBudget {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { claimed_bytes: 0, limit_bytes }
    }

    /// Claims memory.
    ///
    /// # Errors
    /// [`RenderError::TooMuchMemory`] when it is more than is left.
    pub(crate) fn claim(&mut self, bytes: u64) -> Result<(), RenderError> {
        let needed_bytes = self.claimed_bytes.saturating_add(bytes);
        if needed_bytes > self.limit_bytes {
            return Err(RenderError::TooMuchMemory { needed_bytes, limit_bytes: self.limit_bytes });
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
}
