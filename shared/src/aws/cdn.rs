//! The CDN on AWS: `CloudFront`, and an SQS queue of reminders.
//!
//! A takedown makes two calls here (`CloudFront` .005 USD for each path after the month's first 1,000; SQS .40 USD per
//! million), and its reminder one more.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use serde_json::{Value, json};

use super::call::{Caller, JSON_1_0, Post, Service, ServiceError, SignedCall, endpoint};
use crate::ports::{CdnError, CdnInvalidation, Invalidation, TakedownReminder};
use crate::runtime::Environment;

const CLOUDFRONT: &str = "CloudFront";
const SQS: &str = "SQS";
const SSM: &str = "SSM";

/// `CloudFront` is one service for the whole world, which signs as this region.
const CLOUDFRONT_REGION: &str = "us-east-1";

const JSON_1_1: (&str, &str) = ("content-type", "application/x-amz-json-1.1");

/// A `CloudFront` distribution whose variants are invalidated, and the queue that reminds of it.
///
/// The distribution's id is looked up when it is first needed: as one of the function's variables it would make the
/// function depend on the distribution, which depends on functions itself.
#[derive(Debug, Clone)]
pub struct CloudFrontCdn {
    create_invalidation: SignedCall,
    send_message: SignedCall,
    get_parameter: SignedCall,
    /// The name of the parameter that holds the distribution's id.
    distribution_parameter: String,
    queue_url: String,
    distribution: Arc<OnceLock<String>>,
}

impl CloudFrontCdn {
    pub(super) fn new(
        caller: &Caller,
        env: &Environment<'_>,
        distribution_parameter: &str,
        queue_url: &str,
    ) -> Self {
        let regional = |name, variable| Service::in_region(caller, env, name, variable);
        let cloudfront = Service {
            name: "cloudfront",
            region: CLOUDFRONT_REGION.to_owned(),
            endpoint: endpoint(env, "AWS_ENDPOINT_URL_CLOUDFRONT", "https://cloudfront.amazonaws.com"),
        };
        let (sqs, ssm) = (regional("sqs", "AWS_ENDPOINT_URL_SQS"), regional("ssm", "AWS_ENDPOINT_URL_SSM"));
        Self {
            create_invalidation: SignedCall::new(caller, cloudfront, "CreateInvalidation"),
            send_message: SignedCall::new(caller, sqs, "SendMessage"),
            get_parameter: SignedCall::new(caller, ssm, "GetParameter"),
            distribution_parameter: distribution_parameter.to_owned(),
            queue_url: queue_url.to_owned(),
            distribution: Arc::default(),
        }
    }

    async fn distribution(&self) -> Result<&str, CdnError> {
        if let Some(id) = self.distribution.get() {
            return Ok(id);
        }
        let post = Post {
            path: "/".to_owned(),
            headers: vec![JSON_1_1, ("x-amz-target", "AmazonSSM.GetParameter")],
            body: json!({ "Name": self.distribution_parameter }).to_string(),
        };
        let answer = self.get_parameter.post(post).await.map_err(|error| classify(SSM, error))?;
        let value = serde_json::from_str::<Value>(&answer).ok();
        let id = value.and_then(|value| Some(value["Parameter"]["Value"].as_str()?.to_owned()));
        let id = id.ok_or_else(|| CdnError::Denied {
            service: SSM,
            source: format!("the parameter {} has no value", self.distribution_parameter).into(),
        })?;
        Ok(self.distribution.get_or_init(|| id))
    }
}

impl CdnInvalidation for CloudFrontCdn {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), CdnError> {
        let distribution = self.distribution().await?;
        let post = Post {
            path: format!("/2020-05-31/distribution/{distribution}/invalidation"),
            headers: vec![("content-type", "text/xml")],
            body: batch(invalidation),
        };
        let sent = self.create_invalidation.post(post).await;
        sent.map(|_| ()).map_err(|error| classify(CLOUDFRONT, error))
    }

    async fn remind(&self, reminder: &TakedownReminder) -> Result<(), CdnError> {
        let message = json!({ "QueueUrl": self.queue_url, "MessageBody": reminder.to_message() });
        let post = Post {
            path: "/".to_owned(),
            headers: vec![JSON_1_0, ("x-amz-target", "AmazonSQS.SendMessage")],
            body: message.to_string(),
        };
        self.send_message.post(post).await.map(|_| ()).map_err(|error| classify(SQS, error))
    }
}

/// The body of `CreateInvalidation`. Path and reference have no character that XML would want escaped.
fn batch(invalidation: &Invalidation) -> String {
    let (path, reference) = (invalidation.path(), invalidation.reference());
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>1</Quantity>\
         <Items><Path>{path}</Path></Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>"
    )
}

/// What an error means to a caller of the port.
fn classify(service: &'static str, error: SdkError<ServiceError, HttpResponse>) -> CdnError {
    let refused = error.as_service_error().is_some_and(|answer| match (answer.status, answer.code()) {
        // At most 15 invalidations of whole folders may be under way; each takes seconds to minutes.
        (_, Some("TooManyInvalidationsInProgress")) | (408 | 429 | 500.., _) => false,
        (_, Some(code)) => !code.contains("Throttl"),
        (_, None) => true,
    });
    let source = Box::new(error);
    if refused { CdnError::Denied { service, source } } else { CdnError::Unavailable { service, source } }
}
