//! One step: written down, taken, written down.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use uuid::Uuid;

use super::{FIRST_TRY, Run, State};
use crate::{
    destination::{
        Elsewhere, Fault, FileToSend, Mirror, NewRequest, Remote, Saying, Verdict, event,
        mirror::Step,
    },
    message::Kind,
    outbox::{JobError, attempting::Attempting, deliver_event},
    store::{
        self, StoreError, Tx,
        deliveries::{Attempt, Ending},
    },
};

/// How an effect ended that did not fail.
enum Effect {
    /// It is over there, as this.
    Linked(Remote),
    /// It is there, under this id of theirs.
    Put(String),
    /// It is not there.
    NotThere,
    /// It stands as it was wanted.
    Set,
    /// It was looked at; nothing when it is gone.
    Seen(Option<Mirror>),
}

impl Effect {
    /// Is something of ours there now that was not, or known to be?
    const fn is_further(&self) -> bool {
        match self {
            Self::Linked(_) | Self::Put(_) | Self::Set => true,
            Self::NotThere | Self::Seen(_) => false,
        }
    }
}

impl Run<'_> {
    /// Takes a step, after so many tries. Answers whether it is nearer to being equal now.
    pub(super) async fn take<E: Elsewhere>(
        &self,
        desk: &E,
        state: &mut State,
        step: &Step,
        tries: u32,
    ) -> Result<bool, JobError> {
        state.link.progress.begin(step);
        self.hold(state).await?.commit().await?;

        let trying = (self.tools.forwarding).attempt(self.destination, &self.tools.clock);
        let attempting = Attempting::begin(self.destination, step.name(), &self.tools.clock);
        let ended = self.effect(desk, state, step).await;
        trying.ended(ended.as_ref().err());
        let seen = ended.as_ref().map(|_| desk.seen());
        let mut attempt = attempting.of(self.job).ended(seen, Ending::Done);
        let mut tx = self.hold(state).await?;
        let went_further = ended.as_ref().is_ok_and(Effect::is_further);
        if went_further && tries != FIRST_TRY {
            store::jobs::went_further(&mut tx, self.job, self.token).await?;
        }
        let result = match ended {
            Ok(effect) => self.keep(&mut tx, state, step, effect).await,
            Err(fault) => self.fail(state, step, fault, &mut attempt, tries),
        };
        let place = self.place(state);
        store::destination_links::save(&mut tx, place, &state.link.progress).await?;
        store::deliveries::insert(&mut tx, &attempt).await?;
        if attempt.ending == Ending::Disabled {
            deliver_event::stop(&mut tx, &attempt).await?;
        }
        tx.commit().await?;
        self.tools.new_jobs.announce();
        result.map(|()| went_further)
    }

    /// A transaction in which nobody else holds the job, and in which how far it has come is written down. The link comes before the job, as it does
    /// where both are ordered; else two could wait for each other.
    async fn hold(&self, state: &State) -> Result<Tx, JobError> {
        let (now, lease) = (self.tools.clock.now(), self.tools.forwarding.lease);
        let until = now.saturating_add(lease).unwrap_or(now);
        let mut tx = self.tools.store.write_for(&self.job.site).await?;
        store::destination_links::save(&mut tx, self.place(state), &state.link.progress).await?;
        if store::jobs::renew(&mut tx, self.job, self.token, until).await? {
            return Ok(tx);
        }
        tx.rollback().await?;
        Err(JobError::Retry("the lease was lost".to_owned()))
    }

    async fn effect<E: Elsewhere>(
        &self,
        desk: &E,
        state: &State,
        step: &Step,
    ) -> Result<Effect, Fault> {
        let found = |id: Option<String>| id.map_or(Effect::NotThere, Effect::Put);
        let marker = state.ticket.reference.to_string();
        match step {
            Step::LookUp => {
                let remote = desk.find(&marker).await?;
                return Ok(remote.map_or(Effect::NotThere, Effect::Linked));
            }
            Step::Create => return self.create(desk, state, &marker).await.map(Effect::Linked),
            _ => {}
        }
        let remote =
            (state.link.remote.as_ref()).ok_or_else(|| Fault::later("it is not there yet"))?;
        match step {
            Step::LookUp | Step::Create | Step::Wait | Step::Rest => Ok(Effect::Set),
            Step::Attach(id) | Step::LookUpFile(id) => {
                let Some(bytes) = self.bytes(state, *id).await? else {
                    return Err(Fault::never("the file is gone"));
                };
                let file = file(state, *id, &bytes)?;
                match step {
                    Step::Attach(_) => desk.attach(remote, &file).await.map(Effect::Put),
                    _ => desk.find_file(remote, &file).await.map(found),
                }
            }
            Step::Say(id) => {
                let said = saying(state, *id)?;
                desk.say(remote, &said).await.map(Effect::Put)
            }
            Step::LookUpSaid(id) => {
                let said = saying(state, *id)?;
                desk.find_said(remote, &said).await.map(found)
            }
            Step::Set(wanted) => desk.set(remote, wanted).await.map(|()| Effect::Set),
            Step::Look => desk.read(remote).await.map(Effect::Seen),
        }
    }

    async fn create<E: Elsewhere>(
        &self,
        desk: &E,
        state: &State,
        marker: &str,
    ) -> Result<Remote, Fault> {
        let ticket = &state.ticket;
        let requester = ticket.requester.as_ref();
        let origin = self.tools.rules.public_origin().map(ToString::to_string);
        let desk_url = origin.map(|origin| event::desk_url(&origin, ticket));
        let facts = facts_of(ticket);
        let with_it = (state.files.iter()).filter(|file| file.message.is_none());
        let files: Vec<&str> = with_it.map(|file| file.name.as_str()).collect();
        let new = NewRequest {
            marker,
            site: &ticket.site,
            summary: &ticket.summary,
            description: &ticket.description,
            email: &ticket.email,
            name: requester.and_then(|requester| requester.name.as_deref()),
            is_verified: requester.is_some(),
            category: ticket.category.as_deref(),
            priority: ticket.priority.as_deref(),
            plan: ticket.plan.as_deref(),
            facts: &facts,
            desk_url: desk_url.as_deref(),
            files: &files,
        };
        desk.create(&new).await
    }

    /// What is in a file; nothing when it is gone.
    async fn bytes(&self, state: &State, id: Uuid) -> Result<Option<Vec<u8>>, Fault> {
        let Some(file) = state.files.iter().find(|file| file.id == id) else {
            return Ok(None);
        };
        let unreadable =
            || Fault::later("a file cannot be read now").about(crate::destination::Scope::Ticket);
        let reading = self.tools.blobs.read(&file.blob).await;
        let mut reading = match reading {
            Ok(reading) => reading,
            Err(crate::blobs::BlobError::NotFound) => return Ok(None),
            Err(_) => return Err(unreadable()),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = reading.try_next().await.map_err(|_| unreadable())? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }

    /// It was done.
    async fn keep(
        &self,
        tx: &mut Tx,
        state: &mut State,
        step: &Step,
        effect: Effect,
    ) -> Result<(), JobError> {
        let now = self.tools.clock.now();
        match effect {
            Effect::Linked(remote) => {
                self.link(tx, state, &remote, now).await?;
                let priority = state.ticket.priority.clone();
                state.link.progress.created(priority.as_deref());
                state.link.remote = Some(remote);
            }
            Effect::Put(id) => state.link.progress.put(step, id),
            Effect::NotThere => state.link.progress.undo(step),
            Effect::Set => {
                if let Step::Set(wanted) = step {
                    state.link.progress.set(wanted);
                }
            }
            Effect::Seen(Some(mirror)) => self.take_in(tx, state, &mirror, now).await?,
            Effect::Seen(None) => {
                state.link.progress.is_seen = true;
                let place = self.place(state);
                let clocks = super::clocks_of(&[]);
                store::destination_links::seen(tx, place, "gone", &clocks, None).await?;
            }
        }
        Ok(())
    }

    async fn link(
        &self,
        tx: &mut Tx,
        state: &State,
        remote: &Remote,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        store::destination_links::link(tx, self.place(state), remote, now).await
    }

    /// It was not. What they will never have holds up nothing but making it.
    fn fail(
        &self,
        state: &mut State,
        step: &Step,
        fault: Fault,
        attempt: &mut Attempt,
        tries: u32,
    ) -> Result<(), JobError> {
        attempt.ending = deliver_event::ending_of(self.tools, &fault, tries);
        let progress = &mut state.link.progress;
        match (fault.verdict, step) {
            (Verdict::Unclear, _) => {}
            // Nobody knows more than before.
            (
                Verdict::Later | Verdict::Disabled,
                Step::LookUp | Step::LookUpFile(_) | Step::LookUpSaid(_),
            ) => {}
            (Verdict::Later | Verdict::Disabled, _) => progress.undo(step),
            (Verdict::Never, Step::Attach(_) | Step::Say(_)) => {
                attempt.ending = Ending::Refused;
                progress.refused(step, &fault.reason);
                return Ok(());
            }
            (Verdict::Never, Step::Set(wanted)) => {
                attempt.ending = Ending::Refused;
                progress.set(wanted);
                return Ok(());
            }
            (Verdict::Never, _) => progress.undo(step),
        }
        // Until this run there were more.
        if tries == FIRST_TRY && self.job.attempts > 1 {
            return Err(JobError::Further(fault));
        }
        Err(JobError::Elsewhere(fault))
    }
}

fn file<'a>(state: &'a State, id: Uuid, bytes: &'a [u8]) -> Result<FileToSend<'a>, Fault> {
    let file = state.files.iter().find(|file| file.id == id);
    let file = file.ok_or_else(|| Fault::never("the file is gone"))?;
    let message = file
        .message
        .and_then(|id| state.messages.iter().find(|message| message.id == id));
    Ok(FileToSend {
        id,
        name: &file.name,
        content_type: &file.content_type,
        bytes,
        is_public: message.is_none_or(|message| message.kind.is_public()),
    })
}

fn saying(state: &State, id: Uuid) -> Result<Saying<'_>, Fault> {
    let message = state.messages.iter().find(|message| message.id == id);
    let message = message.ok_or_else(|| Fault::never("the message is gone"))?;
    let name = (state.ticket.requester.as_ref()).and_then(|requester| requester.name.as_deref());
    Ok(Saying {
        id,
        author: (message.author.as_deref()).unwrap_or_else(|| name.unwrap_or("the requester")),
        is_of_requester: message.kind == Kind::Answer,
        text: &message.body,
        at: message.at,
        is_public: message.kind.is_public(),
    })
}

/// What else is known of a ticket, a line each.
fn facts_of(ticket: &crate::ticket::Ticket) -> String {
    let mut lines = Vec::new();
    let mut line = |label: &str, value: Option<&str>| {
        if let Some(value) = value {
            lines.push(format!("{label}: {value}"));
        }
    };
    line("Impact", ticket.impact.as_deref());
    line("Account", ticket.account.as_deref());
    for (name, value) in ticket.context.entries() {
        line(&name.replace('_', " "), value);
    }
    lines.join("\n")
}
