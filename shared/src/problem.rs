//! The document that every HTTP error answers with (RFC 9457).

use serde::{Serialize, Serializer};

/// The `Content-Type` of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What went wrong, as a client is told.
///
/// `code` is for programs and never changes; `title` and `detail` are for people. The detail of a 5xx is canned: what
/// really happened goes to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    field: Option<String>,
    allow: Option<&'static str>,
}

/// A problem's members, in their order.
#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { title, status, ref detail, code, ref field, allow: _ } = *self;
        let r#type = format!("urn:hashfolio:problem:{code}");
        Document { r#type, title, status, detail, code, field: field.as_deref() }.serialize(serializer)
    }
}

impl Problem {
    /// A problem with its HTTP status, its stable code in `snake_case`, its title, and what to say of this case.
    pub fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { title, status, detail: detail.into(), code, field: None, allow: None }
    }

    /// The same, naming the field of the request that is wrong.
    #[must_use]
    pub fn at_field(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The method is none of those that the address answers, such as `GET, HEAD`.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("This address answers {allow} only.");
        let problem = Self::new(405, "method_not_allowed", "Method not allowed", detail);
        Self { allow: Some(allow), ..problem }
    }

    /// A fault on our side that says nothing of its cause; worth another try.
    pub fn unavailable() -> Self {
        let detail = "The service could not answer just now. Try again in a few seconds.";
        Self::new(503, "unavailable", "Service unavailable", detail)
    }

    /// A fault on our side that says nothing of its cause.
    pub fn internal() -> Self {
        let detail = "Something went wrong on our side. It has been logged.";
        Self::new(500, "internal_error", "Internal error", detail)
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What the header `Allow` is to say (RFC 9110, 15.5.6: every 405 has it).
    pub fn allow(&self) -> Option<&'static str> {
        self.allow
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The document as JSON text.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings and a number: serializing them can't fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_has_the_members_of_rfc_9457_and_a_code() {
        let problem =
            Problem::new(400, "invalid_request", "Invalid request", "sizeBytes: must be at least 1");
        let document: serde_json::Value =
            serde_json::from_slice(&problem.at_field("sizeBytes").to_json()).unwrap();
        let expected = serde_json::json!({
            "type": "urn:hashfolio:problem:invalid_request", "title": "Invalid request", "status": 400,
            "detail": "sizeBytes: must be at least 1", "code": "invalid_request", "field": "sizeBytes",
        });
        assert_eq!(document, expected);
    }
}
