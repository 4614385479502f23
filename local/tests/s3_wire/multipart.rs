//! Multipart uploads.

use aws_sdk_s3::operation::complete_multipart_upload::builders::CompleteMultipartUploadFluentBuilder;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use local::s3::EventKind;
use s3s::crypto::{Checksum as _, Sha256};

use crate::harness::{BUCKET, MEBIBYTE, Wire, code, noise, status};

const PART_BYTES: usize = 5 * MEBIBYTE;

/// An upload under way.
struct Upload<'a> {
    wire: &'a Wire,
    key: &'a str,
    id: String,
    algorithm: Option<ChecksumAlgorithm>,
}

impl<'a> Upload<'a> {
    async fn begin(wire: &'a Wire, key: &'a str, algorithm: Option<ChecksumAlgorithm>) -> Self {
        let create =
            wire.client().create_multipart_upload().bucket(BUCKET).key(key).content_type("image/tiff");
        let created = create.set_checksum_algorithm(algorithm.clone()).send().await.unwrap();
        Self { wire, key, id: created.upload_id.unwrap(), algorithm }
    }

    async fn part(&self, number: i32, bytes: &[u8]) -> CompletedPart {
        let part = self.wire.client().upload_part().bucket(BUCKET).key(self.key).upload_id(&self.id);
        let part = part.part_number(number).set_checksum_algorithm(self.algorithm.clone());
        let part = part.body(bytes.to_vec().into()).send().await.unwrap();
        CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32)
            .set_checksum_crc64_nvme(part.checksum_crc64_nvme)
            .set_checksum_sha256(part.checksum_sha256)
            .build()
    }

    fn complete(&self, parts: Vec<CompletedPart>) -> CompleteMultipartUploadFluentBuilder {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.wire.client().complete_multipart_upload().bucket(BUCKET).key(self.key);
        complete.upload_id(&self.id).multipart_upload(parts)
    }
}

/// Uploads an object in parts of 5 MiB, and returns its `ETag`.
pub(crate) async fn upload_in_parts(
    wire: &Wire,
    key: &str,
    bytes: &[u8],
    algorithm: Option<ChecksumAlgorithm>,
) -> String {
    let upload = Upload::begin(wire, key, algorithm).await;
    let mut parts = Vec::new();
    for (number, chunk) in (1..).zip(bytes.chunks(PART_BYTES)) {
        parts.push(upload.part(number, chunk).await);
    }
    upload.complete(parts).send().await.unwrap().e_tag.unwrap()
}

#[tokio::test]
async fn parts_become_one_object_with_a_composite_checksum() {
    let wire = Wire::start().await;
    let bytes = noise(12 * MEBIBYTE);
    let etag = upload_in_parts(&wire, "k", &bytes, Some(ChecksumAlgorithm::Sha256)).await;
    assert!(etag.ends_with("-3\""));
    let head = wire.client().head_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    let digests: Vec<u8> = bytes.chunks(PART_BYTES).flat_map(Sha256::checksum).collect();
    let composite = format!("{}-3", BASE64.encode(Sha256::checksum(&digests)));
    assert_eq!(head.checksum_sha256(), Some(composite.as_str()));
    assert_eq!(head.checksum_type(), Some(&ChecksumType::Composite));
    assert_eq!(head.content_type(), Some("image/tiff"));
    assert!(wire.get("k").await.unwrap() == bytes, "the object has other bytes than its parts");
    assert_eq!(wire.files(), 1);
    let completed = (EventKind::ObjectCreatedCompleteMultipartUpload, "k".to_owned());
    assert_eq!(wire.events().await, [completed]);
}

#[tokio::test]
async fn a_checksum_of_the_whole_is_computed_from_its_bytes() {
    let wire = Wire::start().await;
    let bytes = noise(7 * MEBIBYTE);
    upload_in_parts(&wire, "parts", &bytes, Some(ChecksumAlgorithm::Crc64Nvme)).await;
    let put = wire.client().put_object().bucket(BUCKET).key("whole").body(bytes.into());
    let put = put.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).send().await.unwrap();
    let head = wire.client().head_object().bucket(BUCKET).key("parts").checksum_mode(ChecksumMode::Enabled);
    let head = head.send().await.unwrap();
    assert_eq!(head.checksum_crc64_nvme(), put.checksum_crc64_nvme());
    assert_eq!(head.checksum_type(), Some(&ChecksumType::FullObject));
}

#[tokio::test]
async fn a_large_object_is_joined_while_its_answer_is_kept_alive() {
    let wire = Wire::start().await;
    let bytes = noise(70 * MEBIBYTE);
    let upload = Upload::begin(&wire, "k", Some(ChecksumAlgorithm::Crc64Nvme)).await;
    let mut parts = Vec::new();
    for (number, chunk) in (1..).zip(bytes.chunks(7 * PART_BYTES)) {
        parts.push(upload.part(number, chunk).await);
    }
    let wrong = upload.complete(parts.clone()).checksum_crc64_nvme("AAAAAAAAAAA=").send().await.unwrap_err();
    assert_eq!((status(&wrong), code(&wrong).as_str()), (200, "BadDigest"));
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    upload.complete(parts).send().await.unwrap();
    assert!(wire.get("k").await.unwrap() == bytes, "the object has other bytes than its parts");
    assert_eq!(wire.files(), 1);
}

#[tokio::test]
async fn a_promised_checksum_that_does_not_hold_leaves_the_upload_as_it_was() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", Some(ChecksumAlgorithm::Crc64Nvme)).await;
    let part = upload.part(1, b"bytes").await;
    let wrong = upload.complete(vec![part.clone()]).checksum_crc64_nvme("AAAAAAAAAAA=");
    assert_eq!(code(&wrong.send().await.unwrap_err()), "BadDigest");
    assert_eq!(wire.get("k").await, Err("NoSuchKey".to_owned()));
    upload.complete(vec![part]).send().await.unwrap();
    assert_eq!(wire.get("k").await.unwrap(), "bytes");
}

#[tokio::test]
async fn every_part_but_the_last_must_have_five_mebibytes() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    let first = upload.part(1, &noise(PART_BYTES - 1)).await;
    let second = upload.part(2, b"end").await;
    let refused = upload.complete(vec![first, second]).send().await.unwrap_err();
    assert_eq!(code(&refused), "EntityTooSmall");
}

#[tokio::test]
async fn parts_that_are_not_there_or_out_of_order_are_refused() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    let first = upload.part(1, &noise(PART_BYTES)).await;
    let second = upload.part(2, b"end").await;
    let missing = CompletedPart::builder().part_number(3).e_tag("\"0\"").build();
    let other = CompletedPart::builder().part_number(1).e_tag("\"0\"").build();
    let attempts = [
        (vec![second, first.clone()], "InvalidPartOrder"),
        (vec![first, missing], "InvalidPart"),
        (vec![other], "InvalidPart"),
        (vec![], "MalformedXML"),
    ];
    for (parts, expected) in attempts {
        assert_eq!(code(&upload.complete(parts).send().await.unwrap_err()), expected);
    }
}

#[tokio::test]
async fn a_composite_checksum_needs_the_checksum_of_every_part() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", Some(ChecksumAlgorithm::Sha256)).await;
    let part = upload.part(1, b"bytes").await;
    let silent = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
    assert_eq!(code(&upload.complete(vec![silent]).send().await.unwrap_err()), "InvalidRequest");
    let other = wire.client().upload_part().bucket(BUCKET).key("k").upload_id(&upload.id).part_number(2);
    let other = other.checksum_algorithm(ChecksumAlgorithm::Crc32).body(b"x".to_vec().into());
    assert_eq!(code(&other.send().await.unwrap_err()), "InvalidRequest");
}

#[tokio::test]
async fn a_completion_may_be_refused_because_the_object_is_there() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    let part = upload.part(1, b"bytes").await;
    wire.put("k", b"first").await;
    let refused = upload.complete(vec![part]).if_none_match("*").send().await.unwrap_err();
    assert_eq!(status(&refused), 412);
    assert_eq!(wire.get("k").await.unwrap(), "first");
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    upload.part(1, b"bytes").await;
    let abort =
        || wire.client().abort_multipart_upload().bucket(BUCKET).key("k").upload_id(&upload.id).send();
    abort().await.unwrap();
    assert_eq!(code(&abort().await.unwrap_err()), "NoSuchUpload");
    let late = wire.client().upload_part().bucket(BUCKET).key("k").upload_id(&upload.id).part_number(2);
    assert_eq!(code(&late.body(b"late".to_vec().into()).send().await.unwrap_err()), "NoSuchUpload");
    assert_eq!(wire.files(), 0);
}

#[tokio::test]
async fn an_upload_belongs_to_its_key() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    let part = wire.client().upload_part().bucket(BUCKET).key("other").upload_id(&upload.id).part_number(1);
    assert_eq!(code(&part.body(b"x".to_vec().into()).send().await.unwrap_err()), "NoSuchUpload");
}

#[tokio::test]
async fn a_part_sent_twice_counts_once() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "k", None).await;
    upload.part(1, b"first").await;
    let part = upload.part(1, b"second").await;
    assert_eq!(wire.files(), 1);
    upload.complete(vec![part]).send().await.unwrap();
    assert_eq!(wire.get("k").await.unwrap(), "second");
}

#[tokio::test]
async fn uploads_and_parts_are_listed_page_by_page() {
    let wire = Wire::start().await;
    let upload = Upload::begin(&wire, "b", None).await;
    for number in [1, 2, 5] {
        upload.part(number, b"part").await;
    }
    Upload::begin(&wire, "a", None).await;
    Upload::begin(&wire, "c", None).await;

    let list = || wire.client().list_parts().bucket(BUCKET).key("b").upload_id(&upload.id).max_parts(2);
    let page = list().send().await.unwrap();
    assert_eq!(page.parts().iter().map(|part| part.part_number().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((page.is_truncated(), page.next_part_number_marker()), (Some(true), Some("2")));
    let page = list().part_number_marker("2").send().await.unwrap();
    assert_eq!(page.parts().iter().map(|part| part.part_number().unwrap()).collect::<Vec<_>>(), [5]);
    assert_eq!(page.is_truncated(), Some(false));

    let list = || wire.client().list_multipart_uploads().bucket(BUCKET).max_uploads(2);
    let page = list().send().await.unwrap();
    assert_eq!(page.uploads().iter().map(|upload| upload.key().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
    let next = list().set_key_marker(page.next_key_marker).set_upload_id_marker(page.next_upload_id_marker);
    let page = next.send().await.unwrap();
    assert_eq!(page.uploads().iter().map(|upload| upload.key().unwrap()).collect::<Vec<_>>(), ["c"]);
}
