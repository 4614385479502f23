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

/// What the template wires before the code is there. An entry goes as soon as the code comes: a test asks for it.
mod ahead {
    /// Functions that are no program yet.
    pub(super) const FUNCTIONS: [&str; 1] = ["cost"];
}
