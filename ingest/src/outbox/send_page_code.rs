//! Mails the code by which somebody proves on the page of a request that they read its mailbox.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ended, JobError, letter, payload, tools::Tools};
use crate::{mail::permission::Purpose, store::jobs::Job};

/// The job's name.
pub const KIND: &str = "send_page_code";
/// How long a code can be typed.
pub const CODE_LASTS: SignedDuration = SignedDuration::from_mins(10);

/// The job's payload. The code follows from the id.
#[must_use]
pub fn payload(ticket: Uuid, sign_in: Uuid) -> Value {
    json!({ "ticket_id": ticket, "sign_in_id": sign_in })
}

/// The sign-in that a payload names.
#[must_use]
pub fn sign_in_of(payload: &Value) -> Option<Uuid> {
    payload::id(payload, "sign_in_id")
}

/// Sends it, if it may go.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    if is_over(job.created_at, tools.clock.now()) {
        return Ok(Ended::Done);
    }
    letter::send(tools, job, Purpose::SignIn).await
}

/// Nobody can use the code any more: a mail server that comes back after hours must not deliver a heap of them.
fn is_over(asked_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(asked_at) >= CODE_LASTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_mailed_as_long_as_it_can_be_typed() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!is_over(at(100), at(699)));
        assert!(is_over(at(100), at(700)));
    }
}
