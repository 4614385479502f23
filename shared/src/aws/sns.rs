//! Messages to a topic of SNS: who subscribed by mail gets one. The first 1,000 mails of a month cost nothing, each
//! further 100,000 are 2 USD (AWS's price list, 2026).

use std::error::Error as _;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::{Caller, Post, Service, ServiceError, SignedCall};
use crate::ports::{AnnounceError, Announcement, Announcer};
use crate::runtime::Environment;

/// What a form's values may hold as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A topic as an announcer.
#[derive(Debug, Clone)]
pub struct SnsTopic {
    publish: SignedCall,
    arn: String,
}

impl SnsTopic {
    pub(super) fn new(caller: &Caller, env: &Environment<'_>, arn: &str) -> Self {
        let service = Service::in_region(caller, env, "sns", "AWS_ENDPOINT_URL_SNS");
        Self { publish: SignedCall::new(caller, service, "Publish"), arn: arn.to_owned() }
    }
}

impl Announcer for SnsTopic {
    async fn announce(&self, message: &Announcement) -> Result<(), AnnounceError> {
        let fields = [
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.arn),
            ("Subject", &message.subject),
            ("Message", &message.text),
        ];
        let body =
            fields.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM))).join("&");
        let post = Post {
            path: "/".to_owned(),
            headers: vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body,
        };
        let sent = self.publish.post(post).await;
        sent.map(|_| ()).map_err(|error| AnnounceError { channel: self.arn.clone(), why: why(&error) })
    }
}

fn why(error: &SdkError<ServiceError, HttpResponse>) -> String {
    match error.as_service_error() {
        Some(refusal) if refusal.code() == Some("AuthorizationError") => {
            "sns:Publish is not allowed".to_owned()
        }
        Some(refusal) => refusal.to_string(),
        None => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}
