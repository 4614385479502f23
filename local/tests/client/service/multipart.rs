//! The store's side of uploads in parts, as far as a client sees it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};
use shared::hash::ContentHash;
use shared::multipart::PartPlan;

use super::{Service, refusal_of_s3};

/// An upload in parts.
#[derive(Debug, Default)]
pub(crate) struct Upload {
    pub(crate) content: String,
    pub(crate) parts: BTreeMap<u32, Bytes>,
}

impl Service {
    /// An offer in parts of 5 MiB: of the upload that is asked for, or else of a new one.
    pub(super) fn offer_in_parts(&self, hash: &ContentHash, ask: &Value) -> Value {
        let size_bytes = ask["sizeBytes"].as_u64().unwrap();
        let plan = PartPlan::new(size_bytes, PartPlan::LEAST_BYTES).unwrap();
        let id = self.seen(|seen| {
            if let Some(id) = ask["resume"]["uploadId"].as_str() {
                seen.resumed += 1;
                return id.to_owned();
            }
            seen.begun += 1;
            let id = format!("upload-{}", seen.begun);
            seen.multipart.insert(id.clone(), Upload { content: hash.to_string(), ..Upload::default() });
            id
        });
        let url = |what: &str| format!("{}/parts/{id}/{what}?X-Amz-Signature=secret", self.address());
        let part = |number| json!({ "number": number, "url": url(&format!("{number}")), "headers": {} });
        json!({
            "kind": "multipart", "uploadId": id, "resumeToken": format!("token of {id}"),
            "partSizeBytes": plan.part_size_bytes(), "parts": (1..=plan.count()).map(part).collect::<Vec<_>>(),
            "completeUrl": url("complete"), "abortUrl": url("abort"), "listUrl": url("list"),
            "expiresAt": "2999-01-01T00:00:00.000Z",
        })
    }

    /// Answers what is asked of an upload; an error breaks the connection.
    pub(super) async fn part_store(
        &self,
        id: &str,
        what: &str,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, &'static str> {
        let method = request.method().clone();
        let body = request.into_body().collect().await.map_err(|_| "cut short")?.to_bytes();
        let Some(content) = self.seen(|seen| seen.multipart.get(id).map(|upload| upload.content.clone()))
        else {
            return Ok(refusal_of_s3(404, "NoSuchUpload"));
        };
        let hash: ContentHash = content.parse().unwrap();
        match (&method, what) {
            (&Method::PUT, number) => self.take_part(&hash, id, number.parse().unwrap(), body),
            (&Method::GET, "list") => Ok(self.list_parts(id)),
            (&Method::POST, "complete") => self.complete(&hash, id, &body),
            (&Method::DELETE, "abort") => {
                self.seen(|seen| {
                    seen.multipart.remove(id);
                    seen.aborted += 1;
                });
                Ok(Response::builder().status(204).body(Full::default()).unwrap())
            }
            _ => Ok(refusal_of_s3(405, "MethodNotAllowed")),
        }
    }

    fn take_part(
        &self,
        hash: &ContentHash,
        id: &str,
        number: u32,
        bytes: Bytes,
    ) -> Result<Response<Full<Bytes>>, &'static str> {
        let sent = self.seen(|seen| {
            seen.parts_sent += 1;
            seen.parts_sent
        });
        match self.script_of(hash).part_faults.get(sent - 1) {
            Some(0) => return Err("broken as scripted"),
            Some(200) | None => {}
            Some(status) => return Ok(refusal_of_s3(*status, "Scripted")),
        }
        let etag = format!("\"{number}-{}\"", bytes.len());
        self.seen(|seen| seen.multipart.get_mut(id).unwrap().parts.insert(number, bytes));
        Ok(Response::builder().header("etag", etag).body(Full::default()).unwrap())
    }

    fn list_parts(&self, id: &str) -> Response<Full<Bytes>> {
        let parts: String = self.seen(|seen| {
            let parts = seen.multipart[id].parts.iter();
            let listed = |(number, bytes): (&u32, &Bytes)| {
                let (etag, size) = (format!("&quot;{number}-{0}&quot;", bytes.len()), bytes.len());
                format!(
                    "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><Size>{size}</Size></Part>"
                )
            };
            parts.map(listed).collect()
        });
        Response::new(Full::from(format!("<ListPartsResult>{parts}</ListPartsResult>")))
    }

    fn complete(
        &self,
        hash: &ContentHash,
        id: &str,
        list: &Bytes,
    ) -> Result<Response<Full<Bytes>>, &'static str> {
        let tried = self.seen(|seen| {
            seen.completions += 1;
            seen.completions
        });
        let fault = self.script_of(hash).completion_faults.get(tried - 1).copied();
        if let Some(status) = fault.filter(|status| *status != 0) {
            return Ok(refusal_of_s3(status, "Scripted"));
        }
        let upload = self.seen(|seen| seen.multipart.remove(id)).unwrap();
        let list = String::from_utf8(list.to_vec()).unwrap();
        let named = |(number, bytes): (&u32, &Bytes)| {
            let etag = format!("<ETag>\"{number}-{}\"</ETag>", bytes.len());
            format!("<Part><PartNumber>{number}</PartNumber>{etag}</Part>")
        };
        let expected: String = upload.parts.iter().map(named).collect();
        assert!(list.contains(&expected), "{list}");
        let whole: Vec<u8> = upload.parts.values().flat_map(|part| part.to_vec()).collect();
        assert_eq!(ContentHash::of(&whole), *hash);
        self.seen(|seen| seen.stored.insert(*hash, whole.len()));
        // It took effect, and nobody hears of it.
        if fault == Some(0) { Err("broken as scripted") } else { Ok(Response::new(Full::default())) }
    }
}
