//! The bodies of requests, checked field by field.

use serde_json::Value;
use shared::media::MediaType;
use shared::problem::Problem;

use super::answer::invalid;
use crate::issue_upload::UploadAsk;
use crate::take_down::TakedownReason;

/// How many asks a batch holds at most.
const MAX_BATCH: usize = 100;

/// Reads one ask. Fields that it does not know are left alone, so that newer clients can talk to older services.
pub(super) fn parse_ask(body: &Value) -> Result<UploadAsk, Problem> {
    if !body.is_object() {
        return Err(invalid("body", "must be a JSON object"));
    }
    let hash = required_text(body, "contentHash")?;
    Ok(UploadAsk {
        hash: hash.parse().map_err(|error| invalid("contentHash", &format!("{error}")))?,
        size_bytes: size(body)?,
        media_type: media_type(required_text(body, "mimeType")?)?,
        file_name: match optional(body, "fileName") {
            None => None,
            Some(Value::String(name)) => {
                Some(name.parse().map_err(|error| invalid("fileName", &format!("{error}")))?)
            }
            Some(_) => return Err(invalid("fileName", "must be a text")),
        },
        restore: match optional(body, "restore") {
            None => false,
            Some(Value::Bool(restore)) => *restore,
            Some(_) => return Err(invalid("restore", "must be true or false")),
        },
    })
}

/// The asks of a batch, each to be read by itself.
pub(super) fn parse_batch(body: &Value) -> Result<&[Value], Problem> {
    let Some(Value::Array(asks)) = body.get("assets") else {
        return Err(invalid("assets", "must be a list of assets"));
    };
    if asks.len() > MAX_BATCH {
        let found = asks.len();
        return Err(invalid("assets", &format!("has at most {MAX_BATCH} entries, and this has {found}")));
    }
    Ok(asks)
}

/// Why an asset is to be taken down, if the body says so.
pub(super) fn parse_reason(body: &Value) -> Result<Option<TakedownReason>, Problem> {
    if !body.is_object() {
        return Err(invalid("body", "must be a JSON object"));
    }
    match optional(body, "reason") {
        None => Ok(None),
        Some(Value::String(reason)) => {
            reason.parse().map(Some).map_err(|error| invalid("reason", &format!("{error}")))
        }
        Some(_) => Err(invalid("reason", "must be a text")),
    }
}

/// A field, where an explicit `null` says the same as leaving it out.
fn optional<'a>(body: &'a Value, field: &str) -> Option<&'a Value> {
    body.get(field).filter(|value| !value.is_null())
}

fn required_text<'a>(body: &'a Value, field: &'static str) -> Result<&'a str, Problem> {
    let value = optional(body, field).ok_or_else(|| invalid(field, "is required"))?;
    value.as_str().ok_or_else(|| invalid(field, "must be a text"))
}

fn size(body: &Value) -> Result<u64, Problem> {
    let value = optional(body, "sizeBytes").ok_or_else(|| invalid("sizeBytes", "is required"))?;
    match (value.as_u64(), value.as_f64()) {
        (Some(0), _) => Err(invalid("sizeBytes", "must be at least 1: there is no empty original")),
        (Some(size), _) => Ok(size),
        // A whole number past 64 bits is too large, whatever the limit: the use case says so with the limit.
        (None, Some(huge)) if huge >= 18_446_744_073_709_551_615.0 => Ok(u64::MAX),
        (None, _) => Err(invalid("sizeBytes", "must be a whole number of bytes, at least 1")),
    }
}

/// The declared type. One that Hashfolio does not know is none that it accepts.
fn media_type(text: &str) -> Result<MediaType, Problem> {
    let is_type = text.split_once('/').is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
    if !is_type {
        return Err(invalid("mimeType", "must be a media type, such as image/jpeg"));
    }
    Ok(text.to_ascii_lowercase().parse().unwrap_or(MediaType::OctetStream))
}
