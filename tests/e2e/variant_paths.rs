//! The cases that every edge must agree on, at the local edge.

use bytes::Bytes;
use harness::pictures;
use harness::variant_paths::{Outcome, VariantPath, variant_paths};

use crate::system;

#[tokio::test]
async fn the_local_edge_decides_every_case_as_it_is_written() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(80, 60, 1), "image/jpeg").await.to_string();
    for VariantPath { why, asked, outcome } in variant_paths(&hash) {
        let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
        let accept: Vec<_> = asked.accept.iter().map(|line| ("accept", line.as_str())).collect();
        let url = system.url(&format!("{}{query}", asked.path));
        let answer = system.http.send(asked.method.parse().unwrap(), &url, &accept, Bytes::new()).await;
        let status = answer.status.as_u16();
        match outcome {
            Outcome::Served { served } if served.ends_with("avif") => assert_eq!(status, 415, "{why}"),
            Outcome::Served { served } => {
                let extension = answer.header("content-type").replace("image/", ".").replace("jpeg", "jpg");
                assert_eq!((status, served.ends_with(&extension)), (200, true), "{why}: {extension}");
            }
            Outcome::Refused { status: expected, .. } if asked.method == "HEAD" => {
                assert_eq!((status, answer.body.len()), (expected, 0), "{why}");
            }
            Outcome::Refused { status, code } => assert_eq!(answer.problem(), (status, code), "{why}"),
        }
    }
}
