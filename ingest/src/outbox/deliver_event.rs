//! Tells a destination of one event. A repeat has the same id.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    Ended, JobError, acknowledge, attempting::Attempting, backoff, forwarding::Forwarding,
    lane::destination_of, tell_ticket, tools::Tools,
};
use crate::{
    destination::{
        Destination, Family, Fault, Seen, Verdict,
        event::{self, Source},
        secret, webhook,
    },
    ids,
    outbound::{Call, Missed},
    store::{
        self, StoreError,
        deliveries::{Attempt, Ending},
        jobs::Job,
    },
};

/// The job's name.
pub const KIND: &str = "deliver_event";

/// The job's payload: which event of which ticket for whom.
#[must_use]
pub fn payload(ticket: Uuid, destination: &str, kind: event::Kind, seq: i32) -> Value {
    json!({ "ticket_id": ticket, "destination": destination, "event": kind.as_str(), "seq": seq })
}

/// Delivers it, and writes the attempt down.
pub(super) async fn run(tools: &Tools, job: &Job) -> Result<Ended, JobError> {
    let destination = destination(tools, job)?;
    let Family::Listener(settings) = destination.settings.family() else {
        let words = "the destination is told of tickets in another way now";
        return Err(JobError::Fail(words.to_owned()));
    };
    let unreadable = || JobError::Fail("the payload cannot be read".to_owned());
    let kind = (job.payload["event"].as_str()).and_then(event::Kind::from_name);
    let kind = kind.ok_or_else(unreadable)?;
    let seq = job.payload["seq"].as_i64();
    let seq = seq
        .and_then(|seq| i32::try_from(seq).ok())
        .ok_or_else(unreadable)?;
    let ticket = acknowledge::ticket_of(&job.payload).ok_or_else(unreadable)?;
    let body = body(tools, job, settings, ticket, kind, seq).await?;
    let Some(body) = body else {
        return Ok(Ended::Unneeded);
    };
    let (forwarding, kept) = (&tools.forwarding, (&tools.store, &tools.clock));
    let trying = forwarding.attempt(destination, &tools.clock);
    let attempting = Attempting::begin(destination, kind.as_str(), &tools.clock).of(job);
    let sent = post(forwarding, destination, settings, kept, job.id, &body).await;
    trying.ended(sent.as_ref().err());
    let tries = u32::try_from(job.attempts).unwrap_or(1);
    let ending = match &sent {
        Ok(_) => Ending::Done,
        Err(fault) => ending_of(tools, fault, tries),
    };
    let attempt = attempting.ended(sent.as_ref().cloned(), ending);
    write_down(&tools.store, &attempt).await?;
    match sent {
        Ok(_) => Ok(Ended::Done),
        Err(fault) => Err(JobError::Elsewhere(fault)),
    }
}

/// The destination that a job names.
pub(super) fn destination<'a>(tools: &'a Tools, job: &Job) -> Result<&'a Destination, JobError> {
    let named = destination_of(&job.payload);
    let found = named.and_then(|name| tools.forwarding.destinations.of(name));
    found.ok_or_else(|| JobError::Fail("the destination is not configured any more".to_owned()))
}

/// Sends something that is about no ticket, so that somebody sees whether it arrives. The attempt is in the log, like any other.
///
/// # Errors
/// When the database fails.
pub async fn try_out(
    forwarding: &Forwarding,
    destination: &Destination,
    store: &store::Store,
    clock: &crate::clock::Clock,
) -> Result<Attempt, StoreError> {
    let attempting = Attempting::begin(destination, webhook::TEST, clock);
    let kept = (store, clock);
    let sent = match destination.settings.family() {
        Family::Listener(settings) => {
            let body = webhook::test_body(&destination.name, attempting.at()).to_string();
            let id = ids::new_id();
            post(forwarding, destination, settings, kept, id, &body).await
        }
        Family::Teller(teller) => tell_ticket::try_out(forwarding, destination, teller, kept).await,
        Family::Mirror => forwarding.try_mirror(destination, store, clock).await,
    };
    let ending = if sent.is_ok() {
        Ending::Done
    } else {
        Ending::Refused
    };
    let attempt = attempting.ended(sent.as_ref().cloned(), ending);
    write_down(store, &attempt).await?;
    Ok(attempt)
}

/// How an attempt that failed ends, as the log says it.
pub(super) fn ending_of(tools: &Tools, fault: &Fault, attempt: u32) -> Ending {
    let is_last = backoff::wait_elsewhere_ms(&tools.forwarding.patience, attempt, 0.0).is_none();
    match fault.verdict {
        Verdict::Disabled => Ending::Disabled,
        Verdict::Never => Ending::Dead,
        Verdict::Later if fault.is_too_early() => Ending::Again,
        Verdict::Later | Verdict::Unclear if is_last => Ending::Dead,
        Verdict::Later => Ending::Again,
        Verdict::Unclear => Ending::Unclear,
    }
}

/// Writes an attempt down; with one that shows that nothing can come of the destination, it stops.
async fn write_down(store: &store::Store, attempt: &Attempt) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    store::deliveries::insert(&mut tx, attempt).await?;
    if attempt.ending == Ending::Disabled {
        stop(&mut tx, attempt).await?;
    }
    tx.commit().await
}

/// The destination stops itself.
pub(super) async fn stop(tx: &mut store::Tx, attempt: &Attempt) -> Result<(), StoreError> {
    let why = attempt.reason.as_deref().unwrap_or_default();
    let name = &attempt.destination;
    if store::destinations::disable(tx, name, why, attempt.at).await? {
        tracing::error!(
            destination = name,
            reason = why,
            "a destination stopped: nothing can come of it until somebody changes something"
        );
    }
    Ok(())
}

/// What is sent; nothing when the ticket is gone.
async fn body(
    tools: &Tools,
    job: &Job,
    settings: &webhook::Settings,
    ticket: Uuid,
    kind: event::Kind,
    seq: i32,
) -> Result<Option<String>, JobError> {
    let with_content = settings.include_content;
    let mut tx = tools.store.read_for(&job.site).await?;
    let Some(ticket) = store::tickets::find(&mut tx, &job.site, ticket).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let timeline = store::timeline::list(&mut tx, &job.site, ticket.id).await?;
    let messages = if with_content {
        store::messages::list(&mut tx, &job.site, ticket.id).await?
    } else {
        Vec::new()
    };
    tx.rollback().await?;
    let origin = tools.rules.public_origin().map(ToString::to_string);
    let source = Source {
        ticket: &ticket,
        timeline: &timeline,
        messages: &messages,
        with_content,
        origin: origin.as_deref(),
    };
    let body = event::body(&source, kind, seq);
    let body = body.ok_or_else(|| JobError::Fail("what it tells of is gone".to_owned()))?;
    Ok(Some(body.to_string()))
}

/// Signs a body and posts it.
async fn post(
    forwarding: &Forwarding,
    destination: &Destination,
    settings: &webhook::Settings,
    (store, clock): (&store::Store, &crate::clock::Clock),
    id: Uuid,
    body: &str,
) -> Result<Seen, Fault> {
    let secrets = secret::of(store, &forwarding.sealing, destination).await?;
    let signer = webhook::signer(&secrets).map_err(|fault| {
        Fault::disabled(format!(
            "{fault}. Give it by `cornerdesk destination secret {} {}`",
            destination.name,
            webhook::SIGNING_SECRET
        ))
    })?;
    let url = Url::parse(&settings.url)
        .map_err(|_| Fault::disabled("webhook.url: cannot be read as an address"))?;
    let now = clock.now();
    let call = Call::new(Method::POST, &url).written_down();
    let call = call
        .with(webhook::headers(&signer, id, now, body))
        .saying(body);
    // An answer that is too long is one all the same: they have taken it.
    let reply = forwarding.outbound.tell(call).await?;
    webhook::verdict(reply.status, &reply.headers, clock.now())?;
    Ok(webhook::seen(reply.status, &reply.headers))
}

impl From<Missed> for Fault {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::NotHeard(why) => Self::later(why),
            Missed::Unclear(why) => Self::unclear(why),
            Missed::Never(why) => Self::disabled(why),
        }
    }
}

impl From<secret::NoSecret> for Fault {
    fn from(error: secret::NoSecret) -> Self {
        match error {
            secret::NoSecret::Sealed(_) => Self::disabled(error.to_string()),
            secret::NoSecret::Store(_) => Self::later("the secrets cannot be read now"),
        }
    }
}
