//! What is done at a GitHub for a ticket.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use super::{
    Github, check,
    issue::{Issue, Said, number_of},
};
use crate::destination::{
    Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote, Saying, Scope, Seen,
    Share, Verdict, Wanted,
    tracker::{api::Ask, text},
};

/// What their lists may not have yet is looked for so often: each look is an attempt, and of those there are only so many.
const LOOKS: u32 = 3;
/// Most pages of our newest issues in which one is looked for: three thousand.
const LOOK_PAGES: usize = 30;
/// Most pages of comments of one issue, and of issues that changed.
const MOST_PAGES: usize = 10;
/// Their lists may be late.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

impl Github {
    fn number<'a>(&self, remote: &'a Remote) -> Result<&'a str, Fault> {
        number_of(&self.settings, &remote.id).ok_or_else(|| {
            Fault::never("it was made in another repository than github.repository names now")
                .about(Scope::Ticket)
        })
    }

    async fn issue(&self, remote: &Remote) -> Result<Issue, Fault> {
        let ((owner, name), number) = (self.repository()?, self.number(remote)?);
        let path = ["repos", owner, name, "issues", number];
        self.api.ask(Ask::get(&path).of_issue()).await
    }

    async fn said(&self, remote: &Remote) -> Result<Vec<Said>, Fault> {
        let ((owner, name), number) = (self.repository()?, self.number(remote)?);
        let path = ["repos", owner, name, "issues", number, "comments"];
        let (said, _) = self.api.all(Ask::get(&path).of_issue(), MOST_PAGES).await?;
        Ok(said)
    }

    /// The oldest of our newest issues that carries a mark.
    async fn marked(&self, mark: &str) -> Result<Option<Issue>, Fault> {
        let (account, (owner, name)) = (self.account().await?, self.repository()?);
        let path = ["repos", owner, name, "issues"];
        let ask = Ask::get(&path).with(&[
            ("creator", account.login.as_str()),
            ("state", "all"),
            ("sort", "created"),
            ("direction", "desc"),
        ]);
        for page in 1..=LOOK_PAGES {
            let (issues, is_more): (Vec<Issue>, bool) = self.api.page(&ask, page).await?;
            let carries = |issue: &Issue| issue.is_of(account.id) && issue.text().contains(mark);
            let found = issues.into_iter().filter(carries);
            let found = found.min_by_key(|issue| issue.number);
            if found.is_some() || !is_more {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Elsewhere for Github {
    fn share(&self) -> Share {
        Share {
            // There is no way to put a file there.
            files: false,
            conversation: self.settings.conversation,
            notes: self.settings.notes,
        }
    }

    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        let memory = &self.api.memory;
        if let Some(issue) = self.marked(&text::mark_of_issue(marker)).await? {
            memory.looking.found(marker);
            return Ok(Some(issue.remote(&self.settings)));
        }
        let look_for = Duration::from_millis(self.settings.look_for_ms);
        let Some(left) = memory.looking.on(marker, look_for) else {
            return Ok(None);
        };
        let fault = Fault::later(
            "nobody knows whether GitHub made it: it is looked for until their list would have it",
        );
        let fault = fault.after(Some(left.min(look_for / LOOKS)));
        Err(fault.about(Scope::Ticket).seen(self.api.seen()))
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        let (settings, (owner, name)) = (&self.settings, self.repository()?);
        let told = settings.told();
        let body = json!({
            "title": text::title(new, told),
            "body": text::body(new, told),
            "labels": settings.labels_of(new.category, new.priority),
        });
        let path = ["repos", owner, name, "issues"];
        let issue: Issue = self.api.ask(Ask::create(&path, &body)).await?;
        Ok(issue.remote(settings))
    }

    async fn find_file(&self, _: &Remote, _: &FileToSend<'_>) -> Result<Option<String>, Fault> {
        Ok(None)
    }

    async fn attach(&self, _: &Remote, _: &FileToSend<'_>) -> Result<String, Fault> {
        Err(Fault::never("GitHub takes no files; they are at the desk"))
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        let (mark, account) = (text::mark_of_saying(said.id), self.account().await?);
        let all = self.said(remote).await?;
        let has_mark = |one: &&Said| one.body.as_ref().is_some_and(|body| body.contains(&mark));
        let found = all
            .iter()
            .filter(has_mark)
            .find(|one| one.is_of(account.id));
        Ok(found.map(|one| one.id.to_string()))
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        let ((owner, name), number) = (self.repository()?, self.number(remote)?);
        let body = json!({ "body": text::comment(said, self.settings.told()) });
        let path = ["repos", owner, name, "issues", number, "comments"];
        let made: Said = self.api.ask(Ask::create(&path, &body).of_issue()).await?;
        Ok(made.id.to_string())
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        let issue = self.issue(remote).await?;
        let Some(change) = issue.change(&self.settings, wanted) else {
            return Ok(());
        };
        let ((owner, name), number) = (self.repository()?, self.number(remote)?);
        let path = ["repos", owner, name, "issues", number];
        let ask = Ask::change(Method::PATCH, &path, &change).of_issue();
        self.api.send(ask).await.map(drop)
    }

    async fn read(&self, remote: &Remote) -> Result<Option<Mirror>, Fault> {
        let issue = match self.issue(remote).await {
            Ok(issue) => issue,
            Err(fault) if is_gone(&fault) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let account = self.account().await?;
        let stands = issue.stands(&self.settings);
        let (mut comments, mut notes) = (Vec::new(), Vec::new());
        for one in self.said(remote).await? {
            match one.heard(self.settings.comments, account.id) {
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
            url: Some(issue.html_url),
            comments,
            notes,
            clocks: Vec::new(),
        }))
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        let (account, (owner, name)) = (self.account().await?, self.repository()?);
        let since = at.saturating_sub(OVERLAP).unwrap_or(at);
        let since = since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let path = ["repos", owner, name, "issues"];
        let ask = Ask::get(&path).with(&[
            ("creator", account.login.as_str()),
            ("state", "all"),
            ("sort", "updated"),
            ("direction", "asc"),
            ("since", since.as_str()),
        ]);
        let (issues, _): (Vec<Issue>, bool) = self.api.all(ask, MOST_PAGES).await?;
        // By their clock, which says when it was changed.
        let until = issues
            .iter()
            .filter_map(|issue| issue.updated_at.parse().ok());
        let until = until.max();
        let is_news = |issue: &Issue| {
            let id = issue.number.to_string();
            issue.is_of(account.id) && self.api.memory.changes.is_news(&id, &issue.version())
        };
        let news = issues.into_iter().filter(is_news);
        Ok(Heard {
            ids: news.map(|issue| issue.remote(&self.settings).id).collect(),
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
