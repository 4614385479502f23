//! Reads a file once, for everything that must be known of it before it is asked for.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use shared::asset::FileName;
use shared::hash::{ContentHash, Hasher};
use shared::media::MediaType;
use shared::multipart::PartPlan;

use super::progress::Progress;
use crate::client::Ask;

/// How much of a file is held in memory while it is hashed, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Files larger than this are hashed part by part too: they are likely to be uploaded so. From it on, what the
/// store then needs not take on trust is worth hashing everything twice.
const IN_PARTS_FROM_BYTES: u64 = 64 << 20;

/// What a file held when it was read.
#[derive(Debug, Clone)]
pub(super) struct Fingerprint {
    pub(super) path: PathBuf,
    pub(super) hash: ContentHash,
    pub(super) size_bytes: u64,
    media_type: MediaType,
    modified: Option<SystemTime>,
    /// How it was cut, and the SHA-256 of each part, if it is large.
    parts: Option<(PartPlan, Vec<ContentHash>)>,
}

/// Why a file has no fingerprint.
#[derive(Debug, thiserror::Error)]
pub(super) enum FingerprintError {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("it is empty")]
    Empty,
}

impl Fingerprint {
    /// Reads a file to its end, in constant memory. This blocks.
    pub(super) fn take(path: &Path, progress: &Progress) -> Result<Self, FingerprintError> {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        let (mut hasher, mut parts) = (Hasher::default(), PartHasher::of(metadata.len()));
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut media_type = None;
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
                Err(fault) => return Err(fault.into()),
            };
            let bytes = &buffer[..read];
            media_type.get_or_insert_with(|| type_of(bytes, path));
            hasher.update(bytes);
            if let Some(parts) = &mut parts {
                parts.update(bytes);
            }
            progress.advance(read as u64);
        }
        let (hash, size_bytes) = hasher.finish();
        let media_type = media_type.ok_or(FingerprintError::Empty)?;
        let parts = parts.and_then(PartHasher::finish);
        let (path, modified) = (path.to_owned(), metadata.modified().ok());
        Ok(Self { path, hash, size_bytes, media_type, modified, parts })
    }

    /// Whether it is large, and so to be asked for alone: the checksums of many such files make too long a question.
    pub(super) fn is_large(&self) -> bool {
        self.parts.is_some()
    }

    /// What is asked of the API for this file.
    pub(super) fn ask(&self) -> Ask {
        Ask {
            content_hash: self.hash,
            size_bytes: self.size_bytes,
            mime_type: self.media_type,
            file_name: FileName::from_path(&self.path.to_string_lossy()).map(|name| name.as_str().to_owned()),
            part_size_bytes: self.parts.as_ref().map(|(plan, _)| plan.part_size_bytes()),
            part_checksums: self
                .parts
                .as_ref()
                .map(|(_, sums)| sums.iter().map(|sum| sum.to_base64()).collect()),
            resume: None,
        }
    }

    /// Whether the file seems untouched since it was read.
    pub(super) fn matches(&self, now: &Metadata) -> bool {
        now.len() == self.size_bytes && now.modified().ok() == self.modified
    }
}

/// Hashes a file part by part.
struct PartHasher {
    plan: PartPlan,
    sums: Vec<ContentHash>,
    part: Hasher,
    /// How many bytes the part still has.
    left: u64,
}

impl PartHasher {
    /// For a file of this size, if it is large.
    fn of(size_bytes: u64) -> Option<Self> {
        let plan = PartPlan::usual(size_bytes).ok().filter(|_| size_bytes > IN_PARTS_FROM_BYTES)?;
        Some(Self { plan, sums: Vec::new(), part: Hasher::default(), left: plan.part_size_bytes() })
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let fits = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(fits);
            self.part.update(now);
            self.left -= now.len() as u64;
            if self.left == 0 {
                self.end_part();
            }
            bytes = later;
        }
    }

    /// The plan and the sums; `None` when the file turned out to have another size.
    fn finish(mut self) -> Option<(PartPlan, Vec<ContentHash>)> {
        if self.left < self.plan.part_size_bytes() {
            self.end_part();
        }
        (self.sums.len() as u64 == self.plan.count()).then_some((self.plan, self.sums))
    }

    fn end_part(&mut self) {
        let (sum, _) = std::mem::take(&mut self.part).finish();
        self.sums.push(sum);
        self.left = self.plan.part_size_bytes();
    }
}

/// What a file seems to be: by its leading bytes, else by its name, else nothing known, which the API refuses in its
/// own words.
fn type_of(leading: &[u8], path: &Path) -> MediaType {
    MediaType::sniff(leading).or_else(|| by_extension(path)).unwrap_or(MediaType::OctetStream)
}

fn by_extension(path: &Path) -> Option<MediaType> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" => Some(MediaType::Jpeg),
        "png" | "apng" => Some(MediaType::Png),
        "webp" => Some(MediaType::WebP),
        "gif" => Some(MediaType::Gif),
        "tif" | "tiff" => Some(MediaType::Tiff),
        "bmp" | "dib" => Some(MediaType::Bmp),
        "avif" => Some(MediaType::Avif),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_hashed_part_by_part_whatever_the_pieces() {
        let size_bytes = IN_PARTS_FROM_BYTES + 1;
        let bytes = vec![7_u8; usize::try_from(size_bytes).unwrap()];
        let mut hasher = PartHasher::of(size_bytes).unwrap();
        for piece in bytes.chunks(3_000_001) {
            hasher.update(piece);
        }
        let (plan, sums) = hasher.finish().unwrap();
        let expected: Vec<ContentHash> = bytes.chunks(16 << 20).map(ContentHash::of).collect();
        assert_eq!((plan.count(), sums), (5, expected));
        assert!(PartHasher::of(IN_PARTS_FROM_BYTES).is_none());
        // It shrank while it was read.
        assert_eq!(PartHasher::of(size_bytes).unwrap().finish(), None);
    }

    #[test]
    fn leading_bytes_outweigh_the_name_and_the_name_outweighs_nothing() {
        let cases: [(&[u8], &str, MediaType); 4] = [
            (b"GIF89a...", "photo.jpg", MediaType::Gif),
            (b"<html>", "photo.JPEG", MediaType::Jpeg),
            (b"<html>", "page.html", MediaType::OctetStream),
            (b"x", "no extension", MediaType::OctetStream),
        ];
        for (bytes, name, expected) in cases {
            assert_eq!(type_of(bytes, Path::new(name)), expected, "{name}");
        }
    }
}
