//! Conditional requests (RFC 9110, 13.1.2).

use http::HeaderMap;
use http::header::IF_NONE_MATCH;
use shared::variant::VariantUrl;

use crate::pipeline::PIPELINE_VERSION;

/// A variant's strong entity tag, quotes included: it names all that the bytes follow from.
pub(super) fn variant_tag(url: &VariantUrl) -> String {
    let VariantUrl { hash, spec } = url;
    format!("\"{hash}.{}.{}.{}.v{PIPELINE_VERSION}\"", spec.size, spec.quality, spec.format.extension())
}

/// Whether the client says that it has what has this tag. The comparison is weak: an edge on the way may have weakened
/// the tag.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use shared::hash::ContentHash;

    use super::*;

    #[test]
    fn a_tag_names_hash_size_quality_format_and_pipeline() {
        let hash = ContentHash::of(b"x");
        let url: VariantUrl = format!("/{hash}/640x0/80.webp").parse().unwrap();
        assert_eq!(variant_tag(&url), format!("\"{hash}.640x0.80.webp.v{PIPELINE_VERSION}\""));
    }

    #[test]
    fn a_known_tag_is_found_in_lists_weak_or_strong() {
        let cases: [(&[&'static str], bool); 9] = [
            (&[], false),
            (&["\"a.v1\""], true),
            (&["W/\"a.v1\""], true),
            (&["\"b\", \"a.v1\""], true),
            (&["\"b\"", "\"c\",W/\"a.v1\""], true),
            (&["*"], true),
            (&["\"a.v2\""], false),
            (&["a.v1"], false),
            (&["\"xa.v1\""], false),
        ];
        for (values, expected) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            assert_eq!(is_known(&headers, "\"a.v1\""), expected, "{values:?}");
        }
    }
}
