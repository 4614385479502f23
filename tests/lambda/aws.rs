//! SSM, SQS and CloudFront, as far as ingest calls them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use harness::Hashfolio;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The queue's address, which ingest hands on as it is.
pub(crate) const QUEUE_URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/hashfolio-invalidations";

const PARAMETER: &str = "/hashfolio/distribution-id";

/// The three services.
#[derive(Debug, Clone, Default)]
pub(crate) struct Aws {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    /// What CloudFront answers instead of success.
    refusal: Option<(u16, &'static str)>,
}

/// A call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The operation, or the path where the protocol names none.
    pub(crate) operation: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Aws {
    /// Starts them.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let aws = Self { address, state: Arc::default() };
        tokio::spawn(aws.clone().serve(listener));
        aws
    }

    /// What ingest needs in its environment: the system's stores, and these services.
    pub(crate) fn variables(&self, system: &Hashfolio) -> HashMap<String, String> {
        let mut variables = system.variables().clone();
        for service in ["CLOUDFRONT", "SQS", "SSM"] {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), self.address.clone());
        }
        variables.insert("DISTRIBUTION_ID_PARAMETER".to_owned(), PARAMETER.to_owned());
        variables.insert("INVALIDATION_QUEUE_URL".to_owned(), QUEUE_URL.to_owned());
        variables
    }

    /// Has CloudFront answer with a status and a code from now on, or with success again.
    pub(crate) fn refuse(&self, refusal: Option<(u16, &'static str)>) {
        self.state.lock().unwrap().refusal = refusal;
    }

    /// The calls that arrived since this was last asked.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    async fn serve(self, listener: TcpListener) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let aws = self.clone();
            let service = service_fn(move |request| {
                let aws = aws.clone();
                async move { Ok::<_, Infallible>(aws.answer(request).await) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let target = parts.headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned());
        let operation = target.unwrap_or_else(|| parts.uri.path().to_owned());
        let (status, answer) = self.result(&operation, &body);
        let call = Call { operation, headers: parts.headers, body };
        self.state.lock().unwrap().calls.push(call);
        let mut response = Response::new(Full::new(Bytes::from(answer)));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    }

    fn result(&self, operation: &str, body: &str) -> (u16, String) {
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        match operation {
            "AmazonSSM.GetParameter" if asked["Name"] == PARAMETER => {
                (200, json!({ "Parameter": { "Name": PARAMETER, "Value": "E2EXAMPLE" } }).to_string())
            }
            "AmazonSQS.SendMessage" if asked["QueueUrl"] == QUEUE_URL => {
                (200, json!({ "MessageId": "1" }).to_string())
            }
            "/2020-05-31/distribution/E2EXAMPLE/invalidation" => match self.state.lock().unwrap().refusal {
                None => {
                    (201, "<Invalidation><Id>I1</Id><Status>InProgress</Status></Invalidation>".to_owned())
                }
                Some((status, code)) => {
                    (status, format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"))
                }
            },
            _ => (400, json!({ "__type": "UnknownOperationException" }).to_string()),
        }
    }
}

impl Call {
    /// What the signature says it is for, and over which headers.
    pub(crate) fn signed_for(&self) -> (String, String) {
        let authorization = self.headers["authorization"].to_str().unwrap();
        let part = |name: &str| authorization.split(&[' ', ','][..]).find_map(|part| part.strip_prefix(name));
        let scope = part("Credential=").unwrap().split('/').skip(2).collect::<Vec<_>>().join("/");
        (scope, part("SignedHeaders=").unwrap().to_owned())
    }
}
