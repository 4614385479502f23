//! Checksums: the algorithms S3 knows, what a client declares, and the digests of what arrived.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// A checksum algorithm that a client may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// What S3 computes when the client asks for nothing.
    pub(super) const DEFAULT: Self = Self::Crc64Nvme;

    /// # Errors
    /// `InvalidRequest` for a name that S3 does not know.
    pub(super) fn parse(name: &str) -> S3Result<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| s3_error!(InvalidRequest, "Checksum algorithm provided is unsupported: {name}"))
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm that the request has an `x-amz-checksum-…` header of.
    pub(super) fn in_headers(headers: &HeaderMap) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| headers.contains_key(algorithm.header()))
    }

    /// The algorithm whose value is announced for after the body (`x-amz-trailer`).
    pub(super) fn in_trailer(headers: &HeaderMap) -> Option<Self> {
        let announced = headers.get("x-amz-trailer")?.to_str().ok()?;
        announced.split(',').map(str::trim).find_map(Self::of_header)
    }

    /// The algorithm whose values a header of this name holds.
    pub(super) fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header() == name)
    }

    fn digest_bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// Whether a checksum covers the object's bytes or the checksums of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Coverage {
    FullObject,
    Composite,
}

impl Coverage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    pub(super) fn wire(self) -> s3s::dto::ChecksumType {
        s3s::dto::ChecksumType::from_static(self.as_str())
    }
}

/// The one checksum that S3 keeps for an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectChecksum {
    pub(super) algorithm: Algorithm,
    pub(super) coverage: Coverage,
    /// Base64 of the digest; for a composite, `-` and the number of parts follow.
    pub(super) value: String,
}

/// A checksum as the client states it: base64 of a digest of the algorithm's length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeclaredChecksum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
}

impl DeclaredChecksum {
    /// # Errors
    /// `InvalidRequest` if the value is not base64 of a digest of that length.
    pub(super) fn parse(algorithm: Algorithm, value: &str) -> S3Result<Self> {
        let digest = BASE64.decode(value).ok();
        if digest.is_none_or(|digest| digest.len() != algorithm.digest_bytes()) {
            return Err(s3_error!(InvalidRequest, "Value for {} header is invalid.", algorithm.header()));
        }
        Ok(Self { algorithm, value: value.to_owned() })
    }

    /// Reads the `x-amz-checksum-…` header, if there is one.
    ///
    /// # Errors
    /// `InvalidRequest` for a malformed value, or for two algorithms at once.
    pub(super) fn in_headers(headers: &HeaderMap) -> S3Result<Option<Self>> {
        let mut declared = None;
        for algorithm in Algorithm::ALL {
            let Some(value) = headers.get(algorithm.header()) else { continue };
            if declared.is_some() {
                return Err(s3_error!(
                    InvalidRequest,
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
                ));
            }
            declared = Some(Self::parse(algorithm, value.to_str().unwrap_or_default())?);
        }
        Ok(declared)
    }

    /// # Errors
    /// `BadDigest` if the bytes have another digest.
    pub(super) fn must_equal(&self, computed: Option<&str>) -> S3Result<()> {
        if computed == Some(self.value.as_str()) {
            return Ok(());
        }
        let name = self.algorithm.as_str();
        Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."))
    }
}

/// The `Content-MD5` that the client declares.
///
/// # Errors
/// `InvalidDigest` if it is not base64 of 16 bytes.
pub(super) fn declared_md5(headers: &HeaderMap) -> S3Result<Option<[u8; 16]>> {
    let Some(value) = headers.get(http::header::HeaderName::from_static("content-md5")) else {
        return Ok(None);
    };
    let digest = BASE64.decode(value.as_bytes()).ok().and_then(|digest| digest.try_into().ok());
    match digest {
        Some(digest) => Ok(Some(digest)),
        None => Err(s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid.")),
    }
}

/// Computes several digests of one stream of bytes.
pub(super) struct Digester {
    md5: Option<Md5>,
    checksums: ChecksumHasher,
}

impl Digester {
    pub(super) fn new(algorithms: &[Algorithm]) -> Self {
        let mut checksums = ChecksumHasher::default();
        for algorithm in algorithms {
            match algorithm {
                Algorithm::Crc32 => checksums.crc32 = Some(Crc32::new()),
                Algorithm::Crc32c => checksums.crc32c = Some(Crc32c::new()),
                Algorithm::Crc64Nvme => checksums.crc64nvme = Some(Crc64Nvme::new()),
                Algorithm::Sha1 => checksums.sha1 = Some(Sha1::new()),
                Algorithm::Sha256 => checksums.sha256 = Some(Sha256::new()),
            }
        }
        Self { md5: None, checksums }
    }

    #[must_use]
    pub(super) fn with_md5(mut self) -> Self {
        self.md5 = Some(Md5::new());
        self
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.checksums.update(bytes);
    }

    pub(super) fn finish(self) -> Digests {
        Digests { md5: self.md5.map(Md5::finalize), checksums: self.checksums.finalize() }
    }
}

/// What a [`Digester`] found.
#[derive(Debug)]
pub(super) struct Digests {
    pub(super) md5: Option<[u8; 16]>,
    checksums: s3s::dto::Checksum,
}

impl Digests {
    /// Base64 of the digest, if that algorithm was asked for.
    pub(super) fn get(&self, algorithm: Algorithm) -> Option<&str> {
        match algorithm {
            Algorithm::Crc32 => self.checksums.checksum_crc32.as_deref(),
            Algorithm::Crc32c => self.checksums.checksum_crc32c.as_deref(),
            Algorithm::Crc64Nvme => self.checksums.checksum_crc64nvme.as_deref(),
            Algorithm::Sha1 => self.checksums.checksum_sha1.as_deref(),
            Algorithm::Sha256 => self.checksums.checksum_sha256.as_deref(),
        }
    }
}

/// The base64 digest of the digests of the parts, in their order.
pub(super) fn digest_of_digests<'a>(
    algorithm: Algorithm,
    parts: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let mut digester = Digester::new(&[algorithm]);
    for part in parts {
        digester.update(&BASE64.decode(part).ok()?);
    }
    digester.finish().get(algorithm).map(str::to_owned)
}

/// The checksum that one part of a `CompleteMultipartUpload` states.
///
/// # Errors
/// `InvalidRequest` for a malformed value.
pub(super) fn declared_in_part(part: &s3s::dto::CompletedPart) -> S3Result<Option<DeclaredChecksum>> {
    let fields = [
        (Algorithm::Crc32, &part.checksum_crc32),
        (Algorithm::Crc32c, &part.checksum_crc32c),
        (Algorithm::Crc64Nvme, &part.checksum_crc64nvme),
        (Algorithm::Sha1, &part.checksum_sha1),
        (Algorithm::Sha256, &part.checksum_sha256),
    ];
    let declared = fields.into_iter().find_map(|(algorithm, value)| Some((algorithm, value.as_ref()?)));
    declared.map(|(algorithm, value)| DeclaredChecksum::parse(algorithm, value)).transpose()
}

/// Writes a checksum's value into the response field of its algorithm: the wire types have one field for
/// each.
macro_rules! answer_checksum {
    ($output:expr, $algorithm:expr, $value:expr) => {{
        let value = Some($value.clone());
        match $algorithm {
            $crate::s3::checksum::Algorithm::Crc32 => $output.checksum_crc32 = value,
            $crate::s3::checksum::Algorithm::Crc32c => $output.checksum_crc32c = value,
            $crate::s3::checksum::Algorithm::Crc64Nvme => $output.checksum_crc64nvme = value,
            $crate::s3::checksum::Algorithm::Sha1 => $output.checksum_sha1 = value,
            $crate::s3::checksum::Algorithm::Sha256 => $output.checksum_sha256 = value,
        }
    }};
}
pub(super) use answer_checksum;

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(entries: &[(&'static str, &'static str)]) -> HeaderMap {
        entries.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_checksum_of_the_wrong_length_is_refused() {
        let refusal =
            DeclaredChecksum::in_headers(&headers(&[("x-amz-checksum-sha256", "AAAA")])).unwrap_err();
        assert_eq!(refusal.message(), Some("Value for x-amz-checksum-sha256 header is invalid."));
    }

    #[test]
    fn two_checksums_at_once_are_refused() {
        let both = headers(&[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")]);
        assert_eq!(DeclaredChecksum::in_headers(&both).unwrap_err().code().as_str(), "InvalidRequest");
    }

    #[test]
    fn the_trailer_names_its_algorithm() {
        let announced = headers(&[("x-amz-trailer", "x-amz-checksum-crc32c")]);
        assert_eq!(Algorithm::in_trailer(&announced), Some(Algorithm::Crc32c));
        assert_eq!(Algorithm::in_trailer(&headers(&[])), None);
    }

    #[test]
    fn algorithms_are_stored_under_the_names_that_s3_gives_them() {
        for algorithm in Algorithm::ALL {
            assert_eq!(serde_json::to_string(&algorithm).unwrap(), format!("\"{}\"", algorithm.as_str()));
        }
    }
}
