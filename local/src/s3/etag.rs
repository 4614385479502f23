//! `ETag`s: the MD5 of an object's bytes, or of its parts' MD5s.

use s3s::crypto::{Checksum as _, Md5};

/// 32 hexadecimal digits.
pub(super) fn of_bytes(md5: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(md5))
}

/// 32 hexadecimal digits, a hyphen and the number of parts. The parts are given by their own `ETag`s.
pub(super) fn of_parts<'a>(etags: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = etags.len();
    let mut md5 = Md5::new();
    for etag in etags {
        // The etags of parts are made by `of_bytes`.
        md5.update(&u128::from_str_radix(etag, 16).unwrap_or_default().to_be_bytes());
    }
    format!("{}-{count}", of_bytes(md5.finalize()))
}

/// Whether the `ETag` is the MD5 of the bytes themselves.
pub(super) fn is_of_bytes(etag: &str) -> bool {
    !etag.contains('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_etag_of_parts_is_the_md5_of_their_md5s_and_their_number() {
        let empty = of_bytes(Md5::checksum(b""));
        assert_eq!(empty, "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(of_parts([empty.as_str()].into_iter()), "59adb24ef3cdbe0297f05b395827453f-1");
    }
}
