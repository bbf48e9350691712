//! Tells a chat or a pager what it has to hear of a ticket. There is one such job for each ticket and destination, for life: whatever happens asks for it
//! again, and it says what is left to say, one thing after another.
//!
//! What was told is written down after each thing, with the lease: a repeat says the last one again at most.

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    Ended, JobError, acknowledge, attempting::Attempting, deliver_event, forwarding::Forwarding,
    tools::Tools,
};
use crate::{
    clock::Clock,
    clocks,
    destination::{
        Destination, Family, Fault, Seen, Verdict, event, secret,
        teller::{Heard, News, Teller, Telling},
    },
    ids,
    message::Message,
    outbound::Call,
    policy::first_response,
    site::Site,
    store::{
        self, Store, StoreError, Tx,
        deliveries::{Attempt, Ending},
        destination_links::Link,
        jobs::Job,
    },
    ticket::{Entry, Ticket},
};

/// The job's name.
pub const KIND: &str = "tell_ticket";

/// The id of the job: there is one for each ticket and destination.
#[must_use]
pub fn id_of(ticket: &Ticket, destination: &str) -> Uuid {
    ids::derived(&[KIND, &ticket.site, &ticket.id.to_string(), destination])
}

/// Asks for a destination to be told of a ticket, in the transaction of what makes that necessary. Who has committed calls `NewJobs::announce`.
///
/// # Errors
/// When the database fails.
pub async fn order(
    tx: &mut Tx,
    ticket: &Ticket,
    destination: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let place = (&*ticket.site, ticket.id, destination);
    // The wish first: a run that ends meanwhile either sees it or has ended before, and then is begun again.
    store::destination_links::want(tx, place, false, now).await?;
    let payload = json!({ "ticket_id": ticket.id, "destination": destination });
    let id = id_of(ticket, destination);
    store::jobs::order(tx, &ticket.site, id, KIND, &payload, now).await
}

/// Says what is left to say.
pub(super) async fn run(tools: &Tools, job: &Job, token: Uuid) -> Result<Ended, JobError> {
    let destination = deliver_event::destination(tools, job)?;
    let Family::Teller(teller) = destination.settings.family() else {
        let words = "the destination is told of tickets in another way now";
        return Err(JobError::Fail(words.to_owned()));
    };
    let id = acknowledge::ticket_of(&job.payload)
        .ok_or_else(|| JobError::Fail("the payload names no ticket".to_owned()))?;
    let run = Run {
        tools,
        job,
        token,
        destination,
        teller,
    };
    run.drive(id).await
}

/// Says one thing there.
///
/// # Errors
/// [`Fault`].
pub async fn say(
    forwarding: &Forwarding,
    destination: &Destination,
    teller: &dyn Teller,
    telling: &Telling,
    (store, clock): (&Store, &Clock),
) -> Result<Heard, Fault> {
    let secrets = secret::of(store, &forwarding.sealing, destination).await?;
    let request = teller.request(telling, &secrets)?;
    let call = Call::new(reqwest::Method::POST, &request.url);
    let mut call = call.with(request.headers).saying(request.body);
    // An address that was given at the desk is somebody's word, and not the operator's.
    let is_written = |field| destination.secrets.contains_key(field);
    if request.by_secret.is_none_or(is_written) {
        call = call.written_down();
    }
    let reply = forwarding.outbound.call(call).await?;
    teller.verdict(telling, &reply, clock.now())
}

/// A run that holds its lease.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    tools: &'a Tools,
    job: &'a Job,
    token: Uuid,
    destination: &'a Destination,
    teller: &'a dyn Teller,
}

/// What there is on our side, as it was read.
struct State {
    ticket: Ticket,
    timeline: Vec<Entry>,
    messages: Vec<Message>,
    link: Link,
    site: String,
    category: Option<String>,
    priority: Option<String>,
    due_at: Option<Timestamp>,
    desk_url: Option<String>,
}

impl State {
    fn news(&self, is_wanted: bool) -> News<'_> {
        News {
            ticket: &self.ticket,
            timeline: &self.timeline,
            messages: &self.messages,
            site: &self.site,
            category: self.category.as_deref(),
            priority: self.priority.as_deref(),
            due_at: self.due_at,
            desk_url: self.desk_url.as_deref(),
            is_wanted,
            remote: self.link.remote.as_ref(),
        }
    }
}

impl Run<'_> {
    async fn drive(&self, id: Uuid) -> Result<Ended, JobError> {
        let (began, budget) = (Instant::now(), self.tools.forwarding.run_most);
        let mut asked = None;
        loop {
            let Some(state) = self.read(id).await? else {
                return Ok(Ended::Unneeded);
            };
            if state.ticket.held.is_some() {
                return Ok(Ended::Unneeded);
            }
            // As it was before anything was read: what comes meanwhile asks again.
            let asked = *asked.get_or_insert((state.link.wanted, state.link.pull_wanted));
            let news = state.news(self.destination.wants(&state.ticket));
            let told = state.link.progress.told.as_ref();
            let Some(telling) = self.teller.next(&news, told) else {
                let mut tx = self.tools.store.write_for(&self.job.site).await?;
                store::destination_links::settle(&mut tx, self.place(id), asked).await?;
                tx.commit().await?;
                return Ok(Ended::Done);
            };
            if began.elapsed() > budget {
                return Ok(Ended::Until(self.tools.clock.now()));
            }
            self.tell(state, telling).await?;
        }
    }

    fn place(&self, ticket: Uuid) -> (&str, Uuid, &str) {
        (&self.job.site, ticket, &self.destination.name)
    }

    /// Says one thing, and writes down how that ended.
    async fn tell(&self, state: State, telling: Telling) -> Result<(), JobError> {
        let Self {
            tools, destination, ..
        } = *self;
        let trying = tools.forwarding.attempt(destination, &tools.clock);
        let attempting = Attempting::begin(destination, telling.what, &tools.clock).of(self.job);
        let here = (&tools.store, &tools.clock);
        let said = say(&tools.forwarding, destination, self.teller, &telling, here).await;
        trying.ended(said.as_ref().err());
        let is_refused = |fault: &Fault| fault.verdict == Verdict::Never && !telling.is_needed;
        let ending = match &said {
            Ok(_) => Ending::Done,
            Err(fault) if is_refused(fault) => Ending::Refused,
            Err(fault) => {
                let tries = u32::try_from(self.job.attempts).unwrap_or(1);
                deliver_event::ending_of(tools, fault, tries)
            }
        };
        let seen = said.as_ref().map(|heard| heard.seen.clone());
        let attempt = attempting.ended(seen, ending);
        let ticket = state.ticket.id;
        let mut tx = tools.store.write_for(&self.job.site).await?;
        if matches!(ending, Ending::Done | Ending::Refused) {
            let mut progress = state.link.progress;
            progress.told = Some(telling.then);
            store::destination_links::save(&mut tx, self.place(ticket), &progress).await?;
        }
        if let Ok(Heard {
            remote: Some(remote),
            ..
        }) = &said
        {
            let now = tools.clock.now();
            store::destination_links::link(&mut tx, self.place(ticket), remote, now).await?;
        }
        self.write_down(tx, &attempt).await?;
        match said {
            Err(fault) if !is_refused(&fault) => Err(JobError::Elsewhere(fault)),
            _ => Ok(()),
        }
    }

    /// Commits, if nobody else holds the job. The link comes before the job, as it does where both are ordered.
    async fn write_down(&self, mut tx: Tx, attempt: &Attempt) -> Result<(), JobError> {
        let (now, lease) = (self.tools.clock.now(), self.tools.forwarding.lease);
        let until = now.saturating_add(lease).unwrap_or(now);
        if !store::jobs::renew(&mut tx, self.job, self.token, until).await? {
            tx.rollback().await?;
            return Err(JobError::Retry("the lease was lost".to_owned()));
        }
        store::deliveries::insert(&mut tx, attempt).await?;
        if attempt.ending == Ending::Disabled {
            deliver_event::stop(&mut tx, attempt).await?;
        }
        Ok(tx.commit().await?)
    }

    /// What there is now; nothing when the ticket is gone.
    async fn read(&self, id: Uuid) -> Result<Option<State>, JobError> {
        let (tools, key) = (self.tools, self.job.site.as_str());
        let mut tx = tools.store.read_for(key).await?;
        let found = store::tickets::find(&mut tx, key, id).await?;
        let link = store::destination_links::find(&mut tx, self.place(id)).await?;
        let (Some(ticket), Some(link)) = (found, link) else {
            tx.rollback().await?;
            return Ok(None);
        };
        let timeline = store::timeline::list(&mut tx, key, id).await?;
        let messages = if self.teller.with_content() {
            store::messages::list(&mut tx, key, id).await?
        } else {
            Vec::new()
        };
        let policy = match clocks::pinned_version(&timeline) {
            Some(version) => Some(tools.policies.pinned(&mut tx, key, version).await?),
            None => None,
        };
        let site = store::sites::find(&mut tx, key).await?;
        tx.rollback().await?;
        let site = site.and_then(|(config, _)| Site::parse(&config).ok());
        let policy = policy.as_deref();
        let named = |key: Option<&String>, title: &dyn Fn(&str) -> Option<String>| {
            key.map(|key| title(key).unwrap_or_else(|| key.clone()))
        };
        let category = named(ticket.category.as_ref(), &|key| {
            Some(policy?.category(key)?.title.clone())
        });
        let priority = named(ticket.priority.as_ref(), &|key| {
            Some(policy?.priority(key)?.title.clone())
        });
        let now = tools.clock.now();
        let due_at = policy.and_then(|policy| {
            let history = clocks::history_of(&ticket, &timeline);
            let response = first_response(policy, &history, Some(now), &[]);
            response.due_at.filter(|_| response.responded_at.is_none())
        });
        let origin = tools.rules.public_origin().map(ToString::to_string);
        Ok(Some(State {
            desk_url: origin.map(|origin| event::desk_url(&origin, &ticket)),
            site: site.map_or_else(|| key.to_owned(), |site| site.name),
            ticket,
            timeline,
            messages,
            link,
            category,
            priority,
            due_at,
        }))
    }
}

/// Sends something that is about no ticket.
///
/// # Errors
/// [`Fault`].
pub(super) async fn try_out(
    forwarding: &Forwarding,
    destination: &Destination,
    teller: &dyn Teller,
    (store, clock): (&Store, &Clock),
) -> Result<Seen, Fault> {
    let trial = teller.trial(&destination.name, clock.now());
    let heard = say(forwarding, destination, teller, &trial, (store, clock)).await?;
    Ok(heard.seen)
}
