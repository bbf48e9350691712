//! What happened over there comes onto our ticket: what was said to the requester, and where it stands.

use jiff::Timestamp;

use super::{Run, State, clocks_of, message_id};
use crate::{
    conversation::{self, Refused, Written},
    destination::{Comment, Mirror},
    handling::{self, Act, NotDone},
    message::{BODY_MOST_CHARS, Via},
    outbox::JobError,
    progress::{self, Change},
    store::{self, StoreError, Tx},
    suggestions::Published,
    ticket::{Fact, Status, terms::PauseReason},
    words::{self, OwnWords},
};

impl Run<'_> {
    /// Takes in what is new, in the transaction that remembers that it was.
    pub(super) async fn take_in(
        &self,
        tx: &mut Tx,
        state: &mut State,
        mirror: &Mirror,
        now: Timestamp,
    ) -> Result<(), JobError> {
        let site = &self.job.site;
        let before = store::tickets::find(tx, site, state.ticket.id).await?;
        let is_sent = before.is_some_and(|now| Some(now.status) == state.link.progress.status);
        let news = state.link.progress.look(mirror);
        let remote = state.link.remote.as_ref().map(|remote| remote.id.clone());
        let remote = remote.unwrap_or_default();
        for comment in &news.comments {
            let id = message_id(&self.destination.name, &remote, &comment.id);
            self.hear(tx, state, comment, id, now).await?;
            (state.link.progress.heard).insert(id, comment.id.clone());
        }
        for note in &news.notes {
            let id = message_id(&self.destination.name, &remote, &note.id);
            self.overhear(tx, state, note, id, now).await?;
            (state.link.progress.heard).insert(id, note.id.clone());
        }
        if let Some(status) = news.status {
            self.follow(tx, state, status, now).await?;
        }
        if let Some(priority) = &news.priority {
            self.prioritize(tx, state, priority, now).await?;
        }
        let has_news =
            !(news.comments.is_empty() && news.notes.is_empty()) || news.status.is_some();
        if let Some(ticket) = store::tickets::find(tx, site, state.ticket.id).await? {
            // What follows here from what was done there is not sent back: it could undo what is done there next.
            if is_sent && has_news {
                state.link.progress.status = Some(ticket.status);
            }
            if news.priority.is_some() {
                state.link.progress.priority = ticket.priority;
            }
        }
        let (place, clocks) = (self.place(state), clocks_of(&mirror.clocks));
        let (name, url) = (mirror.status_name.as_str(), mirror.url.as_deref());
        store::destination_links::seen(tx, place, name, &clocks, url).await?;
        Ok(())
    }

    /// What somebody over there said to the requester is a reply, and goes to them by mail like any other. What the requester wrote there is an answer of
    /// theirs, as if they had written it here.
    async fn hear(
        &self,
        tx: &mut Tx,
        state: &State,
        comment: &Comment,
        id: uuid::Uuid,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let by = format!("{} ({})", comment.author, self.destination.name);
        let text = self.text_of(state, comment);
        let written = Written {
            id,
            text: &text,
            uploads: &[],
        };
        let (policies, ticket) = (&self.tools.policies, &state.ticket);
        let said = if comment.is_of_requester && !ticket.email.is_empty() {
            let via = Via::Desk;
            conversation::answer(tx, policies, ticket, via, None, &written, now).await
        } else {
            conversation::reply(tx, policies, ticket, &by, &written, now).await
        };
        let said = match said {
            // Nobody reads a reply to an alarm: staff do.
            Err(Refused::NoRequester) => {
                conversation::note(tx, policies, ticket, &by, &written, now).await
            }
            said => said,
        };
        ended(said)
    }

    /// What somebody over there said among themselves is a note among staff here.
    async fn overhear(
        &self,
        tx: &mut Tx,
        state: &State,
        note: &Comment,
        id: uuid::Uuid,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let by = format!("{} ({})", note.author, self.destination.name);
        let text: String = note.text.chars().take(BODY_MOST_CHARS).collect();
        let written = Written {
            id,
            text: &text,
            uploads: &[],
        };
        let (policies, ticket) = (&self.tools.policies, &state.ticket);
        ended(conversation::note(tx, policies, ticket, &by, &written, now).await)
    }

    /// What was said. The requester cannot open the files of it that stay over there, so they are told of them; who attached them themselves knows.
    fn text_of(&self, state: &State, comment: &Comment) -> String {
        let mut text = comment.text.clone();
        if !comment.files.is_empty() && !comment.is_of_requester {
            let locale = &state.ticket.locale;
            let words = (self.tools.words).of_site(&OwnWords::default(), "status", locale);
            let files = comment.files.join(", ");
            let line = words::text(&words, "messages.files_elsewhere");
            let line = words::fill(line, &[("files", &files)]);
            text = format!("{text}\n\n{line}");
        }
        text.chars().take(BODY_MOST_CHARS).collect()
    }

    /// The priority that it has there is the one that it has here, where its policy knows it.
    async fn prioritize(
        &self,
        tx: &mut Tx,
        state: &State,
        priority: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (policies, by) = (&self.tools.policies, &*self.destination.name);
        let act = Act::Classify {
            category: None,
            priority: Some(Some(priority.to_owned())),
        };
        // What a machine hands on teaches no suggestion any words of the site's help.
        let none = Published::default();
        match handling::act(tx, policies, &none, &state.ticket, act, by, now).await {
            Ok(_) | Err(NotDone::NoTerms | NotDone::Unknown { .. } | NotDone::Already(_)) => Ok(()),
            Err(NotDone::Store(error)) => Err(error),
        }
    }

    /// What stands otherwise there stands so here.
    async fn follow(
        &self,
        tx: &mut Tx,
        state: &State,
        status: Status,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (policies, by) = (&self.tools.policies, &*self.destination.name);
        let ticket = handling::locked(tx, &state.ticket).await?;
        // What is closed is solved, too.
        let is_past = (ticket.status, status) == (Status::Closed, Status::Solved);
        if ticket.status == status || status == Status::New || is_past {
            return Ok(());
        }
        if status == Status::Waiting {
            let fact = Fact::Paused {
                reason: PauseReason::Requester,
                by: by.to_owned(),
            };
            handling::record(tx, policies, &ticket, &fact, now).await?;
            return Ok(());
        }
        let change = Change {
            to: status,
            by,
            root_cause: None,
            reason: None,
            skip_message: None,
        };
        match progress::change_status(tx, policies, &ticket, &change, now).await {
            Ok(()) | Err(progress::Refused::Already(_)) => Ok(()),
            Err(progress::Refused::Store(error)) => Err(error),
            // It is so over there, whatever our policy asks for first.
            Err(_) => {
                let fact = Fact::StatusChanged {
                    to: status,
                    by: by.to_owned(),
                    root_cause: None,
                    reason: None,
                };
                handling::record(tx, policies, &ticket, &fact, now).await?;
                Ok(())
            }
        }
    }
}

fn ended<T>(said: Result<T, Refused>) -> Result<(), StoreError> {
    match said {
        // A comment without a text, such as a file alone, says nothing.
        Ok(_)
        | Err(Refused::Body(_) | Refused::Upload(_) | Refused::Held | Refused::NoRequester) => {
            Ok(())
        }
        Err(Refused::Store(error)) => Err(error),
    }
}
