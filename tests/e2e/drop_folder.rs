use bytes::Bytes;
use harness::pictures;
use shared::hash::ContentHash;

use crate::system;

#[tokio::test]
async fn a_file_in_the_drop_folder_becomes_an_asset() {
    let system = system().await;
    let picture = pictures::jpeg(120, 80, 1);
    let hash = ContentHash::of(&picture);
    system.put_object("incoming/2026/summer holiday/Grüße + #1.jpg", picture).await;
    let asset = system.wait_for(&hash, "READY").await["asset"].clone();
    assert_eq!(asset["fileName"], "Grüße + #1.jpg");
    assert_eq!(asset["createdBy"], "drop-folder");
    assert_eq!(asset["sourceKey"], "incoming/2026/summer holiday/Grüße + #1.jpg");
    let stored = system.item(&hash).await.unwrap()["source_key"].as_s().unwrap().clone();
    assert_eq!(asset["sourceKey"], stored, "what the transition's event is made of");
    assert_eq!((asset["width"].as_u64(), asset["height"].as_u64()), (Some(120), Some(80)));
    let key = format!("raw/{hash}");
    system.eventually("the drop folder is empty", async || system.keys().await == [key.clone()]).await;
    let head = system.aws.s3().head_object().bucket(system.variable("ASSETS_BUCKET")).key(&key);
    assert_eq!(head.send().await.unwrap().content_type(), Some("image/jpeg"));
}

#[tokio::test]
async fn what_is_known_already_is_dropped_as_a_duplicate() {
    let system = system().await;
    let picture = pictures::jpeg(120, 80, 2);
    let hash = system.ready(&picture, "image/jpeg").await;
    let before = system.item(&hash).await.unwrap();
    system.put_object("incoming/again.jpg", picture).await;
    let key = format!("raw/{hash}");
    system.eventually("the duplicate is gone", async || system.keys().await == [key.clone()]).await;
    let after = system.item(&hash).await.unwrap();
    for kept in ["state", "etag", "created_by", "created_at"] {
        assert_eq!(after[kept], before[kept]);
    }
    // Who dropped it relies on it too: its owner alone may no longer delete it.
    assert_eq!(system.attribute(&hash, "shared").await, "Bool(true)");
}

#[tokio::test]
async fn what_is_refused_is_set_aside_with_the_reason() {
    let system = system().await;
    let page = Bytes::from_static(b"<!DOCTYPE html><title>a page</title>");
    let hash = ContentHash::of(&page);
    system.put_object("incoming/cat.jpg", page).await;
    let asset = system.wait_for(&hash, "REJECTED").await["asset"].clone();
    system.eventually("it is set aside", async || system.keys().await == ["refused/cat.jpg"]).await;
    let head = system.aws.s3().head_object().bucket(system.variable("ASSETS_BUCKET"));
    let head = head.key("refused/cat.jpg").send().await.unwrap();
    let reason = head.metadata().unwrap()["reason"].clone();
    assert_eq!(asset["reason"], reason);
    assert_eq!(asset["sourceKey"], "incoming/cat.jpg");
    assert!(reason.contains("HTML"), "{reason}");
}

#[tokio::test]
async fn many_files_with_the_same_content_become_one_asset() {
    let system = system().await;
    let picture = pictures::jpeg(120, 80, 3);
    let hash = ContentHash::of(&picture);
    let names = (0..12).map(|number| format!("incoming/copy {number}.jpg")).collect::<Vec<_>>();
    futures::future::join_all(names.iter().map(|name| system.put_object(name, picture.clone()))).await;
    let key = format!("raw/{hash}");
    system.eventually("one is left", async || system.keys().await == [key.clone()]).await;
    assert_eq!(system.wait_for(&hash, "READY").await["asset"]["createdBy"], "drop-folder");
}
