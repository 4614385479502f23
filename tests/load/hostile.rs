//! Requests, headers, bodies and events that nobody means well with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use clap::Args;
use harness::{Hashfolio, HttpClient, pictures};
use http::Method;
use serde_json::{Value, json};
use shared::hash::ContentHash;
use shared::runtime::Environment;
use tokio::sync::Mutex;
use verify::{Config, S3Event, Verify};

use crate::process::{memory, start};
use crate::random::Random;

/// How many clients send at one time.
const CLIENTS: u64 = 16;

/// How much memory may come on top: what caches of connections and of the allocator take. A leak of 1 KB a request
/// would be 100 MB.
const GROWTH_MB: u64 = 64;

#[derive(Debug, Args)]
pub(crate) struct HostileArgs {
    /// How many requests and events
    #[arg(long, default_value_t = 100_000)]
    requests: u64,
    /// What they are made of
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    statuses: BTreeMap<u16, u64>,
    /// Requests that ended in a 5xx or not at all.
    faults: Vec<String>,
}

pub(crate) async fn run(args: &HostileArgs) -> bool {
    let system = Arc::new(start().await);
    let hash = system.ready(&pictures::jpeg(800, 600, 1), "image/jpeg").await;
    let outcome = Arc::new(Mutex::new(Outcome::default()));
    let left = Arc::new(AtomicU64::new(args.requests));
    // A tenth of them first: what is allocated once is allocated then.
    let warm = args.requests - args.requests / 10;
    let clients = (0..CLIENTS).map(|client| {
        let (system, outcome, left) = (Arc::clone(&system), Arc::clone(&outcome), Arc::clone(&left));
        let random = Random::new(args.seed.wrapping_mul(CLIENTS) + client);
        tokio::spawn(attack(system, hash, random, left, outcome))
    });
    let clients: Vec<_> = clients.collect();
    while left.load(Ordering::Relaxed) > warm {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let before = memory(system.process_id());
    for client in clients {
        client.await.unwrap();
    }
    let after = memory(system.process_id());
    let outcome = outcome.lock().await;
    println!("{} requests and events: {:?}", args.requests, outcome.statuses);
    println!("memory: {} MB after a tenth, {} MB in the end", before.now_mb, after.now_mb);
    for fault in outcome.faults.iter().take(20) {
        println!("FAULT {fault}");
    }
    // The crowd may have taken the first picture down: whoever means well is served all the same.
    let fresh = system.ready(&pictures::jpeg(640, 480, 2), "image/jpeg").await;
    let alive = system.get(&format!("/{fresh}/320x240/80.webp")).await.status == 200;
    alive && outcome.faults.is_empty() && after.now_mb <= before.now_mb + GROWTH_MB
}

async fn attack(
    system: Arc<Hashfolio>,
    hash: ContentHash,
    mut random: Random,
    left: Arc<AtomicU64>,
    outcome: Arc<Mutex<Outcome>>,
) {
    let client = HttpClient::default();
    let variables = system.variables().clone();
    let lookup = move |name: &str| variables.get(name).cloned();
    let store = system.aws.object_store(system.variable("ASSETS_BUCKET"));
    let assets = system.aws.asset_repository(system.variable("ASSETS_TABLE"));
    let verify = Verify::new(store, assets, Config::from_env(&Environment::new(&lookup)).unwrap());
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        if random.percent(10) {
            let event = event(&mut random, &hash);
            let handled = verify.handle(S3Event::from(event.clone())).await;
            let fault = handled.err().map(|error| format!("event {event}: {error}"));
            outcome.lock().await.faults.extend(fault);
            continue;
        }
        let (method, path, headers, body) = request(&mut random, &hash);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let url = system.url(&path);
        let mut answer = client.try_send(method.clone(), &url, &headers, body.clone()).await;
        if answer.is_err() {
            // A server may close a connection whose last body it refused to read, while the next request is on its way.
            answer = HttpClient::default().try_send(method.clone(), &url, &headers, body).await;
        }
        let mut outcome = outcome.lock().await;
        match answer {
            Ok(answer) => {
                let status = answer.status.as_u16();
                *outcome.statuses.entry(status).or_default() += 1;
                if status >= 500 {
                    outcome.faults.push(format!("{method} {path}: {status}"));
                }
            }
            // An address that no client would send never left.
            Err(error) if error.contains("invalid") => *outcome.statuses.entry(0).or_default() += 1,
            Err(error) => outcome.faults.push(format!("{method} {path}: {error}")),
        }
    }
}

type Request = (Method, String, Vec<(&'static str, String)>, Bytes);

fn request(random: &mut Random, hash: &ContentHash) -> Request {
    let method =
        random.pick(&["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"]);
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let path = path(random, hash);
    let mut headers = Vec::new();
    for name in ["accept", "if-none-match", "range", "x-hashfolio-principal", "origin", "content-type"] {
        if random.percent(20) {
            headers.push((name, text(random, 200)));
        }
    }
    let body = if matches!(method, Method::GET | Method::HEAD) { Bytes::new() } else { body(random, hash) };
    (method, path, headers, body)
}

/// Paths that are nearly right, and some that are nothing at all.
fn path(random: &mut Random, hash: &ContentHash) -> String {
    // Nobody's hash, and never the same twice.
    let stranger = ContentHash::of(&random.next().to_le_bytes());
    let hash = if random.percent(30) { hash.to_string() } else { stranger.to_string() };
    let size = random.pick(&[
        "320x240",
        "640x480",
        "641x480",
        "0x0",
        "99999999999x1",
        "-1x2",
        "320x",
        "1920x0",
        "%33",
    ]);
    let quality = random.pick(&["80", "080", "9", "101", "8e1", "", "75"]);
    let extension = random.pick(&["webp", "jpg", "png", "avif", "auto", "WEBP", "gif", "exe", ""]);
    let path = match random.below(10) {
        0 => format!("/assets/{hash}"),
        1 => format!("/assets/{}", encoded(&text(random, 80))),
        2 => format!("/assets/{hash}/{}", random.pick(&["original", "restore", "..", "original/original"])),
        3 => random
            .pick(&["/assets", "/assets/batch", "/assets/", "//assets", "/usage", "/endpoints.env/.."])
            .to_owned(),
        4 => format!("/{}", encoded(&text(random, 400))),
        5 => format!("/{}/{size}/{quality}.{extension}", hash.to_uppercase()),
        _ => format!("/{hash}/{size}/{quality}.{extension}"),
    };
    if random.percent(20) { format!("{path}?{}", encoded(&text(random, 200))) } else { path }
}

/// A body that may be JSON, and an ask, nearly.
fn body(random: &mut Random, hash: &ContentHash) -> Bytes {
    let ask = |random: &mut Random| {
        let hash = if random.percent(50) { hash.to_string() } else { text(random, 70) };
        let mut ask = json!({
            "contentHash": hash,
            "sizeBytes": random.pick(&[&json!(7), &json!(-7), &json!(1e300), &json!("7"), &Value::Null, &json!([])]),
            "mimeType": random.pick(&["image/jpeg", "image/avif", "text/html", "", "image/jpeg; x=y"]),
        });
        if random.percent(30) {
            ask[random.pick(&["fileName", "restore", "partSizeBytes", "__proto__"])] =
                json!(text(random, 300));
        }
        ask
    };
    match random.below(6) {
        0 => Bytes::from(text(random, 1000)),
        1 => Bytes::from(vec![0xff; random.below(2000)]),
        // Deeper than any parser should follow.
        2 => Bytes::from("[".repeat(random.below(20_000))),
        3 => {
            let asks: Vec<Value> = (0..random.below(130)).map(|_| ask(random)).collect();
            Bytes::from(json!({ "assets": asks }).to_string())
        }
        4 => Bytes::from(vec![b' '; 300 * 1024]),
        _ => Bytes::from(ask(random).to_string()),
    }
}

/// An S3 event, nearly.
fn event(random: &mut Random, hash: &ContentHash) -> Value {
    let records = (0..random.below(5)).map(|_| {
        let key = match random.below(6) {
            0 => format!("raw/{hash}"),
            1 => format!("raw/{}", ContentHash::of(&random.next().to_le_bytes())),
            2 => format!("incoming/{}", encoded(&text(random, 60))),
            3 => format!("incoming/.parts/{hash}/{}", text(random, 9)),
            4 => "%ff%fe".to_owned(),
            _ => text(random, 2000),
        };
        let bucket = random.pick(&["hashfolio-assets", "hashfolio-assets", "another", ""]);
        let name = random.pick(&["ObjectCreated:Put", "ObjectRemoved:Delete", "", "ObjectCreated:"]);
        match random.below(8) {
            0 => json!(null),
            1 => json!({ "s3": 7 }),
            2 => json!({ "s3": { "bucket": { "name": bucket }, "object": {} } }),
            _ => {
                json!({ "eventName": name, "s3": { "bucket": { "name": bucket }, "object": { "key": key } } })
            }
        }
    });
    let records: Vec<Value> = records.collect();
    match random.below(8) {
        0 => json!({ "Records": "none" }),
        1 => json!([records]),
        2 => json!(null),
        _ => json!({ "Records": records }),
    }
}

/// Text of any characters that a header may have.
fn text(random: &mut Random, longest: usize) -> String {
    let pieces = [
        "a", "0", "../", "'", "\"", "<script>", "%00", ";", "é", " ", "\t", "{}", "$(id)", "W/", "*", ",",
        "=", "q=2",
    ];
    let mut text = String::new();
    for _ in 0..random.below(longest / 2) {
        text += random.pick(&pieces);
    }
    text.trim().to_owned()
}

/// The text as an address has it.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0' | b'%' | b'.' | b'/' | b';' | b'=' | b',' | b'*' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
