//! The system under test, in a process of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use shared::aws::Clients;
use shared::hash::ContentHash;
use shared::runtime::Environment;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::silent_s3::SilentS3;
use crate::{Answer, HttpClient};

/// How long anything may take before a test gives up. Far more than it takes: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// How the system is started.
#[derive(Debug, Default, Clone)]
pub struct StartOptions {
    /// Arguments after `serve`.
    pub arguments: Vec<String>,
    /// Variables of its environment.
    pub environment: Vec<(String, String)>,
}

/// A running system. It is ended, hard, when this is dropped.
#[derive(Debug)]
pub struct Hashfolio {
    process: Child,
    program: PathBuf,
    data_dir: PathBuf,
    options: StartOptions,
    variables: HashMap<String, String>,
    /// The AWS SDK's clients, as any other program would have them.
    pub aws: Clients,
    /// A client that keeps its connections.
    pub http: HttpClient,
    /// Removed at the end, unless the folder was brought along.
    _temporary: Option<TempDir>,
}

/// What came of an upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The hash of what was uploaded.
    pub hash: ContentHash,
    /// The answer to the ask.
    pub ask: Value,
    /// S3's answer to the PUT.
    pub put: Answer,
}

impl Hashfolio {
    /// Starts the system in a folder of its own.
    pub async fn start(program: &str) -> Self {
        Self::start_with(program, StartOptions::default()).await
    }

    /// Starts the system in a folder of its own, as told.
    pub async fn start_with(program: &str, options: StartOptions) -> Self {
        let folder = TempDir::new().unwrap();
        let system = Self::start_in(program, folder.path(), options).await;
        Self { _temporary: Some(folder), ..system }
    }

    /// Starts the system in a folder that outlives it.
    pub async fn start_in(program: &str, data_dir: &Path, options: StartOptions) -> Self {
        let (process, variables) = launch(Path::new(program), data_dir, &options).await;
        let lookup = |name: &str| variables.get(name).cloned();
        let aws = Clients::from_env(&Environment::new(&lookup)).unwrap();
        let (program, data_dir) = (program.into(), data_dir.to_owned());
        let http = HttpClient::default();
        Self { process, program, data_dir, options, variables, aws, http, _temporary: None }
    }

    /// Ends it as `kill -9` does, and starts it again in the same folder.
    pub async fn kill_and_restart(&mut self) {
        self.process.kill().await.unwrap();
        self.restart().await;
    }

    /// Does something to its S3 while it is down, and loses every event of it.
    pub async fn in_silence(&mut self, work: impl AsyncFnOnce(&SilentS3)) {
        self.process.kill().await.unwrap();
        let s3 = SilentS3::open(&self.data_dir, |name| self.variables.get(name).cloned()).await;
        work(&s3).await;
        s3.close().await;
        self.restart().await;
    }

    async fn restart(&mut self) {
        let (process, variables) = launch(&self.program, &self.data_dir, &self.options).await;
        let lookup = |name: &str| variables.get(name).cloned();
        self.aws = Clients::from_env(&Environment::new(&lookup)).unwrap();
        (self.process, self.variables, self.http) = (process, variables, HttpClient::default());
    }

    /// Asks it to end, and returns its exit code.
    pub async fn terminate(mut self) -> Option<i32> {
        let id = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        tokio::time::timeout(PATIENCE, self.process.wait()).await.unwrap().unwrap().code()
    }

    /// Its process.
    pub fn process_id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// A variable of `endpoints.env`.
    pub fn variable(&self, name: &str) -> &str {
        &self.variables[name]
    }

    /// All variables of `endpoints.env`.
    pub fn variables(&self) -> &HashMap<String, String> {
        &self.variables
    }

    /// Where it keeps everything.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.variable("HASHFOLIO_API"))
    }

    /// GETs a path.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// GETs a path with headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.http.send(Method::GET, &self.url(path), headers, Bytes::new()).await
    }

    /// POSTs JSON to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.http.send(Method::POST, &self.url(path), &headers, body.to_string().into()).await
    }

    /// The body of an ask for these bytes.
    pub fn ask_for(bytes: &Bytes, media_type: &str) -> Value {
        let hash = ContentHash::of(bytes).to_string();
        json!({ "contentHash": hash, "sizeBytes": bytes.len(), "mimeType": media_type })
    }

    /// Sends bytes with an upload that was offered.
    pub async fn put(&self, upload: &Value, bytes: Bytes) -> Answer {
        let headers = upload["headers"].as_object().unwrap();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let method = upload["method"].as_str().unwrap().parse().unwrap();
        self.http.send(method, upload["url"].as_str().unwrap(), &headers, bytes).await
    }

    /// Asks, and uploads.
    pub async fn upload(&self, bytes: &Bytes, media_type: &str) -> Upload {
        let asked = self.post("/assets", &Self::ask_for(bytes, media_type)).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let ask = asked.json();
        let put = self.put(&ask["upload"], bytes.clone()).await;
        Upload { hash: ContentHash::of(bytes), ask, put }
    }

    /// Asks, uploads, and waits until it is READY.
    pub async fn ready(&self, bytes: &Bytes, media_type: &str) -> ContentHash {
        let upload = self.upload(bytes, media_type).await;
        assert_eq!(upload.put.status, 200, "{:?}", upload.put);
        self.wait_for(&upload.hash, "READY").await;
        upload.hash
    }

    /// Waits until an asset is in a state, and returns it as the API shows it.
    pub async fn wait_for(&self, hash: &ContentHash, state: &str) -> Value {
        let start = Instant::now();
        loop {
            let shown = self.get(&format!("/assets/{hash}")).await;
            if shown.status == 200 && shown.json()["asset"]["state"] == state {
                return shown.json();
            }
            assert!(start.elapsed() < PATIENCE, "{hash} is not {state}, but {shown:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a condition holds.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let start = Instant::now();
        while !holds().await {
            assert!(start.elapsed() < PATIENCE, "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every key in the bucket, sorted.
    pub async fn keys(&self) -> Vec<String> {
        let listing = self.aws.s3().list_objects_v2().bucket(self.variable("ASSETS_BUCKET"));
        let mut pages = listing.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
        }
        keys
    }

    /// Puts an object into the bucket, as any tool can.
    pub async fn put_object(&self, key: &str, bytes: Bytes) {
        let put = self.aws.s3().put_object().bucket(self.variable("ASSETS_BUCKET")).key(key);
        put.body(bytes.into()).send().await.unwrap();
    }

    /// An asset's item as it lies in the table.
    pub async fn item(&self, hash: &ContentHash) -> Option<HashMap<String, AttributeValue>> {
        let get = self.aws.dynamodb().get_item().table_name(self.variable("ASSETS_TABLE"));
        let get = get.key("shard", AttributeValue::S(hash.to_string()[..2].to_owned()));
        let get = get.key("content_hash", AttributeValue::S(hash.to_string())).consistent_read(true);
        get.send().await.unwrap().item
    }

    /// Removes an asset's item, as if it had never been.
    pub async fn forget(&self, hash: &ContentHash) {
        let delete = self.aws.dynamodb().delete_item().table_name(self.variable("ASSETS_TABLE"));
        let delete = delete.key("shard", AttributeValue::S(hash.to_string()[..2].to_owned()));
        delete.key("content_hash", AttributeValue::S(hash.to_string())).send().await.unwrap();
    }

    /// An item's attribute as text; empty when it is not there.
    pub async fn attribute(&self, hash: &ContentHash, name: &str) -> String {
        match self.item(hash).await.unwrap_or_default().get(name) {
            Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
            Some(other) => format!("{other:?}"),
            None => String::new(),
        }
    }

    /// The value of a counter in `/metrics`, summed over its labels.
    pub async fn counter(&self, name: &str) -> u64 {
        let metrics = self.get("/metrics").await;
        let text = String::from_utf8(metrics.body.to_vec()).unwrap();
        let named = |line: &&str| line.split(['{', ' ']).next() == Some(name);
        text.lines().filter(named).map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    }

    /// Runs another subcommand of the program against this system.
    pub async fn run(&self, arguments: &[&str]) -> std::process::Output {
        let data_dir = self.data_dir.to_str().unwrap();
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--data-dir", data_dir]).stdin(Stdio::null());
        command.output().await.unwrap()
    }

    /// Runs a subcommand against this system, and kills it if it takes longer than this.
    pub async fn run_briefly(&self, arguments: &[&str], patience: Duration) {
        let data_dir = self.data_dir.to_str().unwrap();
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--data-dir", data_dir]).stdin(Stdio::null()).kill_on_drop(true);
        drop(tokio::time::timeout(patience, command.output()).await);
    }

    /// Runs a subcommand against this system, and kills it as `kill -9` does as soon as a condition holds; whether it
    /// was still running then.
    pub async fn run_until(&self, arguments: &[&str], mut holds: impl AsyncFnMut() -> bool) -> bool {
        let data_dir = self.data_dir.to_str().unwrap();
        let mut command = Command::new(&self.program);
        command.args(arguments).args(["--data-dir", data_dir]).stdin(Stdio::null()).kill_on_drop(true);
        let mut process = command.stdout(Stdio::null()).spawn().unwrap();
        loop {
            if process.try_wait().unwrap().is_some() {
                return false;
            }
            if holds().await {
                process.kill().await.unwrap();
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Runs a subcommand that finds everything in its environment: the system's variables, and these over them.
    pub async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> std::process::Output {
        let mut command = Command::new(&self.program);
        command.args(arguments).envs(&self.variables).envs(variables.iter().copied()).stdin(Stdio::null());
        command.output().await.unwrap()
    }
}

async fn launch(program: &Path, data_dir: &Path, options: &StartOptions) -> (Child, HashMap<String, String>) {
    let mut command = Command::new(program);
    command.args(["serve", "--port", "0", "--s3-port", "0", "--dynamodb-port", "0", "--data-dir"]);
    command.arg(data_dir).args(&options.arguments);
    command.env("RUST_LOG", "warn,dynoxide=off,s3s=off").envs(options.environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    let line = line.unwrap_or_else(|| panic!("the system ended before it was ready"));
    let api = line.strip_prefix("hashfolio listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    let file = std::fs::read_to_string(data_dir.join("endpoints.env")).unwrap();
    let variables: HashMap<String, String> = file
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(variables["HASHFOLIO_API"], api);
    (process, variables)
}
