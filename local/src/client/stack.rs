//! A deployed stack: where its parts are, as its outputs say it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::{Method, Url};

use super::error::{ConnectError, innermost};
use super::signature::{SignatureError, Signer};
use super::tls;

/// How long `CloudFormation` may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The only version that its API has.
const API_VERSION: &str = "2010-05-15";

/// The outputs of a stack, by their names in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackOutputs(BTreeMap<String, String>);

/// Why a stack's outputs are not known.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Nothing says who asks.
    #[error(
        "no credentials: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; \
         `aws configure export-credentials --format env` prints those of any profile"
    )]
    NoCredentials,
    /// The client could not be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The request could not be signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// `CloudFormation` could not be asked.
    #[error("CloudFormation cannot be asked for the stack {stack} ({})", innermost(.source))]
    Unreachable {
        /// Which stack.
        stack: String,
        /// What the network said.
        source: reqwest::Error,
    },
    /// It refused.
    #[error("CloudFormation says of the stack {stack}: {message}")]
    Refused {
        /// Which stack.
        stack: String,
        /// What it said.
        message: String,
    },
    /// The stack is none of Hashfolio's.
    #[error("the stack {stack} has no output {output}: is it one of Hashfolio's?")]
    NoOutput {
        /// Which stack.
        stack: String,
        /// What it should have.
        output: &'static str,
    },
}

impl StackOutputs {
    /// Asks `CloudFormation` for a stack's outputs, with the credentials and the region of the environment.
    ///
    /// # Errors
    /// [`StackError`].
    pub async fn of(stack: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, StackError> {
        let region = environment("AWS_REGION").ok_or(StackError::NoCredentials)?;
        let endpoint = environment("AWS_ENDPOINT_URL_CLOUDFORMATION")
            .unwrap_or_else(|| format!("https://cloudformation.{region}.amazonaws.com"));
        let signer = Signer::of_environment(environment, "cloudformation", region);
        let signer = signer.ok_or(StackError::NoCredentials)?;
        let unreachable = |source: reqwest::Error| StackError::Unreachable {
            stack: stack.to_owned(),
            source: source.without_url(),
        };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config().map_err(ConnectError::from)?)
            .timeout(TIMEOUT)
            .build()
            .map_err(ConnectError::Client)?;
        let form = [("Action", "DescribeStacks"), ("StackName", stack), ("Version", API_VERSION)];
        let mut url = endpoint.parse::<Url>().map_err(|error| StackError::Refused {
            stack: stack.to_owned(),
            message: format!("AWS_ENDPOINT_URL_CLOUDFORMATION is no address: {error}"),
        })?;
        url.query_pairs_mut().extend_pairs(form);
        let mut request = http.request(Method::GET, url).build().map_err(unreachable)?;
        signer.sign(&mut request, SystemTime::now())?;
        let response = http.execute(request).await.map_err(unreachable)?;
        let success = response.status().is_success();
        let document = response.text().await.map_err(unreachable)?;
        if success { Ok(Self::parse(&document)) } else { Err(refusal(stack, &document)) }
    }

    /// An output.
    ///
    /// # Errors
    /// [`StackError::NoOutput`].
    pub fn get(&self, stack: &str, output: &'static str) -> Result<&str, StackError> {
        let missing = || StackError::NoOutput { stack: stack.to_owned(), output };
        self.0.get(output).map(String::as_str).ok_or_else(missing)
    }

    fn parse(document: &str) -> Self {
        let mut outputs = BTreeMap::new();
        let mut key = String::new();
        texts(document, |element, text| match element {
            "OutputKey" => text.clone_into(&mut key),
            "OutputValue" => drop(outputs.insert(std::mem::take(&mut key), text.to_owned())),
            _ => {}
        });
        Self(outputs)
    }
}

fn refusal(stack: &str, document: &str) -> StackError {
    let mut message = None;
    texts(document, |element, text| {
        if element == "Message" {
            message = Some(text.to_owned());
        }
    });
    let message = message.unwrap_or_else(|| "nothing that can be read".to_owned());
    StackError::Refused { stack: stack.to_owned(), message }
}

/// Shows the text of each element that has one; what is no XML ends where it stops being some.
fn texts(document: &str, mut show: impl FnMut(&str, &str)) {
    let mut reader = Reader::from_str(document);
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => text.clear(),
            Ok(Event::Text(piece)) => text += &piece.decode().unwrap_or_default(),
            Ok(Event::GeneralRef(entity)) => text += character(&entity.decode().unwrap_or_default()),
            Ok(Event::End(end)) => {
                // What holds other elements has no text of its own.
                if !text.trim().is_empty() {
                    show(&String::from_utf8_lossy(end.local_name().as_ref()), text.trim());
                }
                text.clear();
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The predefined entities of XML.
fn character(entity: &str) -> &'static str {
    match entity {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">
        <DescribeStacksResult><Stacks><member><StackName>photos</StackName><Outputs>
        <member><OutputKey>ApiUrl</OutputKey><OutputValue>https://a.execute-api.us-east-1.amazonaws.com</OutputValue>
        <Description>The API.</Description></member>
        <member><OutputKey>Odd</OutputKey><OutputValue>a&amp;b</OutputValue></member>
        </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

    #[test]
    fn the_outputs_of_a_stack_are_read_from_its_description() {
        let outputs = StackOutputs::parse(ANSWER);
        assert_eq!(outputs.get("photos", "ApiUrl").unwrap(), "https://a.execute-api.us-east-1.amazonaws.com");
        assert_eq!(outputs.get("photos", "Odd").unwrap(), "a&b");
        let missing = outputs.get("photos", "AssetsBucketName").unwrap_err().to_string();
        assert!(missing.contains("photos") && missing.contains("AssetsBucketName"), "{missing}");
    }

    #[test]
    fn a_refusal_says_what_cloudformation_said() {
        let document = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
            <Message>Stack with id photo does not exist</Message></Error></ErrorResponse>";
        let refused = refusal("photo", document).to_string();
        assert_eq!(refused, "CloudFormation says of the stack photo: Stack with id photo does not exist");
        assert!(refusal("photo", "<html").to_string().contains("nothing that can be read"));
    }

    #[tokio::test]
    async fn without_credentials_what_to_do_is_said() {
        let refused = StackOutputs::of("photos", &|_| None).await.unwrap_err().to_string();
        assert!(refused.contains("export-credentials"), "{refused}");
    }
}
