//! The system's S3 alone, while the system is down: what happens to its objects is told to nobody, ever.

use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use local::s3::{Credentials, LocalS3, RecordedEvents};
use shared::aws::Clients;
use shared::runtime::Environment;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The system's S3, open in this process.
#[derive(Debug)]
pub struct SilentS3 {
    s3: LocalS3,
    client: aws_sdk_s3::Client,
    bucket: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl SilentS3 {
    /// Opens the S3 of a system that does not run. `variable` finds the system's variables.
    pub(crate) async fn open(data_dir: &Path, variable: impl Fn(&str) -> Option<String>) -> Self {
        let credentials = Credentials {
            access_key: variable("AWS_ACCESS_KEY_ID").unwrap(),
            secret_key: variable("AWS_SECRET_ACCESS_KEY").unwrap(),
        };
        let s3 = LocalS3::open(&data_dir.join("s3"), credentials, RecordedEvents::Created).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let lookup =
            |name: &str| if name == "AWS_ENDPOINT_URL_S3" { Some(endpoint.clone()) } else { variable(name) };
        let client = Clients::from_env(&Environment::new(&lookup)).unwrap().s3().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = s3.clone();
        let server = tokio::spawn(async move {
            serving.serve(listener, async move { drop(stopped.await) }).await;
        });
        Self { s3, client, bucket: variable("ASSETS_BUCKET").unwrap(), stop, server }
    }

    /// Puts an object.
    pub async fn put(&self, key: &str, bytes: Bytes) {
        let put = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(bytes));
        put.send().await.unwrap();
    }

    /// Forgets every event, and closes.
    pub(crate) async fn close(self) {
        let outbox = self.s3.outbox();
        loop {
            let events = outbox.pending(1_000).await.unwrap();
            if events.is_empty() {
                break;
            }
            for event in events {
                outbox.acknowledge(event.id).await.unwrap();
            }
        }
        drop(self.stop);
        drop(self.client);
        self.server.await.unwrap();
    }
}
