//! How the bytes of an asset are to be brought: in one PUT, or in parts.

use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::multipart::{PartPlan, UploadId, UploadToken};
use shared::ports::{
    AssetRepository, CdnInvalidation, MultipartSigner, MultipartStore, ObjectStore, PartChecksums,
    PartedUpload, SignedParts, SignedRequest, Upload, UploadSigner,
};
use shared::time::Timestamp;

use super::{IssueError, UploadAsk};
use crate::{Caller, Config, Ingest};

/// What a caller says of the parts, should there be any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AskedParts {
    /// How it wants to cut the original; as usual if it doesn't say.
    pub plan: Option<PartPlan>,
    /// The SHA-256 of each part, if it knows them: as many as the plan has.
    pub checksums: Option<Vec<ContentHash>>,
    /// Which upload it wants to go on with.
    pub resume: Option<Resumption>,
}

/// An upload in parts that was begun before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumption {
    /// Its name.
    pub upload: UploadId,
    /// The store's name for it.
    pub token: UploadToken,
}

/// What brings an asset's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadOffer {
    /// One request.
    Whole(SignedRequest),
    /// Many.
    InParts(Box<OfferedParts>),
}

/// An upload in parts that may be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedParts {
    /// What to ask with to go on with it later.
    pub resumption: Resumption,
    /// How the original is cut.
    pub plan: PartPlan,
    /// The requests.
    pub requests: SignedParts,
    /// When they end.
    pub expires_at: Timestamp,
}

impl UploadAsk {
    /// How many parts its answer may have; 0 when it goes in one piece.
    pub fn parts(&self, config: &Config) -> u64 {
        if self.goes_whole(config) {
            return 0;
        }
        self.parts.plan.or_else(|| PartPlan::usual(self.size_bytes).ok()).map_or(0, |plan| plan.count())
    }

    fn goes_whole(&self, config: &Config) -> bool {
        self.size_bytes <= config.multipart_threshold_bytes
    }
}

impl<S, U, R, C> Ingest<S, U, R, C>
where
    S: ObjectStore + MultipartStore,
    U: UploadSigner + MultipartSigner,
    R: AssetRepository,
    C: CdnInvalidation,
{
    /// An offer to upload what is asked for.
    pub(super) async fn offer(
        &self,
        ask: &UploadAsk,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<UploadOffer, IssueError> {
        if !ask.goes_whole(&self.config) {
            let parts = self.offer_parts(ask, caller, now).await?;
            return Ok(UploadOffer::InParts(Box::new(parts)));
        }
        let upload = Upload {
            hash: ask.hash,
            size_bytes: ask.size_bytes,
            media_type: ask.media_type,
            valid_for: self.config.upload_url_ttl,
        };
        Ok(UploadOffer::Whole(self.signer.sign_upload(&upload, now).await?))
    }

    /// Begins an upload in parts, or signs anew for one that was begun: whether it still goes on, the store says to who
    /// uses the requests.
    async fn offer_parts(
        &self,
        ask: &UploadAsk,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<OfferedParts, IssueError> {
        let AskedParts { plan, checksums, resume } = ask.parts.clone();
        let plan = plan.map_or_else(|| PartPlan::usual(ask.size_bytes), Ok)?;
        let resumption = if let Some(resumption) = resume {
            resumption
        } else {
            let upload = UploadId::of(&ask.hash, &caller.principal, now);
            let known = checksums.as_ref().map_or(PartChecksums::Unknown, |_| PartChecksums::Pinned);
            let token = self.store.begin(&ObjectKey::Parts { hash: ask.hash, upload }, known).await?;
            Resumption { upload, token }
        };
        let valid_for = self.config.multipart_url_ttl;
        let key = ObjectKey::Parts { hash: ask.hash, upload: resumption.upload };
        let upload = PartedUpload { key, token: resumption.token.clone(), plan, checksums, valid_for };
        let requests = self.signer.sign_parts(&upload, now).await?;
        Ok(OfferedParts { resumption, plan, requests, expires_at: now.plus(valid_for) })
    }
}
