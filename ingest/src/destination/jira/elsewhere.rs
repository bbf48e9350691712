//! What is done at a Jira for a ticket.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    Issue, build, check,
    client::{Ask, Body, Jira, Verb},
    read::{self, Comment as Theirs, File, Writer},
    wiki,
};
use crate::destination::{
    Category, Comment, Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote,
    Saying, Scope, Seen, Share, Verdict, Wanted,
};

/// What their index may not have yet is looked for so often.
const LOOKS: u32 = 5;
/// Their index is late, and their clock is not ours.
const OVERLAP_MINUTES: i64 = 2;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Uploaded {
    temporary_attachments: Vec<Temporary>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Temporary {
    temporary_attachment_id: String,
}

#[derive(Debug, Deserialize)]
struct Attached {
    comment: Option<Theirs>,
    attachments: Option<read::Page<File>>,
}

impl Elsewhere for Jira {
    fn share(&self) -> Share {
        Share {
            notes: self.settings.notes,
            ..Share::OF_A_DESK
        }
    }

    async fn find(&self, marker: &str) -> Result<Option<Remote>, Fault> {
        let desk = self.desk().await?;
        let field = match self.settings.marker_field.as_str() {
            "" => "description",
            field => field,
        };
        let jql = build::jql_of_marker(&self.settings, &desk.project_key, marker);
        let issues = self.search(&jql, &[field]).await?;
        // Their search knows words; what it finds may be like the marker only.
        let carries = |issue: &&Issue| issue.fields.to_string().contains(marker);
        let first = issues
            .iter()
            .filter(carries)
            .min_by_key(|issue| issue.id.parse().unwrap_or(u64::MAX));
        if let Some(issue) = first {
            let request = self.request(&issue.id).await?;
            self.memory.looking.found(marker);
            return Ok(Some(self.remote(&request)));
        }
        let look_for = Duration::from_millis(self.settings.look_for_ms);
        match self.memory.looking.on(marker, look_for) {
            None => Ok(None),
            Some(left) => {
                let fault = Fault::later(
                    "nobody knows whether Jira made it: it is looked for until their index would have it",
                );
                let fault = fault
                    .after(Some(left.min(look_for / LOOKS)))
                    .about(Scope::Ticket);
                Err(fault.seen(self.last_seen()))
            }
        }
    }

    async fn create(&self, new: &NewRequest<'_>) -> Result<Remote, Fault> {
        let desk = self.desk().await?;
        let on_behalf = self.settings.raise_on_behalf && new.is_verified && !new.email.is_empty();
        self.make(&desk, new, on_behalf).await
    }

    async fn find_file(
        &self,
        remote: &Remote,
        file: &FileToSend<'_>,
    ) -> Result<Option<String>, Fault> {
        let (mark, ours) = (build::file_mark(file.id), self.account().await?);
        let comments = self.comments(&remote.id, true).await?;
        let with_mark = comments.iter().find(|comment| {
            comment.author.id() == Some(ours.as_str()) && comment.body.contains(&mark)
        });
        let Some(comment) = with_mark else {
            return Ok(None);
        };
        let path = ["servicedeskapi", "request", &remote.id, "attachment"];
        let ask = Ask::get("attachment", &path).of_request();
        let files: Vec<File> = self.all(ask).await?;
        let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        let name = build::file_name(file.name);
        let same = files
            .iter()
            .rfind(|there| there.size == size && there.filename == name);
        let id = same.and_then(File::id).unwrap_or(&comment.id);
        Ok(Some(id.to_owned()))
    }

    async fn attach(&self, remote: &Remote, file: &FileToSend<'_>) -> Result<String, Fault> {
        let desk = self.desk().await?;
        let path = [
            "servicedeskapi",
            "servicedesk",
            &desk.id,
            "attachTemporaryFile",
        ];
        let upload = Ask {
            verb: Verb::Post,
            body: Body::File {
                name: file.name,
                content_type: file.content_type,
                bytes: file.bytes,
            },
            // Of a file that is too big, only the file is refused.
            ..Ask::get("upload", &path).of_request()
        };
        let uploaded: Uploaded = self.ask(upload).await?;
        let Some(temporary) = uploaded.temporary_attachments.first() else {
            return Err(Fault::later(
                "Jira took a file and did not say how it calls it",
            ));
        };
        let body = json!({
            "temporaryAttachmentIds": [temporary.temporary_attachment_id],
            "public": file.is_public,
            "additionalComment": { "body": build::file_mark(file.id) },
        });
        self.memory.paces.take(&remote.id).await;
        let path = ["servicedeskapi", "request", &remote.id, "attachment"];
        let ask = Ask::post("attachment", &path, &body)
            .of_request()
            .creating();
        let attached: Attached = self.ask(ask).await?;
        let files = attached.attachments.map(|page| page.values);
        let id = files.as_ref().and_then(|files| files.first()?.id());
        let id = id.map(str::to_owned).or_else(|| Some(attached.comment?.id));
        Ok(id.unwrap_or_default())
    }

    async fn find_said(&self, remote: &Remote, said: &Saying<'_>) -> Result<Option<String>, Fault> {
        let (text, ours) = (build::comment(said), self.account().await?);
        let comments = self.comments(&remote.id, true).await?;
        let same = comments.into_iter().find(|comment| {
            comment.author.id() == Some(ours.as_str()) && wiki::is_same(&comment.body, &text)
        });
        Ok(same.map(|comment| comment.id))
    }

    async fn say(&self, remote: &Remote, said: &Saying<'_>) -> Result<String, Fault> {
        let body = json!({ "body": build::comment(said), "public": said.is_public });
        self.memory.paces.take(&remote.id).await;
        let path = ["servicedeskapi", "request", &remote.id, "comment"];
        let ask = Ask::post("comment", &path, &body).of_request().creating();
        let comment: Theirs = self.ask(ask).await?;
        Ok(comment.id)
    }

    async fn set(&self, remote: &Remote, wanted: &Wanted) -> Result<(), Fault> {
        let priority = match &wanted.priority {
            Some(ours) => self.set_priority(&remote.id, ours).await,
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
            self.set_status(&remote.id, status).await?;
        }
        priority
    }

    async fn read(&self, remote: &Remote) -> Result<Option<Mirror>, Fault> {
        let request = match self.request(&remote.id).await {
            Ok(request) => request,
            Err(fault)
                if matches!(fault.seen.status, Some(403 | 404))
                    && fault.verdict == Verdict::Never =>
            {
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        let ours = self.account().await?;
        let comments = self.comments(&remote.id, false).await?;
        let current = request.current_status.as_ref();
        let mut name = current
            .map(|status| status.status.clone())
            .unwrap_or_default();
        let mut category = current.and_then(|status| status.status_category.clone());
        if category.is_none() {
            let (platform, kind) = self.platform_status(&remote.id).await?;
            category = kind;
            if name.is_empty() {
                name = platform;
            }
        }
        let said = read::public(&comments, &ours, request.reporter.id());
        let comments = said.into_iter().map(|said| Comment {
            id: said.id,
            author: said.author,
            text: said.text,
            at: said.at.unwrap_or_else(|| self.clock.now()),
            is_ours: said.writer == Writer::Us,
            is_of_requester: said.writer == Writer::Requester,
            files: said.files,
        });
        Ok(Some(Mirror {
            status: read::status_here(&self.settings, &name, category.as_deref()),
            status_name: name,
            category: kind_of(category.as_deref()),
            priority: self.priority(&remote.id).await?,
            url: Some(request.url(self.base())),
            comments: comments.collect(),
            notes: Vec::new(),
            clocks: self.clocks(&remote.id).await?,
        }))
    }

    async fn changed_since(&self, at: Timestamp) -> Result<Heard, Fault> {
        let now = self.clock.now();
        let desk = self.desk().await?;
        let seconds = now.duration_since(at).as_secs().max(0);
        let minutes = seconds / 60 + 1 + OVERLAP_MINUTES;
        let jql = build::jql_of_changed(&desk.project_key, minutes);
        let issues = self.search(&jql, &["updated"]).await?;
        let is_news = |issue: &Issue| {
            let updated = issue.fields["updated"].as_str();
            updated.is_none_or(|updated| self.memory.changes.is_news(&issue.id, updated))
        };
        Ok(Heard {
            ids: issues
                .into_iter()
                .filter(is_news)
                .map(|issue| issue.id)
                .collect(),
            until: Some(now),
        })
    }

    async fn check(&self) -> Vec<Finding> {
        check::all(self).await
    }

    fn seen(&self) -> Seen {
        self.last_seen()
    }
}

fn kind_of(category: Option<&str>) -> Category {
    match category.unwrap_or_default().to_ascii_lowercase().as_str() {
        "new" => Category::New,
        "indeterminate" => Category::Underway,
        "done" => Category::Done,
        _ => Category::Unknown,
    }
}
