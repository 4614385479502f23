//! What an edge makes of a request.

use std::collections::BTreeMap;

/// What an edge makes of a request, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It asks the cache, and then render, for a path.
    Served(String),
    /// It answers by itself.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Every header, names in lower case.
        headers: BTreeMap<String, String>,
        /// The body as it goes over the wire.
        body: String,
    },
}
