//! Finds the files that paths mean.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;

use tokio::task::spawn_blocking;
use walkdir::{DirEntry, WalkDir};

/// A file to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its size in bytes when it was found.
    pub(super) size_bytes: u64,
}

/// What paths led to.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The files, each path once.
    pub(super) files: Vec<Found>,
    /// What can't be put, and why.
    pub(super) unusable: Vec<(PathBuf, String)>,
}

/// Finds every file that the paths name, or that is below the folders that they name, sorted by name in each folder.
///
/// Symbolic links are followed, but for those that lead back to a folder above them. Below a folder, hidden names and
/// what is neither file nor folder (sockets, pipes) are passed over.
pub(super) async fn gather(paths: Vec<PathBuf>) -> Gathered {
    let walk = move || {
        let mut gathered = Gathered::default();
        let mut seen = HashSet::new();
        for path in &paths {
            gathered.walk(path, &mut seen);
        }
        gathered
    };
    spawn_blocking(walk).await.unwrap_or_default()
}

impl Gathered {
    fn walk(&mut self, root: &PathBuf, seen: &mut HashSet<PathBuf>) {
        let visible =
            |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
        for entry in
            WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible)
        {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if entry.file_type().is_file() => {
                    if seen.insert(entry.path().to_owned()) {
                        self.add(entry);
                    }
                }
                Ok(entry) if entry.depth() == 0 => {
                    self.unusable.push((root.clone(), "it is neither a file nor a folder".to_owned()));
                }
                Ok(_) => {}
                Err(loops) if loops.loop_ancestor().is_some() => {}
                Err(fault) => {
                    let path = fault.path().unwrap_or(root).to_owned();
                    self.unusable.push((path, reason(&fault.into())));
                }
            }
        }
    }

    fn add(&mut self, entry: DirEntry) {
        match entry.metadata() {
            Ok(metadata) => {
                self.files.push(Found { size_bytes: metadata.len(), path: entry.into_path() });
            }
            Err(fault) => self.unusable.push((entry.into_path(), reason(&fault.into()))),
        }
    }
}

/// What the operating system said, without the path, which is printed beside it.
fn reason(fault: &io::Error) -> String {
    match fault.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    async fn names(root: &Path) -> (Vec<String>, usize) {
        let gathered = gather(vec![root.to_owned(), root.join("b.jpg")]).await;
        let relative = |found: &Found| found.path.strip_prefix(root).unwrap().display().to_string();
        (gathered.files.iter().map(relative).collect(), gathered.unusable.len())
    }

    #[tokio::test]
    async fn a_folder_means_its_visible_files_in_order_and_each_once() {
        let root = tempfile::tempdir().unwrap();
        for name in ["b.jpg", "a.jpg", ".hidden.jpg", "sub/c.jpg", ".git/d.jpg"] {
            fs::create_dir_all(root.path().join(name).parent().unwrap()).unwrap();
            fs::write(root.path().join(name), name).unwrap();
        }
        assert_eq!(names(root.path()).await, (vec!["a.jpg".into(), "b.jpg".into(), "sub/c.jpg".into()], 0));
    }

    #[tokio::test]
    async fn links_to_files_are_followed_loops_are_not_and_broken_ones_are_told() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("sub")).unwrap();
        fs::write(root.path().join("b.jpg"), "b").unwrap();
        symlink(root.path().join("b.jpg"), root.path().join("sub/link.jpg")).unwrap();
        symlink(root.path(), root.path().join("sub/up")).unwrap();
        symlink(root.path().join("nowhere"), root.path().join("sub/broken.jpg")).unwrap();
        assert_eq!(names(root.path()).await, (vec!["b.jpg".into(), "sub/link.jpg".into()], 1));
    }

    #[tokio::test]
    async fn a_path_that_leads_nowhere_is_unusable_and_the_others_are_found() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("b.jpg"), "b").unwrap();
        let gathered = gather(vec![root.path().join("missing.jpg"), root.path().join("b.jpg")]).await;
        assert_eq!(gathered.files.len(), 1);
        assert!(gathered.unusable[0].1.contains("No such file"), "{:?}", gathered.unusable);
    }
}
