//! What is done at a GitLab for a ticket.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    Gitlab, check,
    issue::{Issue, Note, StateEvent, parts_of},
};
use crate::{
    destination::{
        Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying, Scope,
        Seen, Share, Verdict, Wanted,
        tracker::{api::Ask, form, text},
    },
    ids,
};

/// What their lists may not have yet is looked for so often: each look is an attempt, and of those there are only so many.
const LOOKS: u32 = 3;
/// Most pages of our newest issues in which one is looked for: three thousand.
const LOOK_PAGES: usize = 30;
/// Most pages of notes of one issue, and of issues that changed.
const MOST_PAGES: usize = 10;
/// Their lists may be late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

#[derive(Deserialize)]
struct Upload {
    url: String,
}

fn place(remote: &Remote) -> Result<(&str, &str), Fault> {
    let parts = parts_of(&remote.id);
    parts.ok_or_else(|| Fault::never("it is no issue of GitLab").about(Scope::Ticket))
}

impl Gitlab {
    async fn issue(&self, remote: &Remote) -> Result<Issue, Fault> {
        let (project, iid) = place(remote)?;
        let path = ["projects", project, "issues", iid];
        self.api.ask(Ask::get(&path).of_issue()).await
    }

    async fn notes(&self, remote: &Remote) -> Result<Vec<Note>, Fault> {
        let (project, iid) = place(remote)?;
        let path = ["projects", project, "issues", iid, "notes"];
        let ask = Ask::get(&path).of_issue();
        let ask = ask.with(&[("sort", "asc"), ("order_by", "created_at")]);
        let (notes, _) = self.api.all(ask, MOST_PAGES).await?;
        Ok(notes)
    }

    /// Was it closed once, and opened again?
    async fn was_reopened(&self, remote: &Remote) -> Result<bool, Fault> {
        let (project, iid) = place(remote)?;
        let path = ["projects", project, "issues", iid, "resource_state_events"];
        let ask = Ask::get(&path).of_issue();
        let (events, _): (Vec<StateEvent>, bool) = self.api.all(ask, MOST_PAGES).await?;
        Ok(events.last().is_some_and(|event| event.state == "reopened"))
    }

    /// The oldest of our newest issues that carries a mark.
    async fn marked(&self, mark: &str) -> Result<Option<Issue>, Fault> {
        let account = self.account().await?;
        let (author, project) = (account.id.to_string(), &self.settings.project);
        let path = ["projects", project.as_str(), "issues"];
        let ask = Ask::get(&path).with(&[
            ("author_id", author.as_str()),
            ("scope", "all"),
            ("order_by", "created_at"),
            ("sort", "desc"),
        ]);
        for page in 1..=LOOK_PAGES {
            let (issues, is_more): (Vec<Issue>, bool) = self.api.page(&ask, page).await?;
            let carries = |issue: &Issue| issue.is_of(account.id) && issue.text().contains(mark);
            let found = issues.into_iter().filter(carries);
            let found = found.min_by_key(|issue| issue.iid);
            if found.is_some() || !is_more {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn noted(&self, remote: &Remote, mark: &str) -> Result<Option<String>, Fault> {
        let account = self.account().await?;
        let notes = self.notes(remote).await?;
        let is_it = |note: &&Note| note.is_of(account.id) && note.body.contains(mark);
        Ok(notes.iter().find(is_it).map(|note| note.id.to_string()))
    }

    async fn note(&self, remote: &Remote, text: &str, is_internal: bool) -> Result<String, Fault> {
        let (project, iid) = place(remote)?;
        let body = json!({ "body": text, "internal": is_internal });
        let path = ["projects", project, "issues", iid, "notes"];
        let made: Note = self.api.ask(Ask::create(&path, &body).of_issue()).await?;
        Ok(made.id.to_string())
    }

    /// In an issue that anybody may read, all that we say is for members.
    const fn is_internal(&self, is_public: bool) -> bool {
        !is_public || !self.settings.confidential
    }
}

impl Elsewhere for Gitlab {
    fn share(&self) -> Share {
        Share {
            files: self.settings.files,
            conversation: self.settings.conversation,
            notes: self.settings.notes,
        }
    }

    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        let memory = &self.api.memory;
        if let Some(issue) = self.marked(&text::mark_of_issue(marker)).await? {
            memory.looking.found(marker);
            return Ok(Some(issue.remote()));
        }
        let look_for = Duration::from_millis(self.settings.look_for_ms);
        let Some(left) = memory.looking.on(marker, look_for) else {
            return Ok(None);
        };
        let fault = Fault::later(
            "nobody knows whether GitLab made it: it is looked for until their list would have it",
        );
        let fault = fault.after(Some(left.min(look_for / LOOKS)));
        Err(fault.about(Scope::Ticket).seen(self.api.seen()))
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        let settings = &self.settings;
        let told = settings.told();
        let body = json!({
            "title": text::title(new, told),
            "description": text::body(new, told),
            "labels": settings.labels_of(new.category, new.priority).join(","),
            "confidential": settings.confidential,
        });
        let path = ["projects", settings.project.as_str(), "issues"];
        let issue: Issue = self.api.ask(Ask::create(&path, &body)).await?;
        Ok(issue.remote())
    }

    async fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> Result<Option<String>, Fault> {
        self.noted(remote, &text::mark_of_saying(file.id)).await
    }

    /// A file is put into the project, which nobody sees, and then named in a note, which is the effect.
    async fn attach(&self, remote: &Remote, file: &FileToSend<'_>) -> Result<String, Fault> {
        let (project, _) = place(remote)?;
        let boundary = format!("cornerdesk-{}", ids::new_token());
        let bytes = form::of(&boundary, file.name, file.content_type, file.bytes);
        let path = ["projects", project, "uploads"];
        let upload: Upload = (self.api.ask(Ask::form(&path, &boundary, bytes).of_issue())).await?;
        let text = text::file(file.name, &upload.url, file.id);
        let text = text.ok_or_else(|| {
            Fault::never("GitLab took a file and calls it by no address").about(Scope::Ticket)
        })?;
        let is_internal = self.is_internal(file.is_public);
        self.note(remote, &text, is_internal).await
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        self.noted(remote, &text::mark_of_saying(said.id)).await
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        let text = text::comment(said, self.settings.told());
        let is_internal = self.is_internal(said.is_public);
        self.note(remote, &text, is_internal).await
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        let issue = self.issue(remote).await?;
        let Some(change) = issue.change(&self.settings, wanted) else {
            return Ok(());
        };
        let (project, iid) = place(remote)?;
        let path = ["projects", project, "issues", iid];
        let ask = Ask::change(Method::PUT, &path, &change).of_issue();
        self.api.send(ask).await.map(drop)
    }

    async fn read(&self, remote: &Remote) -> Result<Option<Mirror>, Fault> {
        let issue = match self.issue(remote).await {
            Ok(issue) => issue,
            Err(fault) if is_gone(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let account = self.account().await?;
        let was_reopened = issue.state != "closed" && self.was_reopened(remote).await?;
        let stands = issue.stands(&self.settings, was_reopened);
        let (mut comments, mut notes) = (Vec::new(), Vec::new());
        for one in self.notes(remote).await? {
            match one.heard(self.settings.comments, account.id, &issue.web_url) {
                Some((comment, true)) => comments.push(comment),
                Some((comment, false)) => notes.push(comment),
                None => {}
            }
        }
        Ok(Some(Mirror {
            status_name: stands.words().to_owned(),
            status: stands.here(&self.settings.statuses),
            category: stands.category(),
            // Labels are many people's, and mean what they like.
            priority: None,
            url: Some(issue.web_url),
            comments,
            notes,
            clocks: Vec::new(),
        }))
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        let account = self.account().await?;
        let since = at.saturating_sub(OVERLAP).unwrap_or(at).to_string();
        let (author, project) = (account.id.to_string(), &self.settings.project);
        let path = ["projects", project.as_str(), "issues"];
        let ask = Ask::get(&path).with(&[
            ("author_id", author.as_str()),
            ("scope", "all"),
            ("order_by", "updated_at"),
            ("sort", "asc"),
            ("updated_after", since.as_str()),
        ]);
        let (issues, _): (Vec<Issue>, bool) = self.api.all(ask, MOST_PAGES).await?;
        // By their clock, which says when it was changed.
        let until = issues
            .iter()
            .filter_map(|issue| issue.updated_at.parse().ok());
        let until = until.max();
        let is_news = |issue: &Issue| {
            let id = issue.remote().id;
            issue.is_of(account.id) && self.api.memory.changes.is_news(&id, &issue.updated_at)
        };
        let news = issues.into_iter().filter(is_news);
        Ok(Heard {
            ids: news.map(|issue| issue.remote().id).collect(),
            until,
        })
    }

    async fn check(&self) -> Vec<Finding> {
        check::all(self).await
    }

    fn seen(&self) -> Seen {
        self.api.seen()
    }
}

/// Nobody finds it any more, for certain.
fn is_gone(fault: &Fault) -> bool {
    matches!(fault.seen.status, Some(404 | 410)) && fault.verdict == Verdict::Never
}
