//! Addresses that messages are posted to.

use std::fmt;
use std::str::FromStr;

/// The address of a webhook. Who knows it may post there: so it is a secret, and is shown by its host alone.
///
/// ```
/// use shared::webhook::WebhookUrl;
/// let url: WebhookUrl = "https://hooks.example.com/services/T0/B0/secret".parse().unwrap();
/// assert_eq!(format!("{url:?}"), "WebhookUrl(hooks.example.com)");
/// assert!("http://hooks.example.com/services".parse::<WebhookUrl>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    scheme: &'static str,
    host: String,
    /// With the slash at its start.
    path: String,
}

/// A text that is no address of a webhook. It may hold a secret, so it is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's address is https://HOST/PATH; http only on this machine")]
pub struct ParseWebhookUrlError;

impl WebhookUrl {
    /// Scheme and host, without a slash at the end: no secret.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// The path and the query: the secret.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its host, with its port if it has one: no secret.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for WebhookUrl {
    type Err = ParseWebhookUrlError;

    fn from_str(text: &str) -> Result<Self, ParseWebhookUrlError> {
        let text = text.trim();
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        let (scheme, rest) = text.split_once("://").filter(|_| plain).ok_or(ParseWebhookUrlError)?;
        let slash = rest.find('/').ok_or(ParseWebhookUrlError)?;
        let (host, path) = rest.split_at(slash);
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_here = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
        let scheme = match scheme {
            "https" => "https",
            "http" if is_here => "http",
            _ => return Err(ParseWebhookUrlError),
        };
        if name.is_empty() || host.contains(['@', '?', '#', '\\']) || path.contains('#') {
            return Err(ParseWebhookUrlError);
        }
        Ok(Self { scheme, host: host.to_owned(), path: path.to_owned() })
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({})", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_on_this_machine() {
        for good in
            ["https://a.example/x", "https://a.example:8443/", "http://127.0.0.1:80/x", "http://localhost/x"]
        {
            let url: WebhookUrl = good.parse().unwrap();
            assert_eq!(url.origin() + url.path(), good);
        }
        for bad in [
            "",
            "https://",
            "https://a.example",
            "https:///x",
            "ftp://a.example/x",
            "http://a.example/x",
            "http://localhost.example/x",
            "http://localhost:80@a.example/x",
            "https://user:word@a.example/x",
            "https://a.example/x y",
            "https://a.example/x#y",
            "hooks",
        ] {
            assert_eq!(bad.parse::<WebhookUrl>(), Err(ParseWebhookUrlError), "{bad}");
        }
    }
}
