//! The bodies of requests, checked field by field.

use serde_json::Value;
use shared::hash::ContentHash;
use shared::media::MediaType;
use shared::multipart::{PartPlan, UploadToken};
use shared::problem::Problem;

use super::answer::invalid;
use crate::issue_upload::{AskedParts, Resumption, UploadAsk};
use crate::take_down::TakedownReason;

/// How many asks a batch holds at most.
const MAX_BATCH: usize = 100;

/// Reads one ask. Fields that it does not know are left alone, so that newer clients can talk to older services.
pub(super) fn parse_ask(body: &Value) -> Result<UploadAsk, Problem> {
    if !body.is_object() {
        return Err(invalid("body", "must be a JSON object"));
    }
    let hash = required_text(body, "contentHash")?;
    let size_bytes = size(body, "sizeBytes")?;
    Ok(UploadAsk {
        hash: hash.parse().map_err(|error| invalid("contentHash", &format!("{error}")))?,
        size_bytes,
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
        parts: parts(body, size_bytes)?,
    })
}

/// What is said of the parts, whether there will be any or not.
fn parts(body: &Value, size_bytes: u64) -> Result<AskedParts, Problem> {
    let plan = if optional(body, "partSizeBytes").is_some() {
        let plan = PartPlan::new(size_bytes, size(body, "partSizeBytes")?);
        Some(plan.map_err(|error| invalid("partSizeBytes", &format!("{error}")))?)
    } else {
        None
    };
    let checksums = match (optional(body, "partChecksums"), plan) {
        (None, _) => None,
        (Some(Value::Array(list)), Some(plan)) => Some(checksums(list, plan)?),
        (Some(_), None) => return Err(invalid("partSizeBytes", "is required with partChecksums")),
        (Some(_), Some(_)) => return Err(invalid("partChecksums", "must be a list of texts")),
    };
    let resume = optional(body, "resume").map(resumption).transpose()?;
    Ok(AskedParts { plan, checksums, resume })
}

fn checksums(list: &[Value], plan: PartPlan) -> Result<Vec<ContentHash>, Problem> {
    let (found, count) = (list.len(), plan.count());
    if found as u64 != count {
        let form = format!("must have one entry for each of the {count} parts, and has {found}");
        return Err(invalid("partChecksums", &form));
    }
    let read = |value: &Value| value.as_str().and_then(ContentHash::from_base64);
    let read: Option<Vec<_>> = list.iter().map(read).collect();
    read.ok_or_else(|| invalid("partChecksums", "must hold SHA-256 digests in base64"))
}

fn resumption(value: &Value) -> Result<Resumption, Problem> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let upload = text("uploadId").parse();
    let token = UploadToken::new(text("resumeToken"));
    Ok(Resumption {
        upload: upload.map_err(|error| invalid("resume", &format!("uploadId {error}")))?,
        token: token.ok_or_else(|| invalid("resume", "resumeToken must be one that this API gave out"))?,
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

fn size(body: &Value, field: &'static str) -> Result<u64, Problem> {
    let value = optional(body, field).ok_or_else(|| invalid(field, "is required"))?;
    match (value.as_u64(), value.as_f64()) {
        (Some(0), _) => Err(invalid(field, "must be at least 1: there is no empty original")),
        (Some(size), _) => Ok(size),
        // A whole number past 64 bits is too large, whatever the limit: the use case says so with the limit.
        (None, Some(huge)) if huge >= 18_446_744_073_709_551_615.0 => Ok(u64::MAX),
        (None, _) => Err(invalid(field, "must be a whole number of bytes, at least 1")),
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
