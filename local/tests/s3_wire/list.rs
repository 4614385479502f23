//! `ListObjectsV2` and `ListObjects`.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{EncodingType, ObjectStorageClass, StorageClass};

use crate::harness::{BUCKET, Wire, code};

/// In the order of their UTF-8 bytes, which is not that of UTF-16: U+FF5E comes before U+1F5BC.
const KEYS: [&str; 12] = ["A", "a", "a!b", "a-b", "a/", "a/1", "a/2/x", "a/2/y", "b/1", "raw/00", "～", "🖼"];

async fn with_keys() -> Wire {
    let wire = Wire::start().await;
    for key in KEYS.into_iter().rev() {
        wire.put(key, b"x").await;
    }
    wire
}

/// Every page of a listing: keys, and common prefixes with a `+` before them.
async fn pages(wire: &Wire, prefix: &str, delimiter: &str, max_keys: i32) -> Vec<Vec<String>> {
    let (mut pages, mut token) = (Vec::new(), None);
    loop {
        let list = wire.client().list_objects_v2().bucket(BUCKET).prefix(prefix).delimiter(delimiter);
        let page = list.max_keys(max_keys).set_continuation_token(token).send().await.unwrap();
        let keys = page.contents().iter().map(|object| object.key().unwrap().to_owned());
        let prefixes = page.common_prefixes().iter().map(|prefix| format!("+{}", prefix.prefix().unwrap()));
        let entries: Vec<String> = keys.chain(prefixes).collect();
        assert_eq!(page.key_count(), i32::try_from(entries.len()).ok());
        pages.push(entries);
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            return pages;
        }
    }
}

/// What a listing should show, written down a second time.
fn model(prefix: &str, delimiter: &str) -> BTreeSet<String> {
    let below = KEYS.iter().filter_map(|key| Some((key, key.strip_prefix(prefix)?)));
    below
        .map(|(key, rest)| match rest.split_once(delimiter).filter(|_| !delimiter.is_empty()) {
            Some((group, _)) => format!("+{prefix}{group}{delimiter}"),
            None => (*key).to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn keys_come_in_the_order_of_their_bytes() {
    let wire = with_keys().await;
    assert_eq!(pages(&wire, "", "", 1000).await, [KEYS.map(str::to_owned).to_vec()]);
}

#[tokio::test]
async fn the_pages_of_a_listing_hold_every_entry_once() {
    let wire = with_keys().await;
    for prefix in ["", "a", "a/", "a/2", "b", "nothing", "～"] {
        for delimiter in ["", "/", "b", "/2/"] {
            for max_keys in [1, 2, 3, 1000] {
                let pages = pages(&wire, prefix, delimiter, max_keys).await;
                let full_pages = &pages[..pages.len() - 1];
                assert!(full_pages.iter().all(|page| page.len() == usize::try_from(max_keys).unwrap()));
                let entries: Vec<String> = pages.into_iter().flatten().collect();
                let unique: BTreeSet<String> = entries.iter().cloned().collect();
                assert_eq!(entries.len(), unique.len(), "an entry came twice");
                assert_eq!(unique, model(prefix, delimiter), "{prefix:?} {delimiter:?} {max_keys}");
            }
        }
    }
}

#[tokio::test]
async fn a_listing_can_start_after_a_key_that_need_not_exist() {
    let wire = with_keys().await;
    let list = wire.client().list_objects_v2().bucket(BUCKET).prefix("a/").start_after("a/1zzz").send();
    let keys: Vec<String> =
        list.await.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()).collect();
    assert_eq!(keys, ["a/2/x", "a/2/y"]);
}

#[tokio::test]
async fn keys_can_be_listed_url_encoded() {
    let wire = Wire::start().await;
    wire.put("a b/ü\n%", b"x").await;
    let list = wire.client().list_objects_v2().bucket(BUCKET).prefix("a b").encoding_type(EncodingType::Url);
    let page = list.send().await.unwrap();
    assert_eq!(page.contents()[0].key(), Some("a%20b/%C3%BC%0A%25"));
    assert_eq!(page.prefix(), Some("a%20b"));
    assert_eq!(page.encoding_type(), Some(&EncodingType::Url));
}

#[tokio::test]
async fn an_entry_tells_size_etag_date_and_storage_class() {
    let wire = Wire::start().await;
    let etag = wire.put("a", b"12345").await;
    let put = wire.client().put_object().bucket(BUCKET).key("b").storage_class(StorageClass::GlacierIr);
    put.body(b"x".to_vec().into()).send().await.unwrap();
    let page = wire.client().list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let (a, b) = (&page.contents()[0], &page.contents()[1]);
    assert_eq!((a.size(), a.e_tag()), (Some(5), Some(etag.as_str())));
    assert_eq!(a.storage_class(), Some(&ObjectStorageClass::Standard));
    assert_eq!(b.storage_class(), Some(&ObjectStorageClass::GlacierIr));
    let head = wire.client().head_object().bucket(BUCKET).key("a").send().await.unwrap();
    assert_eq!(a.last_modified().unwrap().secs(), head.last_modified().unwrap().secs());
}

#[tokio::test]
async fn a_page_of_no_entries_is_the_last() {
    let wire = with_keys().await;
    assert_eq!(pages(&wire, "", "", 0).await, [Vec::<String>::new()]);
}

#[tokio::test]
async fn a_token_of_another_store_is_refused() {
    let wire = with_keys().await;
    let list = wire.client().list_objects_v2().bucket(BUCKET).continuation_token("not base64!");
    assert_eq!(code(&list.send().await.unwrap_err()), "InvalidArgument");
    let nowhere = wire.client().list_objects_v2().bucket("nowhere").send().await.unwrap_err();
    assert_eq!(code(&nowhere), "NoSuchBucket");
}

#[tokio::test]
async fn the_old_listing_goes_on_after_its_marker() {
    let wire = with_keys().await;
    let (mut seen, mut marker) = (BTreeSet::new(), None);
    loop {
        let list = wire.client().list_objects().bucket(BUCKET).delimiter("/").max_keys(2);
        let page = list.set_marker(marker).send().await.unwrap();
        seen.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        seen.extend(page.common_prefixes().iter().map(|prefix| format!("+{}", prefix.prefix().unwrap())));
        marker = page.next_marker().map(str::to_owned);
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(seen, model("", "/"));
}
