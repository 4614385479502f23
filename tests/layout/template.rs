//! `template.yaml` against the code: what AWS's own tools can't know.

mod alarms;
mod api;
mod cdn;
mod document;
mod functions;
mod permissions;
mod storage;
mod transitions;

use document::Template;

/// What the template wires before the code is there. Each entry goes as soon as the code comes: a test asks for it.
mod ahead {
    /// Functions that are still to be merged.
    pub(super) const FUNCTIONS: [&str; 1] = ["cost"];

    /// Variables that a function is still to read: of takedowns, and of render's leases.
    pub(super) const VARIABLES: [(&str, &str); 3] = [
        ("ingest", "DISTRIBUTION_ID_PARAMETER"),
        ("ingest", "INVALIDATION_QUEUE_URL"),
        ("render", "RENDER_LEASES_TABLE"),
    ];

    /// Metrics that are still to be measured: by cost.
    pub(super) const METRICS: [&str; 2] = ["monthly_cost_usd", "monthly_savings_usd"];

    /// Whether the `CloudFront` Function's file is still to be merged.
    pub(super) const EDGE_FUNCTION: bool = true;
}
