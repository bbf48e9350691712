//! What is read from the payloads of jobs.

use serde_json::Value;
use uuid::Uuid;

/// The id that a payload names by `name`; nothing when it names none.
pub(super) fn id(payload: &Value, name: &str) -> Option<Uuid> {
    payload.get(name)?.as_str()?.parse().ok()
}
