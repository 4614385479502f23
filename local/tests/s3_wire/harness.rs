//! A store in a directory of its own, served on a free port, with clients for it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use local::s3::{Credentials, EventKind, LocalS3, RecordedEvents};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const BUCKET: &str = "portfolio";
pub(crate) const ACCESS_KEY: &str = "hashfolio";
pub(crate) const SECRET_KEY: &str = "hashfolio-local";
pub(crate) const MEBIBYTE: usize = 1024 * 1024;

/// A running store. Dropped, it is gone with its directory.
pub(crate) struct Wire {
    pub(crate) s3: LocalS3,
    pub(crate) endpoint: String,
    dir: TempDir,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Wire {
    /// A new store with one bucket, which records every event.
    pub(crate) async fn start() -> Self {
        let wire = Self::open(TempDir::new().unwrap()).await;
        wire.s3.ensure_bucket(BUCKET).await.unwrap();
        wire
    }

    /// Opens what a directory holds.
    pub(crate) async fn open(dir: TempDir) -> Self {
        let s3 = LocalS3::open(dir.path(), credentials(), RecordedEvents::CreatedAndRemoved).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = s3.clone();
        let serving = tokio::spawn(async move {
            served.serve(listener, async { drop(stopped.await) }).await;
        });
        Self { s3, endpoint, dir, stop, serving }
    }

    /// Ends the store, and leaves its directory.
    pub(crate) async fn close(self) -> TempDir {
        let Self { s3, dir, stop, serving, .. } = self;
        stop.send(()).unwrap();
        serving.await.unwrap();
        drop(s3);
        dir
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.endpoint, SECRET_KEY)
    }

    /// Puts an object, and returns its `ETag` as the SDK shows it.
    pub(crate) async fn put(&self, key: &str, bytes: &[u8]) -> String {
        let put = self.client().put_object().bucket(BUCKET).key(key).body(bytes.to_vec().into());
        put.send().await.unwrap().e_tag.unwrap()
    }

    /// The bytes of an object, or the code of the refusal.
    pub(crate) async fn get(&self, key: &str) -> Result<Bytes, String> {
        let got = self.client().get_object().bucket(BUCKET).key(key).send().await;
        Ok(got.map_err(|error| code(&error))?.body.collect().await.unwrap().into_bytes())
    }

    /// How many blobs and staged files there are.
    pub(crate) fn files(&self) -> usize {
        self.blobs().len() + files_below(&self.dir.path().join("incoming")).len()
    }

    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        files_below(&self.dir.path().join("blobs"))
    }

    /// The events in the outbox.
    pub(crate) async fn events(&self) -> Vec<(EventKind, String)> {
        let pending = self.s3.outbox().pending(1000).await.unwrap();
        pending.into_iter().map(|event| (event.kind, event.key)).collect()
    }
}

pub(crate) fn credentials() -> Credentials {
    Credentials { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned() }
}

pub(crate) fn client(endpoint: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(SdkCredentials::new(ACCESS_KEY, secret_key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .force_path_style(true)
        .build();
    Client::from_conf(config)
}

/// The S3 error code of a failed request; its status, if the answer has no body.
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    let status = error.raw_response().map(|response| response.status().as_u16().to_string());
    error.code().map(str::to_owned).or(status).unwrap()
}

/// The status of a failed request.
pub(crate) fn status<E>(error: &SdkError<E>) -> u16 {
    error.raw_response().unwrap().status().as_u16()
}

pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let (dirs, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.into_iter().chain(dirs.iter().flat_map(|dir| files_below(dir))).collect()
}

/// Bytes that do not repeat soon.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// An answer to a request that no SDK made.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The text between the tags of this name.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.body).unwrap();
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let uri: Uri = url.parse().unwrap();
    let authority = uri.authority().unwrap().as_str();
    let stream = TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let builder = Request::builder()
        .method(method)
        .uri(uri.path_and_query().unwrap().as_str())
        .header("host", authority);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    let request = builder.body(Full::new(Bytes::copy_from_slice(body))).unwrap();
    let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    connection.abort();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Sends a presigned request with its own headers, in which `change` may be made.
pub(crate) async fn send_presigned(
    presigned: &PresignedRequest,
    change: impl FnOnce(&mut Vec<(String, String)>),
    body: &[u8],
) -> Answer {
    let mut headers: Vec<(String, String)> =
        presigned.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    headers.retain(|(name, _)| name != "content-length");
    change(&mut headers);
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    send(presigned.method().parse().unwrap(), presigned.uri(), &headers, body).await
}

pub(crate) fn for_a_minute() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

pub(crate) fn expired() -> PresigningConfig {
    let builder = PresigningConfig::builder().start_time(SystemTime::now() - Duration::from_hours(1));
    builder.expires_in(Duration::from_mins(1)).build().unwrap()
}
