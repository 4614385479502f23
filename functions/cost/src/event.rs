//! The edge: an event's JSON to the period that is asked for.

use serde_json::Value;

use crate::quantity::DAYS_PER_MONTH;
use crate::usage::MAX_PERIOD_DAYS;

/// An event that asks for no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    /// It is no object.
    #[error("the event must be an object, such as {{\"days\": 30}}, and is {0}")]
    NoObject(Value),
    /// It asks for a period that there is none of.
    #[error("days: must be a whole number from 1 to 366, and is {0}")]
    Days(Value),
}

/// How many days an event asks for: `days`, and a month without it. What else `EventBridge` tells is ignored.
pub(crate) fn period_days(event: &Value) -> Result<u32, BadEvent> {
    let fields = match event {
        Value::Object(fields) => fields,
        // An invocation by hand need not say anything.
        Value::Null => return Ok(DAYS_PER_MONTH),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(BadEvent::NoObject(event.clone()));
        }
    };
    let Some(days) = fields.get("days") else { return Ok(DAYS_PER_MONTH) };
    let period = days.as_u64().and_then(|days| u32::try_from(days).ok());
    period.filter(|days| (1..=MAX_PERIOD_DAYS).contains(days)).ok_or_else(|| BadEvent::Days(days.clone()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schedules_event_asks_for_a_month() {
        let daily = include_str!("../../../events/cost/daily.json");
        assert_eq!(period_days(&serde_json::from_str(daily).unwrap()), Ok(30));
        assert_eq!(period_days(&json!({})), Ok(30));
        assert_eq!(period_days(&Value::Null), Ok(30));
    }

    #[test]
    fn an_event_may_ask_for_other_days() {
        for days in [1, 7, 366] {
            assert_eq!(period_days(&json!({ "days": days })), Ok(days));
        }
    }

    #[test]
    fn days_that_are_none_are_refused() {
        for wrong in [json!(0), json!(-1), json!(367), json!(1.5), json!("7"), json!(null), json!(1e30)] {
            let why = period_days(&json!({ "days": wrong })).unwrap_err().to_string();
            assert!(why.starts_with("days: must be a whole number from 1 to 366"), "{why}");
        }
        for wrong in [json!([]), json!("days"), json!(7)] {
            assert!(matches!(period_days(&wrong), Err(BadEvent::NoObject(_))), "{wrong}");
        }
    }
}
