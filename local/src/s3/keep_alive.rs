//! Answers that begin before their work is done, as S3 begins them: white space keeps the client waiting, and the
//! XML that follows tells how it ended. The status is 200 by then, whatever the end.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response};
use s3s::dto::{CompleteMultipartUploadOutput, StreamingBlob};
use s3s::xml::{Serialize, Serializer};
use s3s::{Body, S3Result};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::internal;

/// How long the client hears nothing.
const INTERVAL: Duration = Duration::from_millis(500);

const DECLARATION: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

type Work = JoinHandle<S3Result<CompleteMultipartUploadOutput>>;

/// Work that goes on; an extension of the response that is to tell its end. The work ends even if the client goes
/// away.
#[derive(Debug, Clone)]
pub(super) struct UnderWay(Arc<Mutex<Option<Work>>>);

impl UnderWay {
    pub(super) fn new(work: Work) -> Self {
        Self(Arc::new(Mutex::new(Some(work))))
    }
}

/// Puts the answer to work under way in place of the body of a response that announces it.
pub(super) fn attend(response: &mut Response<Body>) {
    let Some(UnderWay(work)) = response.extensions_mut().remove() else { return };
    let Some(work) = work.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let chunks = stream::unfold(Progress::Begun(work), |progress| async {
        let (chunk, progress) = progress.advance().await?;
        Some((Ok::<_, io::Error>(chunk), progress))
    });
    *response.body_mut() = Body::from(StreamingBlob::wrap(chunks));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response.headers_mut().remove(CONTENT_LENGTH);
}

enum Progress {
    Begun(Work),
    Waiting(Work),
    Told,
}

impl Progress {
    async fn advance(self) -> Option<(Bytes, Self)> {
        match self {
            Self::Begun(work) => Some((Bytes::from_static(DECLARATION), Self::Waiting(work))),
            Self::Waiting(mut work) => match timeout(INTERVAL, &mut work).await {
                Err(_) => Some((Bytes::from_static(b" "), Self::Waiting(work))),
                Ok(end) => Some((tell(end.map_err(internal).flatten()), Self::Told)),
            },
            Self::Told => None,
        }
    }
}

fn tell(end: S3Result<CompleteMultipartUploadOutput>) -> Bytes {
    match end {
        Ok(output) => element(&output),
        Err(error) => element(&error),
    }
}

fn element(value: &impl Serialize) -> Bytes {
    let mut text = Vec::new();
    // A Vec takes everything that is written to it.
    drop(value.serialize(&mut Serializer::new(&mut text)));
    Bytes::from(text)
}
