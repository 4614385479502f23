use std::process::Stdio;

use bytes::Bytes;
use harness::{Hashfolio, StartOptions, pictures};
use http::Method;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{PROGRAM, system};

/// Runs the program to its end, where it must not start.
async fn refused(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).stdin(Stdio::null()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn it_says_where_it_is_and_is_well() {
    let system = system().await;
    assert_eq!(system.get("/healthz").await.status, 200);
    let names: Vec<&str> = {
        let mut names: Vec<&str> = system.variables().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    };
    let expected = [
        "ASSETS_BUCKET",
        "ASSETS_TABLE",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_ENDPOINT_URL_S3",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "HASHFOLIO_API",
        "RENDER_LEASES_TABLE",
    ];
    assert_eq!(names, expected);
    assert_eq!(system.variable("RENDER_LEASES_TABLE"), "hashfolio-render-leases");
    for name in ["HASHFOLIO_API", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_DYNAMODB"] {
        assert!(system.variable(name).starts_with("http://127.0.0.1:"), "{name}");
    }
}

#[tokio::test]
async fn it_ends_cleanly_when_asked_to_and_keeps_what_it_has() {
    let folder = TempDir::new().unwrap();
    let first = Hashfolio::start_in(PROGRAM, folder.path(), StartOptions::default()).await;
    let hash = first.ready(&pictures::jpeg(80, 60, 1), "image/jpeg").await;
    assert_eq!(first.terminate().await, Some(0));
    assert!(!folder.path().join("endpoints.env").exists());
    let second = Hashfolio::start_in(PROGRAM, folder.path(), StartOptions::default()).await;
    assert_eq!(second.get(&format!("/{hash}/320x240/80.webp")).await.status, 200);
}

#[tokio::test]
async fn an_ephemeral_system_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let options = StartOptions { arguments: vec!["--ephemeral".to_owned()], ..StartOptions::default() };
    let system = Hashfolio::start_in(PROGRAM, folder.path(), options).await;
    system.ready(&pictures::jpeg(80, 60, 2), "image/jpeg").await;
    assert_eq!(system.terminate().await, Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    for flag in ["--port", "--s3-port", "--dynamodb-port"] {
        let mut arguments = vec!["serve", "--data-dir", data_dir];
        for other in ["--port", "--s3-port", "--dynamodb-port"] {
            arguments.extend([other, if other == flag { port.as_str() } else { "0" }]);
        }
        let said = refused(&arguments).await;
        assert!(said.contains(&port) && said.contains(flag), "{said}");
    }
}

#[tokio::test]
async fn a_data_directory_that_cant_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let data_dir = file.join("inside");
    let ports = ["--port", "0", "--s3-port", "0", "--dynamodb-port", "0"];
    let said = refused(&[&["serve", "--data-dir", data_dir.to_str().unwrap()], &ports[..]].concat()).await;
    assert!(said.contains("a file/inside") && said.contains("--data-dir"), "{said}");
}

#[tokio::test]
async fn a_data_directory_in_use_is_not_opened_twice() {
    let system = system().await;
    let data_dir = system.data_dir().to_str().unwrap().to_owned();
    let ports = ["--port", "0", "--s3-port", "0", "--dynamodb-port", "0"];
    let said = refused(&[&["serve", "--data-dir", &data_dir], &ports[..]].concat()).await;
    assert!(said.contains("in use"), "{said}");
    assert_eq!(system.get("/healthz").await.status, 200);
    assert!(system.data_dir().join("endpoints.env").exists());
}

#[tokio::test]
async fn an_ephemeral_system_does_not_take_the_place_of_one_that_runs() {
    let system = system().await;
    let data_dir = system.data_dir().to_str().unwrap().to_owned();
    let ports = ["--port", "0", "--s3-port", "0", "--dynamodb-port", "0"];
    let said = refused(&[&["serve", "--ephemeral", "--data-dir", &data_dir], &ports[..]].concat()).await;
    assert!(said.contains("in use") && said.contains("--data-dir"), "{said}");
    assert!(system.run(&["ls"]).await.status.success(), "it is found as before");
}

#[tokio::test]
async fn a_malformed_variable_is_named_at_the_start() {
    for (name, wrong) in [
        ("MAX_SOURCE_PIXELS", "a lot"),
        ("UPLOAD_URL_TTL_SECONDS", "604801"),
        ("MONTHLY_BUDGET_USD", "-1"),
        ("BASELINE_STORAGE_CLASS", "WARM"),
    ] {
        let folder = TempDir::new().unwrap();
        let output = Command::new(PROGRAM)
            .args(["serve", "--port", "0", "--s3-port", "0", "--dynamodb-port", "0", "--data-dir"])
            .arg(folder.path())
            .env(name, wrong)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("{name} must be")), "{said}");
    }
}

#[tokio::test]
async fn its_own_addresses_are_there_to_be_read() {
    let system = system().await;
    let metrics = String::from_utf8(system.get("/metrics").await.body.to_vec()).unwrap();
    for counter in ["uploads_requested", "variants_rendered", "lease_followers"] {
        assert!(metrics.contains(&format!("{counter} 0")), "{counter} counts from the start: {metrics}");
    }
    for path in ["/healthz", "/metrics", "/usage", "/endpoints.env"] {
        let refused = system.http.send(Method::DELETE, &system.url(path), &[], Bytes::new()).await;
        assert_eq!(refused.problem(), (405, "method_not_allowed".to_owned()), "{path}");
        assert_eq!(refused.header("allow"), "GET, HEAD", "{path}");
    }
}

#[tokio::test]
async fn a_strangers_page_in_a_browser_of_this_machine_can_ask_for_nothing() {
    let system = system().await;
    let ask = Bytes::from(Hashfolio::ask_for(&pictures::jpeg(80, 60, 3), "image/jpeg").to_string());
    let from = async |origin: &str, content_type: &str| {
        let headers = [("origin", origin), ("content-type", content_type)];
        system.http.send(Method::POST, &system.url("/assets"), &headers, ask.clone()).await
    };
    let forged = from("http://evil.example", "text/plain").await;
    assert_eq!(forged.problem(), (403, "foreign_page".to_owned()));
    assert_eq!(from("http://localhost:3000", "text/plain").await.status, 201);
    // What a browser asks about first, it does not send for a stranger: this one is no browser.
    let preflighted = from("http://evil.example", "application/json").await;
    assert_eq!((preflighted.status.as_u16(), preflighted.header("access-control-allow-origin")), (201, ""));
}
