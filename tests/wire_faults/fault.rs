//! What may happen to a call, and what S3 and DynamoDB say then.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};

/// What happens to a call instead of being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is refused because there are too many of this key or table: `SlowDown`,
    /// `ProvisionedThroughputExceededException`.
    Throttled,
    /// It is refused because there are too many at all: `ServiceUnavailable`, `ThrottlingException`.
    Overloaded,
    /// The service breaks down over it: `InternalError`, `InternalServerError`.
    Broken,
    /// It is answered with status 200, and an error in the body: S3 does so to a COPY that fails late.
    BrokenLate,
    /// The connection is cut, and the call has not arrived.
    Cut,
    /// The connection is cut, and the call has taken effect.
    AnswerLost,
    /// The connection is cut in the middle of the answer's body.
    BodyCut,
    /// Nothing happens, until the wire is healed.
    Held,
    /// After half of the answer's body nothing happens, until the wire is healed; then it breaks off.
    BodyHeld,
}

/// Who is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    S3,
    DynamoDb,
}

impl Fault {
    /// What the service says, if it says anything.
    pub(crate) fn answer(self, service: Service) -> Option<Response<Bytes>> {
        let (status, code) = match (self, service) {
            (Self::Throttled, Service::S3) => (503, "SlowDown"),
            (Self::Overloaded, Service::S3) => (503, "ServiceUnavailable"),
            (Self::Broken, Service::S3) => (500, "InternalError"),
            (Self::BrokenLate, Service::S3) => (200, "InternalError"),
            (Self::Throttled, Service::DynamoDb) => {
                (400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
            }
            (Self::Overloaded, Service::DynamoDb) => {
                (400, "com.amazon.coral.availability#ThrottlingException")
            }
            (Self::Broken, Service::DynamoDb) => {
                (500, "com.amazonaws.dynamodb.v20120810#InternalServerError")
            }
            (Self::BrokenLate, Service::DynamoDb) => panic!("DynamoDB breaks down before it answers"),
            (Self::Cut | Self::AnswerLost | Self::BodyCut | Self::Held | Self::BodyHeld, _) => return None,
        };
        let (content_type, body) = match service {
            Service::S3 => ("application/xml", xml(code)),
            Service::DynamoDb => ("application/x-amz-json-1.0", json(code)),
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Some(response)
    }
}

fn xml(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>It was injected.</Message>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
}

fn json(code: &str) -> String {
    format!("{{\"__type\":\"{code}\",\"message\":\"It was injected.\"}}")
}
