//! What S3 does with a presigned URL beside checking its signature: parameters that stand for headers are
//! read as headers, and the holder of the URL cannot add headers that its maker did not sign.

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use s3s::{S3Result, s3_error};

use super::query;

/// The parameters of the signature itself.
const SIGNATURE_PARAMETERS: [&str; 7] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];

/// Headers that change nothing about the request: a user agent sets them by itself, or they make it stricter.
const HARMLESS_HEADERS: [&str; 2] = ["x-amz-user-agent", "x-amz-content-sha256"];

/// Brings a presigned request into the form of one that is signed by its headers; leaves every other request
/// alone.
///
/// # Errors
/// `AccessDenied` for an `x-amz-…` header that is not signed.
pub(super) fn admit(parts: &mut Parts) -> S3Result<()> {
    let parameters: Vec<(String, String)> = query::pairs(parts.uri.query().unwrap_or_default())
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    if !parameters.iter().any(|(name, _)| name == "x-amz-signature") {
        return Ok(());
    }
    let signed_headers = parameters.iter().find(|(name, _)| name == "x-amz-signedheaders");
    let signed_headers = signed_headers.map(|(_, names)| names.as_str()).unwrap_or_default();
    for name in parts.headers.keys().map(HeaderName::as_str).filter(|name| name.starts_with("x-amz-")) {
        let is_signed = signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name));
        if !is_signed && !HARMLESS_HEADERS.contains(&name) {
            return Err(s3_error!(
                AccessDenied,
                "There were headers present in the request which were not signed: {name}"
            ));
        }
    }
    for (name, value) in parameters {
        if !name.starts_with("x-amz-") || SIGNATURE_PARAMETERS.contains(&name.as_str()) {
            continue;
        }
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && !HARMLESS_HEADERS.contains(&name.as_str())
        {
            parts.headers.entry(name).or_insert(value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let builder = http::Request::builder().uri(uri);
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        builder.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_parameter_that_stands_for_a_header_is_read_as_one() {
        let mut parts = request(
            "/b/k?X-Amz-Signature=0&X-Amz-SignedHeaders=host&x-amz-checksum-sha256=abc%2Bd%3D&X-Amz-Expires=9",
            &[("host", "localhost")],
        );
        admit(&mut parts).unwrap();
        assert_eq!(parts.headers["x-amz-checksum-sha256"], "abc+d=");
        assert_eq!(parts.headers.len(), 2);
    }

    #[test]
    fn a_header_that_was_not_signed_is_refused() {
        let uri = "/b/k?X-Amz-Signature=0&X-Amz-SignedHeaders=host%3Bx-amz-checksum-sha256";
        let mut signed = request(uri, &[("x-amz-checksum-sha256", "abc")]);
        let mut added = request(uri, &[("x-amz-storage-class", "DEEP_ARCHIVE")]);
        admit(&mut signed).unwrap();
        assert_eq!(admit(&mut added).unwrap_err().code().as_str(), "AccessDenied");
    }

    #[test]
    fn a_request_that_is_not_presigned_keeps_its_headers_and_parameters() {
        let mut parts = request("/b/k?x-amz-meta-a=1", &[("x-amz-acl", "private")]);
        admit(&mut parts).unwrap();
        assert_eq!(parts.headers.len(), 1);
    }
}
