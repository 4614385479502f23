//! Reads a file once, for everything that must be known of it before it is asked for.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use shared::asset::FileName;
use shared::hash::{ContentHash, Hasher};
use shared::media::MediaType;

use super::progress::Progress;
use crate::client::Ask;

/// How much of a file is held in memory while it is hashed, in bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// What a file held when it was read.
#[derive(Debug, Clone)]
pub(super) struct Fingerprint {
    pub(super) path: PathBuf,
    pub(super) hash: ContentHash,
    pub(super) size_bytes: u64,
    media_type: MediaType,
    modified: Option<SystemTime>,
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
        let modified = file.metadata()?.modified().ok();
        let mut hasher = Hasher::default();
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
            progress.advance(read as u64);
        }
        let (hash, size_bytes) = hasher.finish();
        let media_type = media_type.ok_or(FingerprintError::Empty)?;
        Ok(Self { path: path.to_owned(), hash, size_bytes, media_type, modified })
    }

    /// What is asked of the API for this file.
    pub(super) fn ask(&self) -> Ask {
        Ask {
            content_hash: self.hash,
            size_bytes: self.size_bytes,
            mime_type: self.media_type,
            file_name: FileName::from_path(&self.path.to_string_lossy()).map(|name| name.as_str().to_owned()),
        }
    }

    /// Whether the file seems untouched since it was read.
    pub(super) fn matches(&self, now: &Metadata) -> bool {
        now.len() == self.size_bytes && now.modified().ok() == self.modified
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
