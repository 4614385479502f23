//! Commands against a deployed stack, whose outputs say where it is. `CloudFormation` is a server of the test.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use harness::pictures;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::system;

/// What a server was asked: the target of each request, and its signature.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// A server that answers every request with one document. Returns its address.
async fn cloudformation(status: u16, document: String) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let noted = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (document, noted) = (document.clone(), Arc::clone(&noted));
            let answer = service_fn(move |request: Request<Incoming>| {
                let signature = request.headers().get("authorization").map(|value| value.to_str().unwrap());
                let signature = signature.unwrap_or_default().to_owned();
                noted.lock().unwrap().push((request.uri().to_string(), signature));
                let mut response = Response::new(Full::new(Bytes::from(document.clone())));
                *response.status_mut() = status.try_into().unwrap();
                async move { Ok::<_, std::convert::Infallible>(response) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    (address, asked)
}

fn described(outputs: &[(&str, &str)]) -> String {
    let member = |(key, value): &(&str, &str)| {
        format!("<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>")
    };
    let members: String = outputs.iter().map(member).collect();
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>{members}</Outputs></member></Stacks>\
         </DescribeStacksResult></DescribeStacksResponse>"
    )
}

#[tokio::test]
async fn a_stack_is_found_by_its_outputs() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(80, 60, 1), "image/jpeg").await;
    let outputs = [
        ("ApiUrl", system.variable("HASHFOLIO_API")),
        ("AssetsBucketName", system.variable("ASSETS_BUCKET")),
        ("AssetsTableName", system.variable("ASSETS_TABLE")),
    ];
    let (address, asked) = cloudformation(200, described(&outputs)).await;
    let variables = [("AWS_ENDPOINT_URL_CLOUDFORMATION", address.as_str())];

    let shown =
        system.run_with(&["show", &hash.to_string(), "--json", "--stack", "photos"], &variables).await;
    assert!(shown.status.success(), "{shown:?}");
    assert!(String::from_utf8_lossy(&shown.stdout).contains(&hash.to_string()), "{shown:?}");
    let reconciled = system.run_with(&["reconcile", "--json", "--stack", "photos"], &variables).await;
    let report: serde_json::Value = serde_json::from_slice(&reconciled.stdout).unwrap();
    assert_eq!((reconciled.status.code(), report["assetsChecked"].as_u64()), (Some(0), Some(1)), "{report}");

    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    for (target, signature) in asked.iter() {
        assert!(target.contains("Action=DescribeStacks") && target.contains("StackName=photos"), "{target}");
        assert!(signature.contains("/us-east-1/cloudformation/aws4_request"), "{signature}");
    }
}

#[tokio::test]
async fn a_stacks_last_report_is_looked_at_anew() {
    let system = system().await;
    let (address, _) =
        cloudformation(200, described(&[("AssetsBucketName", system.variable("ASSETS_BUCKET"))])).await;
    let variables = [("AWS_ENDPOINT_URL_CLOUDFORMATION", address.as_str())];
    let none = system.run_with(&["cost", "--stack", "photos"], &variables).await;
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no cost report"), "{none:?}");

    let today = shared::time::Timestamp::now().date();
    let report = r#"{"usage":{"periodDays":30,"variantRequests":2000000}}"#;
    system.put_object(&format!("reports/cost/{today}.json"), Bytes::from(report)).await;
    let said = system.run_with(&["cost", "--json", "--stack", "photos"], &variables).await;
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    // 2 million requests, and as many runs of the function before the cache.
    assert_eq!(said["current"]["cdn"].as_f64(), Some(2.2), "{said}");
}

#[tokio::test]
async fn a_stack_that_is_none_is_said_to_be_none() {
    let system = system().await;
    let refused =
        "<ErrorResponse><Error><Message>Stack with id photo does not exist</Message></Error></ErrorResponse>";
    for (status, document, said) in [
        (400, refused.to_owned(), "Stack with id photo does not exist"),
        (200, described(&[("Other", "x")]), "is it one of Hashfolio's?"),
    ] {
        let (address, _) = cloudformation(status, document).await;
        let variables = [("AWS_ENDPOINT_URL_CLOUDFORMATION", address.as_str())];
        let output = system.run_with(&["ls", "--stack", "photo"], &variables).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
}
