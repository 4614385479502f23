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
