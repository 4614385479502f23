//! The wire between functions and the system: a proxy on loopback that forwards, or does what a script says.
//!
//! The `Host` header goes on as it came, for the signature covers it. Which requests are attempts of one call, the SDK
//! says itself in `amz-sdk-invocation-id`.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use harness::Hashfolio;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::{Fault, Service};

/// How long anything may take before a test gives up. Far more than it takes: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A call as the functions' code makes it: its attempts are one call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Call {
    /// The operation and what it is done to, as in `GET raw` or `PutItem assets`.
    pub(crate) operation: String,
    /// Which of the calls of this operation it is, from 0.
    pub(crate) nth: usize,
}

/// A call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) call: Call,
    /// How often it was made so far.
    pub(crate) attempts: usize,
    invocation: String,
}

/// Which attempts of which calls go wrong.
#[derive(Debug, Clone)]
enum Disturbance {
    /// The first attempts of a call, in this order.
    Of(Call, Vec<Fault>),
    /// Every attempt of every call of an operation.
    Outage(String, Fault),
}

/// A wire. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Wire {
    url: String,
    line: Arc<Line>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Line {
    s3: String,
    dynamodb: String,
    client: Client<HttpConnector, Full<Bytes>>,
    script: Mutex<Vec<Disturbance>>,
    arrivals: watch::Sender<Vec<Arrival>>,
    is_healed: watch::Sender<bool>,
}

type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

impl Wire {
    /// A wire to a system's S3 and DynamoDB.
    pub(crate) async fn to(system: &Hashfolio) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let line = Arc::new(Line {
            s3: system.variable("AWS_ENDPOINT_URL_S3").to_owned(),
            dynamodb: system.variable("AWS_ENDPOINT_URL_DYNAMODB").to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            script: Mutex::default(),
            arrivals: watch::Sender::default(),
            is_healed: watch::Sender::new(true),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&line)));
        Self { url, line, server }
    }

    /// The address of both services.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Has the first attempts of a call go wrong, in this order.
    pub(crate) fn disturb(&self, call: &Call, faults: &[Fault]) {
        self.add(Disturbance::Of(call.clone(), faults.to_vec()));
    }

    /// Has every attempt of every call of an operation go wrong, until the wire is healed.
    pub(crate) fn break_down(&self, operation: &str, fault: Fault) {
        self.add(Disturbance::Outage(operation.to_owned(), fault));
    }

    fn add(&self, disturbance: Disturbance) {
        self.line.is_healed.send_replace(false);
        self.line.script.lock().unwrap().push(disturbance);
    }

    /// Lets everything pass from now on, what is held included.
    pub(crate) fn heal(&self) {
        self.line.script.lock().unwrap().clear();
        self.line.is_healed.send_replace(true);
    }

    /// Forgets what has arrived.
    pub(crate) fn forget(&self) {
        self.line.arrivals.send_replace(Vec::new());
    }

    /// The calls that have arrived, in order.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.line.arrivals.borrow().clone()
    }

    /// How often a call was made.
    pub(crate) fn attempts(&self, call: &Call) -> usize {
        self.arrivals().iter().find(|arrival| arrival.call == *call).map_or(0, |arrival| arrival.attempts)
    }

    /// How many calls of an operation have arrived.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.arrivals().iter().filter(|arrival| arrival.call.operation == operation).count()
    }

    /// Waits until a call of one of these operations has been made.
    pub(crate) async fn until_any(&self, operations: &[&str]) {
        let is_there = |arrivals: &Vec<Arrival>| {
            arrivals.iter().any(|arrival| operations.contains(&arrival.call.operation.as_str()))
        };
        let mut arrivals = self.line.arrivals.subscribe();
        tokio::time::timeout(PATIENCE, arrivals.wait_for(is_there)).await.unwrap().unwrap();
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, line: Arc<Line>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let line = Arc::clone(&line);
        let service = service_fn(move |request| {
            let line = Arc::clone(&line);
            async move { line.exchange(request).await }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

impl Line {
    async fn exchange(&self, request: Request<Incoming>) -> io::Result<Answer> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let request = Request::from_parts(parts, body);
        let service = service_of(&request);
        let Some(fault) = self.arrive(&request) else { return Ok(whole(self.forward(request).await)) };
        if let Some(answer) = fault.answer(service) {
            return Ok(whole(answer));
        }
        // Nobody is asked to wait for a test that has ended.
        let mut is_healed = self.is_healed.subscribe();
        let healed = async move { drop(is_healed.wait_for(|is_healed| *is_healed).await) };
        match fault {
            Fault::AnswerLost => {
                self.forward(request).await;
                Err(cut())
            }
            // What was said before is on its way when this task comes back.
            Fault::BodyCut => Ok(half(self.forward(request).await, tokio::task::yield_now())),
            Fault::BodyHeld => Ok(half(self.forward(request).await, healed)),
            Fault::Held => {
                healed.await;
                Ok(whole(self.forward(request).await))
            }
            Fault::Cut | Fault::Throttled | Fault::Overloaded | Fault::Broken | Fault::BrokenLate => {
                Err(cut())
            }
        }
    }

    /// Counts an attempt, and says what is to happen to it.
    fn arrive(&self, request: &Request<Bytes>) -> Option<Fault> {
        let (operation, invocation) =
            (operation(request), header(request, "amz-sdk-invocation-id").to_owned());
        let mut arrived = None;
        self.arrivals.send_modify(|arrivals| {
            if let Some(known) = arrivals.iter_mut().find(|known| known.invocation == invocation) {
                known.attempts += 1;
                arrived = Some(known.clone());
            } else {
                let nth = arrivals.iter().filter(|known| known.call.operation == operation).count();
                let new = Arrival { call: Call { operation, nth }, attempts: 1, invocation };
                arrived = Some(new.clone());
                arrivals.push(new);
            }
        });
        let arrived = arrived?;
        self.script.lock().unwrap().iter().find_map(|disturbance| disturbance.fault(&arrived))
    }

    async fn forward(&self, request: Request<Bytes>) -> Response<Bytes> {
        let upstream = match service_of(&request) {
            Service::S3 => &self.s3,
            Service::DynamoDb => &self.dynamodb,
        };
        let (mut parts, body) = request.into_parts();
        parts.uri = format!("{upstream}{}", parts.uri).parse().unwrap();
        let response = self.client.request(Request::from_parts(parts, Full::new(body))).await.unwrap();
        let (mut parts, body) = response.into_parts();
        // The body goes on in one piece, whose length is known.
        parts.headers.remove(TRANSFER_ENCODING);
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
    }
}

impl Disturbance {
    fn fault(&self, arrived: &Arrival) -> Option<Fault> {
        match self {
            Self::Of(call, faults) if *call == arrived.call => faults.get(arrived.attempts - 1).copied(),
            Self::Outage(operation, fault) if *operation == arrived.call.operation => Some(*fault),
            Self::Of(..) | Self::Outage(..) => None,
        }
    }
}

fn service_of(request: &Request<Bytes>) -> Service {
    if request.headers().contains_key("x-amz-target") { Service::DynamoDb } else { Service::S3 }
}

/// What is called: `PutItem assets` of a table whose name ends with `-assets`, `GET raw` of a key that begins with `raw/`.
fn operation(request: &Request<Bytes>) -> String {
    if service_of(request) == Service::DynamoDb {
        let asked: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let table = asked["TableName"].as_str().unwrap();
        let (operation, table) =
            (header(request, "x-amz-target").rsplit('.').next(), table.rsplit('-').next());
        return format!("{} {}", operation.unwrap(), table.unwrap());
    }
    let verb =
        if request.headers().contains_key("x-amz-copy-source") { "COPY" } else { request.method().as_str() };
    format!("{verb} {}", request.uri().path().split('/').nth(2).unwrap_or_default())
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> &'a str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// What has the server cut the connection.
fn cut() -> io::Error {
    io::Error::other("the connection is cut")
}

fn whole(response: Response<Bytes>) -> Answer {
    response.map(|body| UnsyncBoxBody::new(Full::new(body).map_err(|never| match never {})))
}

/// A response whose body breaks off in the middle, some time after its first half.
fn half(mut response: Response<Bytes>, time: impl Future<Output = ()> + Send + 'static) -> Answer {
    let length = response.body().len();
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response.map(|body| {
        let first = futures::stream::iter([Ok(Frame::data(body.slice(..length / 2)))]);
        let end = futures::stream::once(async {
            time.await;
            Err(cut())
        });
        UnsyncBoxBody::new(StreamBody::new(first.chain(end)))
    })
}
