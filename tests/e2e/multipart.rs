use bytes::Bytes;
use harness::{Answer, Hashfolio, pictures};
use http::Method;
use serde_json::{Value, json};
use shared::hash::ContentHash;
use tempfile::TempDir;

use crate::{system, system_with};

const MIB: usize = 1 << 20;

/// Of what is larger than this, the tests' systems want parts.
const THRESHOLD: (&str, &str) = ("MULTIPART_THRESHOLD_BYTES", "1048576");

/// A picture that needs three parts of 5 MiB.
fn big_picture(seed: u32) -> Bytes {
    let file = tempfile::NamedTempFile::new().unwrap();
    pictures::write_large_bmp(file.path(), 12 << 20, seed).unwrap();
    std::fs::read(file.path()).unwrap().into()
}

/// The body of an ask for these bytes, whose parts are known.
fn ask_in_parts(bytes: &Bytes) -> Value {
    let mut ask = Hashfolio::ask_for(bytes, "image/bmp");
    ask["partSizeBytes"] = json!(5 * MIB);
    let sums: Vec<String> = bytes.chunks(5 * MIB).map(|part| ContentHash::of(part).to_base64()).collect();
    ask["partChecksums"] = json!(sums);
    ask
}

async fn offer(system: &Hashfolio, ask: &Value) -> Value {
    let asked = system.post("/assets", ask).await;
    assert_eq!(asked.status, 201, "{asked:?}");
    let upload = asked.json()["upload"].clone();
    assert_eq!(upload["kind"], "multipart", "{upload}");
    upload
}

/// Sends the part with an index, from 0.
async fn send(system: &Hashfolio, upload: &Value, index: usize, bytes: &Bytes) -> Answer {
    let mut part = upload["parts"][index].clone();
    part["method"] = json!("PUT");
    let range = index * 5 * MIB..bytes.len().min((index + 1) * 5 * MIB);
    system.put(&part, bytes.slice(range)).await
}

async fn send_all(system: &Hashfolio, upload: &Value, bytes: &Bytes) -> Vec<Answer> {
    let mut answers = Vec::new();
    for index in 0..3 {
        let sent = send(system, upload, index, bytes).await;
        assert_eq!(sent.status, 200, "{sent:?}");
        answers.push(sent);
    }
    answers
}

/// Has the parts put together that were answered so.
async fn complete(system: &Hashfolio, upload: &Value, parts: &[Answer]) -> Answer {
    let listed = |(number, part): (usize, &Answer)| {
        let sum = part.headers.get("x-amz-checksum-sha256").map(|sum| sum.to_str().unwrap());
        let sum = sum.map_or(String::new(), |sum| format!("<ChecksumSHA256>{sum}</ChecksumSHA256>"));
        let etag = part.header("etag");
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{sum}</Part>")
    };
    let parts: String = (1..).zip(parts).map(listed).collect();
    let list = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    system.http.send(Method::POST, upload["completeUrl"].as_str().unwrap(), &[], list.into()).await
}

async fn list(system: &Hashfolio, upload: &Value) -> Answer {
    system.http.send(Method::GET, upload["listUrl"].as_str().unwrap(), &[], Bytes::new()).await
}

#[tokio::test]
async fn a_big_original_comes_in_parts_and_is_ready_when_its_hash_is_right() {
    let system = system_with(&[THRESHOLD]).await;
    let picture = big_picture(1);
    let hash = ContentHash::of(&picture);
    let upload = offer(&system, &ask_in_parts(&picture)).await;
    assert_eq!(
        (upload["partSizeBytes"].as_u64(), upload["parts"].as_array().unwrap().len()),
        (Some(5 << 20), 3)
    );
    let parts = send_all(&system, &upload, &picture).await;
    assert_eq!(system.keys().await, [] as [&str; 0]);
    let completed = complete(&system, &upload, &parts).await;
    assert_eq!(completed.status, 200, "{completed:?}");
    let key = format!("incoming/.parts/{hash}/{}", upload["uploadId"].as_str().unwrap());
    assert!(String::from_utf8_lossy(&completed.body).contains(&key), "{completed:?}");

    let asset = system.wait_for(&hash, "READY").await["asset"].clone();
    assert_eq!((asset["sizeBytes"].as_u64(), asset["width"].as_u64()), (Some(12 << 20), Some(100)));
    system.eventually("the parts are gone", async || system.keys().await == [format!("raw/{hash}")]).await;
    assert_eq!(system.get(&format!("/{hash}/320x240/80.webp")).await.status, 200);
    // It is there now, in however many parts somebody else would bring it.
    assert_eq!(system.post("/assets", &ask_in_parts(&picture)).await.status, 200);
    assert!(system.run(&["reconcile", "--dry-run"]).await.status.success());
}

#[tokio::test]
async fn what_is_not_over_the_threshold_is_offered_as_ever() {
    let system = system().await;
    let asked = system.post("/assets", &ask_in_parts(&big_picture(2))).await.json();
    assert_eq!((asked["upload"]["method"].as_str(), asked["upload"].get("kind")), (Some("PUT"), None));
}

#[tokio::test]
async fn s3_itself_refuses_a_part_with_other_bytes_or_of_another_length() {
    let system = system_with(&[THRESHOLD]).await;
    let picture = big_picture(3);
    let upload = offer(&system, &ask_in_parts(&picture)).await;
    let wrong = send(&system, &upload, 0, &big_picture(4)).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    let short = send(&system, &upload, 0, &picture.slice(..MIB)).await;
    assert_eq!(short.status, 403, "{short:?}");
    let mut part = upload["parts"][0].clone();
    part["method"] = json!("PUT");
    part["headers"]["x-amz-checksum-sha256"] = json!(ContentHash::of(b"x").to_base64());
    assert_eq!(system.put(&part, picture.slice(..5 * MIB)).await.status, 403);
    assert!(!String::from_utf8_lossy(&list(&system, &upload).await.body).contains("<Part>"));
}

#[tokio::test]
async fn parts_that_make_something_else_are_rejected_with_both_hashes_and_deleted() {
    let system = system_with(&[THRESHOLD]).await;
    let (promised, other) = (big_picture(5), big_picture(6));
    let mut ask = Hashfolio::ask_for(&promised, "image/bmp");
    ask["partSizeBytes"] = json!(5 * MIB);
    let upload = offer(&system, &ask).await;
    let parts = send_all(&system, &upload, &other).await;
    assert_eq!(complete(&system, &upload, &parts).await.status, 200);
    let hash = ContentHash::of(&promised);
    let asset = system.wait_for(&hash, "REJECTED").await["asset"].clone();
    let reason = asset["reason"].as_str().unwrap();
    assert!(
        reason.contains(&ContentHash::of(&other).to_string()) && reason.contains(&hash.to_string()),
        "{reason}"
    );
    system.eventually("the parts are gone", async || system.keys().await.is_empty()).await;
    // The right bytes are welcome, and the other's hash is nobody's.
    let upload = offer(&system, &ask_in_parts(&promised)).await;
    let parts = send_all(&system, &upload, &promised).await;
    complete(&system, &upload, &parts).await;
    system.wait_for(&hash, "READY").await;
    assert_eq!(system.get(&format!("/assets/{}", ContentHash::of(&other))).await.status, 404);
}

#[tokio::test]
async fn an_upload_is_gone_on_with_under_new_signatures_and_one_that_was_given_up_is_not() {
    let system = system_with(&[THRESHOLD]).await;
    let picture = big_picture(7);
    let hash = ContentHash::of(&picture);
    let first = offer(&system, &ask_in_parts(&picture)).await;
    let mut parts = vec![send(&system, &first, 0, &picture).await];
    let listed = list(&system, &first).await;
    let listed = String::from_utf8_lossy(&listed.body).into_owned();
    assert_eq!(listed.matches("<Part>").count(), 1, "{listed}");
    assert!(listed.contains(&ContentHash::of(&picture[..5 * MIB]).to_base64()), "{listed}");

    let mut ask = ask_in_parts(&picture);
    ask["resume"] = json!({ "uploadId": first["uploadId"], "resumeToken": first["resumeToken"] });
    let again = offer(&system, &ask).await;
    for index in 1..3 {
        parts.push(send(&system, &again, index, &picture).await);
    }
    assert_eq!(complete(&system, &again, &parts).await.status, 200);
    system.wait_for(&hash, "READY").await;
    assert_eq!(list(&system, &again).await.status, 404);

    let other = big_picture(8);
    let upload = offer(&system, &ask_in_parts(&other)).await;
    send(&system, &upload, 0, &other).await;
    let aborted =
        system.http.send(Method::DELETE, upload["abortUrl"].as_str().unwrap(), &[], Bytes::new()).await;
    assert_eq!(aborted.status, 204, "{aborted:?}");
    assert_eq!(list(&system, &upload).await.status, 404);
    assert_eq!(send(&system, &upload, 1, &other).await.status, 404);
    assert_eq!(system.attribute(&ContentHash::of(&other), "state").await, "PENDING");
}

#[tokio::test]
async fn an_asset_that_is_taken_down_while_its_parts_are_on_their_way_stays_out() {
    let system = system_with(&[THRESHOLD]).await;
    let picture = big_picture(9);
    let hash = ContentHash::of(&picture);
    let upload = offer(&system, &ask_in_parts(&picture)).await;
    let parts = send_all(&system, &upload, &picture).await;
    let url = system.url(&format!("/assets/{hash}"));
    let deleted = system.http.send(Method::DELETE, &url, &[], Bytes::new()).await;
    assert_eq!(deleted.status, 202);
    assert_eq!(complete(&system, &upload, &parts).await.status, 200);
    system.eventually("the parts are gone", async || system.keys().await.is_empty()).await;
    assert_eq!(system.attribute(&hash, "state").await, "DELETED");
}

#[tokio::test]
async fn parts_whose_event_was_lost_are_verified_by_a_reconciliation() {
    let mut system = system_with(&[THRESHOLD, ("RECONCILE_GRACE_SECONDS", "0")]).await;
    let picture = big_picture(10);
    let hash = ContentHash::of(&picture);
    let upload = offer(&system, &ask_in_parts(&picture)).await;
    let key = format!("incoming/.parts/{hash}/{}", upload["uploadId"].as_str().unwrap());
    let bytes = picture.clone();
    system.in_silence(async |s3| s3.put(&key, bytes).await).await;
    assert_eq!(system.attribute(&hash, "state").await, "PENDING");
    let reconciled = system.run(&["reconcile", "--grace-seconds", "0", "--json"]).await;
    let report = String::from_utf8_lossy(&reconciled.stdout).into_owned();
    assert!(report.contains("stuck_incoming"), "{report}");
    system.wait_for(&hash, "READY").await;
    assert_eq!(system.keys().await.iter().filter(|key| key.starts_with("incoming/")).count(), 0);
}

#[tokio::test]
async fn a_page_on_this_machine_may_complete_and_give_up_an_upload() {
    let system = system_with(&[THRESHOLD]).await;
    let upload = offer(&system, &ask_in_parts(&big_picture(11))).await;
    let origin = ("origin", "http://localhost:5173");
    for (url, method) in [("completeUrl", "POST"), ("abortUrl", "DELETE"), ("listUrl", "GET")] {
        let preflight = [origin, ("access-control-request-method", method)];
        let url = upload[url].as_str().unwrap();
        let allowed = system.http.send(Method::OPTIONS, url, &preflight, Bytes::new()).await;
        assert_eq!(allowed.header("access-control-allow-origin"), origin.1, "{method}");
    }
}

/// A large file, and a folder in which `put` remembers.
struct Large {
    folder: TempDir,
    path: String,
    resume_dir: String,
}

impl Large {
    fn of(size_bytes: u64, seed: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.bmp");
        pictures::write_large_bmp(&path, size_bytes, seed).unwrap();
        let text = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
        let resume_dir = text(folder.path().join("resume"));
        Self { path: text(path), resume_dir, folder }
    }

    fn put(&self) -> [&str; 4] {
        ["put", &self.path, "--resume-dir", &self.resume_dir]
    }
}

/// The uploads in parts that are under way, each with when its parts arrived, by number.
async fn under_way(system: &Hashfolio) -> Vec<(String, Vec<(i32, String)>)> {
    let (s3, bucket) = (system.aws.s3(), system.variable("ASSETS_BUCKET"));
    let uploads = s3.list_multipart_uploads().bucket(bucket).send().await.unwrap();
    let mut found = Vec::new();
    for upload in uploads.uploads() {
        let id = upload.upload_id().unwrap();
        let parts =
            s3.list_parts().bucket(bucket).key(upload.key().unwrap()).upload_id(id).send().await.unwrap();
        let parts = parts.parts().iter();
        let parts =
            parts.map(|part| (part.part_number().unwrap(), part.last_modified().unwrap().to_string()));
        found.push((id.to_owned(), parts.collect()));
    }
    found
}

/// Puts a large file, kills that twice in the middle, and puts it to its end.
async fn put_with_two_interruptions(system: &Hashfolio, large: &Large) {
    let mut seen: Vec<(i32, String)> = Vec::new();
    let mut id = None;
    for run in ["first", "second"] {
        let known = seen.len();
        let more = async || under_way(system).await.first().is_some_and(|(_, parts)| parts.len() > known);
        assert!(system.run_until(&large.put(), more).await, "the {run} run ended before it could be killed");
        let uploads = under_way(system).await;
        let [(upload, parts)] = uploads.as_slice() else { panic!("{uploads:?}") };
        assert_eq!(id.get_or_insert_with(|| upload.clone()), upload, "another upload was begun");
        for part in &seen {
            assert!(parts.contains(part), "part {} was sent again", part.0);
        }
        seen.clone_from(parts);
    }
    let done = system.run(&large.put()).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.starts_with("1 uploaded"), "{said}");
    assert_eq!(under_way(system).await, []);
    // Nothing is left to be gone on with.
    assert_eq!(std::fs::read_dir(&large.resume_dir).unwrap().count(), 0);
    assert!(large.folder.path().exists());
}

#[tokio::test]
async fn a_put_that_is_killed_twice_goes_on_where_it_was() {
    let system = system_with(&[THRESHOLD]).await;
    let large = Large::of(200 << 20, 12);
    put_with_two_interruptions(&system, &large).await;
    let bytes = std::fs::read(&large.path).unwrap();
    let hash = ContentHash::of(&bytes);
    assert_eq!(system.attribute(&hash, "state").await, "READY");
    assert_eq!(system.keys().await, [format!("raw/{hash}")]);
    let again = system.run(&large.put()).await;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.starts_with("0 uploaded (0 B), 1 already there"), "{said}");
}

#[tokio::test]
async fn a_file_that_only_the_service_finds_large_goes_in_parts_too() {
    let system = system_with(&[THRESHOLD]).await;
    let large = Large::of(20 << 20, 13);
    let done = system.run(&large.put()).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(system.keys().await.len(), 1);
}

/// Needs 10 GB of room where temporary files go (`TMPDIR`), and some minutes.
#[tokio::test]
#[ignore = "takes minutes and 10 GB"]
async fn an_upload_of_4_5_gb_is_interrupted_twice_gone_on_with_and_verified() {
    let system = system().await;
    let large = Large::of(4_500_000_000, 14);
    put_with_two_interruptions(&system, &large).await;
    let [key] = <[String; 1]>::try_from(system.keys().await).unwrap();
    let hash: ContentHash = key.strip_prefix("raw/").unwrap().parse().unwrap();
    assert_eq!(system.attribute(&hash, "size_bytes").await, "4500000000");
}
