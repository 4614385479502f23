//! Problem documents (RFC 9457), as the API sends them.

use std::fmt;

use serde::Deserialize;

/// Why the API refused something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The stable name of the problem, in `snake_case`.
    pub code: Option<String>,
    /// What is wrong in general.
    pub title: Option<String>,
    /// What is wrong in this case. (A gateway in front of the API says `message`.)
    #[serde(alias = "message")]
    pub detail: Option<String>,
}

impl Problem {
    /// Reads the body of an answer of this status; one that is no problem document gives a problem without words.
    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let nameless = Self { status, code: None, title: None, detail: None };
        let read = serde_json::from_slice(body).unwrap_or(nameless);
        Self { status, ..read }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        self.status >= 500 || matches!(self.status, 408 | 429)
    }

    /// Whether it is the caller who is refused, whatever was asked.
    pub fn concerns_the_caller(&self) -> bool {
        matches!(self.status, 401 | 403)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.detail.as_ref().or(self.title.as_ref()), &self.code) {
            (Some(words), Some(code)) => write!(f, "{words} ({code})"),
            (Some(words), None) => write!(f, "{words} (status {})", self.status),
            (None, Some(code)) => f.write_str(code),
            (None, None) => write!(f, "the answer had status {}", self.status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_speaks_in_the_servers_words() {
        let cases: [(&[u8], &str); 4] = [
            (
                br#"{"title":"Too large","status":413,"detail":"at most 9 bytes","code":"too_large"}"#,
                "at most 9 bytes (too_large)",
            ),
            (br#"{"message":"Unauthorized"}"#, "Unauthorized (status 413)"),
            (b"<html>Bad gateway</html>", "the answer had status 413"),
            (b"", "the answer had status 413"),
        ];
        for (body, words) in cases {
            assert_eq!(Problem::read(413, body).to_string(), words);
        }
    }
}
