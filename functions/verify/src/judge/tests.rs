use proptest::prelude::*;
use shared::header::Orientation;

use super::*;

fn criteria() -> Criteria {
    Criteria {
        max_upload_bytes: 1000,
        accepted_types: vec![MediaType::Jpeg, MediaType::Png],
        max_source_pixels: 1_000_000,
    }
}

fn picture(media_type: MediaType, width: u32, height: u32) -> ImageHeader {
    let dimensions = Dimensions::new(width, height).unwrap();
    ImageHeader { media_type, dimensions, orientation: Orientation::Upright }
}

fn reason(size_bytes: u64, header: Result<ImageHeader, HeaderError>, leading: &[u8]) -> String {
    match criteria().judge(&Measured::new(size_bytes, header, leading)) {
        Verdict::Refuse { reason, .. } => reason,
        Verdict::Accept(_) => "accepted".to_owned(),
    }
}

#[test]
fn a_picture_within_the_limits_is_accepted_as_what_it_is() {
    let measured = Measured::new(1000, Ok(picture(MediaType::Png, 1000, 1000)), b"");
    let dimensions = Dimensions::new(1000, 1000).unwrap();
    assert_eq!(
        criteria().judge(&measured),
        Verdict::Accept(Accepted { media_type: MediaType::Png, dimensions })
    );
}

#[test]
fn a_refusal_names_the_limit_in_words() {
    let unknown = Err(HeaderError::UnknownType);
    let cut = Err(HeaderError::CutShort { media_type: MediaType::Jpeg });
    let cut_bmp = Err(HeaderError::CutShort { media_type: MediaType::Bmp });
    let cases = [
        (reason(0, unknown, b""), "The file is empty."),
        (
            reason(1001, Ok(picture(MediaType::Png, 1, 1)), b""),
            "The file has 1001 bytes, over the limit of 1000 bytes.",
        ),
        (
            reason(9, Ok(picture(MediaType::Jpeg, 65536, 65536)), b""),
            "The picture is 65536x65536 pixels, over the limit of 1000000 pixels.",
        ),
        (
            reason(9, unknown, b"dear diary"),
            "The first bytes match no accepted type; accepted are image/jpeg, image/png.",
        ),
        (
            reason(9, unknown, b"<html>"),
            "The first bytes match no accepted type; accepted are image/jpeg, image/png. \
             They look like an HTML page.",
        ),
        (
            reason(9, Ok(picture(MediaType::Gif, 1, 1)), b""),
            "The file is image/gif, which is not accepted; accepted are image/jpeg, image/png.",
        ),
        (reason(9, cut, b""), "The header is unreadable: the JPEG ends before its frame header."),
        (
            reason(9, cut_bmp, b""),
            "The file is image/bmp, which is not accepted; accepted are image/jpeg, image/png.",
        ),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn a_refusal_records_the_type_by_leading_bytes() {
    let cut = Measured::new(9, Err(HeaderError::CutShort { media_type: MediaType::Jpeg }), b"");
    let unknown = Measured::new(9, Err(HeaderError::UnknownType), b"");
    for (measured, expected) in [(cut, MediaType::Jpeg), (unknown, MediaType::OctetStream)] {
        let Verdict::Refuse { media_type, .. } = criteria().judge(&measured) else { panic!("it is refused") };
        assert_eq!(media_type, expected);
    }
}

proptest! {
    /// S3 keeps a reason as a header, whose value is ASCII.
    #[test]
    fn any_bytes_get_a_verdict_with_a_reason_in_ascii(bytes: Vec<u8>) {
        let measured = Measured::new(bytes.len() as u64, ImageHeader::of(&bytes), &bytes);
        if let Verdict::Refuse { reason, .. } = criteria().judge(&measured) {
            prop_assert!(reason.is_ascii() && reason.ends_with('.'), "{}", reason);
        }
    }
}
