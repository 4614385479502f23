//! Events as AWS's services hand them to functions, and what a streamed answer looks like.

use bytes::Bytes;
use serde_json::{Value, json};

/// A sample event.
pub fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// An event of a function URL for a variant.
pub fn variant_event(method: &str, path: &str) -> Value {
    let mut event = event(include_str!("../../events/ingest/list-iam.json"));
    event["rawPath"] = json!(path);
    event["rawQueryString"] = json!("");
    event["requestContext"]["http"]["method"] = json!(method);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"].as_object_mut().unwrap().remove("authorizer");
    event
}

/// S3's event of an object that was put.
pub fn object_created(bucket: &str, key: &str) -> Value {
    let s3 = json!({ "bucket": { "name": bucket }, "object": { "key": key } });
    json!({ "Records": [{ "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3 }] })
}

/// A streamed answer: its prelude as JSON, eight zero bytes, its body.
pub fn streamed(answer: &Bytes) -> (Value, Bytes) {
    let end = answer.windows(8).position(|window| window == [0; 8]).unwrap();
    (serde_json::from_slice(&answer[..end]).unwrap(), answer.slice(end + 8..))
}
