//! The house rules that no compiler checks: who may import whom, and that nothing lies about unused.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on must fail where it stands")]

mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FUNCTIONS: [&str; 5] = ["ingest", "verify", "render", "reconcile", "cost"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below a folder with an ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's lines of code: without comments, and without what only its tests see.
fn code(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let shipped = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    shipped.filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect()
}

fn is_test(file: &Path) -> bool {
    let name = file.file_stem().unwrap();
    name == "tests" || name == "testing" || file.components().any(|part| part.as_os_str() == "tests")
}

fn shipped(function: &str) -> Vec<PathBuf> {
    let source = root().join("functions").join(function).join("src");
    let mut sources = files(&source, "rs");
    sources.retain(|file| !is_test(file.strip_prefix(root()).unwrap()));
    sources
}

/// But for a `main`, which may wire another function's use case to a port: reconcile has verify look at objects.
#[test]
fn functions_never_import_each_other() {
    for function in FUNCTIONS {
        for file in shipped(function).iter().filter(|file| !file.ends_with("main.rs")) {
            for line in code(file) {
                for other in FUNCTIONS.iter().filter(|other| **other != function) {
                    let imports =
                        line.contains(&format!("use {other}::")) || line.contains(&format!(" {other}::"));
                    assert!(!imports, "{}: {line}", file.display());
                }
            }
        }
    }
}

#[test]
fn only_main_wires_aws() {
    for function in FUNCTIONS {
        for file in shipped(function).iter().filter(|file| !file.ends_with("main.rs")) {
            for line in code(file) {
                let wires = line.contains("shared::aws") || line.contains("aws_sdk_");
                assert!(!wires, "{}: {line}", file.display());
            }
        }
    }
}

#[test]
fn a_main_only_wires() {
    for function in FUNCTIONS {
        let main = root().join("functions").join(function).join("src/main.rs");
        let lines = code(&main).len();
        assert!(lines <= 35, "{}: {lines} lines", main.display());
    }
}

#[test]
fn only_config_and_main_read_the_environment() {
    for function in FUNCTIONS {
        for file in shipped(function).iter().filter(|file| !file.ends_with("main.rs")) {
            for line in code(file) {
                assert!(!line.contains("env::var"), "{}: {line}", file.display());
            }
        }
    }
}

#[test]
fn every_sample_event_is_used() {
    let sources: String = FUNCTIONS
        .iter()
        .map(|function| root().join("functions").join(function))
        .chain([root().join("tests")])
        .flat_map(|folder| files(&folder, "rs"))
        .chain([root().join("tests/fixtures/event_answers.json")])
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for event in files(&root().join("events"), "json") {
        let name = event.strip_prefix(root().join("events")).unwrap().to_str().unwrap().to_owned();
        let short = event.file_name().unwrap().to_str().unwrap();
        let used = sources.contains(&name)
            || sources.contains(&format!("\"{short}\""))
            || sources.contains(short.strip_suffix(".json").unwrap());
        assert!(used, "no test uses events/{name}");
    }
}

fn tree(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none"])
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_domain_alone_knows_no_aws_no_lambda_and_no_runtime() {
    let domain = tree(&["-p", "shared", "--no-default-features"]);
    for line in domain.lines() {
        let foreign = ["aws-", "lambda_", "tokio", "hyper", "image ", "rustls", "tracing", "metrics"];
        assert!(!foreign.iter().any(|name| line.starts_with(name)), "{line}");
    }
}

#[test]
fn no_lambda_links_aws_lc() {
    for function in FUNCTIONS {
        let linked = tree(&["-p", function]);
        assert!(linked.contains("ring v"), "{function} has no TLS at all");
        assert!(!linked.contains("aws-lc"), "{function} links aws-lc, which costs its cold start 40 ms");
    }
}
