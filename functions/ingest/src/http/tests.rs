use serde_json::{Value, json};
use shared::asset::{AssetId, AssetState, Principal};
use shared::hash::ContentHash;
use shared::key::ObjectKey;
use shared::media::MediaType;
use shared::memory::{Fault, Faults, Faulty, MemoryAssetRepository, MemoryCdn, MemoryObjectStore};

use super::*;

type Api = IngestApi<
    Faulty<MemoryObjectStore>,
    shared::aws::S3UploadSigner,
    Faulty<MemoryAssetRepository>,
    MemoryCdn,
>;

fn api_with(faults: &Faults) -> Api {
    let store = Faulty::new(MemoryObjectStore::default(), faults);
    let assets = Faulty::new(MemoryAssetRepository::default(), faults);
    let mut config = crate::tests::config();
    config.allowed_origins = vec!["https://app.example".to_owned(), "http://localhost:*".to_owned()];
    IngestApi::new(Ingest::new(store, crate::tests::signer(), assets, MemoryCdn::default(), config))
}

fn api() -> Api {
    api_with(&Faults::none())
}

fn caller(name: &str) -> Caller {
    Caller { principal: Principal::new(name).unwrap(), is_admin: false }
}

fn request(method: &str, path: &str, body: &str) -> Request<Bytes> {
    Request::builder().method(method).uri(path).body(Bytes::from(body.to_owned())).unwrap()
}

async fn answer(api: &Api, request: Request<Bytes>) -> (u16, Value) {
    let Ok(response) = api.respond(request, Some(caller("alice"))).await;
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or(Value::Null))
}

fn ask() -> Value {
    json!({ "contentHash": ContentHash::of(b"x").to_string(), "sizeBytes": 1, "mimeType": "image/png" })
}

#[tokio::test]
async fn an_ask_is_answered_with_the_asset_and_its_upload() {
    let api = api();
    let (status, body) = answer(&api, request("POST", "/assets", &ask().to_string())).await;
    assert_eq!(status, 201);
    assert_eq!(body["asset"]["state"], "PENDING");
    assert_eq!(body["asset"]["createdBy"], "alice");
    assert_eq!(body["asset"].get("width"), None);
    assert_eq!(body["upload"]["method"], "PUT");
    assert_eq!(body["upload"]["headers"]["content-type"], "image/png");
    assert!(body["upload"]["expiresAt"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_wrong_field_is_named_with_what_it_must_be() {
    let cases = [
        (json!([]), "body"),
        (json!({ "contentHash": null }), "contentHash"),
        (json!({ "contentHash": 7 }), "contentHash"),
        (json!({ "contentHash": "ABC" }), "contentHash"),
        (json!({ "sizeBytes": 0 }), "sizeBytes"),
        (json!({ "sizeBytes": -1 }), "sizeBytes"),
        (json!({ "sizeBytes": 1.5 }), "sizeBytes"),
        (json!({ "sizeBytes": "1" }), "sizeBytes"),
        (json!({ "mimeType": "jpeg" }), "mimeType"),
        (json!({ "mimeType": {} }), "mimeType"),
        (json!({ "fileName": "" }), "fileName"),
        (json!({ "fileName": "a\u{0}b" }), "fileName"),
        (json!({ "fileName": "x".repeat(256) }), "fileName"),
        (json!({ "restore": "yes" }), "restore"),
        (json!({ "partSizeBytes": 0 }), "partSizeBytes"),
        (json!({ "partSizeBytes": 5_242_879 }), "partSizeBytes"),
        (json!({ "partSizeBytes": "16 MiB" }), "partSizeBytes"),
        (json!({ "partChecksums": [] }), "partSizeBytes"),
        (json!({ "partSizeBytes": 5_242_880, "partChecksums": [] }), "partChecksums"),
        (json!({ "partSizeBytes": 5_242_880, "partChecksums": {} }), "partChecksums"),
        (json!({ "partSizeBytes": 5_242_880, "partChecksums": ["c2hvcnQ="] }), "partChecksums"),
        (json!({ "partSizeBytes": 5_242_880, "partChecksums": [7] }), "partChecksums"),
        (json!({ "sizeBytes": 5_368_709_120_u64, "partSizeBytes": 5_242_880 }), "partSizeBytes"),
        (json!({ "resume": "abc" }), "resume"),
        (json!({ "resume": { "uploadId": "0f", "resumeToken": "t" } }), "resume"),
        (json!({ "resume": { "uploadId": "0f".repeat(16) } }), "resume"),
    ];
    for (wrong, field) in cases {
        let mut body = ask();
        match wrong.as_object() {
            Some(fields) => body.as_object_mut().unwrap().extend(fields.clone()),
            None => body = wrong,
        }
        let (status, problem) = answer(&api(), request("POST", "/assets", &body.to_string())).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(
            (problem["code"].as_str(), problem["field"].as_str()),
            (Some("invalid_request"), Some(field))
        );
    }
    let (status, problem) = answer(&api(), request("POST", "/assets", "{\"contentHash\":")).await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("invalid_request")));
}

#[tokio::test]
async fn too_large_and_unknown_types_have_answers_of_their_own() {
    for (field, value, status, code) in [
        ("sizeBytes", json!(5_368_709_121_u64), 413, "too_large"),
        ("sizeBytes", json!(1e30), 413, "too_large"),
        ("mimeType", json!("text/html"), 415, "unsupported_media_type"),
        ("mimeType", json!("image/avif"), 415, "unsupported_media_type"),
    ] {
        let mut body = ask();
        body[field] = value;
        let (answered, problem) = answer(&api(), request("POST", "/assets", &body.to_string())).await;
        assert_eq!((answered, problem["code"].as_str()), (status, Some(code)), "{body}");
        assert!(!problem["detail"].as_str().unwrap().contains("octet-stream"), "nobody said so: {problem}");
    }
    let large = " ".repeat(MAX_BODY_BYTES + 1);
    let (status, problem) = answer(&api(), request("POST", "/assets", &large)).await;
    assert_eq!((status, problem["code"].as_str()), (413, Some("request_too_large")));
}

#[tokio::test]
async fn a_batch_answers_each_ask_in_order_as_if_it_came_alone() {
    let mut wrong = ask();
    wrong["sizeBytes"] = json!(-1);
    let body = json!({ "assets": [ask(), wrong, ask(), 7] });
    let (status, body) = answer(&api(), request("POST", "/assets/batch", &body.to_string())).await;
    assert_eq!(status, 200);
    let statuses: Vec<u64> =
        body["results"].as_array().unwrap().iter().map(|entry| entry["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 400, 201, 400]);
    assert_eq!(body["results"][1]["code"], "invalid_request");
    assert_eq!(body["results"][0]["asset"], body["results"][2]["asset"]);
}

#[tokio::test]
async fn a_big_original_is_offered_in_parts() {
    let mut body = ask();
    body["sizeBytes"] = json!(120_000_000);
    let (status, answered) = answer(&api(), request("POST", "/assets", &body.to_string())).await;
    assert_eq!(status, 201);
    let upload = &answered["upload"];
    assert_eq!(
        (upload["kind"].as_str(), upload["partSizeBytes"].as_u64()),
        (Some("multipart"), Some(16 << 20))
    );
    assert_eq!(upload["uploadId"].as_str().unwrap().len(), 32);
    let parts = upload["parts"].as_array().unwrap();
    let numbers: Vec<u64> = parts.iter().map(|part| part["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(parts[0]["headers"], json!({}));
    for url in ["completeUrl", "abortUrl", "listUrl"] {
        assert!(upload[url].as_str().unwrap().contains("uploadId="), "{upload}");
    }
    assert!(upload["expiresAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(upload.get("method"), None);

    body["resume"] = json!({ "uploadId": upload["uploadId"], "resumeToken": upload["resumeToken"] });
    body["partSizeBytes"] = json!(100_000_000);
    body["partChecksums"] = json!([ContentHash::of(b"1").to_base64(), ContentHash::of(b"2").to_base64()]);
    let (status, resumed) = answer(&api(), request("POST", "/assets", &body.to_string())).await;
    assert_eq!((status, &resumed["upload"]["uploadId"]), (201, &upload["uploadId"]));
    assert_eq!(resumed["upload"]["parts"].as_array().unwrap().len(), 2);
    assert_eq!(
        resumed["upload"]["parts"][1]["headers"],
        json!({ "x-amz-checksum-sha256": ContentHash::of(b"2").to_base64() })
    );
}

/// Lambda sends 6 MB at most, and each part takes up to 2 KB of an answer.
#[tokio::test]
async fn a_batch_has_room_for_a_thousand_parts() {
    let mut big = ask();
    big["sizeBytes"] = json!(5_368_709_120_u64);
    let body = json!({ "assets": [big, big, ask(), big, big, ask()] });
    let (status, answered) = answer(&api(), request("POST", "/assets/batch", &body.to_string())).await;
    assert_eq!(status, 200);
    let statuses: Vec<u64> = answered["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 201, 201, 201, 429, 201]);
    assert_eq!(answered["results"][4]["code"], "too_many_parts");
    let (status, _) = answer(&api(), request("POST", "/assets", &big.to_string())).await;
    assert_eq!(status, 201);
}

#[tokio::test]
async fn a_batch_has_at_most_100_asks() {
    for (count, expected) in [(0, 200), (100, 200), (101, 400)] {
        let body = json!({ "assets": vec![ask(); count] });
        let (status, _) = answer(&api(), request("POST", "/assets/batch", &body.to_string())).await;
        assert_eq!(status, expected, "{count}");
    }
}

#[tokio::test]
async fn an_asset_is_shown_by_hash_and_by_id_with_its_variants() {
    let api = api();
    let (_, asked) = answer(&api, request("POST", "/assets", &ask().to_string())).await;
    let hash = asked["asset"]["contentHash"].as_str().unwrap();
    let id = asked["asset"]["assetId"].as_str().unwrap();
    let (status, by_hash) = answer(&api, request("GET", &format!("/assets/{hash}"), "")).await;
    assert_eq!(status, 200);
    assert_eq!(by_hash["asset"], asked["asset"]);
    assert_eq!(
        by_hash["variants"]["urlTemplate"],
        format!("/{hash}/{{width}}x{{height}}/{{quality}}.{{ext}}")
    );
    assert_eq!(by_hash["variants"]["heights"], json!([0, 240, 480, 768, 1080]));
    let srcset = by_hash["variants"]["srcset"].as_str().unwrap();
    assert!(srcset.starts_with(&format!("/{hash}/320x0/80.webp 320w, ")), "{srcset}");
    assert_eq!(answer(&api, request("GET", &format!("/assets/{id}"), "")).await.1, by_hash);
}

#[tokio::test]
async fn an_unknown_or_malformed_name_is_told_apart() {
    let unknown = format!("/assets/{}", ContentHash::of(b"unknown"));
    for (path, status, code) in [
        (unknown.as_str(), 404, "asset_not_found"),
        (&format!("{unknown}/original"), 404, "asset_not_found"),
        ("/assets/cat.jpg", 400, "invalid_request"),
        ("/assets/a/b/c", 404, "not_found"),
        ("/elsewhere", 404, "not_found"),
    ] {
        let (answered, problem) = answer(&api(), request("GET", path, "")).await;
        assert_eq!((answered, problem["code"].as_str()), (status, Some(code)), "{path}");
    }
    let (status, problem) = answer(&api(), request("PUT", "/assets", "")).await;
    assert_eq!((status, problem["code"].as_str()), (405, Some("method_not_allowed")));
    let Ok(refused) = api().respond(request("PUT", "/assets", ""), Some(caller("alice"))).await;
    assert_eq!(refused.headers()["allow"], "GET, POST");
}

#[tokio::test]
async fn the_original_of_an_asset_that_waits_for_its_bytes_is_not_found() {
    let api = api();
    answer(&api, request("POST", "/assets", &ask().to_string())).await;
    let path = format!("/assets/{}/original", ContentHash::of(b"x"));
    let (status, problem) = answer(&api, request("GET", &path, "")).await;
    assert_eq!((status, problem["code"].as_str()), (404, Some("asset_not_found")));
}

#[tokio::test]
async fn a_list_has_the_callers_own_assets_page_by_page() {
    let api = api();
    for content in ["1", "2", "3"] {
        let mut body = ask();
        body["contentHash"] = json!(ContentHash::of(content.as_bytes()).to_string());
        answer(&api, request("POST", "/assets", &body.to_string())).await;
    }
    let (status, first) = answer(&api, request("GET", "/assets?limit=2", "")).await;
    assert_eq!((status, first["assets"].as_array().unwrap().len()), (200, 2));
    let next = format!("/assets?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    let (_, second) = answer(&api, request("GET", &next, "")).await;
    assert_eq!((second["assets"].as_array().unwrap().len(), second.get("nextCursor")), (1, None));
    let Ok(others) = api.respond(request("GET", "/assets", ""), Some(caller("bob"))).await;
    assert_eq!(serde_json::from_slice::<Value>(others.body()).unwrap(), json!({ "assets": [] }));
    for wrong in ["limit=0", "limit=101", "limit=ten", "cursor=made-up"] {
        let (status, problem) = answer(&api, request("GET", &format!("/assets?{wrong}"), "")).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("invalid_request")), "{wrong}");
    }
}

#[tokio::test]
async fn only_what_is_archived_is_restored() {
    let store = MemoryObjectStore::default();
    let assets = MemoryAssetRepository::default();
    let (signer, cdn) = (crate::tests::signer(), MemoryCdn::default());
    let ingest = Ingest::new(store.clone(), signer, assets.clone(), cdn, crate::tests::config());
    let api = IngestApi::new(ingest);
    let restore = async |name: &str| {
        let path = format!("/assets/{name}/restore");
        let Ok(response) = api.respond(request("POST", &path, ""), Some(caller("alice"))).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let said = body["code"].as_str().or(body["asset"]["state"].as_str()).unwrap().to_owned();
        (response.status().as_u16(), said)
    };
    let (bytes, hash) = (Bytes::from_static(b"x"), ContentHash::of(b"x"));
    let key = ObjectKey::Original(hash);
    let not_found = (404, "asset_not_found".to_owned());
    assert_eq!(restore(&hash.to_string()).await, not_found);
    for state in AssetState::ALL {
        assets.seed(crate::tests::asset(hash, state));
        store.remove(&key);
        let may_have_one = matches!(state, AssetState::Ready | AssetState::Archived);
        assert_eq!(restore(&hash.to_string()).await, not_found, "{state}");
        store.put(&key, bytes.clone(), MediaType::Png).await.unwrap();
        let expected = if may_have_one { (409, "asset_not_archived".to_owned()) } else { not_found.clone() };
        assert_eq!(restore(&hash.to_string()).await, expected, "{state}");
        store.archive(&key);
        let expected = if may_have_one { (202, state.to_string()) } else { not_found.clone() };
        assert_eq!(restore(&AssetId::from(&hash).to_string()).await, expected, "{state}");
    }
    assert_eq!(restore("cat.jpg").await, (400, "invalid_request".to_owned()));
    let Ok(wrong) =
        api.respond(request("GET", &format!("/assets/{hash}/restore"), ""), Some(caller("a"))).await;
    assert_eq!(wrong.status(), 405);
}

#[tokio::test]
async fn a_takedown_is_accepted_or_refused_with_a_code_of_its_own() {
    let api = api();
    let delete = async |who: &str, path: &str, body: &str| {
        let Ok(response) = api.respond(request("DELETE", path, body), Some(caller(who))).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let said = body["code"].as_str().or(body["asset"]["state"].as_str()).unwrap().to_owned();
        (response.status().as_u16(), said)
    };
    let path = format!("/assets/{}", ContentHash::of(b"x"));
    let answered = |status: u16, said: &str| (status, said.to_owned());
    assert_eq!(delete("alice", &path, "").await, answered(404, "asset_not_found"));
    assert_eq!(delete("alice", "/assets/cat.jpg", "").await, answered(400, "invalid_request"));
    answer(&api, request("POST", "/assets", &ask().to_string())).await;
    assert_eq!(delete("bob", &path, "").await, answered(409, "asset_shared"));
    for wrong in ["[]", "{\"reason\":7}", "{\"reason\":\"\"}", "{\"reason\":", "\u{0}"] {
        assert_eq!(delete("alice", &path, wrong).await, answered(400, "invalid_request"), "{wrong}");
    }
    let Ok(_) = api.respond(request("POST", "/assets", &ask().to_string()), Some(caller("bob"))).await;
    assert_eq!(delete("alice", &path, "").await, answered(409, "asset_shared"));
    assert_eq!(answer(&api, request("GET", &path, "")).await.1["asset"]["state"], "PENDING");
}

#[tokio::test]
async fn a_takedown_says_who_and_why_and_may_be_repeated() {
    let api = api();
    answer(&api, request("POST", "/assets", &ask().to_string())).await;
    let path = format!("/assets/{}", ContentHash::of(b"x"));
    let (status, first) = answer(&api, request("DELETE", &path, "{\"reason\":\"a claim\"}")).await;
    assert_eq!((status, first["asset"]["state"].as_str()), (202, Some("DELETED")));
    assert_eq!(first["asset"]["reason"], "Taken down by alice: a claim");
    let again = answer(&api, request("DELETE", &path, "{\"reason\":null}")).await;
    assert_eq!(again, (202, first.clone()));
    let (status, shown) = answer(&api, request("GET", &path, "")).await;
    assert_eq!((status, &shown["asset"]), (200, &first["asset"]));
    let (status, problem) = answer(&api, request("POST", "/assets", &ask().to_string())).await;
    assert_eq!((status, problem["code"].as_str()), (410, Some("asset_deleted")));
    let (status, problem) = answer(&api, request("PUT", &path, "")).await;
    assert_eq!((status, problem["detail"].as_str()), (405, Some("This address answers GET, DELETE only.")));
}

#[tokio::test]
async fn nobody_gets_anything_without_being_vouched_for() {
    for (method, path) in [
        ("POST", "/assets"),
        ("GET", "/assets"),
        ("POST", "/assets/batch"),
        ("POST", "/assets/x/restore"),
        ("DELETE", "/assets/x"),
        ("GET", "/x"),
    ] {
        let Ok(response) = api().respond(request(method, path, &ask().to_string()), None).await;
        assert_eq!(response.status(), 401, "{method} {path}");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_a_503_that_tells_nothing_of_its_cause() {
    let api = api_with(&Faults::at(0, Fault::Lost));
    let Ok(response) =
        api.respond(request("POST", "/assets", &ask().to_string()), Some(caller("alice"))).await;
    assert_eq!((response.status().as_u16(), response.headers().get("retry-after").is_some()), (503, true));
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(!text.contains("injected"), "{text}");
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_call_and_no_other() {
    for (origin, allowed) in [
        ("https://app.example", true),
        ("http://localhost:5173", true),
        ("https://app.example.evil", false),
        ("http://localhost", false),
    ] {
        let mut preflight = request("OPTIONS", "/assets", "");
        preflight.headers_mut().insert("origin", origin.parse().unwrap());
        preflight.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
        let Ok(response) = api().respond(preflight, None).await;
        assert_eq!(response.status(), 204);
        let told = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(told, allowed.then_some(origin), "{origin}");
        assert_eq!(response.headers().contains_key("access-control-allow-methods"), allowed);
        assert_eq!(response.headers()["vary"], "Origin");
    }
}
