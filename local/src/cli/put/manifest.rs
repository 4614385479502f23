//! The file that says which path has which hash.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use shared::hash::ContentHash;
use tempfile::NamedTempFile;

use super::CommandError;

/// A manifest on its way: lines of path, tab and SHA-256, sorted by path.
///
/// It appears under its name at the end, whole, and replaces an older one only then.
#[derive(Debug)]
pub(super) struct Manifest {
    path: PathBuf,
    file: NamedTempFile,
    lines: Vec<(PathBuf, ContentHash)>,
}

impl Manifest {
    /// Begins a manifest, so that one that can't be written is known before the work.
    pub(super) fn create(path: &Path) -> Result<Self, CommandError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match temporary().tempfile_in(folder) {
            Ok(file) => Ok(Self { path: path.to_owned(), file, lines: Vec::new() }),
            Err(source) => Err(CommandError::Manifest { path: path.to_owned(), source }),
        }
    }

    /// Notes one file.
    pub(super) fn add(&mut self, path: &Path, hash: ContentHash) {
        self.lines.push((path.to_owned(), hash));
    }

    /// Writes everything noted, and puts the manifest in its place.
    pub(super) fn finish(mut self) -> Result<(), CommandError> {
        self.lines.sort();
        let written = write_lines(&self.file, &self.lines);
        let placed = written.and_then(|()| Ok(self.file.persist(&self.path)?));
        match placed {
            Ok(_) => Ok(()),
            Err(source) => Err(CommandError::Manifest { path: self.path, source }),
        }
    }
}

/// A temporary file that others may read, as far as the process's umask lets them: the manifest is to be read.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hashfolio-manifest-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn write_lines(file: &NamedTempFile, lines: &[(PathBuf, ContentHash)]) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    for (path, hash) in lines {
        out.write_all(&escaped(path))?;
        writeln!(out, "\t{hash}")?;
    }
    out.flush()?;
    file.as_file().sync_all()
}

/// A path's bytes as they are, but for those that would break the line.
fn escaped(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' => bytes.extend(br"\\"),
            b'\t' => bytes.extend(br"\t"),
            b'\n' => bytes.extend(br"\n"),
            b'\r' => bytes.extend(br"\r"),
            other => bytes.push(*other),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_manifest_is_sorted_and_replaces_the_old_one_only_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.tsv");
        fs::write(&path, "old").unwrap();
        let hash = ContentHash::of(b"x");
        let mut manifest = Manifest::create(&path).unwrap();
        manifest.add(Path::new("b\tb\n.jpg"), hash);
        manifest.add(Path::new("a.jpg"), hash);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        manifest.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("a.jpg\t{hash}\nb\\tb\\n.jpg\t{hash}\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_manifest_in_a_folder_that_is_not_there_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Manifest::create(&folder.path().join("missing/manifest.tsv")).unwrap_err();
        assert!(refused.to_string().contains("missing/manifest.tsv"), "{refused}");
    }
}
