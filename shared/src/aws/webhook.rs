//! Messages to a webhook, as Slack takes them: by the HTTP client that the SDK brings.

use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use serde_json::json;

use super::call::Caller;
use crate::ports::{AnnounceError, Announcement, Announcer};
use crate::webhook::WebhookUrl;

/// A webhook as an announcer.
#[derive(Debug, Clone)]
pub struct Webhook {
    post: Operation<String, (), RefusedWith>,
    host: String,
}

/// The status of an answer that is no success.
#[derive(Debug, thiserror::Error)]
#[error("status {0}")]
struct RefusedWith(u16);

impl Webhook {
    pub(super) fn new(caller: &Caller, url: &WebhookUrl) -> Self {
        let path = url.path().to_owned();
        let post = Operation::builder()
            .service_name("webhook")
            .operation_name("Post")
            .http_client(caller.http.clone())
            .endpoint_url(&url.origin())
            .no_auth()
            // A message that arrived although its answer was lost would arrive twice.
            .no_retry()
            .timeout_config(caller.timeouts.clone())
            .serializer(move |body: String| {
                let mut request = HttpRequest::new(SdkBody::from(body));
                request.set_method("POST")?;
                request.set_uri(path.as_str())?;
                request.headers_mut().try_insert("content-type", "application/json")?;
                Ok(request)
            })
            .deserializer(|response: &HttpResponse| {
                let status = response.status();
                if status.is_success() {
                    Ok(())
                } else {
                    Err(OrchestratorError::operation(RefusedWith(status.as_u16())))
                }
            });
        Self { post: post.build(), host: url.host().to_owned() }
    }
}

impl Announcer for Webhook {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        let body = json!({ "text": for_slack(&message.text) }).to_string();
        self.post.invoke(body).await.map_err(|error| AnnounceError {
            // The host alone: the address is a secret, and so may be what an HTTP client says of it.
            channel: format!("the webhook at {}", self.host),
            why: why(&error),
        })
    }
}

fn why(error: &SdkError<RefusedWith, HttpResponse>) -> String {
    if let Some(refusal) = error.as_service_error() {
        format!("it answered with {refusal}")
    } else if matches!(error, SdkError::TimeoutError(_)) {
        "it did not answer in time".to_owned()
    } else {
        "it cannot be reached".to_owned()
    }
}

/// A text as Slack shows it: three characters are its markup.
fn for_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_markup_is_no_part_of_a_text() {
        assert_eq!(for_slack("<!channel> a & b"), "&lt;!channel&gt; a &amp; b");
    }
}
