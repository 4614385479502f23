//! The file that says which path has which hash.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::ops::Bound;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use shared::hash::ContentHash;
use tempfile::NamedTempFile;

use super::CommandError;

/// A manifest on its way: lines of path, tab and SHA-256, sorted by path.
///
/// It appears under its name at the end, whole, and replaces an older one only then. Of that, the lines of files that
/// failed this time stay; and if the run breaks off, so do all lines of files that it didn't come to.
#[derive(Debug)]
pub(super) struct Manifest {
    path: PathBuf,
    lines: BTreeMap<PathBuf, ContentHash>,
    /// What the older manifest says of files that nothing is known of yet.
    older: BTreeMap<PathBuf, ContentHash>,
}

impl Manifest {
    /// Begins a manifest, so that one that can't be written is known before the work.
    pub(super) fn create(path: &Path) -> Result<Self, CommandError> {
        // It is only tried: a file that lay there during the run would stay if the run were killed.
        let tried = temporary(path).and_then(|_| older_lines(path));
        match tried {
            Ok(older) => Ok(Self { path: path.to_owned(), lines: BTreeMap::new(), older }),
            Err(source) => Err(CommandError::Manifest { path: path.to_owned(), source }),
        }
    }

    /// Notes a file that is in the portfolio.
    pub(super) fn add(&mut self, path: &Path, hash: ContentHash) {
        self.lines.insert(path.to_owned(), hash);
    }

    /// Notes that the portfolio does not want a file: no older line of it is true any more.
    pub(super) fn remove(&mut self, path: &Path) {
        self.older.remove(path);
        self.lines.remove(path);
    }

    /// Notes that a file failed, or a folder with whatever is in it: what an older manifest says of it stays.
    pub(super) fn keep(&mut self, path: &Path) {
        // Paths are ordered step by step, so what is in a folder comes right after it.
        let from = (Bound::Included(path), Bound::Unbounded);
        let below = self.older.range::<Path, _>(from).take_while(|(older, _)| older.starts_with(path));
        for (older, hash) in below {
            self.lines.entry(older.clone()).or_insert(*hash);
        }
    }

    /// Notes that the run ended before its work was done: what an older manifest says of the rest stays.
    pub(super) fn keep_the_rest(&mut self) {
        for (path, hash) in std::mem::take(&mut self.older) {
            self.lines.entry(path).or_insert(hash);
        }
    }

    /// Writes everything noted, and puts the manifest in its place.
    pub(super) fn finish(self) -> Result<(), CommandError> {
        let placed = temporary(&self.path).and_then(|file| {
            write_lines(&file, &self.lines)?;
            Ok(file.persist(&self.path)?)
        });
        match placed {
            Ok(_) => Ok(()),
            Err(source) => Err(CommandError::Manifest { path: self.path, source }),
        }
    }
}

/// A temporary file beside the manifest. Others may read it, as far as the process's umask lets them: the manifest is to
/// be read.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".hashfolio-manifest-");
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// The lines of the manifest that is there, if there is one. What is no such line is passed over.
fn older_lines(path: &Path) -> io::Result<BTreeMap<PathBuf, ContentHash>> {
    match fs::read(path) {
        Ok(text) => Ok(text.split(|byte| *byte == b'\n').filter_map(parsed).collect()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(fault) => Err(fault),
    }
}

fn parsed(line: &[u8]) -> Option<(PathBuf, ContentHash)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (path, hash) = (line.get(..tab)?, line.get(tab + 1..)?);
    let hash = std::str::from_utf8(hash).ok()?.parse().ok()?;
    Some((PathBuf::from(OsString::from_vec(unescaped(path)?)), hash))
}

fn write_lines(file: &NamedTempFile, lines: &BTreeMap<PathBuf, ContentHash>) -> io::Result<()> {
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

/// The bytes of which [`escaped`] made these; `None` if it made none.
fn unescaped(path: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = path.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'\\' => b'\\',
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            plain => *plain,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a manifest in it, from these lines.
    fn manifest(older: &[(&str, ContentHash)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.tsv");
        let mut manifest = Manifest::create(&path).unwrap();
        for (path, hash) in older {
            manifest.add(Path::new(path), *hash);
        }
        manifest.finish().unwrap();
        (folder, path)
    }

    fn paths(manifest: Manifest) -> Vec<String> {
        let path = manifest.path.clone();
        manifest.finish().unwrap();
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    }

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
        // A run that is killed now leaves nothing behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        manifest.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("a.jpg\t{hash}\nb\\tb\\n.jpg\t{hash}\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_failed_keeps_its_older_line_and_what_is_not_wanted_or_not_named_loses_it() {
        let hash = ContentHash::of(b"x");
        let older = ["a", "in/b", "in-between", "in/c/d", "refused", "named no more", "e\t\\\n\r.jpg"];
        let (_folder, path) = manifest(&older.map(|name| (name, hash)));
        let mut manifest = Manifest::create(&path).unwrap();
        manifest.keep(Path::new("a"));
        manifest.keep(Path::new("in"));
        manifest.keep(Path::new("e\t\\\n\r.jpg"));
        manifest.keep(Path::new("never there"));
        manifest.remove(Path::new("refused"));
        manifest.add(Path::new("new"), hash);
        assert_eq!(paths(manifest), ["a", r"e\t\\\n\r.jpg", "in/b", "in/c/d", "new"]);
    }

    #[test]
    fn a_run_that_breaks_off_adds_and_replaces_lines_and_takes_away_only_what_is_not_wanted() {
        let (old, new) = (ContentHash::of(b"old"), ContentHash::of(b"new"));
        let (_folder, path) = manifest(&["done", "refused", "not done", "not named"].map(|name| (name, old)));
        let mut manifest = Manifest::create(&path).unwrap();
        manifest.add(Path::new("done"), new);
        manifest.remove(Path::new("refused"));
        manifest.keep_the_rest();
        manifest.finish().unwrap();
        let expected = format!("done\t{new}\nnot done\t{old}\nnot named\t{old}\n");
        assert_eq!(fs::read_to_string(path).unwrap(), expected);
    }

    #[test]
    fn a_manifest_in_a_folder_that_is_not_there_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Manifest::create(&folder.path().join("missing/manifest.tsv")).unwrap_err();
        assert!(refused.to_string().contains("missing/manifest.tsv"), "{refused}");
    }
}
