//! The ports: what Hashfolio needs of the world, and what it may rely on.
//!
//! Every adapter keeps these promises, and the `contract` module checks them.
#![expect(
    async_fn_in_trait,
    reason = "adapters are named where they are spawned, so `Send` is checked there"
)]

mod announcer;
mod asset_repository;
mod cdn;
mod inventory;
mod measurement;
mod multipart;
mod object_archive;
mod object_store;
mod render_leases;
mod report_store;
mod upload_signer;
mod verifier;

pub use announcer::{AnnounceError, Announcement, Announcer};
pub use asset_repository::{
    Applied, AssetRepository, BadCursor, Consistency, ListError, OwnedPage, PageRequest, RepositoryError,
};
pub use cdn::{CdnError, CdnInvalidation, Invalidation, Occasion, TakedownReminder};
pub use inventory::{AssetInventory, AssetItem, AssetPage, ListedObject, ObjectInventory, ObjectPage};
pub use measurement::{DailyValue, Days, MeasurementError, MetricQuery, MetricSource, SizedTable, Statistic};
pub use multipart::{MultipartSigner, MultipartStore, PartChecksums, PartedUpload, SignedParts};
pub use object_archive::{ObjectArchive, Restoration};
pub use object_store::{
    ByteRange, CopyRequest, ObjectBody, ObjectHead, ObjectStore, StorageClass, StoreError,
};
pub use render_leases::RenderLeases;
pub use report_store::ReportStore;
pub use upload_signer::{Download, SignedRequest, SigningError, Upload, UploadSigner};
pub use verifier::{LookError, Outcome, Verifier};
