//! Takes the pairs of one shard, and keeps what disagrees.

use shared::key::{DropName, ObjectKey};
use shared::ports::ListedObject;
use shared::shard::Shard;
use shared::time::Timestamp;

use crate::finding::{Action, Finding, Kind, Status};
use crate::join::Name;
use crate::plan::{SeenAsset, SeenObject, compare};
use crate::sums::Sums;

/// How many findings one run takes from a shard. What is beyond is counted, and left to the next run: so no drift,
/// however great, takes more than some megabytes.
const FINDINGS_OF_SHARD: usize = 4_000;

/// A record as the join has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An asset's.
    Asset(SeenAsset),
    /// An item that can't be read, and the attribute that is wrong.
    Unreadable(&'static str),
}

/// What is known of one shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardPlan {
    /// What was counted.
    pub sums: Sums,
    /// What disagrees.
    pub findings: Vec<Finding>,
}

/// The plan of a shard while its pairs come in.
#[derive(Debug)]
pub struct Planner {
    shard: Shard,
    youngest: Timestamp,
    plan: ShardPlan,
}

impl Planner {
    /// A plan of a shard in which nothing is touched that is younger than this.
    pub fn new(shard: Shard, youngest: Timestamp) -> Self {
        Self { shard, youngest, plan: ShardPlan::default() }
    }

    /// What the calls for it used.
    pub fn sums(&mut self) -> &mut Sums {
        &mut self.plan.sums
    }

    /// Takes both entries of a name, or the one that there is.
    pub fn take(&mut self, name: Name, object: Option<&SeenObject>, record: Option<&Record>) {
        self.plan.sums.objects_listed += u64::from(object.is_some());
        self.plan.sums.records += u64::from(record.is_some());
        match (name, record) {
            (name, Some(Record::Unreadable(attribute))) => self.unreadable(name, attribute),
            (Name::Hash(hash), record) => {
                self.plan.sums.assets_checked += 1;
                let asset = record.and_then(|record| match record {
                    Record::Asset(asset) => Some(asset),
                    Record::Unreadable(_) => None,
                });
                if let Some(drift) = compare(object, asset, self.youngest) {
                    self.keep(drift.kind, || drift.of(hash, asset.map(|asset| asset.state)));
                }
            }
            (Name::Text(name), _) => {
                if object.is_some_and(|object| object.last_modified <= self.youngest) {
                    self.foreign(&name);
                }
            }
        }
    }

    /// Takes an object of the drop folder.
    pub fn take_dropped(&mut self, object: &ListedObject) {
        self.plan.sums.objects_listed += 1;
        let is_upload = match ObjectKey::parse(&object.key) {
            Some(ObjectKey::Incoming(name)) => DropName::is_upload(&name, object.size_bytes),
            Some(ObjectKey::Parts { .. }) => true,
            Some(
                ObjectKey::Original(_)
                | ObjectKey::Refused(_)
                | ObjectKey::Variant { .. }
                | ObjectKey::Report(_),
            )
            | None => false,
        };
        if object.last_modified > self.youngest || !is_upload {
            return;
        }
        self.keep(Kind::StuckIncoming, || Finding {
            kind: Kind::StuckIncoming,
            content_hash: None,
            key: Some(object.key.clone()),
            from: None,
            to: None,
            action: Action::Verify,
            status: Status::Planned,
            applied: false,
            reason: "nobody has looked at it: the event that told of it was lost".to_owned(),
        });
    }

    /// The plan.
    pub fn finish(mut self) -> ShardPlan {
        self.plan.sums.close_shard(self.shard);
        self.plan
    }

    fn unreadable(&mut self, name: Name, attribute: &str) {
        let reason = format!("the attribute {attribute} of the item is not as Hashfolio writes it");
        self.keep(Kind::UnreadableItem, || Finding {
            key: None,
            reason,
            ..unanswerable(Kind::UnreadableItem, name)
        });
    }

    fn foreign(&mut self, name: &str) {
        self.keep(Kind::ForeignObject, || Finding {
            key: Some(format!("{}{name}", shared::key::Folder::Originals.prefix())),
            reason: "the key is no hash: the object is none of Hashfolio's".to_owned(),
            ..unanswerable(Kind::ForeignObject, Name::Text(String::new()))
        });
    }

    fn keep(&mut self, kind: Kind, finding: impl FnOnce() -> Finding) {
        self.plan.sums.found(kind);
        if self.plan.findings.len() < FINDINGS_OF_SHARD {
            self.plan.findings.push(finding());
        } else {
            self.plan.sums.postponed += 1;
        }
    }
}

/// A finding that a person must see to.
fn unanswerable(kind: Kind, name: Name) -> Finding {
    let (content_hash, key) = match name {
        Name::Hash(hash) => (Some(hash), None),
        Name::Text(text) => (None, Some(text)),
    };
    let (action, status) = (Action::None, Status::Left);
    Finding {
        kind,
        content_hash,
        key,
        from: None,
        to: None,
        action,
        status,
        applied: false,
        reason: String::new(),
    }
}
