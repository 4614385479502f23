//! An ingest API and a store on loopback that behave as each test scripts it.

mod multipart;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use local::client::Api;
use serde_json::{Value, json};
use shared::asset::AssetId;
use shared::hash::ContentHash;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How the service treats one content.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that may befall one content")]
pub(super) struct Script {
    /// It is READY before anybody asks.
    pub(super) present: bool,
    /// Asks for it are answered with these problems first, then accepted (the last one forever, if `for_good`).
    pub(super) refusals: Vec<u16>,
    pub(super) for_good: bool,
    /// Its uploads are answered with these statuses first; 0 breaks the connection.
    pub(super) upload_faults: Vec<u16>,
    /// How many looks at it, once uploaded, show it PENDING.
    pub(super) pending_looks: usize,
    /// It is REJECTED with this reason, once uploaded.
    pub(super) rejected: Option<&'static str>,
    /// It is offered in parts of 5 MiB.
    pub(super) in_parts: bool,
    /// Its parts are answered with these statuses first; 0 breaks the connection, and 200 is as if nothing were said.
    pub(super) part_faults: Vec<u16>,
    /// Its completions are answered with these statuses and an error first; 0 takes effect and breaks the connection.
    pub(super) completion_faults: Vec<u16>,
    /// When it is first asked for, this file gets these bytes; and keeps its time of modification, if so said.
    pub(super) rewrite: Option<(PathBuf, Vec<u8>)>,
    pub(super) rewrite_keeps_time: bool,
}

/// What the service has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) batches: Vec<usize>,
    pub(super) asks: HashMap<ContentHash, usize>,
    pub(super) uploads: HashMap<ContentHash, usize>,
    pub(super) looks: HashMap<ContentHash, usize>,
    pub(super) stored: HashMap<ContentHash, usize>,
    pub(super) multipart: HashMap<String, multipart::Upload>,
    pub(super) begun: usize,
    pub(super) resumed: usize,
    pub(super) aborted: usize,
    pub(super) parts_sent: usize,
    pub(super) completions: usize,
    pub(super) api_tokens: Vec<Option<String>>,
    pub(super) store_tokens: Vec<Option<String>>,
    /// How many whole batches are still to be answered with 500.
    pub(super) batch_faults: usize,
    /// The caller is not let in.
    pub(super) closed: bool,
    /// How many assets the caller has, for listings.
    pub(super) listed: usize,
}

/// The service, and the client of it.
#[derive(Debug, Clone)]
pub(super) struct Service {
    address: String,
    scripts: Arc<Mutex<HashMap<ContentHash, Script>>>,
    seen: Arc<Mutex<Seen>>,
    gone: CancellationToken,
}

impl Service {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let service =
            Self { address, scripts: Arc::default(), seen: Arc::default(), gone: CancellationToken::new() };
        let serving = service.clone();
        tokio::spawn(async move {
            let gone = serving.gone.clone();
            while let Some(Ok((connection, _))) = gone.run_until_cancelled(listener.accept()).await {
                let service = serving.clone();
                let answer = hyper::service::service_fn(move |request| {
                    let service = service.clone();
                    async move { service.answer(request).await }
                });
                let serve = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(connection), answer);
                let gone = gone.clone();
                tokio::spawn(async move { gone.run_until_cancelled(serve).await });
            }
        });
        service
    }

    pub(super) fn api(&self) -> Api {
        Api::new(self.address.parse().unwrap(), Some("secret")).unwrap()
    }

    /// Ends as a process does that is killed: nobody is at the address any more.
    pub(super) fn go_away(&self) {
        self.gone.cancel();
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn script(&self, content: &[u8], script: Script) {
        self.scripts.lock().unwrap().insert(ContentHash::of(content), script);
    }

    pub(super) fn seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.seen.lock().unwrap())
    }

    fn script_of(&self, hash: &ContentHash) -> Script {
        self.scripts.lock().unwrap().get(hash).cloned().unwrap_or_default()
    }

    /// Answers a request; an error breaks the connection.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, &'static str> {
        let path = request.uri().path().to_owned();
        let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
        let token = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        if let ["store", key] = steps[..] {
            self.seen(|seen| seen.store_tokens.push(token));
            return self.store(key.parse().unwrap(), request).await;
        }
        if let ["parts", id, what] = steps[..] {
            return self.part_store(id, what, request).await;
        }
        let closed = self.seen(|seen| {
            seen.api_tokens.push(token);
            seen.closed
        });
        if closed {
            return Ok(problem(401, "unauthenticated", "who are you?"));
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        Ok(match (request.method().clone(), &steps[..]) {
            (Method::GET, ["assets"]) => self.list(&query),
            (Method::GET, ["assets", hash]) => self.show(hash),
            (Method::POST, ["assets"]) => {
                let (status, body) = self.ask(&read_json(request).await);
                respond(status, &body)
            }
            (Method::POST, ["assets", "batch"]) => self.ask_batch(&read_json(request).await),
            _ => problem(404, "no_such_route", "there is no such route"),
        })
    }

    fn ask_batch(&self, body: &Value) -> Response<Full<Bytes>> {
        let asks = body["assets"].as_array().unwrap();
        let faulty = self.seen(|seen| {
            seen.batches.push(asks.len());
            seen.batch_faults.checked_sub(1).map(|left| seen.batch_faults = left).is_some()
        });
        if faulty {
            return problem(500, "internal_error", "something went wrong");
        }
        let results: Vec<Value> = asks
            .iter()
            .map(|ask| {
                let (status, mut body) = self.ask(ask);
                body["status"] = json!(status);
                body
            })
            .collect();
        respond(200, &json!({ "results": results }))
    }

    fn ask(&self, ask: &Value) -> (u16, Value) {
        let hash: ContentHash = ask["contentHash"].as_str().unwrap().parse().unwrap();
        let script = self.script_of(&hash);
        let asks = self.seen(|seen| {
            let asks = seen.asks.entry(hash).or_default();
            *asks += 1;
            *asks
        });
        if let (1, Some((path, bytes))) = (asks, &script.rewrite) {
            rewrite(path, bytes, script.rewrite_keeps_time);
        }
        let refusal = match (script.refusals.get(asks - 1), script.refusals.last()) {
            (None, Some(last)) if script.for_good => Some(*last),
            (now, _) => now.copied(),
        };
        if let Some(status) = refusal {
            let detail = format!("{} is not wanted", ask["mimeType"].as_str().unwrap());
            return (
                status,
                json!({"status": status, "code": "not_wanted", "title": "No", "detail": detail}),
            );
        }
        let stored = self.seen(|seen| seen.stored.contains_key(&hash));
        if script.present || stored {
            return (200, json!({"asset": asset(&hash, "READY")}));
        }
        if script.in_parts {
            let upload = self.offer_in_parts(&hash, ask);
            return (201, json!({"asset": asset(&hash, "PENDING"), "upload": upload}));
        }
        let upload = json!({
            "method": "PUT",
            "url": format!("{}/store/{hash}?X-Amz-Signature=secret", self.address),
            "headers": {"content-type": ask["mimeType"], "x-amz-checksum-sha256": hash.to_base64()},
            "expiresAt": "2999-01-01T00:00:00.000Z",
        });
        (201, json!({"asset": asset(&hash, "PENDING"), "upload": upload}))
    }

    async fn store(
        &self,
        key: ContentHash,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, &'static str> {
        let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-amz-checksum-sha256"), key.to_base64());
        assert!(!header(CONTENT_TYPE.as_str()).is_empty());
        let promised: usize = header(CONTENT_LENGTH.as_str()).parse().unwrap();
        let uploads = self.seen(|seen| {
            let uploads = seen.uploads.entry(key).or_default();
            *uploads += 1;
            *uploads
        });
        let body = request.into_body().collect().await.map_err(|_| "cut short")?.to_bytes();
        match self.script_of(&key).upload_faults.get(uploads - 1) {
            Some(0) => return Err("broken as scripted"),
            Some(status) => return Ok(refusal_of_s3(*status, "Scripted")),
            None => {}
        }
        if body.len() != promised || ContentHash::of(&body) != key {
            return Ok(refusal_of_s3(400, "BadDigest"));
        }
        self.seen(|seen| seen.stored.insert(key, body.len()));
        Ok(Response::new(Full::default()))
    }

    fn show(&self, name: &str) -> Response<Full<Bytes>> {
        let Ok(hash) = name.parse::<ContentHash>() else {
            return problem(404, "asset_not_found", "there is no such asset");
        };
        let script = self.script_of(&hash);
        let (stored, looks) = self.seen(|seen| {
            let looks = seen.looks.entry(hash).or_default();
            *looks += 1;
            (seen.stored.contains_key(&hash), *looks)
        });
        let state = match (stored || script.present, script.rejected) {
            (false, _) => return problem(404, "asset_not_found", "there is no such asset"),
            (true, _) if looks <= script.pending_looks => "PENDING",
            (true, Some(_)) => "REJECTED",
            (true, None) => "READY",
        };
        let mut asset = asset(&hash, state);
        if let ("REJECTED", Some(reason)) = (state, script.rejected) {
            asset["reason"] = json!(reason);
        }
        let variants = json!({
            "urlTemplate": format!("/{hash}/{{width}}x{{height}}/{{quality}}.{{ext}}"),
            "widths": [320, 640], "heights": [0, 240], "qualities": [70, 80], "formats": ["webp", "jpg"],
            "srcset": format!("/{hash}/320x0/80.auto 320w, /{hash}/640x0/80.auto 640w"),
        });
        respond(200, &json!({"asset": asset, "variants": variants}))
    }

    /// Lists assets by number, with the number of the next one as cursor.
    fn list(&self, query: &str) -> Response<Full<Bytes>> {
        let value = |name: &str| {
            let of =
                |pair: &str| pair.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')?.parse().ok());
            query.split('&').find_map(of)
        };
        let (limit, start): (usize, usize) = (value("limit").unwrap(), value("cursor").unwrap_or(0));
        let listed = self.seen(|seen| seen.listed);
        let end = listed.min(start + limit);
        let hash = |number: usize| ContentHash::of(number.to_string().as_bytes());
        let assets: Vec<Value> = (start..end).map(|number| asset(&hash(number), "READY")).collect();
        let mut page = json!({ "assets": assets });
        if end < listed {
            page["nextCursor"] = json!(end.to_string());
        }
        respond(200, &page)
    }
}

fn rewrite(path: &PathBuf, bytes: &[u8], keep_time: bool) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, bytes).unwrap();
    if keep_time {
        fs::File::options().append(true).open(path).unwrap().set_modified(modified).unwrap();
    }
}

fn asset(hash: &ContentHash, state: &str) -> Value {
    json!({
        "assetId": AssetId::from(hash).to_string(), "contentHash": hash.to_string(), "sizeBytes": 5,
        "mimeType": "image/gif", "state": state, "width": 8, "height": 6, "fileName": "picture\u{1b}.gif",
        "createdBy": "local", "createdAt": "2026-11-23T09:30:00.000Z", "updatedAt": "2026-11-23T09:30:00.000Z",
        "storageClass": "STANDARD",
    })
}

async fn read_json(request: Request<Incoming>) -> Value {
    serde_json::from_slice(&request.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

fn respond(status: u16, body: &Value) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(body.to_string())).unwrap()
}

fn problem(status: u16, code: &str, detail: &str) -> Response<Full<Bytes>> {
    respond(status, &json!({"status": status, "code": code, "title": "A problem", "detail": detail}))
}

fn refusal_of_s3(status: u16, code: &str) -> Response<Full<Bytes>> {
    let xml =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>S3 says no</Message></Error>");
    Response::builder().status(status).body(Full::from(xml)).unwrap()
}
