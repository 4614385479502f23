//! What Lambda invokes ingest with: a request of the HTTP API, or messages of the queue that reminds of takedowns.

use ::http::Request;
use bytes::Bytes;
use lambda_http::RequestExt as _;
use lambda_http::request::RequestContext;

use crate::{Caller, QueueEvent};

/// An invocation.
#[derive(Debug)]
pub enum Event {
    /// A request, and who makes it; `None` when no authorizer vouches for anybody.
    Request(Box<Request<Bytes>>, Option<Caller>),
    /// Messages of the queue.
    Queue(QueueEvent),
}

/// An event that is neither a request nor of the queue.
#[derive(Debug, thiserror::Error)]
#[error("ingest takes requests of an HTTP API and messages of its queue, and this event is neither: {0}")]
pub struct StrangeEvent(#[from] serde_json::Error);

impl Event {
    /// Tells events apart by what the runtime made of them: only what is no request of an API comes as it is, which no
    /// request can feign.
    ///
    /// # Errors
    /// [`StrangeEvent`].
    pub fn of(event: lambda_http::Request) -> Result<Self, StrangeEvent> {
        let context = event.request_context();
        if matches!(context, RequestContext::PassThrough) {
            return Ok(Self::Queue(serde_json::from_slice(event.body())?));
        }
        let request = event.map(|body| Bytes::copy_from_slice(&body));
        Ok(Self::Request(Box::new(request), Caller::of(&context)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str) -> Result<Event, StrangeEvent> {
        Event::of(lambda_http::request::from_str(event).unwrap())
    }

    #[test]
    fn a_request_and_the_queues_messages_are_told_apart() {
        let request = read(include_str!("../../../events/ingest/delete.json")).unwrap();
        let Event::Request(request, Some(caller)) = request else { panic!("{request:?}") };
        assert_eq!((request.method().as_str(), caller.is_admin), ("DELETE", true));
        let reminders = read(include_str!("../../../events/ingest/invalidate-again.json")).unwrap();
        assert!(matches!(reminders, Event::Queue(_)), "{reminders:?}");
    }

    #[test]
    fn an_event_that_is_neither_is_refused() {
        for event in ["{}", "[]", "{\"Records\":7}", "{\"key1\":\"value1\"}"] {
            let refused = read(event).unwrap_err().to_string();
            assert!(refused.contains("neither"), "{refused}");
        }
    }
}
