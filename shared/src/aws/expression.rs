//! A change as DynamoDB writes it: one update expression under one condition.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{Item, number, text};
use crate::asset::{Amendment, AssetChange, AssetEvent, AssetId, AssetState, Authority, Takedown};
use crate::hash::ContentHash;
use crate::key::ObjectKey;
use crate::time::Timestamp;

/// The parts of an update or of a conditional put. Attributes are always named by placeholder: `state` and `shard` are
/// among DynamoDB's reserved words, and others may become it.
#[derive(Debug, Default)]
pub(super) struct Expression {
    set: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
}

impl Expression {
    /// The condition under which an event may happen: the transition table, as DynamoDB checks it.
    pub(super) fn admitting(event: AssetEvent) -> Self {
        let admitted = event.admitted_in();
        let mut expression = Self::default();
        let states = admitted.iter().filter_map(|state| *state).collect::<Vec<_>>();
        let in_states = expression.in_states(&states);
        let condition = if admitted.contains(&None) {
            let hash = expression.name("content_hash");
            format!("(attribute_not_exists({hash}) OR {in_states})")
        } else {
            in_states
        };
        expression.conditions.push(condition);
        expression
    }

    /// The update that a change is.
    pub(super) fn changing(hash: &ContentHash, change: &AssetChange, now: Timestamp) -> Self {
        let event = change.event();
        let mut expression = Self::admitting(event);
        if let Some(seen) = change.seen() {
            expression.require("updated_at", text(seen));
        }
        expression.set("state", text(event.target()));
        expression.set("updated_at", text(now));
        expression.remove("expires_at");
        match change {
            AssetChange::UploadVerified(verified) => {
                expression.set("size_bytes", number(verified.size_bytes));
                expression.set("mime_type", text(verified.media_type));
                expression.set("etag", text(verified.etag.as_str()));
                expression.set("width", number(verified.dimensions.width()));
                expression.set("height", number(verified.dimensions.height()));
                expression.remove("reason");
                expression.found(hash, verified.finder.as_str(), now);
                expression.name_once(verified.file_name.as_ref());
            }
            AssetChange::UploadRefused(refused) => {
                expression.set("size_bytes", number(refused.size_bytes));
                expression.set("mime_type", text(refused.media_type));
                expression.set("reason", text(&refused.reason));
                for measured in ["etag", "width", "height"] {
                    expression.remove(measured);
                }
                expression.found(hash, refused.finder.as_str(), now);
                expression.name_once(refused.file_name.as_ref());
                if let Some(key) = &refused.source_key {
                    expression.set("source_key", text(key));
                }
            }
            AssetChange::TakenDown(takedown) => expression.take_down(takedown),
            AssetChange::TakedownUndone => expression.remove("reason"),
            AssetChange::UploadRequested(_)
            | AssetChange::ObjectVanished { .. }
            | AssetChange::ObjectDiffers { .. }
            | AssetChange::ObjectArchived { .. }
            | AssetChange::ObjectRestored { .. } => {}
        }
        expression
    }

    /// The update that an amendment is.
    pub(super) fn amending(amendment: &Amendment, now: Timestamp) -> Self {
        let mut expression = Self::default();
        let in_states = expression.in_states(amendment.admitted_in());
        expression.conditions.push(in_states);
        expression.set("updated_at", text(now));
        match amendment {
            Amendment::KeepPending { expires_at } => {
                let ends = expression.name("expires_at");
                expression.conditions.push(format!("attribute_exists({ends})"));
                expression.set("expires_at", number(expires_at.epoch_seconds()));
            }
            Amendment::Share => expression.set("shared", AttributeValue::Bool(true)),
            Amendment::Drop { source_key: Some(key) } => expression.set("source_key", text(key)),
            Amendment::Drop { source_key: None } => expression.remove("source_key"),
            Amendment::RefreshETag { from, to } => {
                expression.require("etag", text(from.as_str()));
                expression.set("etag", text(to.as_str()));
            }
        }
        expression
    }

    /// `SET … REMOVE …`.
    pub(super) fn update(&self) -> String {
        let mut clauses = Vec::new();
        for (clause, actions) in [("SET", &self.set), ("REMOVE", &self.remove)] {
            if !actions.is_empty() {
                clauses.push(format!("{clause} {}", actions.join(", ")));
            }
        }
        clauses.join(" ")
    }

    /// All that must hold.
    pub(super) fn condition(&self) -> String {
        self.conditions.join(" AND ")
    }

    /// The placeholders of attribute names.
    pub(super) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    /// The placeholders of values.
    pub(super) fn values(&self) -> Item {
        self.values.clone()
    }

    /// What is written once, of an asset that nobody asked for.
    fn found(&mut self, hash: &ContentHash, finder: &str, now: Timestamp) {
        self.set_once("asset_id", text(AssetId::from(hash)));
        self.set_once("storage_key", text(ObjectKey::Original(*hash)));
        self.set_once("created_by", text(finder));
        self.set_once("created_at", text(now));
    }

    /// What is written of a takedown, and by whom it may be written.
    fn take_down(&mut self, takedown: &Takedown) {
        self.set("reason", text(&takedown.reason));
        match takedown.authority {
            Authority::Admin => {}
            Authority::Owner => {
                self.require("created_by", text(&takedown.caller));
                // An asset that nobody shares has no such attribute.
                let shared = self.name("shared");
                self.conditions.push(format!("attribute_not_exists({shared})"));
            }
        }
    }

    fn name_once(&mut self, name: Option<&crate::asset::FileName>) {
        if let Some(name) = name {
            self.set_once("file_name", text(name.as_str()));
        }
    }

    fn set(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.set.push(format!("{name} = {value}"));
    }

    fn set_once(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.set.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.remove.push(name);
    }

    fn require(&mut self, attribute: &str, value: AttributeValue) {
        let (name, value) = (self.name(attribute), self.value(value));
        self.conditions.push(format!("{name} = {value}"));
    }

    fn in_states(&mut self, states: &[AssetState]) -> String {
        let state = self.name("state");
        let values = states.iter().map(|state| self.value(text(state))).collect::<Vec<_>>();
        format!("{state} IN ({})", values.join(", "))
    }

    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_of_a_write_is_the_row_of_the_transition_table() {
        for event in AssetEvent::ALL {
            let expression = Expression::admitting(event);
            let named: Vec<&str> = expression
                .values
                .values()
                .filter_map(|value| value.as_s().ok())
                .map(String::as_str)
                .collect();
            for state in AssetState::ALL {
                let admitted = event.admitted_in().contains(&Some(state));
                assert_eq!(named.contains(&state.as_str()), admitted, "{event:?} {state}");
            }
            let from_nothing = expression.condition().contains("attribute_not_exists(#content_hash)");
            assert_eq!(from_nothing, event.admitted_in().contains(&None), "{event:?}");
        }
    }

    #[test]
    fn a_change_that_follows_from_looking_holds_only_for_what_was_looked_at() {
        let seen = Timestamp::from_epoch_millis(1);
        let change = AssetChange::ObjectVanished { seen };
        let expression =
            Expression::changing(&ContentHash::of(b"x"), &change, Timestamp::from_epoch_millis(2));
        assert!(expression.condition().contains("#updated_at = :v"));
        assert!(expression.values.values().any(|value| *value == text(seen)));
    }
}
