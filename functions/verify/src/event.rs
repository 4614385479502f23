//! The edge: S3's JSON to the keys that are to be looked at.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use shared::key::ObjectKey;

/// A notification from S3, as it came: nothing of it is believed before its records are read one by one, so that a
/// strange one spoils none of the others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct S3Event(Value);

impl From<Value> for S3Event {
    fn from(json: Value) -> Self {
        Self(json)
    }
}

/// What a record asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Look at the object with this key.
    Look(ObjectKey),
    /// Nothing: as it should be.
    Ignore(Ignored),
    /// Nothing that verify can do, and no repetition would help: a person should see it.
    Strange(Oddity),
}

/// Records that are no news of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// S3 tries a new notification out.
    TestEvent,
    /// Something else than a creation.
    Event(String),
    /// An object that verify or another function wrote itself.
    OwnKey(String),
}

/// Records that should not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// It has no records and is no test event.
    NoRecords,
    /// It names no bucket or no key.
    Incomplete,
    /// It is about another bucket.
    Bucket(String),
    /// The key does not decode to UTF-8, or is none of Hashfolio's.
    Key(String),
}

/// A record, with as little as possible asked of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: Option<String>,
    s3: Option<Entity>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    bucket: Bucket,
    object: Object,
}

#[derive(Debug, Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Object {
    key: String,
}

impl S3Event {
    /// What each record asks for, each key once: it is looked at as it is now, so once is enough.
    pub(crate) fn notices(&self, bucket: &str) -> Vec<Notice> {
        if self.0.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
            return vec![Notice::Ignore(Ignored::TestEvent)];
        }
        let Some(records) = self.0.get("Records").and_then(Value::as_array) else {
            return vec![Notice::Strange(Oddity::NoRecords)];
        };
        let mut notices = Vec::with_capacity(records.len());
        for notice in records.iter().map(|record| notice(record, bucket)) {
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
        notices
    }
}

fn notice(record: &Value, bucket: &str) -> Notice {
    let Ok(Record { event_name, s3: Some(entity) }) = Record::deserialize(record) else {
        return Notice::Strange(Oddity::Incomplete);
    };
    if entity.bucket.name != bucket {
        return Notice::Strange(Oddity::Bucket(entity.bucket.name));
    }
    // Without a name it may be a creation, and a look does no harm.
    if let Some(name) = event_name.filter(|name| !is_creation(name)) {
        return Notice::Ignore(Ignored::Event(name));
    }
    match decode(&entity.object.key).and_then(|key| ObjectKey::parse(&key)) {
        Some(key @ (ObjectKey::Original(_) | ObjectKey::Incoming(_) | ObjectKey::Parts { .. })) => {
            Notice::Look(key)
        }
        Some(key @ (ObjectKey::Refused(_) | ObjectKey::Variant { .. } | ObjectKey::Report(_))) => {
            Notice::Ignore(Ignored::OwnKey(key.to_string()))
        }
        None => Notice::Strange(Oddity::Key(entity.object.key)),
    }
}

/// `ObjectCreated:Put`, `:Post`, `:Copy` and `:CompleteMultipartUpload`; notification rules write `s3:` before it.
fn is_creation(event_name: &str) -> bool {
    event_name.strip_prefix("s3:").unwrap_or(event_name).starts_with("ObjectCreated:")
}

/// The key as it is: S3 writes it as a form does, with `+` for a space.
fn decode(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TestEvent => f.write_str("S3 tries the notification out"),
            Self::Event(name) => write!(f, "{name} is no creation"),
            Self::OwnKey(key) => write!(f, "{key} is no upload"),
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecords => f.write_str("the event has no records"),
            Self::Incomplete => f.write_str("a record names no bucket or no key"),
            Self::Bucket(name) => write!(f, "a record is about another bucket, {name:?}"),
            Self::Key(key) => write!(f, "a record has a key that is none of Hashfolio's, {key:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn record(name: &str, bucket: &str, key: &str) -> Value {
        json!({"eventName": name, "s3": {"bucket": {"name": bucket}, "object": {"key": key}}})
    }

    fn notices(records: &[Value]) -> Vec<Notice> {
        S3Event::from(json!({ "Records": records })).notices("assets")
    }

    fn incoming(name: &str) -> Notice {
        Notice::Look(ObjectKey::parse(&format!("incoming/{name}")).unwrap())
    }

    #[test]
    fn a_key_is_decoded_as_a_form_is() {
        for (key, name) in [
            ("incoming/summer+holiday/caf%C3%A9+%231.jpg", "summer holiday/café #1.jpg"),
            ("incoming/1%2B1.png", "1+1.png"),
            ("incoming/100%25", "100%"),
            ("incoming/odd%zz", "odd%zz"),
        ] {
            assert_eq!(notices(&[record("ObjectCreated:Put", "assets", key)]), [incoming(name)]);
        }
    }

    #[test]
    fn every_creation_is_looked_at_whatever_it_is_called() {
        for name in ["ObjectCreated:Put", "s3:ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload"] {
            assert_eq!(notices(&[record(name, "assets", "incoming/a")]), [incoming("a")]);
        }
        let nameless = json!({"s3": {"bucket": {"name": "assets"}, "object": {"key": "incoming/a"}}});
        assert_eq!(notices(&[nameless]), [incoming("a")]);
    }

    #[test]
    fn a_strange_record_spoils_none_of_the_others() {
        let created = "ObjectCreated:Put";
        let read = notices(&[
            json!("no record at all"),
            json!({"eventName": created, "s3": {"bucket": {"name": "assets"}}}),
            record(created, "another", "incoming/a"),
            record(created, "assets", "raw/readme.txt"),
            record(created, "assets", "incoming/%ff"),
            record(created, "assets", "refused/a"),
            record("ObjectRemoved:Delete", "assets", "incoming/a"),
            record(created, "assets", "incoming/a"),
        ]);
        let strange = |oddity| Notice::Strange(oddity);
        assert_eq!(
            read,
            [
                // The first two are equal, and so one.
                strange(Oddity::Incomplete),
                strange(Oddity::Bucket("another".to_owned())),
                strange(Oddity::Key("raw/readme.txt".to_owned())),
                strange(Oddity::Key("incoming/%ff".to_owned())),
                Notice::Ignore(Ignored::OwnKey("refused/a".to_owned())),
                Notice::Ignore(Ignored::Event("ObjectRemoved:Delete".to_owned())),
                incoming("a"),
            ]
        );
    }

    #[test]
    fn a_key_that_comes_twice_is_looked_at_once() {
        let twice = [
            record("ObjectCreated:Put", "assets", "incoming/a+b"),
            record("ObjectCreated:Copy", "assets", "incoming/a%20b"),
        ];
        assert_eq!(notices(&twice), [incoming("a b")]);
    }

    #[test]
    fn a_test_event_is_no_oddity_and_other_json_is() {
        let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "assets"});
        assert_eq!(S3Event::from(test).notices("assets"), [Notice::Ignore(Ignored::TestEvent)]);
        for json in [json!(null), json!([1]), json!({"Records": "none"}), json!({})] {
            assert_eq!(S3Event::from(json).notices("assets"), [Notice::Strange(Oddity::NoRecords)]);
        }
        assert_eq!(notices(&[]), []);
    }

    proptest! {
        #[test]
        fn any_name_survives_s3s_spelling(name in "[ -~é字]{1,60}") {
            let form: String = name.bytes().map(|byte| match byte {
                b' ' => "+".to_owned(),
                b'a'..=b'z' | b'/' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            }).collect();
            let read = notices(&[record("ObjectCreated:Put", "assets", &format!("incoming/{form}"))]);
            prop_assert_eq!(read, [incoming(&name)]);
        }
    }
}
