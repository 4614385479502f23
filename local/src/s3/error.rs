//! What the store can answer instead of a result, and what S3 calls it.

use std::io;

use s3s::{S3Error, S3ErrorCode, s3_error};

/// Why the store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("the bucket does not exist")]
    NoSuchBucket,
    #[error("the bucket exists already")]
    BucketExists,
    #[error("the bucket still holds objects or uploads")]
    BucketNotEmpty,
    #[error("the key does not exist")]
    NoSuchKey,
    #[error("the multipart upload does not exist")]
    NoSuchUpload,
    #[error("the object is not what the request's condition names")]
    PreconditionFailed,
    #[error("the object's storage class cannot be restored")]
    NotArchived,
    #[error("the index failed")]
    Index(#[from] rusqlite::Error),
    #[error("the index holds a row that cannot be read")]
    Row(#[from] serde_json::Error),
    #[error("a blob could not be read or written")]
    Blob(#[from] io::Error),
    #[error("the index has stopped")]
    Stopped,
}

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSuchBucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            StoreError::BucketExists => s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ),
            StoreError::BucketNotEmpty => {
                s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty")
            }
            StoreError::NoSuchKey => s3_error!(NoSuchKey, "The specified key does not exist."),
            StoreError::NoSuchUpload => s3_error!(
                NoSuchUpload,
                "The specified upload does not exist. It may have been aborted or completed, or its id is wrong."
            ),
            StoreError::PreconditionFailed => precondition_failed(),
            StoreError::NotArchived => {
                s3_error!(InvalidObjectState, "Restore is not allowed for the object's current storage class")
            }
            StoreError::Index(_) | StoreError::Row(_) | StoreError::Blob(_) | StoreError::Stopped => {
                internal(error)
            }
        }
    }
}

/// 412, as S3 words it.
pub(super) fn precondition_failed() -> S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
}

/// 500 without a word of what went wrong: that is for the log, once, here.
pub(super) fn internal(error: impl std::error::Error + Send + Sync + 'static) -> S3Error {
    tracing::error!(error = &error as &dyn std::error::Error, "the local S3 failed");
    s3_error!(error, InternalError, "We encountered an internal error. Please try again.")
}

/// An error whose code the protocol crate has no name for.
pub(super) fn refusal(
    code: &'static str,
    status: http::StatusCode,
    message: impl Into<std::borrow::Cow<'static, str>>,
) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::Custom(code.into()), message);
    error.set_status_code(status);
    error
}
