//! Sends the requester by mail what staff wrote to them.

use serde_json::{Value, json};
use uuid::Uuid;

/// The job's name.
pub const KIND: &str = "send_reply";

/// The job's payload.
#[must_use]
pub fn payload(ticket: Uuid, message: Uuid) -> Value {
    json!({ "ticket_id": ticket, "message_id": message })
}
