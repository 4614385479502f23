//! Reports and restored objects: what reconcile and ingest ask of S3 beside the object store.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{GlacierJobParameters, RestoreRequest, Tier};
use bytes::Bytes;

use super::s3::{S3ObjectStore, classify, found, unavailable};
use crate::key::{ObjectKey, ReportName};
use crate::ports::{ObjectArchive, ReportStore, Restoration, StoreError};

impl ReportStore for S3ObjectStore {
    async fn write_report(&self, name: &ReportName, content: Bytes) -> Result<(), StoreError> {
        let key = ObjectKey::Report(name.clone()).to_string();
        let put = self.client().put_object().bucket(self.bucket()).key(&key);
        let put = put.content_type(name.format().content_type()).body(ByteStream::from(content));
        put.send().await.map(|_| ()).map_err(|error| classify(&key, error))
    }

    async fn read_report(&self, name: &ReportName) -> Result<Option<Bytes>, StoreError> {
        let key = ObjectKey::Report(name.clone()).to_string();
        let got = self.client().get_object().bucket(self.bucket()).key(&key).send().await;
        let Some(got) = found(got.map_err(|error| classify(&key, error)))? else { return Ok(None) };
        let read = got.body.collect().await.map_err(|error| unavailable(&key, error))?;
        Ok(Some(read.into_bytes()))
    }
}

impl ObjectArchive for S3ObjectStore {
    async fn restore(&self, key: &ObjectKey, days: u16) -> Result<Restoration, StoreError> {
        let key = key.to_string();
        // Three to five hours from Glacier Flexible Retrieval, twelve from Deep Archive.
        let standard = GlacierJobParameters::builder().tier(Tier::Standard).build();
        let standard = standard.map_err(|error| unavailable(&key, error))?;
        let request = RestoreRequest::builder().days(days.into()).glacier_job_parameters(standard).build();
        let call = self.client().restore_object().bucket(self.bucket()).key(&key);
        match call.restore_request(request).send().await {
            Ok(_) => Ok(Restoration::Requested),
            Err(error) if error.code() == Some("RestoreAlreadyInProgress") => Ok(Restoration::Requested),
            Err(error) => match classify(&key, error) {
                // S3 says of a readable object that its state is the wrong one for a restore.
                StoreError::Archived(_) => Ok(Restoration::NotArchived),
                refused @ (StoreError::NotFound(_)
                | StoreError::Changed(_)
                | StoreError::Denied { .. }
                | StoreError::Unavailable { .. }) => Err(refused),
            },
        }
    }
}
