//! Traces on AWS X-Ray: what an invocation asked of S3 and DynamoDB, and how long each took.
//!
//! With active tracing, Lambda traces each invocation and samples them. For one that is sampled, this tells X-Ray's daemon,
//! which Lambda runs beside the function, of the spans inside it: the SDK's calls, and a function's own with their fields as
//! annotations, by which traces are found. Without a sampled invocation nothing is done, and no socket is opened.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::UdpSocket;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// The target of a function's own spans that belong into a trace.
pub const TRACED: &str = "hashfolio::traced";

/// The span that the Lambda runtime opens for each invocation; it has the trace in a field.
const INVOCATION: &str = "Lambda runtime invoke";

/// What stands before each document to the daemon.
const HEADER: &str = "{\"format\": \"json\", \"version\": 1}\n";

/// The spans of sampled invocations, to X-Ray's daemon.
#[derive(Debug)]
pub(super) struct XRay {
    daemon: String,
    socket: OnceLock<Option<UdpSocket>>,
}

/// Where in a trace something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    trace: String,
    parent: String,
}

/// Something under way inside an invocation.
#[derive(Debug)]
struct Subsegment {
    place: Place,
    id: String,
    began: SystemTime,
    /// All but where and when.
    what: Value,
}

impl XRay {
    /// With the daemon at this address (`AWS_XRAY_DAEMON_ADDRESS`, which Lambda sets).
    pub(super) fn to(daemon: String) -> Self {
        Self { daemon, socket: OnceLock::new() }
    }

    /// Whether a span is one to tell of, or the invocation's.
    pub(super) fn takes(metadata: &Metadata<'_>) -> bool {
        let is_call =
            metadata.target().starts_with("aws_sdk_") && metadata.fields().field("rpc.method").is_some();
        metadata.is_span() && (metadata.name() == INVOCATION || metadata.target() == TRACED || is_call)
    }

    fn tell(&self, document: &Value) {
        let socket = self.socket.get_or_init(|| UdpSocket::bind("0.0.0.0:0").ok());
        if let Some(socket) = socket {
            // A trace is no reason to fail, nor to wait: a lost one is lost.
            drop(socket.send_to(format!("{HEADER}{document}").as_bytes(), &self.daemon));
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for XRay {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if attributes.metadata().name() == INVOCATION {
            if let Some(place) = fields.text("xrayTraceId").and_then(Place::sampled) {
                span.extensions_mut().insert(place);
            }
            return;
        }
        let above = span.scope().skip(1).find_map(|above| above.extensions().get::<Place>().cloned());
        let Some(place) = above else { return };
        let subsegment = Subsegment::begun(place, fields.described(attributes.metadata()));
        let mut extensions = span.extensions_mut();
        extensions.insert(Place { trace: subsegment.place.trace.clone(), parent: subsegment.id.clone() });
        extensions.insert(subsegment);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let ended = context.span(&id).and_then(|span| span.extensions_mut().remove::<Subsegment>());
        if let Some(subsegment) = ended {
            self.tell(&subsegment.ended(SystemTime::now()));
        }
    }
}

impl Place {
    /// The place that a trace header names (`Root=…;Parent=…;Sampled=1`), if its trace is sampled.
    fn sampled(header: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
        };
        value("Sampled").filter(|sampled| sampled == "1")?;
        Some(Self { trace: value("Root")?, parent: value("Parent")? })
    }
}

impl Subsegment {
    fn begun(place: Place, what: Value) -> Self {
        // Random enough to tell the parts of one trace apart: std seeds its hashers at random, each anew.
        let id = format!("{:016x}", RandomState::new().build_hasher().finish());
        Self { place, id, began: SystemTime::now(), what }
    }

    /// The document of X-Ray for it.
    fn ended(self, end: SystemTime) -> Value {
        let seconds =
            |time: SystemTime| time.duration_since(UNIX_EPOCH).as_ref().map_or(0.0, Duration::as_secs_f64);
        let mut document = self.what;
        document["type"] = json!("subsegment");
        document["id"] = json!(self.id);
        document["trace_id"] = json!(self.place.trace);
        document["parent_id"] = json!(self.place.parent);
        document["start_time"] = json!(seconds(self.began));
        document["end_time"] = json!(seconds(end));
        document
    }
}

/// A span's fields that are text.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, String)>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Fields {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    /// What a span is about: a call by service and operation, a function's own by its name and its fields.
    fn described(self, metadata: &Metadata<'_>) -> Value {
        if let (Some(service), Some(operation)) = (self.text("rpc.service"), self.text("rpc.method")) {
            return json!({ "name": service, "namespace": "aws", "aws": { "operation": operation } });
        }
        // Names of annotations have letters, digits and underscores.
        let annotations = self.0.into_iter().map(|(name, value)| (name.replace('.', "_"), json!(value)));
        json!({ "name": metadata.name(), "annotations": annotations.collect::<Map<_, _>>() })
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::registry;

    use super::*;

    const HEADER_OF_A_SAMPLED: &str = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1;Lineage=a87bd80c:1|68fd508a:5";

    /// What the daemon is told of an invocation with this trace header.
    fn told(header: &str) -> Vec<Value> {
        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        daemon.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let layer = XRay::to(daemon.local_addr().unwrap().to_string());
        let subscriber = registry().with(layer.with_filter(filter_fn(XRay::takes)));
        tracing::subscriber::with_default(subscriber, || {
            let invocation =
                tracing::info_span!("Lambda runtime invoke", requestId = "r", xrayTraceId = header);
            let _invocation = invocation.entered();
            let own = tracing::info_span!(target: TRACED, "variant", variant.path = "/x", size = 7);
            let _own = own.entered();
            let _untold = tracing::info_span!("something else").entered();
            let call = tracing::debug_span!(
                target: "aws_sdk_s3::operation::get_object", "S3.GetObject", rpc.service = "S3", rpc.method = "GetObject",
            );
            drop(call);
        });
        let mut datagram = [0; 4096];
        let mut documents = Vec::new();
        while let Ok(length) = daemon.recv(&mut datagram) {
            let text = std::str::from_utf8(&datagram[..length]).unwrap();
            documents.push(serde_json::from_str(text.strip_prefix(HEADER).unwrap()).unwrap());
        }
        documents
    }

    #[test]
    fn a_sampled_invocation_tells_of_its_calls_and_of_what_they_were_for() {
        let documents = told(HEADER_OF_A_SAMPLED);
        let [call, own] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!((&call["name"], &call["namespace"]), (&json!("S3"), &json!("aws")));
        assert_eq!(call["aws"]["operation"], "GetObject");
        assert_eq!(
            (&own["name"], &own["annotations"]),
            (&json!("variant"), &json!({ "variant_path": "/x" }))
        );
        assert_eq!((&own["parent_id"], &call["parent_id"]), (&json!("9a9197af755a6419"), &own["id"]));
        for document in [call, own] {
            assert_eq!(document["type"], "subsegment");
            assert_eq!(document["trace_id"], "1-5bef4de7-ad49b0e87f6ef6c87fc2e700");
            assert_eq!(document["id"].as_str().unwrap().len(), 16);
            assert!(document["end_time"].as_f64() >= document["start_time"].as_f64(), "{document}");
        }
        assert_ne!(call["id"], own["id"]);
    }

    #[test]
    fn an_invocation_that_is_not_sampled_tells_nothing() {
        for header in [
            HEADER_OF_A_SAMPLED.replace("Sampled=1", "Sampled=0"),
            HEADER_OF_A_SAMPLED.replace("Sampled=1;", ""),
            HEADER_OF_A_SAMPLED.replace("Parent", "Self"),
            String::new(),
        ] {
            assert!(told(&header).is_empty(), "{header}");
        }
    }
}
