//! Tells the product what happened to access, as Standard Webhooks 1.0.0 has it. A repeat has the same id.

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{JobError, acknowledge, expire_access, tools::Tools};
use crate::{
    grants,
    outbound::Fault,
    store::{self, jobs::Job},
    ticket::{Entry, Fact, Ticket},
};

/// The job's name.
pub const KIND: &str = "deliver_access_webhook";

/// The job's payload: which fact.
#[must_use]
pub fn payload(ticket: Uuid, fact: &Fact, grant: Uuid, at: Timestamp) -> Value {
    json!({ "ticket_id": ticket, "grant_id": grant, "fact": fact.kind(), "at": at.as_microsecond() })
}

/// The `type` of a webhook. A name is for ever.
const fn type_of(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::AccessGranted { .. } => Some("access.granted"),
        Fact::AccessUsed { .. } => Some("access.used"),
        Fact::AccessRevoked { .. } => Some("access.revoked"),
        Fact::AccessExpired { .. } => Some("access.expired"),
        _ => None,
    }
}

/// What is told: ids, times and what staff and requester said it is for. Nothing else of the request.
fn body(ticket: &Ticket, timeline: &[Entry], payload: &Value) -> Option<String> {
    let grant = expire_access::grant_of(payload)?;
    let entry = timeline.iter().find(|entry| {
        payload["fact"] == entry.fact.kind() && payload["at"] == entry.at.as_microsecond()
    })?;
    let grants = grants::of(timeline);
    let grant = grants.iter().find(|known| known.id == grant)?;
    let mut data = json!({
        "site": ticket.site,
        "reference": ticket.reference.to_string(),
        "grant": grant.id,
        "purpose": grant.purpose,
        "from": grant.from.to_string(),
        "until": grant.until.to_string(),
    });
    if let Some(requester) = &ticket.requester {
        data["requester"] = json!(requester.sub);
    }
    if let Fact::AccessUsed { by, purpose, .. } = &entry.fact {
        data["used_by"] = json!(by);
        data["used_for"] = json!(purpose);
    }
    let message =
        json!({ "type": type_of(&entry.fact)?, "timestamp": entry.at.to_string(), "data": data });
    Some(message.to_string())
}

/// Delivers it.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<(), JobError> {
    let Some(webhook) = tools
        .products
        .of(&job.site)
        .and_then(|product| product.webhook.as_ref())
    else {
        return Err(JobError::Fail(
            "the site has no webhook any more".to_owned(),
        ));
    };
    let gone = || JobError::Fail("what it tells of is gone".to_owned());
    let id = acknowledge::ticket_of(&job.payload).ok_or_else(gone)?;
    let mut tx = tools.store.read_for(&job.site).await?;
    let ticket = store::tickets::find(&mut tx, &job.site, id).await?;
    let timeline = store::timeline::list(&mut tx, &job.site, id).await?;
    tx.rollback().await?;
    let body = ticket
        .and_then(|ticket| body(&ticket, &timeline, &job.payload))
        .ok_or_else(gone)?;
    let (id, second) = (
        format!("msg_{}", job.id.simple()),
        tools.clock.now().as_second(),
    );
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id.clone()),
        ("webhook-timestamp", second.to_string()),
        ("webhook-signature", webhook.signature(&id, second, &body)),
    ] {
        let value = HeaderValue::from_str(&value).map_err(|_| gone())?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let sent = tools
        .outbound
        .post(&webhook.url, headers, body.into_bytes());
    sent.await.map_err(|fault| match fault {
        Fault::Later(why) => JobError::Retry(why),
        Fault::Never(why) => JobError::Fail(why),
    })
}
