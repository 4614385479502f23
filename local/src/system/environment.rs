//! The local system's names and addresses, as environment variables.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::net::TcpListener;

pub(super) const ASSETS_BUCKET: &str = "hashfolio-assets";
pub(super) const ASSETS_TABLE: &str = "hashfolio-assets";
pub(super) const RENDER_LEASES_TABLE: &str = "hashfolio-render-leases";
pub(super) const ACCESS_KEY: &str = "hashfolio";
pub(super) const SECRET_KEY: &str = "hashfolio-local";
pub(super) const REGION: &str = "us-east-1";

/// Pages of a developer's own machine may call, and no others: the caller here is an admin.
const LOCAL_ORIGINS: &str = "http://localhost:*,http://127.0.0.1:*";

/// What verify and reconcile judge by.
const JUDGING: [&str; 5] = [
    "ACCEPTED_MIME_TYPES",
    "MAX_UPLOAD_BYTES",
    "MAX_SOURCE_PIXELS",
    "PENDING_TTL_SECONDS",
    "RECONCILE_GRACE_SECONDS",
];

/// The file that tells other programs where the system is.
const ENDPOINTS_FILE: &str = "endpoints.env";

/// Where the system is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The ingest API and the edge.
    pub api: String,
    /// The embedded S3.
    pub s3: String,
    /// The embedded DynamoDB.
    pub dynamodb: String,
}

impl Endpoints {
    /// The addresses of three listeners: edge, S3, DynamoDB.
    pub(super) fn of(listeners: [&TcpListener; 3]) -> io::Result<Self> {
        let [api, s3, dynamodb] =
            listeners.map(|listener| listener.local_addr().map(|address| format!("http://{address}")));
        Ok(Self { api: api?, s3: s3?, dynamodb: dynamodb? })
    }

    /// The variables with which other programs reach the system.
    pub fn variables(&self) -> [(&'static str, &str); 9] {
        [
            ("HASHFOLIO_API", &self.api),
            ("AWS_ENDPOINT_URL_S3", &self.s3),
            ("AWS_ENDPOINT_URL_DYNAMODB", &self.dynamodb),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
            ("AWS_REGION", REGION),
            ("ASSETS_BUCKET", ASSETS_BUCKET),
            ("ASSETS_TABLE", ASSETS_TABLE),
            ("RENDER_LEASES_TABLE", RENDER_LEASES_TABLE),
        ]
    }

    /// What [`Endpoints::variables`] says, and what this process was told of how to judge an upload, as lines of
    /// `NAME=value`: so that other commands judge as it does.
    pub(super) fn lines(&self) -> String {
        let own = self.variables().into_iter().map(|(name, value)| (name, value.to_owned()));
        let told = JUDGING.into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
        own.chain(told).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// Writes them to the data directory at once, so that nobody reads half a file.
    pub(super) fn write(&self, data_dir: &Path) -> io::Result<PathBuf> {
        let path = data_dir.join(ENDPOINTS_FILE);
        let mut file = NamedTempFile::new_in(data_dir)?;
        for (name, value) in self.variables() {
            writeln!(file, "{name}={value}")?;
        }
        file.persist(&path)?;
        // Other users of the machine may read it: what it holds opens loopback only.
        readable(&path)?;
        Ok(path)
    }
}

fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

/// A variable as the functions in this process see it: names, addresses and credentials are the system's own, whatever
/// the process's environment says of the real AWS; everything else can be set from outside.
pub(super) fn variable(endpoints: &Endpoints, name: &str) -> Option<String> {
    let own = endpoints.variables().into_iter().find(|(own, _)| *own == name);
    match (own, name) {
        (Some((_, value)), _) => Some(value.to_owned()),
        (None, "AWS_SESSION_TOKEN") => None,
        // Empty counts as not set, as everywhere.
        (None, "CORS_ALLOWED_ORIGINS") => {
            let set = std::env::var(name).ok().filter(|origins| !origins.is_empty());
            set.or_else(|| Some(LOCAL_ORIGINS.to_owned()))
        }
        (None, _) => std::env::var(name).ok(),
    }
}
