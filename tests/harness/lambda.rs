//! A function in a process of its own, on Lambda's runtime API, version 2018-06-01: one invocation at a time.

use std::collections::HashMap;
use std::convert::Infallible;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, mpsc, oneshot};

/// What comes of an invocation: what the function answers, or the error that it reports.
pub type Outcome = Result<Bytes, Value>;

/// How long a line of the log may take. Far more than it takes: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A function that runs.
#[derive(Debug)]
pub struct Lambda {
    invocations: mpsc::Sender<(Value, oneshot::Sender<Outcome>)>,
    log: Mutex<Lines<BufReader<ChildStdout>>>,
    process: Child,
}

#[derive(Debug)]
struct RuntimeApi {
    invocations: Mutex<mpsc::Receiver<(Value, oneshot::Sender<Outcome>)>>,
    waiting: Mutex<Option<oneshot::Sender<Outcome>>>,
}

impl Lambda {
    /// Starts a function with these variables.
    pub async fn start(program: &str, variables: &HashMap<String, String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (invocations, received) = mpsc::channel(1);
        let api = Arc::new(RuntimeApi { invocations: Mutex::new(received), waiting: Mutex::default() });
        tokio::spawn(serve(listener, api));
        let mut process = Command::new(program)
            .env("RUST_LOG", "error")
            .envs(variables)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Mutex::new(BufReader::new(process.stdout.take().unwrap()).lines());
        Self { invocations, log, process }
    }

    /// Invokes the function.
    ///
    /// # Errors
    /// What the function reports as its error.
    pub async fn invoke(&self, event: &Value) -> Outcome {
        let (answer, answered) = oneshot::channel();
        self.invocations.send((event.clone(), answer)).await.unwrap();
        answered.await.unwrap()
    }

    /// The most memory that its process has held so far, in KiB, its code included.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Ends its process as `kill -9` does, whatever it is doing.
    pub async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }

    /// The next line of its log, as Lambda collects it.
    pub async fn logged(&self) -> Value {
        let mut log = self.log.lock().await;
        let line = tokio::time::timeout(PATIENCE, log.next_line()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

async fn serve(listener: TcpListener, api: Arc<RuntimeApi>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let api = Arc::clone(&api);
        let service = service_fn(move |request| {
            let api = Arc::clone(&api);
            async move { Ok::<_, Infallible>(api.answer(request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

impl RuntimeApi {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        match (request.method(), path.as_str()) {
            (&Method::GET, "/2018-06-01/runtime/invocation/next") => self.next().await,
            (_, path) if path.ends_with("/response") => {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                self.settle(Ok(body)).await
            }
            (_, path) if path.ends_with("/error") => {
                let body = request.into_body().collect().await.unwrap().to_bytes();
                self.settle(Err(serde_json::from_slice(&body).unwrap())).await
            }
            _ => with_status(StatusCode::NOT_FOUND),
        }
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        let Some((event, answer)) = self.invocations.lock().await.recv().await else {
            return with_status(StatusCode::GONE);
        };
        *self.waiting.lock().await = Some(answer);
        let mut response = Response::new(Full::new(Bytes::from(event.to_string())));
        let headers = response.headers_mut();
        for (name, value) in [
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:function",
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
            ),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        response
    }

    async fn settle(&self, outcome: Outcome) -> Response<Full<Bytes>> {
        if let Some(answer) = self.waiting.lock().await.take() {
            answer.send(outcome).ok();
        }
        with_status(StatusCode::ACCEPTED)
    }
}

fn with_status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
