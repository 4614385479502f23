//! Query strings: of requests, and of the tagging header, which borrows their form.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `encoding-type=url` leaves as it is.
const KEPT_IN_LISTINGS: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The decoded pairs of a query string, in order; a name without `=` has an empty value.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Escapes a key as a listing with `encoding-type=url` shows it.
pub(super) fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, &KEPT_IN_LISTINGS).to_string()
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_escaped_and_read_back() {
        let key = "a b/ü+%20&=\n\u{10FFFF}";
        let escaped = encode_key(key);
        assert!(escaped.is_ascii());
        assert_eq!(decode(&escaped), key);
    }
}
