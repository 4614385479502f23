//! What was used in a period, as it was measured: the usage file.
//!
//! A field that is absent was not measured; that is never the same as zero.

mod number;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::item::Architecture;
use crate::storage_class::{StorageClass, Tier};
pub use number::{Bytes, Count, GbSeconds, Share};

/// The longest period: a year.
pub(crate) const MAX_PERIOD_DAYS: u32 = 366;

/// Measured use. Storage is what was kept, on average; everything else is what happened in the period.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The period's length in days.
    pub period_days: u32,
    /// The AWS region; absent, the price book's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What the bucket keeps, by class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Vec<Stored>>,
    /// Requests for variants, at the CDN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_requests: Option<Count>,
    /// Bytes that the CDN sent to viewers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdn_bytes: Option<Bytes>,
    /// The CDN's own hit ratio, 0 to 1, where that metric is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_ratio: Option<Share>,
    /// Requests that reached the CDN's shield from its other regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_shield_requests: Option<Count>,
    /// Invocations of render.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub render_invocations: Option<Count>,
    /// Render's GB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub render_gb_seconds: Option<GbSeconds>,
    /// Render's memory, in MB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub render_memory_mb: Option<Count>,
    /// Bytes of originals that render read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_bytes_read: Option<Bytes>,
    /// Invocations of ingest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingest_invocations: Option<Count>,
    /// Ingest's GB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingest_gb_seconds: Option<GbSeconds>,
    /// Invocations of verify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_invocations: Option<Count>,
    /// Verify's GB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_gb_seconds: Option<GbSeconds>,
    /// Invocations of reconcile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_invocations: Option<Count>,
    /// Reconcile's GB-seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile_gb_seconds: Option<GbSeconds>,
    /// The functions' processor, `arm64` or `x86_64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Assets that were uploaded and verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploads: Option<Count>,
    /// Reads of objects in classes that charge for it; they are not among `s3.getAndOther`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<Vec<Retrieval>>,
    /// Objects that a lifecycle moved, by the class that they moved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transitions: Option<Vec<Transition>>,
    /// Objects that were removed before their class's least time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_deletions: Option<Vec<EarlyDeletion>>,
    /// Requests to S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3Requests>,
    /// Use of DynamoDB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamodb: Option<DynamoDbUse>,
    /// Requests to the upload API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_requests: Option<Count>,
    /// State transitions of Step Functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_transitions: Option<Count>,
    /// Invocations by the scheduler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_invocations: Option<Count>,
    /// Bytes of logs taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_bytes: Option<Bytes>,
    /// Custom metrics kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_metrics: Option<Count>,
    /// Alarms kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Count>,
    /// What whoever measured has to say about it: a report repeats it among its warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What is kept in one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// The class.
    pub class: StorageClass,
    /// Of Intelligent-Tiering, the tier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Bytes, on average over the period.
    pub bytes: Bytes,
    /// Objects.
    #[serde(default)]
    pub objects: Count,
}

/// Reads from one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retrieval {
    /// The class.
    pub class: StorageClass,
    /// Bytes read.
    #[serde(default)]
    pub bytes: Bytes,
    /// Requests that read them.
    #[serde(default)]
    pub requests: Count,
}

/// Objects that moved to a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// The class that they moved to.
    pub class: StorageClass,
    /// How many.
    pub objects: Count,
}

/// Objects that were removed from a class before its least time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EarlyDeletion {
    /// The class.
    pub class: StorageClass,
    /// Their bytes.
    pub bytes: Bytes,
    /// How old they were, on average, in days.
    pub age_days: u32,
}

/// Requests to S3, as it bills them, but for reads that `retrieval` has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct S3Requests {
    /// PUT, COPY, POST and LIST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_copy_post_list: Option<Count>,
    /// GET and all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get_and_other: Option<Count>,
}

/// Use of DynamoDB, on demand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DynamoDbUse {
    /// Write units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_units: Option<Count>,
    /// Read units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_units: Option<Count>,
    /// Bytes kept, on average over the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
}

/// Why a usage file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// It is no usage file, or a field has a value that it can't have.
    #[error("the usage cannot be read: {0}")]
    Unreadable(String),
    /// A field's value makes no sense.
    #[error("the usage is wrong: {field}: {why}")]
    Wrong {
        /// The field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Usage {
    /// Parses a usage file, and names the fields that it does not know.
    ///
    /// # Errors
    /// [`UsageError`], which names the field.
    pub fn parse(json: &[u8]) -> Result<(Self, Vec<String>), UsageError> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
        let mut unknown = Vec::new();
        let read = serde_ignored::deserialize(tracked, |field| {
            // A field that may be left out is a step of its own in the path, which says nothing to people.
            unknown.push(field.to_string().replace("?.", ""));
        });
        let unreadable = |error: serde_json::Error| {
            let path = track.path().to_string();
            let at = if path == "." { String::new() } else { format!("{path}: ") };
            UsageError::Unreadable(format!("{at}{error}"))
        };
        let usage: Self = read.map_err(unreadable)?;
        reader.end().map_err(|error| UsageError::Unreadable(error.to_string()))?;
        usage.check()?;
        let shape: Value =
            serde_json::from_slice(json).map_err(|error| UsageError::Unreadable(error.to_string()))?;
        must_be_named(&shape)?;
        Ok((usage, unknown))
    }

    /// Checks what no single field shows.
    fn check(&self) -> Result<(), UsageError> {
        let wrong = |field: String, why: &str| Err(UsageError::Wrong { field, why: why.to_owned() });
        if !(1..=MAX_PERIOD_DAYS).contains(&self.period_days) {
            return wrong("periodDays".to_owned(), "must be 1 to 366");
        }
        for (position, stored) in self.storage.iter().flatten().enumerate() {
            if stored.tier.is_some() && stored.class != StorageClass::IntelligentTiering {
                return wrong(format!("storage[{position}].tier"), "only INTELLIGENT_TIERING has tiers");
            }
        }
        Ok(())
    }

    /// Objects kept, in all classes; `None` when that was not measured.
    pub fn objects(&self) -> Option<u64> {
        let storage = self.storage.as_ref()?;
        Some(storage.iter().map(|stored| stored.objects.get()).sum())
    }

    /// Bytes kept, in all classes; `None` when that was not measured.
    pub fn bytes(&self) -> Option<u64> {
        let storage = self.storage.as_ref()?;
        Some(storage.iter().map(|stored| stored.bytes.get()).sum())
    }
}

/// Figures have names: a list in place of an object would be read as its fields in their order.
fn must_be_named(usage: &Value) -> Result<(), UsageError> {
    let Value::Object(fields) = usage else {
        return Err(UsageError::Unreadable("it must be an object".to_owned()));
    };
    for (field, value) in fields {
        let mut entries = value.as_array().into_iter().flatten();
        if entries.any(|entry| !entry.is_object() && !entry.is_string()) {
            let why = "has a list where an object must be".to_owned();
            return Err(UsageError::Wrong { field: field.clone(), why });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
