//! What is done at a Zendesk for a ticket.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    build, check,
    client::{EXPORT, Zendesk, is_refused},
    read::{self, Said, Ticket, Tickets},
    settings::Requester,
};
use crate::{
    destination::{
        Category, Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying,
        Seen, Share, Verdict, Wanted,
        rest::{Ask, Body},
        wording::file_mark,
    },
    ticket::Status,
};

/// They export nothing that is younger than a minute, and their clock is not ours.
const LATEST: SignedDuration = SignedDuration::from_secs(90);
/// Two changes in one second look like one.
const SECONDS: SignedDuration = SignedDuration::from_secs(2);
/// Most pages of what changed that are read at a time: they allow ten calls a minute.
const MOST_PAGES: usize = 8;
/// So often a status is set anew when somebody changes the ticket meanwhile.
const TRIES: usize = 3;

#[derive(Debug, Deserialize)]
struct Uploaded {
    upload: Upload,
}

#[derive(Debug, Deserialize)]
struct Upload {
    token: String,
}

impl Zendesk {
    fn remote(&self, ticket: &Ticket) -> Remote {
        Remote {
            id: ticket.id.to_string(),
            key: format!("#{}", ticket.id),
            url: Some(self.url(ticket.id)),
        }
    }

    /// Where agents open it.
    fn url(&self, ticket: u64) -> String {
        format!("{}agent/tickets/{ticket}", self.rest.base())
    }

    /// Makes a ticket; nothing is known to be there when it fails with anything but [`Verdict::Unclear`].
    async fn make(&self, new: &NewRequest<'_>, is_persons: bool) -> Result<Remote, Fault> {
        let body = build::ticket(&self.settings, new, is_persons);
        let key = build::key(new.marker, is_persons);
        let ask = Ask::post("tickets", &["tickets"], &body)
            .saying("idempotency-key", &key)
            .creating();
        match self.ask::<read::OneTicket>(ask).await {
            Ok(made) => Ok(self.remote(&made.ticket)),
            // Perhaps they will not have it from this person, such as one who is suspended; nothing was made.
            Err(fault) if is_persons && is_refused(&fault) => Box::pin(self.make(new, false)).await,
            Err(fault) => Err(fault),
        }
    }

    /// Writes a comment. Answers what the call changed.
    async fn comment(&self, remote: &Remote, body: &Value) -> Result<read::OneTicket, Fault> {
        let path = ["tickets", remote.id.as_str()];
        self.ask(Ask::put("tickets", &path, body).of_ticket().creating())
            .await
    }

    /// What our account said on a ticket.
    async fn said_by_us(&self, remote: &Remote) -> Result<Vec<Said>, Fault> {
        let ours = self.account().await?;
        let (said, _) = self.comments(&remote.id).await?;
        let ours = said.into_iter().filter(|one| one.author_id == Some(ours));
        Ok(ours.collect())
    }

    /// What is put so that a ticket stands as it is wanted; nothing where it does.
    async fn change(&self, ticket: &Ticket, wanted: Status) -> Result<Option<Value>, Fault> {
        // Where nobody began to work, theirs and ours need not be called alike.
        if wanted == Status::New {
            return Ok(None);
        }
        let there = self.settings.status_there(wanted);
        let statuses = if ticket.custom_status_id.is_some() {
            self.statuses().await?
        } else {
            Vec::new()
        };
        let named = statuses
            .iter()
            .find(|status| status.active && status.agent_label.eq_ignore_ascii_case(there));
        let is_so = match named {
            Some(status) => ticket.custom_status_id == Some(status.id),
            None => ticket.status == there,
        };
        let name = self.status_name(ticket).await?;
        if is_so || self.settings.status_here(&name, &ticket.status) == Some(wanted) {
            return Ok(None);
        }
        if ticket.status == "closed" {
            return match wanted {
                Status::Solved | Status::Closed => Ok(None),
                _ => Err(Fault::never(
                    "the ticket is closed in Zendesk, and what is closed there is never opened again",
                )),
            };
        }
        Ok(Some(match named {
            Some(status) => json!({ "custom_status_id": status.id }),
            None => json!({ "status": there }),
        }))
    }

    async fn set_status(&self, remote: &Remote, wanted: Status) -> Result<(), Fault> {
        let mut left = TRIES;
        loop {
            let ticket = self.ticket(&remote.id).await?;
            let Some(mut change) = self.change(&ticket, wanted).await? else {
                return Ok(());
            };
            // Whoever changes it at the same moment is not overridden: it is looked at again.
            if !ticket.updated_at.is_empty() {
                change["safe_update"] = json!(true);
                change["updated_stamp"] = json!(ticket.updated_at);
            }
            let path = ["tickets", remote.id.as_str()];
            let body = json!({ "ticket": change });
            let put = Ask::put("tickets", &path, &body).of_ticket();
            left -= 1;
            match self.ask::<Value>(put).await {
                Err(fault) if fault.seen.status == Some(409) && left > 0 => {}
                ended => return ended.map(drop),
            }
        }
    }

    /// What changed since then, for accounts that may export. Answers from when on the next look begins, where it is not all.
    async fn exported(&self, since: Timestamp) -> Result<(Vec<Ticket>, Option<Timestamp>), Fault> {
        let path = ["incremental", "tickets", "cursor.json"];
        let start = since.as_second().max(0).to_string();
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let from = cursor.as_deref();
            let query = [from.map_or(("start_time", start.as_str()), |from| ("cursor", from))];
            let page: Tickets = self.ask(Ask::get(EXPORT, &path).with(&query)).await?;
            all.extend(page.tickets);
            if page.end_of_stream || page.after_cursor.is_none() {
                return Ok((all, None));
            }
            cursor = page.after_cursor;
        }
        let until = all.last().and_then(|last| last.updated_at.parse().ok());
        Ok((all, until))
    }

    /// The same for agents, who may not export: the list, as far as it is young enough.
    async fn listed(&self, since: Timestamp) -> Result<Vec<Ticket>, Fault> {
        let mut all = Vec::new();
        for number in 1..=MOST_PAGES {
            let number = number.to_string();
            let query = [
                ("sort_by", "updated_at"),
                ("sort_order", "desc"),
                ("per_page", "100"),
                ("page", &number),
            ];
            let page: Tickets = self
                .ask(Ask::get("list", &["tickets"]).with(&query))
                .await?;
            let is_young = |ticket: &Ticket| {
                let at = ticket.updated_at.parse::<Timestamp>();
                at.is_ok_and(|at| at >= since)
            };
            let is_last = page.next_page.is_none() || !page.tickets.iter().all(is_young);
            all.extend(page.tickets.into_iter().filter(is_young));
            if is_last {
                break;
            }
        }
        Ok(all)
    }
}

impl Elsewhere for Zendesk {
    fn share(&self) -> Share {
        Share {
            notes: self.settings.notes,
            ..Share::OF_A_DESK
        }
    }

    /// The list by our reference is no search: what is made stands in it. Until two hours after the first call, the key of that call keeps a second ticket
    /// from being made besides.
    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        let query = [("external_id", marker)];
        let found: Tickets = self
            .ask(Ask::get("list", &["tickets"]).with(&query))
            .await?;
        let ours = read::first(found.tickets, marker);
        Ok(ours.map(|ticket| self.remote(&ticket)))
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        let is_persons = self.settings.requester == Requester::Verified
            && new.is_verified
            && !new.email.is_empty();
        self.make(new, is_persons).await
    }

    async fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> Result<Option<String>, Fault> {
        let mark = file_mark(file.id);
        let said = self.said_by_us(remote).await?;
        let Some(with_mark) = said.iter().find(|said| said.text().contains(&mark)) else {
            return Ok(None);
        };
        let there = with_mark.attachments.first().map(|there| there.id);
        Ok(Some(there.unwrap_or(with_mark.id).to_string()))
    }

    async fn attach(&self, remote: &Remote, file: &FileToSend<'_>) -> Result<String, Fault> {
        let query = [("filename", file.name)];
        let upload = Ask {
            method: reqwest::Method::POST,
            body: Body::Bytes {
                content_type: file.content_type,
                bytes: file.bytes,
            },
            // An upload that is put on no ticket is gone after an hour. Of a file that is too big, only the file is refused.
            ..Ask::get("uploads", &["uploads"]).with(&query).of_ticket()
        };
        let uploaded: Uploaded = self.ask(upload).await?;
        let body = build::attaching(file, &uploaded.upload.token);
        let made = self.comment(remote, &body).await?;
        let id = made.audit.file().or_else(|| made.audit.comment());
        Ok(id.map(|id| id.to_string()).unwrap_or_default())
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        let html = build::comment_html(&build::said(said));
        let ours = self.said_by_us(remote).await?;
        let same = ours.iter().find(|one| one.says(&html));
        Ok(same.map(|one| one.id.to_string()))
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        let body = build::saying(&build::said(said), said.is_public);
        let made = self.comment(remote, &body).await?;
        let id = made.audit.comment();
        Ok(id.map(|id| id.to_string()).unwrap_or_default())
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        let ours = wanted.priority.as_deref();
        let mut fields = Map::new();
        if let Some(priority) = ours.and_then(|ours| self.settings.priority_there(ours)) {
            fields.insert("priority".to_owned(), json!(priority));
        }
        let priority = if fields.is_empty() {
            Ok(())
        } else {
            let path = ["tickets", remote.id.as_str()];
            let body = json!({ "ticket": fields });
            let put = Ask::put("tickets", &path, &body).of_ticket();
            self.ask::<Value>(put).await.map(drop)
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
            Ok(ticket) if ticket.status == "deleted" => return Ok(None),
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
        let (said, users) = self.comments(&remote.id).await?;
        let name = self.status_name(&ticket).await?;
        // Of a ticket of the account, whoever an agent made the requester is not known to be ours.
        let person = ticket
            .requester_id
            .filter(|id| self.settings.requester == Requester::Verified && *id != ours);
        let public = read::public(&said, &users, (ours, person), now);
        Ok(Some(Mirror {
            status: self.settings.status_here(&name, &ticket.status),
            status_name: name,
            category: kind_of(&ticket.status),
            priority: (ticket.priority.as_deref())
                .and_then(|theirs| self.settings.priority_here(theirs))
                .map(str::to_owned),
            url: Some(self.url(ticket.id)),
            comments: public.by_staff,
            notes: public.by_customers,
            clocks: ticket.slas.clocks(now),
        }))
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        let now = self.clock.now();
        let latest = now.saturating_sub(LATEST).unwrap_or(now);
        let since = at.saturating_sub(LATEST).unwrap_or(at).min(latest);
        let (tickets, until) = match self.exported(since).await {
            Err(fault) if fault.seen.status == Some(403) => (self.listed(since).await?, None),
            exported => exported?,
        };
        // They count in seconds: in the second in which it was heard of, it may change once more.
        let is_fresh = |ticket: &Ticket| {
            let at = ticket.updated_at.parse::<Timestamp>();
            at.is_ok_and(|at| now.duration_since(at) < SECONDS)
        };
        let is_news = |ticket: &Ticket| {
            let is_ours = ticket.external_id.as_ref().is_some_and(|id| !id.is_empty());
            let id = ticket.id.to_string();
            is_ours && (self.memory.changes.is_news(&id, &ticket.updated_at) || is_fresh(ticket))
        };
        let news = tickets.into_iter().filter(is_news);
        Ok(Heard {
            ids: news.map(|ticket| ticket.id.to_string()).collect(),
            until: Some(until.unwrap_or(now)),
        })
    }

    async fn check(&self) -> Vec<Finding> {
        check::all(self).await
    }

    fn seen(&self) -> Seen {
        self.rest.last_seen()
    }
}

fn kind_of(status: &str) -> Category {
    match status {
        "new" => Category::New,
        "open" | "pending" | "hold" => Category::Underway,
        "solved" | "closed" => Category::Done,
        _ => Category::Unknown,
    }
}
