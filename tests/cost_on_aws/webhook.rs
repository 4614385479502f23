//! Messages to a webhook.

use harness::recorder::{Recorder, Reply};
use http::StatusCode;
use serde_json::{Value, json};
use shared::ports::{AnnounceError, Announcement, Announcer as _};

async fn post_to(url: &str) -> Result<(), AnnounceError> {
    let message = Announcement { subject: "unused".to_owned(), text: "5 < 6 & \"so\"\non".to_owned() };
    let url = url.parse().unwrap();
    super::with(("", ""), |clients, _| clients.webhook(&url)).unwrap().announce(&message).await
}

#[tokio::test]
async fn a_message_is_posted_as_slack_takes_it() {
    let service = Recorder::start(|_, _| Reply::new(StatusCode::OK, "ok")).await;
    post_to(&format!("{}/services/T0/secret?thread=1", service.url())).await.unwrap();
    let received = service.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/services/T0/secret");
    assert_eq!(received[0].headers["content-type"], "application/json");
    let body: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!(body, json!({ "text": "5 &lt; 6 &amp; \"so\"\non" }));
}

#[tokio::test]
async fn a_webhook_that_refuses_is_named_by_its_host_alone() {
    for status in [StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND] {
        let service = Recorder::start(move |_, _| Reply::new(status, "secret")).await;
        let error = post_to(&format!("{}/services/secret", service.url())).await.unwrap_err();
        let host = service.url().trim_start_matches("http://");
        let said = format!(
            "the webhook at {host} did not take the message: it answered with status {}",
            status.as_u16()
        );
        assert_eq!(error.to_string(), said);
    }
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_said_to_be() {
    let error = post_to("http://127.0.0.1:9/secret").await.unwrap_err();
    assert!(error.to_string().ends_with("it cannot be reached"), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}
