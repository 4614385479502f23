//! What a comparison finds, and what becomes of it.

use serde::{Deserialize, Serialize};
use shared::asset::AssetState;
use shared::hash::ContentHash;

/// In which way storage and metadata disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The record says that there is an object, and there is none.
    ObjectMissing,
    /// The object went to a class that must be restored to be read.
    ObjectArchived,
    /// The archived object can be read again.
    ObjectRestored,
    /// The object of a MISSING or MISMATCH asset is back.
    ObjectReappeared,
    /// The object is another one than was verified.
    ObjectDiffers,
    /// An object under a hash without a record.
    OrphanObject,
    /// A PENDING asset whose object is there: the event was lost.
    StuckPending,
    /// A REJECTED or DELETED asset whose object is there.
    LeftoverObject,
    /// An object in the drop folder that nobody took.
    StuckIncoming,
    /// A key among the originals that is no hash.
    ForeignObject,
    /// An item of the table that is not as Hashfolio writes them.
    UnreadableItem,
}

/// What is to be done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Write MISSING.
    MarkMissing,
    /// Write ARCHIVED.
    MarkArchived,
    /// Write READY.
    MarkReady,
    /// Look at the object again, as if its event had just come.
    Verify,
    /// Look at the object again, which removes it unless it is acceptable by now.
    Remove,
    /// Report it, and leave it to a person.
    None,
}

/// How far a finding has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing was done yet.
    Planned,
    /// This run mended it.
    Mended,
    /// It was no longer so when it was looked at again: somebody else was faster.
    Settled,
    /// It could not be mended, or is not to be.
    Left,
}

/// One disagreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// In which way they disagree.
    pub kind: Kind,
    /// The asset, where the object's key or the item's is a hash.
    #[serde(default, with = "text", skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<ContentHash>,
    /// The object's key; where there is no object, the key that it should have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The state that the asset was found in.
    #[serde(default, with = "text", skip_serializing_if = "Option::is_none")]
    pub from: Option<AssetState>,
    /// The state that it is expected to go to, or went to.
    #[serde(default, with = "text", skip_serializing_if = "Option::is_none")]
    pub to: Option<AssetState>,
    /// What is to be done.
    pub action: Action,
    /// How far it has come.
    pub status: Status,
    /// Whether this run mended it.
    pub applied: bool,
    /// Why, in words.
    pub reason: String,
}

impl Kind {
    /// Whether storage and metadata of an asset disagree, in contrast to what lies beside the assets.
    pub fn is_mismatch(self) -> bool {
        match self {
            Self::ObjectMissing
            | Self::ObjectArchived
            | Self::ObjectRestored
            | Self::ObjectReappeared
            | Self::ObjectDiffers
            | Self::OrphanObject
            | Self::StuckPending
            | Self::LeftoverObject => true,
            Self::StuckIncoming | Self::ForeignObject | Self::UnreadableItem => false,
        }
    }

    /// Whether an asset may be lost: it would turn MISSING or MISMATCH.
    pub fn is_loss(self) -> bool {
        match self {
            Self::ObjectMissing | Self::ObjectDiffers => true,
            Self::ObjectArchived
            | Self::ObjectRestored
            | Self::ObjectReappeared
            | Self::OrphanObject
            | Self::StuckPending
            | Self::LeftoverObject
            | Self::StuckIncoming
            | Self::ForeignObject
            | Self::UnreadableItem => false,
        }
    }
}

impl Finding {
    /// Whether nothing was done about it yet.
    pub fn is_planned(&self) -> bool {
        self.status == Status::Planned
    }

    /// Logs what became of it.
    pub fn log(&self) {
        let key = self.key.as_deref().unwrap_or_default();
        let (kind, status) = (self.kind, self.status);
        tracing::info!(object.key = key, ?kind, ?status, reason = self.reason, "a finding was dealt with");
    }

    /// The finding after it was mended.
    #[must_use]
    pub fn mended(self, to: Option<AssetState>, how: Option<&str>) -> Self {
        let reason = how.map_or_else(|| self.reason.clone(), |how| format!("{}: {how}", self.reason));
        Self { status: Status::Mended, applied: true, to, reason, ..self }
    }

    /// The finding when it is no longer so.
    #[must_use]
    pub fn settled(self) -> Self {
        let reason = format!("{}; it is no longer so", self.reason);
        Self { status: Status::Settled, reason, ..self }
    }

    /// The finding when it stays.
    #[must_use]
    pub fn left(self, why: &str) -> Self {
        let reason = format!("{}; {why}", self.reason);
        Self { status: Status::Left, reason, ..self }
    }
}

/// A value by its text, where there is one.
mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The finding of an object that is gone.
    pub(crate) fn lost(reason: &str) -> Finding {
        let hash = ContentHash::of(b"x");
        Finding {
            kind: Kind::ObjectMissing,
            content_hash: Some(hash),
            key: Some(format!("raw/{hash}")),
            from: Some(AssetState::Ready),
            to: Some(AssetState::Missing),
            action: Action::MarkMissing,
            status: Status::Planned,
            applied: false,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_finding_reads_back_from_its_line() {
        let finding = lost("the object is gone");
        let line = serde_json::to_string(&finding).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&line).unwrap(), finding);
        assert!(line.contains(r#""kind":"object_missing""#) && line.contains(r#""from":"READY""#), "{line}");
        let bare = Finding { content_hash: None, key: None, from: None, to: None, ..finding };
        let line = serde_json::to_string(&bare).unwrap();
        assert_eq!(serde_json::from_str::<Finding>(&line).unwrap(), bare);
        assert!(!line.contains("null"), "{line}");
    }
}
