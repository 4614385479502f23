//! The client commands against a scripted service: `put`, and with it the client of the ingest API; `ls`; `show`.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::fs;
use std::future::pending;
use std::path::PathBuf;

use local::cli::console::Console;
use local::cli::error::CommandError;
use local::cli::put::{self, PutArgs, PutSummary};
use local::client::Api;
use shared::hash::ContentHash;
use tempfile::TempDir;

mod breaking_off; // `put` that comes to no end, and what the manifest keeps then
mod in_parts; // `put` of what goes in parts
mod look; // `ls` and `show`
mod service; // the scripted service
mod whole; // `put` of what goes whole

use service::Service;

/// A folder to put, and the service to put it to.
struct Stage {
    folder: TempDir,
    service: Service,
}

/// What a run of the command came to.
struct Run {
    outcome: Result<PutSummary, CommandError>,
    out: String,
    err: String,
}

impl Stage {
    async fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder, service: Service::start().await }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn args(&self) -> PutArgs {
        let paths = vec![self.folder.path().to_owned()];
        // Hidden names are left out of what is put.
        let resume_dir = Some(self.path(".resumable"));
        PutArgs { paths, manifest: None, json: false, wait_seconds: 20, resume_dir }
    }

    async fn put(&self) -> Run {
        self.put_as(&self.args()).await
    }

    async fn put_as(&self, args: &PutArgs) -> Run {
        put_to(&self.service.api(), args).await
    }

    fn uploads(&self, content: &[u8]) -> usize {
        self.service.seen(|seen| seen.uploads.get(&ContentHash::of(content)).copied().unwrap_or(0))
    }

    fn is_stored(&self, content: &[u8]) -> bool {
        self.service.seen(|seen| seen.stored.contains_key(&ContentHash::of(content)))
    }
}

impl Run {
    fn summary(&self) -> PutSummary {
        *self.outcome.as_ref().unwrap()
    }
}

async fn put_to(api: &Api, args: &PutArgs) -> Run {
    put_until(pending(), api, args).await
}

async fn put_until(interrupt: impl Future<Output = ()>, api: &Api, args: &PutArgs) -> Run {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut console = Console { out: &mut out, err: &mut err, attended: false };
    let outcome = put::run(args, api, &mut console, interrupt).await;
    Run { outcome, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn gif(text: &str) -> Vec<u8> {
    [b"GIF89a", text.as_bytes()].concat()
}
