use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use bytes::Bytes;
use harness::{Hashfolio, corpus, pictures};
use serde_json::Value;
use shared::hash::ContentHash;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{PROGRAM, system};

/// How many files are put by a run that is to break off: enough not to be done when it does.
const MANY: u32 = 300;

fn lines(output: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(output.to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[tokio::test]
async fn a_folder_is_uploaded_once_and_its_urls_work() {
    let system = system().await;
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("inner")).unwrap();
    let picture = pictures::jpeg(800, 600, 1);
    fs::write(folder.path().join("a.jpg"), &picture).unwrap();
    fs::write(folder.path().join("inner/the same.jpg"), &picture).unwrap();
    fs::write(folder.path().join("inner/b.png"), pictures::half_transparent_png(64, 48)).unwrap();
    let manifest = folder.path().join("manifest.tsv");
    let (files, manifest) = (folder.path().to_str().unwrap(), manifest.to_str().unwrap());
    let put = system.run(&["put", files, "--json", "--manifest", manifest]).await;
    assert!(put.status.success(), "{}", String::from_utf8_lossy(&put.stderr));
    let results = lines(&put.stdout);
    assert_eq!(results.len(), 3);
    for result in &results {
        assert_eq!(result["state"], "READY");
        let answer =
            system.http.send(http::Method::GET, result["url"].as_str().unwrap(), &[], Bytes::default()).await;
        assert_eq!(answer.status, 200, "{result}");
    }
    let written = fs::read_to_string(manifest).unwrap();
    assert!(written.contains(&format!("a.jpg\t{}", ContentHash::of(&picture))), "{written}");
    fs::remove_file(manifest).unwrap();
    assert_eq!(system.counter("uploads_verified").await, 2);

    let again = system.run(&["put", files, "--json"]).await;
    assert!(again.status.success());
    assert!(lines(&again.stdout).iter().all(|result| result["status"] == "present"));
    assert_eq!(system.counter("uploads_verified").await, 2);
}

#[tokio::test]
async fn a_file_that_is_refused_is_told_with_the_reason_and_the_exit_code() {
    let system = system().await;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("good.jpg"), pictures::jpeg(80, 60, 2)).unwrap();
    fs::write(folder.path().join("page.jpg"), "<!DOCTYPE html>").unwrap();
    fs::write(folder.path().join("empty.jpg"), "").unwrap();
    let put = system.run(&["put", folder.path().to_str().unwrap()]).await;
    assert_eq!(put.status.code(), Some(1));
    let (out, err) = (String::from_utf8(put.stdout).unwrap(), String::from_utf8(put.stderr).unwrap());
    assert!(out.contains("good.jpg") && !out.contains("page.jpg"), "{out}");
    assert!(err.contains("page.jpg") && err.contains("empty.jpg"), "{err}");
}

#[tokio::test]
async fn what_was_put_is_listed_and_shown() {
    let system = system().await;
    let picture = pictures::jpeg(80, 60, 3);
    let hash = system.ready(&picture, "image/jpeg").await.to_string();
    let listed = system.run(&["ls"]).await;
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.status.success() && text.contains(&hash) && text.contains("READY"), "{text}");
    let shown = system.run(&["show", &hash, "--json"]).await;
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["asset"]["contentHash"], hash);
    let unknown = system.run(&["show", &ContentHash::of(b"unknown").to_string()]).await;
    assert_eq!(unknown.status.code(), Some(1));
}

#[tokio::test]
async fn every_file_of_the_corpus_is_ready_or_refused_with_a_reason() {
    let files = corpus::files();
    let Some(folder) = files.first().and_then(|file| file.parent()) else { return };
    let system = system().await;
    let put = system.run(&["put", folder.to_str().unwrap(), "--json"]).await;
    // Among them are a page of text, a bomb, a broken header and types that are not accepted.
    assert_eq!(put.status.code(), Some(1));
    let results = lines(&put.stdout);
    let mut refused = Vec::new();
    for result in &results {
        let name = result["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        if result["state"] != "READY" {
            assert!(result["reason"].as_str().is_some_and(|reason| reason.len() > 20), "{result}");
            refused.push(name);
        }
    }
    refused.sort();
    let expected = ["README.md", "a_avif_o6.avif", "a_bomb65536.png", "a_corrupt_header.jpg", "a_giant.jpg"];
    assert_eq!(refused, expected);
    assert_eq!(results.len(), files.len() + 1);
}

/// A folder of pictures, and beside them a manifest of an earlier run that has a line for each. Their names are so long
/// that what is printed of all is more than a pipe holds.
fn many_pictures() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("pictures")).unwrap();
    let older = ContentHash::of(b"older");
    let line = |number| {
        let path = folder.path().join(format!("pictures/{number}{}.jpg", "-and-so-on".repeat(20)));
        fs::write(&path, pictures::jpeg(80, 60, 5000 + number)).unwrap();
        format!("{}\t{older}\n", path.display())
    };
    let lines: String = (0..MANY).map(line).collect();
    fs::write(folder.path().join("manifest.tsv"), lines).unwrap();
    folder
}

async fn kill(signal: &str, id: u32) {
    let killed = Command::new("kill").args([signal, &id.to_string()]).status().await;
    assert!(killed.unwrap().success());
}

/// Starts to put the pictures.
fn start_put(system: &Hashfolio, folder: &Path) -> Child {
    let mut put = Command::new(PROGRAM);
    put.arg("put")
        .arg(folder.join("pictures"))
        .arg("--manifest")
        .arg(folder.join("manifest.tsv"))
        .arg("--json");
    put.arg("--data-dir").arg(system.data_dir()).arg("--resume-dir").arg(folder.join("resume"));
    put.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}

/// Waits for the end of a put, and sends a signal as soon as some pictures are verified.
async fn ended_by(signal: &str, to: u32, system: &Hashfolio, put: Child) -> Output {
    let midway = async {
        system.eventually("some are verified", async || system.counter("uploads_verified").await > 9).await;
        kill(signal, to).await;
    };
    tokio::join!(put.wait_with_output(), midway).0.unwrap()
}

/// Every file has an object that says that it is done or failed, is counted so, and has a line in the manifest: a new one
/// if it is done.
fn assert_all_accounted_for(put: &Output, folder: &Path) {
    let (objects, err) = (lines(&put.stdout), String::from_utf8_lossy(&put.stderr));
    let failed = objects.iter().filter(|object| object["status"] == "failed").count();
    let done = objects.iter().filter(|object| object["status"] == "uploaded").count();
    assert_eq!((objects.len(), done + failed), (MANY as usize, MANY as usize));
    assert!(failed > 0, "it was done before it could break off");
    let summary = err.lines().find(|line| line.contains(" refused, ")).unwrap();
    assert!(summary.starts_with(&format!("{done} uploaded")), "{summary}");
    assert!(summary.contains(&format!(" {failed} failed")), "{summary}");
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let older = ContentHash::of(b"older").to_string();
    assert_eq!(manifest.lines().count(), MANY as usize);
    assert_eq!(manifest.lines().filter(|line| line.ends_with(&older)).count(), failed);
    assert_nothing_is_left_behind(folder);
}

fn assert_nothing_is_left_behind(folder: &Path) {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_put_whose_system_is_killed_accounts_for_every_file_and_loses_no_line_of_the_manifest() {
    let (system, folder) = (system().await, many_pictures());
    let put = start_put(&system, folder.path());
    let put = ended_by("-KILL", system.process_id(), &system, put).await;
    assert_eq!(put.status.code(), Some(1));
    assert_all_accounted_for(&put, folder.path());
    let err = String::from_utf8_lossy(&put.stderr);
    assert!(err.contains("cannot be reached") && err.contains("Is the system running?"), "{err}");
}

#[tokio::test]
async fn a_put_that_is_interrupted_ends_in_order_and_is_gone_on_with_by_the_next() {
    let (system, folder) = (system().await, many_pictures());
    let put = start_put(&system, folder.path());
    let id = put.id().unwrap();
    let put = ended_by("-INT", id, &system, put).await;
    assert_eq!(put.status.code(), Some(130));
    assert_all_accounted_for(&put, folder.path());
    let pictures = folder.path().join("pictures");
    let again = system.run(&["put", pictures.to_str().unwrap(), "--json"]).await;
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(lines(&again.stdout).len(), MANY as usize);
}

#[tokio::test]
async fn a_put_whose_output_nobody_reads_ends_when_it_is_interrupted_again() {
    let (system, folder) = (system().await, many_pictures());
    let mut put = start_put(&system, folder.path());
    system.eventually("some are verified", async || system.counter("uploads_verified").await > 9).await;
    // Signals that come at once count as one.
    let ended = async {
        while let Some(id) = put.id() {
            kill("-INT", id).await;
            drop(tokio::time::timeout(Duration::from_millis(50), put.wait()).await);
        }
        put.wait().await
    };
    let ended = tokio::time::timeout(Duration::from_mins(1), ended).await.unwrap().unwrap();
    assert_eq!(ended.code(), Some(130));
    let manifest = fs::read_to_string(folder.path().join("manifest.tsv")).unwrap();
    assert_eq!(manifest.lines().count(), MANY as usize);
    assert_nothing_is_left_behind(folder.path());
}
