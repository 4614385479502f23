//! `put` that is interrupted or loses its service: every file is accounted for, and no line of a manifest is lost.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use local::cli::console::Console;
use local::cli::error::CommandError;
use local::cli::put::{self, PutArgs};
use local::client::ApiError;
use serde_json::Value;
use shared::hash::ContentHash;
use tempfile::TempDir;

use super::service::Script;
use super::{Run, Stage, gif, put_until};

/// One file for each stage at which a run may leave it, and a manifest of an earlier run beside them.
struct Broken {
    stage: Stage,
    elsewhere: TempDir,
}

impl Broken {
    async fn off() -> Self {
        let names = ["there", "refused", "uploaded", "twin", "sending", "asked"];
        let content = |name| if name == "twin" { gif("uploaded") } else { gif(name) };
        let files: Vec<(String, Vec<u8>)> =
            names.iter().map(|name| (format!("{name}.gif"), content(*name))).collect();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        let stage = Stage::with(&files).await;
        let script = |name: &str, script| stage.service.script(&gif(name), script);
        script("there", Script { present: true, ..Script::default() });
        script("refused", Script { refusals: vec![415], for_good: true, ..Script::default() });
        script("uploaded", Script { pending_looks: usize::MAX, ..Script::default() });
        script("sending", Script { upload_faults: vec![503; 99], ..Script::default() });
        script("asked", Script { refusals: vec![503], for_good: true, ..Script::default() });
        let broken = Self { stage, elsewhere: tempfile::tempdir().unwrap() };
        let names = names.iter().chain(&["unnamed"]);
        let lines: String = names.map(|name| broken.line(name, b"older")).collect();
        fs::write(broken.manifest(), lines).unwrap();
        broken
    }

    fn manifest(&self) -> PathBuf {
        self.elsewhere.path().join("manifest.tsv")
    }

    fn line(&self, name: &str, content: &[u8]) -> String {
        format!("{}\t{}\n", self.stage.path(&format!("{name}.gif")).display(), ContentHash::of(content))
    }

    fn args(&self, json: bool) -> PutArgs {
        PutArgs { json, manifest: Some(self.manifest()), ..self.stage.args() }
    }

    /// Waits until no file can come further.
    async fn is_midway(&self) {
        let (uploaded, sending) = (ContentHash::of(&gif("uploaded")), ContentHash::of(&gif("sending")));
        let is_midway = || {
            self.stage
                .service
                .seen(|seen| seen.looks.contains_key(&uploaded) && seen.uploads.contains_key(&sending))
        };
        while !is_midway() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn interrupted(&self, json: bool) -> Run {
        put_until(self.is_midway(), &self.stage.service.api(), &self.args(json)).await
    }

    /// The manifest of the earlier run, with what this one has found out.
    fn assert_manifest_is_merged(&self) {
        let older = |name| self.line(name, b"older");
        let expected = [
            older("asked"),
            older("sending"),
            self.line("there", &gif("there")),
            older("twin"),
            older("unnamed"),
            older("uploaded"),
        ];
        assert_eq!(fs::read_to_string(self.manifest()).unwrap(), expected.concat());
        // Nor is anything left beside it.
        assert_eq!(fs::read_dir(self.elsewhere.path()).unwrap().count(), 1);
    }
}

/// There is one line for each of these files, which says this.
#[track_caller]
fn assert_told(text: &str, expected: &[(&str, &str)]) {
    let told: Vec<&str> = text.lines().collect();
    assert_eq!(told.len(), expected.len(), "{text}");
    for (name, words) in expected {
        let is_it = |line: &&&str| {
            line.split_once(".gif").is_some_and(|(path, rest)| path.ends_with(name) && rest.contains(words))
        };
        assert_eq!(told.iter().filter(is_it).count(), 1, "{name}: {words}, in {text}");
    }
}

#[tokio::test]
async fn a_run_that_is_interrupted_says_of_every_file_how_far_it_came() {
    let broken = Broken::off().await;
    let run = broken.interrupted(false).await;
    assert!(matches!(run.outcome, Err(CommandError::Interrupted)), "{:?}", run.outcome);
    assert_told(&run.out, &[("there", "/640x0/80.webp")]);
    let (failures, summary) = run.err.trim_end().rsplit_once('\n').unwrap();
    assert_told(
        failures,
        &[
            ("refused", "image/gif is not wanted"),
            ("uploaded", "it was uploaded, but not seen to be verified: the run was interrupted"),
            ("twin", "it was uploaded, but not seen to be verified: the run was interrupted"),
            ("sending", "its upload broke off: the run was interrupted"),
            ("asked", "not tried: the run was interrupted"),
        ],
    );
    assert!(summary.starts_with("0 uploaded (0 B), 1 already there, 1 refused, 4 failed"), "{summary}");
    broken.assert_manifest_is_merged();
}

#[tokio::test]
async fn a_run_that_is_interrupted_has_an_object_for_every_file() {
    let broken = Broken::off().await;
    let run = broken.interrupted(true).await;
    let mut objects: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    objects.sort_by_key(|object| object["path"].to_string());
    let hash = |name| Value::from(ContentHash::of(&gif(name)).to_string());
    let expected = [
        ("asked", "failed", Value::Null),
        ("refused", "refused", hash("refused")),
        ("sending", "failed", hash("sending")),
        ("there", "present", hash("there")),
        ("twin", "failed", hash("uploaded")),
        ("uploaded", "failed", hash("uploaded")),
    ];
    assert_eq!(objects.len(), expected.len(), "{}", run.out);
    for (object, (name, status, hash)) in objects.iter().zip(expected) {
        let path = broken.stage.path(&format!("{name}.gif"));
        assert_eq!(object["path"], path.to_str().unwrap());
        assert_eq!((&object["status"], &object["contentHash"]), (&status.into(), &hash));
        assert_eq!(object["reason"].is_string(), status != "present", "{object}");
    }
}

#[tokio::test]
async fn a_run_whose_service_goes_away_accounts_for_every_file_and_says_why() {
    let broken = Broken::off().await;
    let (api, args) = (broken.stage.service.api(), broken.args(false));
    let goes_away = async {
        broken.is_midway().await;
        broken.stage.service.go_away();
    };
    let (run, ()) = tokio::join!(put_until(std::future::pending(), &api, &args), goes_away);
    let unreachable = matches!(run.outcome, Err(CommandError::Api(ApiError::Unreachable { .. })));
    assert!(unreachable, "{:?}", run.outcome);
    assert_told(&run.out, &[("there", "/640x0/80.webp")]);
    let (failures, summary) = run.err.trim_end().rsplit_once('\n').unwrap();
    let why = format!("{}/ cannot be reached", broken.stage.service.address());
    assert_told(
        failures,
        &[
            ("refused", "image/gif is not wanted"),
            ("uploaded", &format!("it was uploaded, but not seen to be verified: {why}")),
            ("twin", &format!("it was uploaded, but not seen to be verified: {why}")),
            // By the store, or by the API, whichever is given up first.
            ("sending", "broke off: "),
            ("asked", &format!("not tried: {why}")),
        ],
    );
    assert!(summary.starts_with("0 uploaded (0 B), 1 already there, 1 refused, 4 failed"), "{summary}");
    broken.assert_manifest_is_merged();
}

#[tokio::test]
async fn a_run_that_is_interrupted_before_it_knows_its_files_leaves_the_manifest_alone() {
    let broken = Broken::off().await;
    let before = fs::read(broken.manifest()).unwrap();
    let run = put_until(async {}, &broken.stage.service.api(), &broken.args(false)).await;
    assert!(matches!(run.outcome, Err(CommandError::Interrupted)), "{:?}", run.outcome);
    assert_eq!(fs::read(broken.manifest()).unwrap(), before);
}

#[tokio::test]
async fn a_run_that_comes_to_its_end_replaces_the_manifest_but_for_what_failed() {
    let (done, failing) = (gif("done"), gif("failing"));
    let stage = Stage::with(&[("done.gif", &done), ("failing.gif", &failing)]).await;
    stage.service.script(&failing, Script { upload_faults: vec![404], ..Script::default() });
    let elsewhere = tempfile::tempdir().unwrap();
    let manifest = elsewhere.path().join("manifest.tsv");
    let line = |name: &str, content: &[u8]| {
        format!("{}\t{}\n", stage.path(name).display(), ContentHash::of(content))
    };
    let older = ["done.gif", "failing.gif", "unnamed.gif"].map(|name| line(name, b"older"));
    fs::write(&manifest, older.concat()).unwrap();
    let run = stage.put_as(&PutArgs { manifest: Some(manifest.clone()), ..stage.args() }).await;
    assert_eq!((run.summary().uploaded, run.summary().failed), (1, 1));
    let expected = [line("done.gif", &done), line("failing.gif", b"older")].concat();
    assert_eq!(fs::read_to_string(manifest).unwrap(), expected);
}

#[tokio::test]
async fn an_output_that_takes_nothing_costs_the_manifest_nothing() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let content = gif("same");
    let stage = Stage::with(&[("a.gif", &content), ("b.gif", &content)]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let manifest = elsewhere.path().join("manifest.tsv");
    let args = PutArgs { manifest: Some(manifest.clone()), ..stage.args() };
    let mut err = Vec::new();
    let mut console = Console { out: &mut Full, err: &mut err, attended: false };
    let ended = put::run(&args, &stage.service.api(), &mut console, std::future::pending()).await;
    assert!(matches!(ended, Err(CommandError::Output(_))), "{ended:?}");
    assert_eq!(fs::read_to_string(manifest).unwrap().lines().count(), 2);
    let err = String::from_utf8(err).unwrap();
    assert!(err.starts_with("1 uploaded") && err.contains("1 already there"), "{err}");
}
