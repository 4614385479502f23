//! Finds the running system.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Url;

use crate::client::stack::{StackError, StackOutputs};

/// Where `hashfolio serve` keeps everything unless told otherwise.
pub const DEFAULT_DATA_DIR: &str = ".hashfolio";
/// The file in a data directory that a running system writes its addresses to.
const ENDPOINTS_FILE: &str = "endpoints.env";
/// The API's address, in that file and in the environment.
const API_KEY: &str = "HASHFOLIO_API";

/// How a client command can be told which system to talk to.
///
/// The data directory comes before the URL, and both before the default data directory and the environment variable
/// `HASHFOLIO_API`.
#[derive(Debug, Clone, Default, Args)]
pub struct EndpointArgs {
    /// Data directory of the running system [default: .hashfolio, if a system has run there]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the ingest API [default: what the data directory or `HASHFOLIO_API` says]
    #[arg(long, value_name = "URL", value_parser = parse_api_url)]
    pub api: Option<Url>,
    /// A deployed stack, whose outputs say where it is; found with the AWS credentials and region of the environment
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data_dir", "api"])]
    pub stack: Option<String>,
}

/// The address of a system, and who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address of its ingest API.
    pub url: Url,
    /// Where that address was found.
    pub source: EndpointSource,
}

/// Where the address of a system was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointSource {
    /// The command line.
    Flag,
    /// A data directory's file.
    File(PathBuf),
    /// The environment.
    Environment,
    /// A stack's outputs.
    Stack(String),
}

impl fmt::Display for EndpointSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--api"),
            Self::File(path) => path.display().fmt(f),
            Self::Environment => f.write_str(API_KEY),
            Self::Stack(name) => write!(f, "the outputs of the stack {name}"),
        }
    }
}

/// Why no system was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Nothing says where the system is.
    #[error(
        "no running system was found: start one with `hashfolio serve`, or say where it is with --data-dir DIR, \
         --api URL or {API_KEY}"
    )]
    Nowhere,
    /// No system has run in the data directory that was named.
    #[error("{} cannot be read ({source}): start a system there with `hashfolio serve --data-dir {}`", .file.display(), .dir.display())]
    NoFile {
        /// The file that should be there.
        file: PathBuf,
        /// The data directory.
        dir: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The stack's outputs are not known.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The file has no such line.
    #[error("{} has no line {API_KEY}=…", .0.display())]
    NoLine(PathBuf),
    /// The address is none.
    #[error("{found_in} says {text:?}, and {why}")]
    BadUrl {
        /// Where it was found.
        found_in: EndpointSource,
        /// What was found.
        text: String,
        /// What is wrong with it.
        why: String,
    },
}

impl EndpointArgs {
    /// Finds the system, by a stack's outputs too, with `environment` to look variables up.
    ///
    /// # Errors
    /// [`FindError`].
    pub async fn locate(&self, environment: impl Fn(&str) -> Option<String>) -> Result<Endpoint, FindError> {
        let Some(stack) = &self.stack else { return self.find(environment) };
        let outputs = StackOutputs::of(stack, &environment).await?;
        let source = EndpointSource::Stack(stack.clone());
        parsed(outputs.get(stack, "ApiUrl")?, source)
    }

    /// Finds the system where no call is needed to, with `environment` to look variables up.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn find(&self, environment: impl Fn(&str) -> Option<String>) -> Result<Endpoint, FindError> {
        self.find_beside(Path::new(DEFAULT_DATA_DIR), environment)
    }

    fn find_beside(
        &self,
        default_dir: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, FindError> {
        if let Some(dir) = &self.data_dir {
            return read_endpoints(dir);
        }
        if let Some(url) = &self.api {
            return Ok(Endpoint { url: url.clone(), source: EndpointSource::Flag });
        }
        if default_dir.join(ENDPOINTS_FILE).exists() {
            return read_endpoints(default_dir);
        }
        let text = environment(API_KEY).ok_or(FindError::Nowhere)?;
        parsed(&text, EndpointSource::Environment)
    }
}

fn read_endpoints(dir: &Path) -> Result<Endpoint, FindError> {
    let file = dir.join(ENDPOINTS_FILE);
    let lines = fs::read_to_string(&file).map_err(|source| FindError::NoFile {
        file: file.clone(),
        dir: dir.to_owned(),
        source,
    })?;
    let value = lines.lines().filter_map(|line| line.split_once('=')).find(|(key, _)| key.trim() == API_KEY);
    match value {
        Some((_, text)) => parsed(text.trim(), EndpointSource::File(file)),
        None => Err(FindError::NoLine(file)),
    }
}

fn parsed(text: &str, source: EndpointSource) -> Result<Endpoint, FindError> {
    match parse_api_url(text) {
        Ok(url) => Ok(Endpoint { url, source }),
        Err(why) => Err(FindError::BadUrl { found_in: source, text: text.to_owned(), why }),
    }
}

/// Reads the address of an API; the error says what is wrong with it.
fn parse_api_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("an API's address is a URL: {why}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an API's address starts with http:// or https://".to_owned());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_dir(url: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let lines = format!("AWS_REGION=us-east-1\nHASHFOLIO_API={url}\n");
        fs::write(dir.path().join(ENDPOINTS_FILE), lines).unwrap();
        dir
    }

    fn url(text: &str) -> Url {
        parse_api_url(text).unwrap()
    }

    #[test]
    fn the_data_dir_comes_first_then_the_url_then_the_default_dir_then_the_environment() {
        let (named, default, empty) = (data_dir("http://named"), data_dir("http://default"), data_dir(""));
        fs::remove_file(empty.path().join(ENDPOINTS_FILE)).unwrap();
        let environment = |_: &str| Some("http://environment".to_owned());
        let api = Some(url("http://flag"));
        let named = Some(named.path().to_owned());
        let cases = [
            (named, api.clone(), default.path(), "http://named"),
            (None, api, default.path(), "http://flag"),
            (None, None, default.path(), "http://default"),
            (None, None, empty.path(), "http://environment"),
        ];
        for (data_dir, api, default, expected) in cases {
            let found =
                EndpointArgs { data_dir, api, stack: None }.find_beside(default, environment).unwrap();
            assert_eq!(found.url, url(expected), "from {}", found.source);
        }
    }

    #[test]
    fn who_finds_nothing_is_told_what_to_do() {
        let empty = tempfile::tempdir().unwrap();
        let nowhere = EndpointArgs::default().find_beside(empty.path(), |_| None).unwrap_err();
        assert!(nowhere.to_string().contains("`hashfolio serve`"), "{nowhere}");
        let named = EndpointArgs { data_dir: Some(empty.path().to_owned()), ..EndpointArgs::default() };
        let no_file = named.find(|_| Some("http://unused".to_owned())).unwrap_err();
        assert!(no_file.to_string().contains("serve --data-dir"), "{no_file}");
    }

    #[test]
    fn an_address_that_is_no_http_url_is_refused_with_its_source() {
        let dir = data_dir("localhost:8080");
        let named = EndpointArgs { data_dir: Some(dir.path().to_owned()), ..EndpointArgs::default() };
        let refused = named.find(|_| None).unwrap_err().to_string();
        assert!(refused.contains("endpoints.env") && refused.contains("http://"), "{refused}");
    }
}
