//! What is done at a Zammad for a ticket.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    build::{self, For},
    check,
    client::{EXPANDED, Zammad, is_refused},
    read::{self, Article, Ticket},
    settings::Requester,
};
use crate::{
    destination::{
        Category, Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying,
        Scope, Seen, Share, Verdict, Wanted,
        rest::Ask,
        wording::{file_mark, is_same},
    },
    ticket::Status,
};

/// What is being made is looked for so often.
const LOOKS: u32 = 5;
/// Their clock is not ours.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Most pages of what changed that are read at a time.
const MOST_PAGES: usize = 20;
/// Tickets on a page.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
struct Changed {
    id: u64,
    #[serde(default)]
    updated_at: String,
}

impl Zammad {
    fn remote(&self, ticket: &Ticket) -> Remote {
        Remote {
            id: ticket.id.to_string(),
            key: format!("#{}", ticket.number),
            url: Some(self.url(ticket.id)),
        }
    }

    /// Where agents open it.
    fn url(&self, ticket: u64) -> String {
        format!("{}#ticket/zoom/{ticket}", self.rest.base())
    }

    /// Makes a ticket; nothing is known to be there when it fails with anything but [`Verdict::Unclear`].
    async fn make(&self, new: &NewRequest<'_>, whose: For<'_>) -> Result<Remote, Fault> {
        let body = build::ticket(&self.settings, new, whose);
        let ask = Ask::post("tickets", &["tickets"], &body);
        let made: Result<Ticket, Fault> = self.ask(ask.with(&EXPANDED).creating()).await;
        match (made, whose) {
            (Ok(made), _) => Ok(self.remote(&made)),
            // Perhaps they will not have it from this person; nothing was made.
            (Err(fault), For::Person(_)) if is_refused(&fault) => {
                let account = For::Account(self.account().await?);
                Box::pin(self.make(new, account)).await
            }
            (Err(fault), _) => Err(fault),
        }
    }

    async fn article(&self, body: &Value) -> Result<Article, Fault> {
        let ask = Ask::post("articles", &["ticket_articles"], body);
        self.ask(ask.of_ticket().creating()).await
    }

    /// What our account said on a ticket.
    async fn said_by_us(&self, remote: &Remote) -> Result<Vec<Article>, Fault> {
        let ours = self.account().await?;
        let articles = self.articles(&remote.id).await?.into_iter();
        let ours = articles.filter(|article| article.created_by_id == Some(ours));
        Ok(ours.collect())
    }

    async fn put(&self, remote: &Remote, change: &Value) -> Result<(), Fault> {
        let path = ["tickets", remote.id.as_str()];
        let put = Ask::put("tickets", &path, change).of_ticket();
        self.ask::<Value>(put).await.map(drop)
    }

    async fn set_status(&self, remote: &Remote, wanted: Status) -> Result<(), Fault> {
        let settings = &self.settings;
        // Where nobody began to work, theirs and ours need not be called alike.
        if wanted == Status::New {
            return Ok(());
        }
        let state = self.ticket(&remote.id).await?.state;
        let is_so = state.eq_ignore_ascii_case(settings.status_there(wanted));
        if is_so || settings.status_here(&state) == Some(wanted) {
            return Ok(());
        }
        if state == "merged" {
            return Err(Fault::never(
                "the ticket was merged into another one in Zammad, and takes no change",
            ));
        }
        let change = build::status(settings, wanted, self.clock.now());
        self.put(remote, &change).await
    }
}

impl Elsewhere for Zammad {
    fn share(&self) -> Share {
        Share {
            notes: self.settings.notes,
            ..Share::OF_A_DESK
        }
    }

    /// Their database is asked, and no index. What they were told to make may take its time all the same, so that nothing is found counts only after a while.
    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        let condition = build::by_marker(&self.settings, marker);
        let found = self.found(&condition, 1, PAGE).await?;
        let carries = |ticket: &Value| build::carries(&self.settings, ticket, marker);
        if let Some(ticket) = read::first(&found, carries) {
            self.memory.looking.found(marker);
            return Ok(Some(self.remote(&ticket)));
        }
        let look_for = Duration::from_millis(self.settings.look_for_ms);
        match self.memory.looking.on(marker, look_for) {
            None => Ok(None),
            Some(left) => {
                let fault = Fault::later(
                    "nobody knows whether Zammad made it: it is looked for until it would be there",
                );
                let fault = fault.after(Some(left.min(look_for / LOOKS)));
                Err(fault.about(Scope::Ticket).seen(self.seen()))
            }
        }
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        let is_persons = self.settings.requester == Requester::Verified
            && new.is_verified
            && !new.email.is_empty();
        let whose = if is_persons {
            For::Person(new.email)
        } else {
            For::Account(self.account().await?)
        };
        self.make(new, whose).await
    }

    async fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> Result<Option<String>, Fault> {
        let mark = file_mark(file.id);
        let said = self.said_by_us(remote).await?;
        let with_mark = said.iter().find(|article| article.text() == mark);
        Ok(with_mark.map(id_of_file))
    }

    async fn attach(&self, remote: &Remote, file: &FileToSend<'_>) -> Result<String, Fault> {
        let body = build::attaching(&remote.id, file);
        Ok(id_of_file(&self.article(&body).await?))
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        let text = build::said(said);
        let ours = self.said_by_us(remote).await?;
        let same = ours.iter().find(|article| is_same(&article.text(), &text));
        Ok(same.map(|article| article.id.to_string()))
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        let body = build::saying(&remote.id, said);
        Ok(self.article(&body).await?.id.to_string())
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        let ours = wanted.priority.as_deref();
        let theirs = ours.and_then(|ours| self.settings.priority_there(ours));
        let priority = match theirs {
            Some(theirs) => self.put(remote, &json!({ "priority": theirs })).await,
            None => Ok(()),
        };
        // A priority that they will not have keeps no status back.
        if priority
            .as_ref()
            .is_err_and(|fault| fault.verdict != Verdict::Never)
        {
            return priority;
        }
        if let Some(status) = wanted.status {
            self.set_status(remote, status).await?;
        }
        priority
    }

    async fn read(&self, remote: &Remote) -> Result<Option<Mirror>, Fault> {
        let ticket = match self.ticket(&remote.id).await {
            Ok(ticket) => ticket,
            Err(fault)
                if matches!(fault.seen.status, Some(403 | 404))
                    && fault.verdict == Verdict::Never =>
            {
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        let (ours, now) = (self.account().await?, self.clock.now());
        let articles = self.articles(&remote.id).await?;
        // Of a ticket of the account, whoever an agent made the customer is not known to be ours.
        let person = ticket
            .customer_id
            .filter(|id| self.settings.requester == Requester::Verified && *id != ours);
        let public = read::public(&articles, (ours, person), now);
        Ok(Some(Mirror {
            status: self.settings.status_here(&ticket.state),
            category: kind_of(&ticket.state),
            priority: (self.settings.priority_here(&ticket.priority)).map(str::to_owned),
            url: Some(self.url(ticket.id)),
            comments: public.by_staff,
            notes: public.by_customers,
            clocks: ticket.clocks(now),
            status_name: ticket.state,
        }))
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        let now = self.clock.now();
        let condition = build::by_change(at.saturating_sub(OVERLAP).unwrap_or(at));
        let (mut ids, mut until) = (Vec::new(), now);
        for number in 1..=MOST_PAGES {
            let page = self.found(&condition, number, PAGE).await?;
            let is_last = page.len() < PAGE;
            let changed = page.into_iter();
            let changed = changed.filter_map(|one| serde_json::from_value::<Changed>(one).ok());
            for one in changed {
                let id = one.id.to_string();
                if number == MOST_PAGES {
                    // The rest comes the next time.
                    until = one.updated_at.parse().unwrap_or(until);
                }
                if self.memory.changes.is_news(&id, &one.updated_at) {
                    ids.push(id);
                }
            }
            if is_last {
                until = now;
                break;
            }
        }
        Ok(Heard {
            ids,
            until: Some(until),
        })
    }

    async fn check(&self) -> Vec<Finding> {
        check::all(self).await
    }

    fn seen(&self) -> Seen {
        self.rest.last_seen()
    }
}

fn id_of_file(article: &Article) -> String {
    let file = article.attachments.first().map(|file| file.id);
    file.unwrap_or(article.id).to_string()
}

fn kind_of(state: &str) -> Category {
    match state {
        "new" => Category::New,
        "open" | "pending reminder" => Category::Underway,
        "pending close" | "closed" | "merged" => Category::Done,
        _ => Category::Unknown,
    }
}
