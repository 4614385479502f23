//! Messages to SNS.

use harness::recorder::{Received, Recorder, Reply};
use http::StatusCode;
use shared::ports::{AnnounceError, Announcement, Announcer as _};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:reports";

const PUBLISHED: &str = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
     <MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult><ResponseMetadata>\
     <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata></PublishResponse>";

fn refusal(code: &str, message: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>9dd01905-5012-5f99-8663-4b3ecd0dfaef</RequestId></ErrorResponse>"
    );
    Reply::new(StatusCode::FORBIDDEN, body).with("content-type", "text/xml")
}

async fn announce(service: &Recorder) -> Result<(), AnnounceError> {
    let message =
        Announcement { subject: "It costs $5 a month".to_owned(), text: "100 % & more\nof it".to_owned() };
    let at = ("AWS_ENDPOINT_URL_SNS", service.url());
    super::with(at, |clients, env| clients.sns(env, TOPIC)).unwrap().announce(&message).await
}

fn form(received: &Received) -> Vec<String> {
    std::str::from_utf8(&received.body).unwrap().split('&').map(str::to_owned).collect()
}

#[tokio::test]
async fn a_message_is_published_with_its_subject() {
    let service =
        Recorder::start(|_, _| Reply::new(StatusCode::OK, PUBLISHED).with("content-type", "text/xml")).await;
    announce(&service).await.unwrap();
    let fields = form(&service.received()[0]);
    for field in [
        "Action=Publish",
        "TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A123456789012%3Areports",
        "Subject=It%20costs%20%245%20a%20month",
        "Message=100%20%25%20%26%20more%0Aof%20it",
    ] {
        assert!(fields.iter().any(|sent| sent == field), "{field}: {fields:?}");
    }
}

#[tokio::test]
async fn who_may_not_publish_is_told_what_to_allow() {
    let service = Recorder::start(|_, _| refusal("AuthorizationError", "no")).await;
    let error = announce(&service).await.unwrap_err();
    let said = format!("{TOPIC} did not take the message: sns:Publish is not allowed");
    assert_eq!(error.to_string(), said);
}

#[tokio::test]
async fn a_topic_that_is_gone_is_named() {
    let service = Recorder::start(|_, _| refusal("NotFound", "Topic does not exist")).await;
    let error = announce(&service).await.unwrap_err();
    let said = format!("{TOPIC} did not take the message: status 403, code NotFound");
    assert_eq!(error.to_string(), said);
}
