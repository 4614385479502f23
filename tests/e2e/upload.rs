use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use harness::{Hashfolio, pictures};
use http::Method;
use serde_json::json;
use shared::hash::ContentHash;

use crate::{system, system_with};

#[tokio::test]
async fn an_original_is_asked_for_uploaded_and_verified() {
    let system = system().await;
    let picture = pictures::jpeg(800, 600, 1);
    let mut ask = Hashfolio::ask_for(&picture, "image/png");
    ask["fileName"] = json!("cat.jpg");
    let asked = system.post("/assets", &ask).await;
    assert_eq!(asked.status, 201);
    assert_eq!(asked.json()["asset"]["state"], "PENDING");
    assert_eq!(system.keys().await, [] as [&str; 0]);

    assert_eq!(system.put(&asked.json()["upload"], picture.clone()).await.status, 200);
    let hash = ContentHash::of(&picture);
    let asset = system.wait_for(&hash, "READY").await["asset"].clone();
    assert_eq!((asset["width"].as_u64(), asset["height"].as_u64()), (Some(800), Some(600)));
    // What was measured replaces what was declared.
    assert_eq!(asset["mimeType"], "image/jpeg");
    assert_eq!(asset["sizeBytes"], picture.len());
    assert_eq!((asset["fileName"].as_str(), asset["createdBy"].as_str()), (Some("cat.jpg"), Some("local")));
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
}

#[tokio::test]
async fn the_record_of_an_asset_has_the_attributes_that_others_read() {
    let system = system().await;
    let hash = system.ready(&pictures::jpeg(40, 30, 2), "image/jpeg").await;
    let item = system.item(&hash).await.unwrap();
    let mut attributes: Vec<&str> = item.keys().map(String::as_str).collect();
    attributes.sort_unstable();
    let expected = [
        "asset_id",
        "content_hash",
        "created_at",
        "created_by",
        "etag",
        "height",
        "mime_type",
        "shard",
        "size_bytes",
        "state",
        "storage_key",
        "updated_at",
        "width",
    ];
    assert_eq!(attributes, expected);
    assert_eq!(item["shard"].as_s().unwrap(), &hash.to_string()[..2]);
    assert_eq!(item["storage_key"].as_s().unwrap(), &format!("raw/{hash}"));
    assert_eq!(item["state"].as_s().unwrap(), "READY");
    assert_eq!(item["width"].as_n().unwrap(), "40");
}

#[tokio::test]
async fn what_waits_for_its_bytes_is_forgotten_a_day_later() {
    let system = system().await;
    let picture = pictures::jpeg(40, 30, 3);
    system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await;
    let ends: i64 = system.attribute(&ContentHash::of(&picture), "expires_at").await.parse().unwrap();
    let minutes = (ends - shared::time::Timestamp::now().epoch_seconds()) / 60;
    assert!((1435..=1440).contains(&minutes), "{minutes} min");
}

#[tokio::test]
async fn what_is_there_needs_no_second_upload() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 4);
    let hash = system.ready(&picture, "image/jpeg").await;
    let again = system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["asset"]["state"], "READY");
    assert_eq!(again.json().get("upload"), None);
    assert_eq!(system.counter("uploads_deduplicated").await, 1);
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
}

#[tokio::test]
async fn another_callers_ask_makes_the_asset_shared() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 5);
    let hash = system.ready(&picture, "image/jpeg").await;
    let ask = Hashfolio::ask_for(&picture, "image/jpeg").to_string();
    let headers = [("content-type", "application/json"), ("x-hashfolio-principal", "bob")];
    let asked = system.http.send(Method::POST, &system.url("/assets"), &headers, ask.into()).await;
    assert_eq!(asked.status, 200);
    assert_eq!(asked.json()["asset"]["createdBy"], "local");
    assert_eq!(system.attribute(&hash, "shared").await, "Bool(true)");
}

#[tokio::test]
async fn of_64_that_ask_at_once_all_may_upload_one_asset() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 6);
    let ask = Hashfolio::ask_for(&picture, "image/jpeg");
    let asks = (0..64).map(|_| system.post("/assets", &ask));
    let answers = futures::future::join_all(asks).await;
    let created: Vec<_> = answers.iter().map(|answer| answer.json()["asset"]["createdAt"].clone()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert!(created.windows(2).all(|pair| pair[0] == pair[1]), "{created:?}");
    let listed = system.get("/assets").await.json();
    assert_eq!(listed["assets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn s3_itself_refuses_other_bytes_than_promised() {
    let system = system().await;
    let (promised, other) = (pictures::jpeg(64, 48, 7), pictures::jpeg(64, 48, 8));
    let ask = system.post("/assets", &Hashfolio::ask_for(&promised, "image/jpeg")).await.json();
    let mut same_length = promised.to_vec();
    *same_length.last_mut().unwrap() ^= 1;
    assert_eq!(system.put(&ask["upload"], same_length.into()).await.status, 400);
    assert!(system.put(&ask["upload"], other).await.status.is_client_error());
    assert_eq!(system.keys().await, [] as [&str; 0]);
    // The offer still stands for the bytes that it was made for.
    assert_eq!(system.put(&ask["upload"], promised.clone()).await.status, 200);
    system.wait_for(&ContentHash::of(&promised), "READY").await;
}

#[tokio::test]
async fn a_changed_signed_header_is_refused() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 9);
    let ask = system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await.json();
    for (header, value) in
        [("content-type", "text/html"), ("x-amz-checksum-sha256", &ContentHash::of(b"x").to_base64())]
    {
        let mut upload = ask["upload"].clone();
        upload["headers"][header] = json!(value);
        assert_eq!(system.put(&upload, picture.clone()).await.status, 403, "{header}");
    }
    assert_eq!(system.keys().await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_upload_that_comes_too_late_is_refused() {
    let system = system_with(&[("UPLOAD_URL_TTL_SECONDS", "1")]).await;
    let picture = pictures::jpeg(64, 48, 10);
    let ask = system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await.json();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(system.put(&ask["upload"], picture).await.status, 403);
    assert_eq!(system.keys().await, [] as [&str; 0]);
}

#[tokio::test]
async fn html_that_is_named_a_jpeg_is_rejected_with_the_reason_and_deleted() {
    let system = system().await;
    let page = Bytes::from_static(b"<!DOCTYPE html><title>not a picture</title>");
    let upload = system.upload(&page, "image/jpeg").await;
    assert_eq!(upload.put.status, 200);
    let asset = system.wait_for(&upload.hash, "REJECTED").await["asset"].clone();
    assert!(asset["reason"].as_str().unwrap().contains("HTML"), "{asset}");
    system.eventually("the object is gone", async || system.keys().await.is_empty()).await;
    assert_eq!(system.counter("uploads_rejected").await, 1);
    // And it may be tried again.
    let again = system.post("/assets", &Hashfolio::ask_for(&page, "image/jpeg")).await;
    assert_eq!((again.status.as_u16(), again.json()["asset"]["state"].as_str()), (201, Some("PENDING")));
}

#[tokio::test]
async fn a_picture_over_the_limit_of_pixels_is_rejected() {
    let system = system_with(&[("MAX_SOURCE_PIXELS", "10000")]).await;
    let upload = system.upload(&pictures::jpeg(200, 51, 11), "image/jpeg").await;
    let asset = system.wait_for(&upload.hash, "REJECTED").await["asset"].clone();
    let reason = asset["reason"].as_str().unwrap();
    assert!(reason.contains("200") && reason.contains("51") && reason.contains("10000"), "{reason}");
}

#[tokio::test]
async fn an_object_that_was_deleted_by_hand_is_asked_for_again() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 12);
    let hash = system.ready(&picture, "image/jpeg").await;
    let delete = system.aws.s3().delete_object().bucket(system.variable("ASSETS_BUCKET"));
    delete.key(format!("raw/{hash}")).send().await.unwrap();
    let asked = system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await;
    assert_eq!((asked.status.as_u16(), asked.json()["asset"]["state"].as_str()), (201, Some("MISSING")));
    assert_eq!(system.attribute(&hash, "state").await, "MISSING");
    assert_eq!(system.put(&asked.json()["upload"], picture).await.status, 200);
    system.wait_for(&hash, "READY").await;
}

#[tokio::test]
async fn a_multipart_upload_by_another_tool_is_hashed_and_adopted() {
    let system = system().await;
    // Noise, so that it is large enough for two parts.
    let noise = image::RgbImage::from_fn(1600, 1600, |x, y| {
        let mixed = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(2_246_822_519)).rotate_left(13);
        let [red, green, blue, _] = mixed.to_le_bytes();
        image::Rgb([red, green, blue])
    });
    let picture = pictures::encoded(&noise.into(), image::ImageFormat::Bmp);
    let hash = ContentHash::of(&picture);
    multipart(&system, &format!("raw/{hash}"), &picture).await;
    let asset = system.wait_for(&hash, "READY").await["asset"].clone();
    assert_eq!((asset["mimeType"].as_str(), asset["width"].as_u64()), (Some("image/bmp"), Some(1600)));
}

async fn multipart(system: &Hashfolio, key: &str, bytes: &Bytes) {
    let (s3, bucket) = (system.aws.s3(), system.variable("ASSETS_BUCKET"));
    let upload = s3.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut parts = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip([bytes.slice(..5 << 20), bytes.slice(5 << 20..)]) {
        let put = s3.upload_part().bucket(bucket).key(key).upload_id(id).part_number(number);
        let put = put.body(part.into()).send().await.unwrap();
        parts = parts.parts(CompletedPart::builder().part_number(number).e_tag(put.e_tag().unwrap()).build());
    }
    let complete = s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(id);
    complete.multipart_upload(parts.build()).send().await.unwrap();
}

#[tokio::test]
async fn an_original_is_downloaded_as_it_was_uploaded() {
    let system = system().await;
    let picture = pictures::jpeg(64, 48, 13);
    let mut ask = Hashfolio::ask_for(&picture, "image/jpeg");
    ask["fileName"] = json!("Grüße.jpg");
    let asked = system.post("/assets", &ask).await.json();
    system.put(&asked["upload"], picture.clone()).await;
    let hash = ContentHash::of(&picture);
    system.wait_for(&hash, "READY").await;
    let id = asked["asset"]["assetId"].as_str().unwrap();
    let redirect = system.get(&format!("/assets/{id}/original")).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("cache-control")), (307, "no-store"));
    let original = system.http.send(Method::GET, redirect.header("location"), &[], Bytes::new()).await;
    assert_eq!((original.status.as_u16(), &original.body), (200, &picture));
    assert_eq!(original.header("content-type"), "image/jpeg");
    assert!(original.header("content-disposition").starts_with("attachment; filename=\"Gr__e.jpg\""));
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let system = system().await;
    let (there, new) = (pictures::jpeg(64, 48, 14), pictures::jpeg(64, 48, 15));
    system.ready(&there, "image/jpeg").await;
    let body = json!({ "assets": [
        Hashfolio::ask_for(&new, "image/jpeg"),
        Hashfolio::ask_for(&there, "image/jpeg"),
        Hashfolio::ask_for(&new, "text/html"),
    ] });
    let answer = system.post("/assets/batch", &body).await;
    let statuses: Vec<_> = answer.json()["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["status"].as_u64().unwrap())
        .collect();
    assert_eq!((answer.status.as_u16(), statuses), (200, vec![201, 200, 415]));
}

#[tokio::test]
async fn a_page_on_this_machine_may_upload_from_a_browser() {
    let system = system().await;
    let origin = ("origin", "http://localhost:5173");
    let preflight = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let api = system.http.send(Method::OPTIONS, &system.url("/assets"), &preflight, Bytes::new()).await;
    assert_eq!(api.header("access-control-allow-origin"), origin.1);
    let picture = pictures::jpeg(64, 48, 16);
    let asked = system.post("/assets", &Hashfolio::ask_for(&picture, "image/jpeg")).await.json();
    let url = asked["upload"]["url"].as_str().unwrap();
    let preflight = [
        origin,
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "content-type,x-amz-checksum-sha256"),
    ];
    let s3 = system.http.send(Method::OPTIONS, url, &preflight, Bytes::new()).await;
    assert_eq!((s3.status.as_u16(), s3.header("access-control-allow-origin")), (200, origin.1));
    let stranger = [("origin", "https://evil.example"), preflight[1], preflight[2]];
    let s3 = system.http.send(Method::OPTIONS, url, &stranger, Bytes::new()).await;
    assert_eq!(s3.status, 403);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_broken_is_told_so() {
    let system = system().await;
    let headers = [("content-type", "application/json")];
    for (body, expected) in [
        (Bytes::from(vec![b' '; 300_000]), (413, "request_too_large")),
        (Bytes::from_static(b"{\"contentHash\""), (400, "invalid_request")),
        (Bytes::from_static(b"\xff\xfe"), (400, "invalid_request")),
        (Bytes::new(), (400, "invalid_request")),
    ] {
        let answer = system.http.send(Method::POST, &system.url("/assets"), &headers, body).await;
        assert_eq!(answer.problem(), (expected.0, expected.1.to_owned()));
    }
}
