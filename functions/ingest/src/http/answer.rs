//! Answers: outcomes and errors of the use cases as HTTP says them.

use std::error::Error;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Value, json};
use shared::asset::Asset;
use shared::dimensions::Dimensions;
use shared::ports::{CdnError, ListError, OwnedPage, RepositoryError, SignedRequest, StoreError};
use shared::problem::{PROBLEM_JSON, Problem};
use shared::runtime::with_sources;
use shared::variant::{OutputFormat, Whitelist};

use crate::issue_upload::{IssueError, Issued, OfferedParts, UploadOffer};
use crate::restore_original::RestoreError;
use crate::show_asset::ShowError;
use crate::take_down::TakedownError;

pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(super) const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// The quality of the variants that `srcset` lists.
const SRCSET_QUALITY: u8 = 80;

/// After how many seconds a client may try again.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

pub(super) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub(super) fn problem(problem: &Problem) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(problem.to_json()));
    *response.status_mut() =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    if let Some(allow) = problem.allow() {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    match problem.status() {
        401 => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        503 => {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        _ => {}
    }
    response
}

pub(super) fn invalid(field: &str, what: &str) -> Problem {
    Problem::new(400, "invalid_request", "Invalid request", format!("{field}: {what}")).at_field(field)
}

/// The answer would be too long: what this ask would add to it.
pub(super) fn too_many_parts(most: u64) -> Problem {
    let detail =
        format!("The uploads of a batch have at most {most} parts together. Ask for this one in another.");
    Problem::new(429, "too_many_parts", "Too many parts", detail)
}

pub(super) fn unauthenticated() -> Problem {
    let detail = "The API's authorizer vouches for no caller.";
    Problem::new(401, "unauthenticated", "Not authenticated", detail)
}

pub(super) fn issued(issued: &Issued) -> Response<Bytes> {
    let (status, body) = issued_body(issued);
    json(status, &body)
}

/// An entry of a batch: the body that the ask alone would have got, and its status.
pub(super) fn batch_entry(answer: Result<Issued, Problem>) -> Value {
    match answer {
        Ok(issued) => {
            let (status, mut body) = issued_body(&issued);
            body["status"] = json!(status.as_u16());
            body
        }
        Err(problem) => json!(problem),
    }
}

fn issued_body(issued: &Issued) -> (StatusCode, Value) {
    match issued {
        Issued::Present(asset) => (StatusCode::OK, json!({ "asset": asset_json(asset) })),
        Issued::Offer { asset, upload } => {
            let upload = match upload {
                UploadOffer::Whole(request) => whole_json(request),
                UploadOffer::InParts(parts) => parts_json(parts),
            };
            (StatusCode::CREATED, json!({ "asset": asset_json(asset), "upload": upload }))
        }
    }
}

fn whole_json(request: &SignedRequest) -> Value {
    json!({
        "method": request.method, "url": request.url, "headers": headers_json(request),
        "expiresAt": request.expires_at.to_string(),
    })
}

fn parts_json(offered: &OfferedParts) -> Value {
    let requests = &offered.requests;
    let part = |(number, part): (usize, &SignedRequest)| json!({ "number": number, "url": part.url, "headers": headers_json(part) });
    json!({
        "kind": "multipart",
        "uploadId": offered.resumption.upload.to_string(),
        "resumeToken": offered.resumption.token.as_str(),
        "partSizeBytes": offered.plan.part_size_bytes(),
        "parts": (1..).zip(&requests.parts).map(part).collect::<Vec<_>>(),
        "completeUrl": requests.complete.url,
        "abortUrl": requests.abort.url,
        "listUrl": requests.list.url,
        "expiresAt": offered.expires_at.to_string(),
    })
}

fn headers_json(request: &SignedRequest) -> serde_json::Map<String, Value> {
    request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

pub(super) fn shown(asset: &Asset, whitelist: &Whitelist) -> Response<Bytes> {
    let body = json!({ "asset": asset_json(asset), "variants": variants_json(asset, whitelist) });
    json(StatusCode::OK, &body)
}

pub(super) fn page(page: &OwnedPage) -> Response<Bytes> {
    let assets: Vec<Value> = page.assets.iter().map(asset_json).collect();
    let mut body = json!({ "assets": assets });
    if let Some(cursor) = &page.next_cursor {
        body["nextCursor"] = json!(cursor);
    }
    json(StatusCode::OK, &body)
}

pub(super) fn redirect(link: &SignedRequest) -> Response<Bytes> {
    let Ok(location) = HeaderValue::from_str(&link.url) else { return problem(&Problem::internal()) };
    let mut response = empty(StatusCode::TEMPORARY_REDIRECT);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// What was asked for will be done.
pub(super) fn accepted(asset: &Asset) -> Response<Bytes> {
    json(StatusCode::ACCEPTED, &json!({ "asset": asset_json(asset) }))
}

/// An asset as the API shows it; what it does not have is left out.
fn asset_json(asset: &Asset) -> Value {
    let mut shown = json!({
        "assetId": asset.asset_id().to_string(),
        "contentHash": asset.content_hash.to_string(),
        "sizeBytes": asset.size_bytes,
        "mimeType": asset.media_type.as_str(),
        "state": asset.state.as_str(),
        "createdBy": asset.created_by.as_str(),
        "createdAt": asset.created_at.to_string(),
        "updatedAt": asset.updated_at.to_string(),
    });
    if let Some(size) = asset.dimensions {
        shown["width"] = json!(size.width());
        shown["height"] = json!(size.height());
    }
    if let Some(name) = &asset.file_name {
        shown["fileName"] = json!(name.as_str());
    }
    if let Some(key) = &asset.source_key {
        shown["sourceKey"] = json!(key.to_string());
    }
    if let Some(reason) = &asset.reason {
        shown["reason"] = json!(reason);
    }
    shown
}

fn variants_json(asset: &Asset, whitelist: &Whitelist) -> Value {
    let hash = asset.content_hash;
    let qualities: Vec<u8> = whitelist.qualities.iter().map(|quality| quality.get()).collect();
    json!({
        "urlTemplate": format!("/{hash}/{{width}}x{{height}}/{{quality}}.{{ext}}"),
        "widths": whitelist.widths,
        "heights": whitelist.all_heights().collect::<Vec<_>>(),
        "qualities": qualities,
        "formats": OutputFormat::OFFERED.map(OutputFormat::extension),
        "srcset": srcset(asset, whitelist),
    })
}

/// The whole picture at every width that it has, for an `img` element: no variant is larger than its original, so
/// the first width past it stands for the original's own.
fn srcset(asset: &Asset, whitelist: &Whitelist) -> String {
    let own = asset.dimensions.map_or(u32::MAX, Dimensions::width);
    let qualities = &whitelist.qualities;
    let offered = qualities.iter().find(|quality| quality.get() == SRCSET_QUALITY).or(qualities.last());
    let Some(quality) = offered else { return String::new() };
    let mut candidates = Vec::new();
    for width in &whitelist.widths {
        let shown = own.min(*width);
        candidates.push(format!("/{}/{width}x0/{quality}.webp {shown}w", asset.content_hash));
        if *width >= own {
            break;
        }
    }
    candidates.join(", ")
}

/// Why nothing was issued, as a client is told.
pub(super) fn not_issued(error: IssueError) -> Problem {
    match error {
        IssueError::TooLarge { .. } | IssueError::Parts(_) => {
            Problem::new(413, "too_large", "Too large", sentence("sizeBytes", &error)).at_field("sizeBytes")
        }
        IssueError::UnsupportedType { .. } => {
            let detail = sentence("mimeType", &error);
            Problem::new(415, "unsupported_media_type", "Unsupported media type", detail).at_field("mimeType")
        }
        IssueError::Deleted => {
            let detail = "The asset was taken down. Who may delete it may ask with \"restore\": true.";
            Problem::new(410, "asset_deleted", "Asset deleted", detail)
        }
        IssueError::Contended => failed(&error),
        IssueError::Store(error) => store_failed(&error),
        IssueError::Repository(error) => repository_failed(&error),
        IssueError::Signing(error) => failed(&error),
    }
}

/// Why an asset can't be shown, as a client is told.
pub(super) fn not_shown(error: ShowError) -> Problem {
    match error {
        ShowError::NotFound | ShowError::NotReadable(_) => {
            Problem::new(404, "asset_not_found", "Asset not found", capitalized(&error.to_string()))
        }
        ShowError::Archived => {
            Problem::new(409, "asset_archived", "Asset archived", capitalized(&error.to_string()))
        }
        ShowError::Repository(error) => repository_failed(&error),
        ShowError::Signing(error) => failed(&error),
    }
}

/// Why nothing is restored, as a client is told.
pub(super) fn not_restored(error: RestoreError) -> Problem {
    match error {
        RestoreError::NotFound | RestoreError::NoOriginal(_) => {
            Problem::new(404, "asset_not_found", "Asset not found", capitalized(&error.to_string()))
        }
        RestoreError::NotArchived => {
            Problem::new(409, "asset_not_archived", "Asset not archived", capitalized(&error.to_string()))
        }
        RestoreError::Store(error) => store_failed(&error),
        RestoreError::Repository(error) => repository_failed(&error),
    }
}

/// Why nothing is taken down, as a client is told.
pub(super) fn not_taken_down(error: TakedownError) -> Problem {
    let detail = capitalized(&error.to_string());
    match error {
        TakedownError::NotFound => Problem::new(404, "asset_not_found", "Asset not found", detail),
        TakedownError::Shared | TakedownError::NotOwner => {
            Problem::new(409, "asset_shared", "Asset of others", detail)
        }
        TakedownError::Contended => failed(&error),
        TakedownError::Store(error) => store_failed(&error),
        TakedownError::Repository(error) => repository_failed(&error),
        TakedownError::Cdn(error) => cdn_failed(&error),
    }
}

/// Why there is no list, as a client is told.
pub(super) fn not_listed(error: ListError) -> Problem {
    match error {
        ListError::Cursor(_) => invalid("cursor", "is not one that this API gave out"),
        ListError::Repository(error) => repository_failed(&error),
    }
}

/// A request that took too long.
#[derive(Debug, thiserror::Error)]
#[error("there was no answer in time")]
struct TooSlow;

/// Nothing came in time, as a client is told.
pub(super) fn too_slow() -> Problem {
    failed(&TooSlow)
}

fn store_failed(error: &StoreError) -> Problem {
    match error {
        StoreError::Denied { .. } => {
            log(error);
            Problem::internal()
        }
        StoreError::NotFound(_)
        | StoreError::Changed(_)
        | StoreError::Archived(_)
        | StoreError::Unavailable { .. } => failed(error),
    }
}

fn repository_failed(error: &RepositoryError) -> Problem {
    match error {
        RepositoryError::Unavailable { .. } => failed(error),
        RepositoryError::Corrupt { .. } => {
            log(error);
            Problem::internal()
        }
    }
}

fn cdn_failed(error: &CdnError) -> Problem {
    match error {
        CdnError::Unavailable { .. } => failed(error),
        CdnError::Denied { .. } => {
            log(error);
            Problem::internal()
        }
    }
}

/// A fault that may be gone at the next try. It is logged here, once, with all its causes; the client learns none.
fn failed(error: &(dyn Error + 'static)) -> Problem {
    log(error);
    Problem::unavailable()
}

fn log(error: &(dyn Error + 'static)) {
    tracing::error!(error.message = with_sources(error), "a request failed on our side");
}

fn sentence(field: &str, error: &IssueError) -> String {
    format!("{field}: {error}")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>() + ".")
        .unwrap_or_default()
}
