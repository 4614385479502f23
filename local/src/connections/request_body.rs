//! A request's body that is read to its end even if nobody wants the rest.
//!
//! A server that answers early and closes while the client still sends makes the kernel reset the connection, and the
//! reset may overtake the answer: an uploader then sees a broken connection instead of the reason why it was refused
//! (RFC 9112 §9.6).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::runtime::Handle;

/// How long a client may go on sending what is not wanted; after that its connection is closed.
const LINGER: Duration = Duration::from_secs(5);

/// The body of a request. What is left of it when it is dropped is received and forgotten.
#[derive(Debug)]
pub(crate) struct RequestBody {
    /// Not there any more once it has ended.
    incoming: Option<Incoming>,
    /// The client waits for a word before it sends anything, and a refusal is one.
    is_awaited: bool,
}

impl RequestBody {
    pub(super) fn of(incoming: Incoming, headers: &HeaderMap) -> Self {
        Self { incoming: Some(incoming), is_awaited: headers.contains_key(EXPECT) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // To ask for the body is the word that the client waits for.
        self.is_awaited = false;
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let polled = Pin::new(incoming).poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.incoming = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take().filter(|incoming| !incoming.is_end_stream()) else {
            return;
        };
        if let (false, Ok(runtime)) = (self.is_awaited, Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(LINGER, forget(incoming)));
        }
    }
}

async fn forget(mut incoming: Incoming) {
    while let Some(Ok(_)) = incoming.frame().await {}
}
