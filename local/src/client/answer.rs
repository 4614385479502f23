//! The JSON of the ingest API: what is asked, and what comes back.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::asset::{AssetId, AssetState};
use shared::hash::ContentHash;
use shared::media::MediaType;
use shared::time::Timestamp;

use super::problem::Problem;
use super::text;

/// A wish to upload one asset.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ask {
    /// The SHA-256 of the bytes.
    #[serde(with = "text")]
    pub content_hash: ContentHash,
    /// How many bytes there are.
    pub size_bytes: u64,
    /// What they seem to be.
    #[serde(with = "text")]
    pub mime_type: MediaType,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// How many bytes each part is to have, should it go in parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_size_bytes: Option<u64>,
    /// The SHA-256 of each such part, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part_checksums: Option<Vec<String>>,
    /// Which upload in parts to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

impl Ask {
    /// Asks to go on with an upload whose parts have this size. What is known of parts of another size is of no use.
    pub(crate) fn go_on_with(&mut self, resume: Resume, part_size_bytes: u64) {
        if self.part_size_bytes != Some(part_size_bytes) {
            self.part_checksums = None;
        }
        self.part_size_bytes = Some(part_size_bytes);
        self.resume = Some(resume);
    }
}

/// Names an upload in parts that was offered before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    /// The API's name for it.
    pub upload_id: String,
    /// What the API needs beside it.
    pub resume_token: String,
}

/// An asset as the API shows it. Fields that this client doesn't know are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// Its identifier.
    #[serde(with = "text")]
    pub asset_id: AssetId,
    /// The SHA-256 of its bytes.
    #[serde(with = "text")]
    pub content_hash: ContentHash,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Its media type.
    pub mime_type: String,
    /// Where it stands in its life.
    #[serde(with = "text")]
    pub state: AssetState,
    /// Width of the upright picture in pixels, once verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height of the upright picture in pixels, once verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked for it first.
    pub created_by: String,
    /// When it was first asked for (RFC 3339).
    pub created_at: String,
    /// When it was last written (RFC 3339).
    pub updated_at: String,
    /// Whatever else the API says of it.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The permission to upload one asset's bytes.
#[derive(Debug, Clone)]
pub enum Offer {
    /// In one request.
    Whole(WholeOffer),
    /// In parts.
    InParts(PartsOffer),
}

/// The permission to upload one asset's bytes in one request.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WholeOffer {
    /// The HTTP method to use.
    pub method: String,
    /// Where to send the bytes. Whoever has it may upload: it is never logged.
    pub url: String,
    /// The headers to send with them, exactly.
    pub headers: BTreeMap<String, String>,
    /// When it ends.
    #[serde(with = "text")]
    pub expires_at: Timestamp,
}

impl fmt::Debug for WholeOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WholeOffer").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The permission to upload one asset's bytes in parts. Whoever has one of its URLs may use it: none is ever logged.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartsOffer {
    /// What to ask with to go on with it later.
    #[serde(flatten)]
    pub resume: Resume,
    /// How many bytes each part has, but for the last.
    pub part_size_bytes: u64,
    /// The parts, in order.
    pub parts: Vec<PartOffer>,
    /// Where to say that the parts are all there.
    pub complete_url: String,
    /// Where to give the upload up.
    pub abort_url: String,
    /// Where to see which parts are there.
    pub list_url: String,
    /// When all that ends.
    #[serde(with = "text")]
    pub expires_at: Timestamp,
}

/// The permission to upload one part.
#[derive(Clone, Deserialize)]
pub struct PartOffer {
    /// Its number, from 1.
    pub number: u32,
    /// Where to PUT its bytes.
    pub url: String,
    /// The headers to send with them, exactly.
    pub headers: BTreeMap<String, String>,
}

impl fmt::Debug for PartsOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PartsOffer");
        shown.field("parts", &self.parts.len()).field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for PartOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartOffer").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Offer {
    /// When it ends.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::Whole(offer) => offer.expires_at,
            Self::InParts(offer) => offer.expires_at,
        }
    }

    fn read(upload: Value) -> serde_json::Result<Self> {
        match upload.get("kind").and_then(Value::as_str) {
            Some("multipart") => serde_json::from_value(upload).map(Self::InParts),
            _ => serde_json::from_value(upload).map(Self::Whole),
        }
    }
}

/// What the API says to an [`Ask`].
#[derive(Debug, Clone)]
pub enum Answer {
    /// The bytes are there: nothing is to be uploaded.
    Present(Asset),
    /// The bytes are to be uploaded.
    Upload(Offer),
    /// The asset is not wanted, for this reason.
    Refused(Problem),
}

impl Answer {
    /// Reads the body that came with a status; the error says what is wrong with it.
    pub(super) fn read(status: u16, body: Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Present {
            asset: Asset,
        }
        #[derive(Deserialize)]
        struct Upload {
            upload: Value,
        }
        match status {
            200 => serde_json::from_value(body).map(|Present { asset }| Self::Present(asset)),
            201 => serde_json::from_value(body)
                .and_then(|Upload { upload }| Offer::read(upload).map(Self::Upload)),
            _ => serde_json::from_value(body).map(|problem| Self::Refused(Problem { status, ..problem })),
        }
        .map_err(|fault| format!("with status {status}: {fault}"))
    }
}

/// The body of a batch of asks.
#[derive(Debug, Serialize)]
pub(super) struct BatchAsk<'a> {
    pub(super) assets: &'a [Ask],
}

/// The answers to a batch of asks.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    results: Vec<BatchResult>,
}

#[derive(Debug, Deserialize)]
struct BatchResult {
    status: u16,
    #[serde(flatten)]
    body: Map<String, Value>,
}

impl Batch {
    pub(super) fn answers(self) -> Result<Vec<Answer>, String> {
        let read = |result: BatchResult| Answer::read(result.status, Value::Object(result.body));
        self.results.into_iter().map(read).collect()
    }
}

/// One page of a listing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The assets, newest first.
    pub assets: Vec<Asset>,
    /// Where the next page starts; none on the last page.
    pub next_cursor: Option<String>,
}

/// One asset and the ways to see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shown {
    /// The asset.
    pub asset: Asset,
    /// Its variants.
    pub variants: Variants,
}

/// Which variants of an asset may be asked for. Paths have no host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variants {
    /// The path of every variant, with `{width}`, `{height}`, `{quality}` and `{ext}` to be filled in.
    pub url_template: String,
    /// Widths in pixels.
    pub widths: Vec<u32>,
    /// Heights in pixels; 0 lets the height follow from the width.
    pub heights: Vec<u32>,
    /// Qualities in percent.
    pub qualities: Vec<u8>,
    /// File extensions.
    pub formats: Vec<String>,
    /// The value of an `<img>`'s `srcset`.
    pub srcset: String,
}

impl Variants {
    /// The path of one variant that most pages can use: the whole picture about 640 pixels wide, as WebP if possible.
    /// `None` when the lists are empty.
    pub fn sample_path(&self) -> Option<String> {
        let width = self.widths.iter().min_by_key(|width| width.abs_diff(640))?;
        let quality = self.qualities.iter().min_by_key(|quality| quality.abs_diff(80))?;
        let ext = self.formats.iter().find(|ext| *ext == "webp").or(self.formats.first())?;
        let filled = [
            ("{width}", width.to_string()),
            ("{height}", "0".to_owned()),
            ("{quality}", quality.to_string()),
            ("{ext}", ext.clone()),
        ];
        Some(filled.iter().fold(self.url_template.clone(), |path, (name, value)| path.replace(name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_variant_of_the_lists() {
        let variants = |widths: &[u32], formats: &[&str]| Variants {
            url_template: "/ab/{width}x{height}/{quality}.{ext}".to_owned(),
            widths: widths.to_vec(),
            heights: vec![0],
            qualities: vec![50, 75, 90],
            formats: formats.iter().map(|ext| (*ext).to_owned()).collect(),
            srcset: String::new(),
        };
        assert_eq!(variants(&[320, 640], &["jpg", "webp"]).sample_path().unwrap(), "/ab/640x0/75.webp");
        assert_eq!(variants(&[1920], &["png"]).sample_path().unwrap(), "/ab/1920x0/75.png");
        assert_eq!(variants(&[], &["png"]).sample_path(), None);
    }

    #[test]
    fn an_offer_is_not_shown_in_logs() {
        let whole = serde_json::json!({
            "method": "PUT", "url": "http://store/raw?X-Amz-Signature=secret", "headers": {},
            "expiresAt": "2026-11-23T09:30:00Z",
        });
        let parts = serde_json::json!({
            "kind": "multipart", "uploadId": "secret", "resumeToken": "secret", "partSizeBytes": 1,
            "parts": [{ "number": 1, "url": "http://store/1?secret", "headers": { "x": "secret" } }],
            "completeUrl": "http://store/?secret", "abortUrl": "http://store/?secret",
            "listUrl": "http://store/?secret", "expiresAt": "2026-11-23T09:30:00Z",
        });
        for upload in [whole, parts] {
            let offer = Offer::read(upload).unwrap();
            assert!(!format!("{offer:?}").contains("secret"), "{offer:?}");
            assert_eq!(offer.expires_at(), "2026-11-23T09:30:00Z".parse().unwrap());
        }
    }
}
