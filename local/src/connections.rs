//! HTTP connections on loopback: accepted, answered, and let end when the system stops.

mod request_body;

use std::error::Error;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

pub(crate) use request_body::RequestBody;

/// How long requests under way may take to end when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be accepted, which is when the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many clients may wait to be accepted: as many as Linux lets them by itself. What is usual, 128, is less than come
/// at once for one picture, and whoever finds it full is silently left to try again after a second.
const BACKLOG: u32 = 4096;

/// Listens on a port of the loopback device; on any that is free for 0.
///
/// Loopback only: the embedded DynamoDB checks no signature, and the edge takes every caller for an admin.
///
/// # Errors
/// What the system says, such as that the port is in use.
pub(crate) fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // As other listeners do: a port is free again as soon as the system that had it ends.
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

/// Serves connections until `shutdown` is done, then lets the requests under way end.
pub(crate) async fn serve<A, F, B, E>(listener: TcpListener, answer: A, shutdown: impl Future<Output = ()>)
where
    A: Fn(Request<RequestBody>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connect(stream, answer.clone(), &graceful),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn Error, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!(grace_s = GRACE.as_secs(), "requests under way were cut off");
    }
}

fn connect<A, F, B, E>(stream: TcpStream, answer: A, graceful: &GracefulShutdown)
where
    A: Fn(Request<RequestBody>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    // Small answers should not wait for more to send with them; without this they only come later.
    drop(stream.set_nodelay(true));
    let answer = move |request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let body = RequestBody::of(body, &parts.headers);
        answer(Request::from_parts(parts, body))
    };
    // The timer gives a client that never finishes its headers 30 seconds.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service_fn(answer));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = &error as &dyn Error, "a connection broke");
        }
    });
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn a_crowd_that_comes_at_once_waits_to_be_accepted() {
        const CROWD: usize = 500;
        let listener = listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let crowd = join_all((0..CROWD).map(|_| TcpStream::connect(address)));
        // Nobody is accepted: whoever does not fit would try again for minutes.
        let crowd = tokio::time::timeout(Duration::from_secs(30), crowd).await.unwrap();
        assert!(crowd.iter().all(Result::is_ok));
    }
}
