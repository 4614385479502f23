//! Calls of AWS services of which only one operation is needed: signed here, and sent as the SDK sends its own.
//!
//! The SDK has a crate for each service, with all of its operations in it: over a hundred each for `CloudFront` and SSM,
//! of which one is needed.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use crate::runtime::Environment;

/// What every service is called with.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) credentials: Credentials,
    pub(super) region: String,
    pub(super) http: SharedHttpClient,
    pub(super) retries: RetryConfig,
    pub(super) timeouts: TimeoutConfig,
}

/// A service: where it is, and by what name it is signed for.
#[derive(Debug, Clone)]
pub(super) struct Service {
    /// Its name in signatures, in lower case.
    pub(super) name: &'static str,
    /// The region that is signed for.
    pub(super) region: String,
    /// Its address, without a slash at the end.
    pub(super) endpoint: String,
}

impl Service {
    /// A service of the caller's region, signed for by the name that its host has; where the environment says, or else
    /// where it always is.
    pub(super) fn in_region(
        caller: &Caller,
        env: &Environment<'_>,
        name: &'static str,
        variable: &'static str,
    ) -> Self {
        let region = caller.region.clone();
        let endpoint = endpoint(env, variable, &format!("https://{name}.{region}.amazonaws.com"));
        Self { name, region, endpoint }
    }
}

/// The address that a variable has, or a default.
pub(super) fn endpoint(env: &Environment<'_>, variable: &'static str, default: &str) -> String {
    let endpoint = env.optional(variable).unwrap_or_else(|| default.to_owned());
    endpoint.trim_end_matches('/').to_owned()
}

/// The header of a JSON protocol.
pub(super) const JSON_1_0: (&str, &str) = ("content-type", "application/x-amz-json-1.0");

/// A POST to a service.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// The path, with a slash at the start.
    pub(super) path: String,
    /// Headers beside the signature's own, by lowercase names.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub(super) body: String,
}

/// What a service answered instead of success.
#[derive(Debug, thiserror::Error)]
#[error("status {status}, code {}", metadata.code().unwrap_or("none"))]
pub(super) struct ServiceError {
    pub(super) status: u16,
    metadata: ErrorMetadata,
}

impl ServiceError {
    /// The service's name for the error.
    pub(super) fn code(&self) -> Option<&str> {
        self.metadata.code()
    }
}

impl ProvideErrorMetadata for ServiceError {
    fn meta(&self) -> &ErrorMetadata {
        &self.metadata
    }
}

/// An operation of a service: signs, sends, and tries again what may succeed then, as the SDK does.
#[derive(Debug, Clone)]
pub(super) struct SignedCall(Operation<Post, String, ServiceError>);

impl SignedCall {
    /// The operation with this name of a service.
    pub(super) fn new(caller: &Caller, service: Service, operation: &'static str) -> Self {
        let built = Operation::builder()
            .service_name(service.name)
            .operation_name(operation)
            .http_client(caller.http.clone())
            .endpoint_url(&service.endpoint)
            // The signature is a header of the request like any other.
            .no_auth()
            .standard_retry(&caller.retries)
            .timeout_config(caller.timeouts.clone())
            .retry_classifier(TransientErrorClassifier::<ServiceError>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ServiceError>::new())
            .retry_classifier(HttpStatusCodeClassifier::default());
        let identity = Identity::from(caller.credentials.clone());
        let signed = built.serializer(move |post| signed(&service, &identity, post, SystemTime::now()));
        Self(signed.deserializer(answer).build())
    }

    /// Makes the call, and returns the body of its answer.
    pub(super) async fn post(&self, post: Post) -> Result<String, SdkError<ServiceError, HttpResponse>> {
        self.0.invoke(post).await
    }
}

fn signed(
    service: &Service,
    identity: &Identity,
    post: Post,
    now: SystemTime,
) -> Result<HttpRequest, BoxError> {
    let authority = service.endpoint.split_once("://").map_or("", |(_, rest)| rest);
    let mut headers = vec![("host", authority.to_owned())];
    headers.extend(post.headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let url = format!("{}{}", service.endpoint, post.path);
    let signable = SignableRequest::new(
        "POST",
        url.as_str(),
        headers.iter().map(|(name, value)| (*name, value.as_str())),
        SignableBody::Bytes(post.body.as_bytes()),
    )?;
    let parameters = SigningParams::builder()
        .identity(identity)
        .region(&service.region)
        .name(service.name)
        .time(now)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let (signature, _) = sign(signable, &parameters)?.into_parts();

    let mut request = HttpRequest::new(SdkBody::from(post.body));
    request.set_method("POST")?;
    request.set_uri(post.path)?;
    let signature: Vec<_> =
        signature.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
    for (name, value) in headers.chain(signature) {
        request.headers_mut().try_insert(name, value)?;
    }
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<String, OrchestratorError<ServiceError>> {
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
    let status = response.status();
    if status.is_success() {
        return Ok(body);
    }
    let code = error_code(response.headers().get("x-amzn-errortype"), &body);
    let metadata = ErrorMetadata::builder().code(code.unwrap_or_default()).build();
    Err(OrchestratorError::operation(ServiceError { status: status.as_u16(), metadata }))
}

/// The error's name as the JSON and XML protocols write it: in a header or a member, with what it is part of before a
/// `#` and where it is from behind a `:`; or in an element.
fn error_code(header: Option<&str>, body: &str) -> Option<String> {
    let named =
        || serde_json::from_str::<serde_json::Value>(body).ok()?["__type"].as_str().map(str::to_owned);
    let element = || Some(body.split_once("<Code>")?.1.split_once("</Code>")?.0.to_owned());
    let code = header.map(str::to_owned).or_else(named).or_else(element)?;
    let plain = code.rsplit('#').next()?.split(':').next()?;
    Some(plain.to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The signature is the one that botocore 1.40 computes for the same call.
    #[test]
    fn a_call_is_signed_as_other_clients_sign_it() {
        let service = Service {
            name: "ssm",
            region: "eu-central-1".to_owned(),
            endpoint: "https://ssm.eu-central-1.amazonaws.com".to_owned(),
        };
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let session = Some("a/session+token=".to_owned());
        let identity = Identity::from(Credentials::new("AKIDEXAMPLE", secret, session, None, "test"));
        let post = Post {
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "AmazonSSM.GetParameter"),
            ],
            body: r#"{"Name":"/hashfolio/distribution-id"}"#.to_owned(),
        };
        let at = SystemTime::UNIX_EPOCH + Duration::from_mins(29_923_770);
        let request = signed(&service, &identity, post, at).unwrap();
        let expected = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/eu-central-1/ssm/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
             Signature=386ddedb6d748b2e2c42a412cd6c06ce0783713303572d37adf1b8975dba7c0a";
        assert_eq!(request.headers().get("authorization"), Some(expected));
        assert_eq!(request.headers().get("x-amz-security-token"), Some("a/session+token="));
        assert_eq!(request.headers().get("host"), Some("ssm.eu-central-1.amazonaws.com"));
    }

    #[test]
    fn an_errors_name_is_read_in_every_protocol() {
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchDistribution</Code></Error></ErrorResponse>";
        for (header, body, expected) in [
            (None, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#, Some("QueueDoesNotExist")),
            (None, r#"{"__type":"ParameterNotFound"}"#, Some("ParameterNotFound")),
            (Some("ThrottlingException:http://internal/"), "", Some("ThrottlingException")),
            (None, xml, Some("NoSuchDistribution")),
            (None, "<html>Bad gateway</html>", None),
            (None, "", None),
        ] {
            assert_eq!(error_code(header, body).as_deref(), expected, "{body}");
        }
    }
}
