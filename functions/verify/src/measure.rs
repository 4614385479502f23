//! What verify reads of an object: as little as tells its hash and its header.

use shared::asset::ETag;
use shared::hash::{ContentHash, Hasher};
use shared::header::{ImageHeader, Progress, SparseBytes};
use shared::key::ObjectKey;
use shared::ports::{AssetRepository, ByteRange, ObjectBody, ObjectHead, ObjectStore, StoreError};

use crate::judge::Measured;
use crate::verify::Verify;

impl<S: ObjectStore, R: AssetRepository> Verify<S, R> {
    /// The object's SHA-256: the store's own where it computed one of the whole object on arrival, otherwise found by
    /// reading every byte.
    pub(crate) async fn hash_of(
        &self,
        key: &ObjectKey,
        head: &ObjectHead,
    ) -> Result<ContentHash, StoreError> {
        match head.sha256 {
            Some(sha256) => Ok(sha256),
            None => self.read_hash(key, &head.etag).await,
        }
    }

    /// Hashes the object in constant memory: one piece of the stream at a time.
    async fn read_hash(&self, key: &ObjectKey, tag: &ETag) -> Result<ContentHash, StoreError> {
        let (head, mut body) = self.store.get(key).await?;
        if head.etag != *tag {
            return Err(StoreError::Changed(key.to_string()));
        }
        let mut hasher = Hasher::default();
        while let Some(piece) = body.next().await? {
            hasher.update(&piece);
        }
        Ok(hasher.finish().0)
    }

    /// Reads the ranges of the object that its header takes.
    pub(crate) async fn measure(&self, key: &ObjectKey, head: &ObjectHead) -> Result<Measured, StoreError> {
        let mut file = SparseBytes::new(head.size_bytes);
        let header = loop {
            match ImageHeader::read(&file) {
                Ok(Progress::Read(header)) => break Ok(header),
                Err(error) => break Err(error),
                Ok(Progress::Needs(range)) => {
                    let wanted = ByteRange { offset: range.start, length: range.end - range.start };
                    file.add(range.start, self.store.get_range(key, wanted, &head.etag).await?);
                }
            }
        };
        Ok(Measured::new(head.size_bytes, header, file.leading()))
    }
}
