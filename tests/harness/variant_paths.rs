//! The cases of how a request for a variant is taken, which every edge must agree on: `fixtures/variant_paths.json`.

use serde::Deserialize;

/// A request as an edge sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path as it came, not decoded.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The lines of the `Accept` header.
    pub accept: Vec<String>,
}

/// A request, and what must become of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VariantPath {
    /// What is special about it.
    pub why: String,
    /// The request.
    #[serde(flatten)]
    pub asked: Asked,
    /// What must become of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Render is asked for a path.
    Served {
        /// That path.
        served: String,
    },
    /// It is refused before.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem document's stable code.
        code: String,
    },
}

/// All cases, for the variants of an asset.
pub fn variant_paths(hash: &str) -> Vec<VariantPath> {
    let cases = include_str!("../fixtures/variant_paths.json").replace("{hash}", hash);
    serde_json::from_str(&cases).unwrap()
}
