//! The CloudFront Function, with the events that CloudFront calls it with.

use rquickjs::{Context, Function, Runtime};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use harness::variant_paths::Asked;

/// The function as it lies in the repository: as it is deployed, but for the whitelist.
pub(crate) const SOURCE: &str = include_str!("../../functions/render/edge/viewer_request.js");

/// Takes an event as text, because text is what crosses most easily into the engine and back.
const CALLED_WITH_TEXT: &str = "function called(text) { return JSON.stringify(handler(JSON.parse(text))); }";

/// A function that can be called.
pub(crate) struct ViewerRequest {
    context: Context,
}

impl ViewerRequest {
    /// A function of a source.
    pub(crate) fn new(source: &str) -> Self {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|context| {
            context.eval::<(), _>(source).unwrap();
            context.eval::<(), _>(CALLED_WITH_TEXT).unwrap();
        });
        Self { context }
    }

    /// What it makes of a request.
    pub(crate) fn answer(&self, asked: &Asked) -> Answer {
        let event = event(asked).to_string();
        let returned = self.context.with(|context| {
            let called: Function<'_> = context.globals().get("called").unwrap();
            called.call::<_, String>((event,)).unwrap()
        });
        understood(&serde_json::from_str(&returned).unwrap(), asked)
    }
}

/// The event of a request, as CloudFront's documentation has it.
fn event(asked: &Asked) -> Value {
    let mut headers = json!({ "host": { "value": "d111111abcdef8.cloudfront.net" } });
    if let Some(first) = asked.accept.first() {
        headers["accept"] = json!({ "value": first });
        if asked.accept.len() > 1 {
            let lines: Vec<Value> = asked.accept.iter().map(|line| json!({ "value": line })).collect();
            headers["accept"]["multiValue"] = json!(lines);
        }
    }
    let parameters = asked.query.split('&').filter(|parameter| !parameter.is_empty());
    let query: Map<String, Value> = parameters
        .map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
        .map(|(name, value)| (name.to_owned(), json!({ "value": value })))
        .collect();
    json!({
        "version": "1.0",
        "context": { "eventType": "viewer-request", "requestId": "EXAMPLEntjQpEXAMPLE_SG5Z-EXAMPLEPmPfEu3EqEXAMPLE==" },
        "viewer": { "ip": "198.51.100.11" },
        "request": {
            "method": asked.method, "uri": asked.path, "querystring": query, "headers": headers, "cookies": {},
        },
    })
}

/// What CloudFront takes from what the function returned.
fn understood(returned: &Value, asked: &Asked) -> Answer {
    let Some(status) = returned.get("statusCode") else {
        let mut expected = event(asked)["request"].clone();
        expected["uri"] = returned["uri"].clone();
        expected["querystring"] = json!({});
        assert_eq!(returned, &expected, "nothing but the path and the query may change: {asked:?}");
        return Answer::Served(returned["uri"].as_str().unwrap().to_owned());
    };
    let values = returned["headers"].as_object().unwrap().iter();
    let headers = values.map(|(name, value)| (name.clone(), value["value"].as_str().unwrap().to_owned()));
    let body = returned.get("body").map_or("", |body| {
        assert_eq!(body["encoding"], "text");
        body["data"].as_str().unwrap()
    });
    Answer::Refused {
        status: u16::try_from(status.as_u64().unwrap()).unwrap(),
        headers: headers.collect(),
        body: body.to_owned(),
    }
}
