//! Remembers uploads in parts, so that one that broke off is gone on with by the next run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::hash::ContentHash;
use tempfile::NamedTempFile;

use crate::client::Resume;

/// S3 forgets an upload that is not completed within a day: what is older than this was forgotten long ago.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(7 * 24);

/// An upload in parts that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begun {
    /// What the API knows it by.
    #[serde(flatten)]
    pub(super) resume: Resume,
    /// How many bytes each part has, but for the last.
    pub(super) part_size_bytes: u64,
    /// Whether the store was asked to put the parts together. It may have done so without our hearing of it.
    pub(super) completing: bool,
}

/// The folder where they are remembered, a file for each. Without one nothing is remembered, and everything works but
/// going on with what broke off.
#[derive(Debug)]
pub(super) struct Resumable {
    folder: Option<PathBuf>,
    /// Tells the uploads to one API from those to another.
    api: String,
}

impl Resumable {
    /// The uploads to an API that are remembered in a folder.
    pub(super) fn open(folder: Option<PathBuf>, api: &str) -> Self {
        let api = ContentHash::of(api.as_bytes()).to_string().split_at(8).0.to_owned();
        if let Some(folder) = &folder {
            drop(tidy(folder));
        }
        Self { folder, api }
    }

    /// The upload of the content with this hash that was begun, if there is one.
    pub(super) fn find(&self, hash: ContentHash) -> Option<Begun> {
        serde_json::from_slice(&fs::read(self.file(hash)?).ok()?).ok()
    }

    /// Remembers an upload. That it can't be is no reason not to upload: only a run that breaks off has to begin anew
    /// then.
    pub(super) fn keep(&self, hash: ContentHash, begun: &Begun) {
        if let (Some(folder), Some(file)) = (&self.folder, self.file(hash)) {
            drop(write(folder, &file, begun));
        }
    }

    /// Forgets an upload: it has come to an end.
    pub(super) fn forget(&self, hash: ContentHash) {
        if let Some(file) = self.file(hash) {
            drop(fs::remove_file(file));
        }
    }

    fn file(&self, hash: ContentHash) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}-{hash}.json", self.api)))
    }
}

/// Where uploads are remembered unless something else is said: in the folder that systems have for what programs keep
/// between runs.
pub(super) fn default_folder(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let state = environment("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.or_else(|| Some(PathBuf::from(environment("HOME")?).join(".local/state")))?;
    Some(state.join("hashfolio/uploads"))
}

/// At once, so that a run that is killed leaves a whole file or none.
fn write(folder: &Path, file: &Path, begun: &Begun) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut temporary = NamedTempFile::new_in(folder)?;
    temporary.write_all(&serde_json::to_vec(begun)?)?;
    temporary.persist(file)?;
    Ok(())
}

fn tidy(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if age > FORGOTTEN_AFTER && entry.path().extension().is_some_and(|extension| extension == "json") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(upload: &str) -> Begun {
        let resume = Resume { upload_id: upload.to_owned(), resume_token: "token".to_owned() };
        Begun { resume, part_size_bytes: 16, completing: false }
    }

    #[test]
    fn an_upload_is_remembered_until_it_is_forgotten_and_for_its_api_only() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("made/on/demand");
        let folder = Some(path.clone());
        let (hash, uploads) = (ContentHash::of(b"x"), Resumable::open(folder.clone(), "http://a"));
        assert_eq!(uploads.find(hash), None);
        uploads.keep(hash, &begun("1"));
        uploads.keep(hash, &Begun { completing: true, ..begun("2") });
        let again = Resumable::open(folder.clone(), "http://a");
        assert_eq!(again.find(hash), Some(Begun { completing: true, ..begun("2") }));
        assert_eq!(again.find(ContentHash::of(b"y")), None);
        assert_eq!(Resumable::open(folder.clone(), "http://b").find(hash), None);
        again.forget(hash);
        assert_eq!(uploads.find(hash), None);
        assert_eq!(fs::read_dir(path).unwrap().count(), 0);
    }

    #[test]
    fn what_can_t_be_remembered_is_no_fault() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for folder in [None, Some(file.path().join("below a file"))] {
            let uploads = Resumable::open(folder, "http://a");
            uploads.keep(ContentHash::of(b"x"), &begun("1"));
            assert_eq!(uploads.find(ContentHash::of(b"x")), None);
            uploads.forget(ContentHash::of(b"x"));
        }
    }

    #[test]
    fn what_s3_has_forgotten_is_forgotten_too() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Resumable::open(Some(folder.path().to_owned()), "http://a");
        let (old, new) = (ContentHash::of(b"old"), ContentHash::of(b"new"));
        uploads.keep(old, &begun("1"));
        uploads.keep(new, &begun("2"));
        let past = std::time::SystemTime::now() - FORGOTTEN_AFTER - Duration::from_secs(1);
        let file = fs::File::options().write(true).open(uploads.file(old).unwrap()).unwrap();
        file.set_modified(past).unwrap();
        let uploads = Resumable::open(Some(folder.path().to_owned()), "http://a");
        assert_eq!((uploads.find(old), uploads.find(new)), (None, Some(begun("2"))));
    }

    #[test]
    fn the_folder_is_the_systems_own() {
        let of = |set: &'static [(&str, &str)]| {
            default_folder(move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/hashfolio/uploads".into()));
        assert_eq!(of(&[("HOME", "/h")]), Some("/h/.local/state/hashfolio/uploads".into()));
        assert_eq!(of(&[]), None);
    }
}
