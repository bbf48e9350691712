//! Jira Service Management, in the cloud and in the data center, as a desk elsewhere.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what an operator writes down |
//! | [`build`], [`read`], [`wiki`] | what is asked, what is answered, and its markup: pure |
//! | [`refusal`] | what an answer that is not "done" means |
//! | [`client`], [`memory`], [`pace`] | one call; what is remembered between calls; how fast |
//! | [`reporter`] | for whom a request is made |
//! | [`check`] | what is wrong with the settings |
//! | [`hook`] | what Jira posts |

pub mod build;
pub mod check;
pub mod client;
pub mod hook;
pub mod memory;
pub mod pace;
pub mod read;
pub mod refusal;
mod reporter;
pub mod settings;
pub mod wiki;

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    build::Place,
    client::{Ask, Body, Verb},
    read::{Comment as Theirs, Desk, File, Form, Request, RequestType, Sla, User, Writer},
    settings::Flavour,
};
pub use self::{client::Jira, memory::Memory, settings::Settings};
use super::{
    Category, Comment, Elsewhere, Fault, FileToSend, Finding, Heard, Mirror, NewRequest, Remote,
    Saying, Scope, Seen, Verdict, Wanted,
};
use crate::ticket::Status;

/// What their index may not have yet is looked for so often: each look is an attempt, and of those there are only so many.
const LOOKS: u32 = 3;
/// Most pages of a search.
const MOST_PAGES: usize = 50;
/// Their index is late, and their clock is not ours.
const OVERLAP_MINUTES: i64 = 2;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(default)]
    issues: Vec<Issue>,
    next_page_token: Option<String>,
    total: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Issue {
    id: String,
    #[serde(default)]
    fields: Value,
}

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

#[derive(Debug, Deserialize)]
struct Transitions {
    #[serde(default)]
    transitions: Vec<Transition>,
}

#[derive(Debug, Deserialize)]
struct Transition {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    to: Value,
    #[serde(default)]
    fields: Value,
}

impl Jira {
    /// The desk, by its id or by the key of its project.
    async fn desk(&self) -> Result<Desk, Fault> {
        if let Some(desk) = self.memory.desk() {
            return Ok(desk);
        }
        let wanted = self.settings.desk.trim();
        let is_id = wanted.bytes().all(|byte| byte.is_ascii_digit());
        let desk = if is_id || self.settings.flavour == Flavour::Cloud {
            let path = ["servicedeskapi", "servicedesk", wanted];
            self.ask(Ask::get("servicedesk", &path)).await?
        } else {
            let path = ["servicedeskapi", "servicedesk"];
            let all: Vec<Desk> = self.all(Ask::get("servicedesk", &path)).await?;
            let mut all = all.into_iter();
            let found = all.find(|desk| desk.project_key.eq_ignore_ascii_case(wanted));
            found.ok_or_else(|| {
                Fault::disabled(format!("Jira has no desk of the project {wanted}, or the account may not see it: jira.desk"))
            })?
        };
        self.memory.keep_desk(&desk);
        Ok(desk)
    }

    /// The id of a type of request, by its id or its name.
    async fn request_type(&self, desk: &Desk, wanted: &str) -> Result<String, Fault> {
        if wanted.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(wanted.to_owned());
        }
        if let Some(id) = self.memory.request_type(wanted) {
            return Ok(id);
        }
        let found = self.request_types(desk).await?.into_iter();
        let mut named = found.filter(|kind| kind.name.eq_ignore_ascii_case(wanted));
        let kind = named.next().ok_or_else(|| {
            Fault::disabled(format!("the desk has no type of request “{wanted}”, or the account may not use it: jira.request_type, jira.request_types"))
        })?;
        self.memory.keep_request_type(wanted, &kind.id);
        Ok(kind.id)
    }

    async fn request_types(&self, desk: &Desk) -> Result<Vec<RequestType>, Fault> {
        let path = ["servicedeskapi", "servicedesk", &desk.id, "requesttype"];
        self.all(Ask::get("requesttype", &path)).await
    }

    async fn form(&self, desk: &Desk, request_type: &str) -> Result<Form, Fault> {
        if let Some(form) = self.memory.form(request_type) {
            return Ok(form);
        }
        let path = [
            "servicedeskapi",
            "servicedesk",
            &desk.id,
            "requesttype",
            request_type,
            "field",
        ];
        let form: Form = self.ask(Ask::get("requesttype", &path)).await?;
        self.memory.keep_form(request_type, &form);
        Ok(form)
    }

    /// What Jira knows our account by.
    async fn account(&self) -> Result<String, Fault> {
        if let Some(id) = self.memory.account() {
            return Ok(id);
        }
        let path = ["api", self.settings.flavour.api(), "myself"];
        let user: User = self.ask(Ask::get("myself", &path)).await?;
        let id = user.id().unwrap_or_default().to_owned();
        self.memory.keep_account(&id);
        Ok(id)
    }

    async fn request(&self, id: &str) -> Result<Request, Fault> {
        let path = ["servicedeskapi", "request", id];
        self.ask(Ask::get("request", &path).of_request()).await
    }

    fn remote(&self, request: &Request) -> Remote {
        Remote {
            id: request.issue_id.clone(),
            key: request.issue_key.clone(),
            url: Some(request.url(self.base())),
        }
    }

    async fn comments(&self, id: &str, with_notes: bool) -> Result<Vec<Theirs>, Fault> {
        let path = ["servicedeskapi", "request", id, "comment"];
        let notes = if with_notes { "true" } else { "false" };
        let query = [("public", "true"), ("internal", notes)];
        let ask = Ask::get("comment", &path).with(&query).of_request();
        self.all(ask).await
    }

    /// What a query finds.
    async fn search(&self, jql: &str, fields: &[&str]) -> Result<Vec<Issue>, Fault> {
        let flavour = self.settings.flavour;
        let mut issues: Vec<Issue> = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let (path, body) = build::search(flavour, jql, fields, next.as_deref());
            let mut parts = vec!["api", flavour.api()];
            parts.extend(path.split('/'));
            let found: Found = self.ask(Ask::post("search", &parts, &body)).await?;
            let is_empty = found.issues.is_empty();
            issues.extend(found.issues);
            next = match flavour {
                Flavour::Cloud => found.next_page_token,
                Flavour::DataCenter => {
                    let total = found.total.and_then(|total| usize::try_from(total).ok());
                    let is_more = total.is_some_and(|total| issues.len() < total);
                    is_more.then(|| issues.len().to_string())
                }
            };
            if next.is_none() || is_empty {
                break;
            }
        }
        Ok(issues)
    }

    /// Makes a request; nothing is known to be there when it fails with anything but [`Verdict::Unclear`].
    async fn make(
        &self,
        desk: &Desk,
        new: &NewRequest<'_>,
        on_behalf: bool,
    ) -> Result<Remote, Fault> {
        let wanted = self.settings.request_type_of(new.category);
        let request_type = self.request_type(desk, wanted).await?;
        let form = self.form(desk, &request_type).await?;
        let person = if on_behalf && form.can_raise_on_behalf_of {
            reporter::find(self, &desk.id, new.email, new.name).await?
        } else {
            None
        };
        let place = Place {
            desk: &desk.id,
            request_type: &request_type,
        };
        let body = build::request(&self.settings, place, &form, new, person.as_deref());
        let body = body.map_err(|unfit| Fault::disabled(unfit.to_string()))?;
        let path = ["servicedeskapi", "request"];
        let made = self
            .ask::<Request>(Ask::post("request", &path, &body).creating())
            .await;
        match made {
            Ok(request) => {
                self.set_what_the_form_lacks(&form, new, &request).await;
                Ok(self.remote(&request))
            }
            // Perhaps they will not have it from this person; nothing was made.
            Err(fault) if person.is_some() && may_be_the_person(&fault) => {
                Box::pin(self.make(desk, new, false)).await
            }
            Err(fault) => {
                if is_refused(&fault) {
                    self.memory.forget();
                }
                Err(fault)
            }
        }
    }

    /// A priority that the form does not take is set beside it. It stands in the text anyway, so a refusal is none.
    async fn set_what_the_form_lacks(&self, form: &Form, new: &NewRequest<'_>, made: &Request) {
        let is_set = build::priority_on_form(&self.settings, form, new.priority).is_some();
        if let (Some(ours), false) = (new.priority, is_set) {
            let _ = self.set_priority(&made.issue_id, ours).await;
        }
    }

    async fn set_priority(&self, id: &str, ours: &str) -> Result<(), Fault> {
        let Some(name) = self.settings.priority_there(ours) else {
            return Ok(());
        };
        let path = ["api", self.settings.flavour.api(), "issue", id];
        let body = json!({ "fields": { "priority": { "name": name } } });
        let ask = Ask {
            verb: Verb::Put,
            ..Ask::post("issue", &path, &body).of_request()
        };
        self.memory.paces.take(id).await;
        self.send(ask).await.map(drop)
    }

    /// What its status is called, and of which kind it is, as the platform says.
    async fn platform_status(&self, id: &str) -> Result<(String, Option<String>), Fault> {
        let path = ["api", self.settings.flavour.api(), "issue", id];
        let query = [("fields", "status")];
        let ask = Ask::get("issue", &path).with(&query).of_request();
        let issue: Value = self.ask(ask).await?;
        let status = &issue["fields"]["status"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let name = text(&status["name"]).unwrap_or_default();
        Ok((name, text(&status["statusCategory"]["key"])))
    }

    async fn set_status(&self, id: &str, wanted: Status) -> Result<(), Fault> {
        let (name, category) = self.platform_status(id).await?;
        let settings = &self.settings;
        if read::status_here(settings, &name, category.as_deref()) == Some(wanted) {
            return Ok(());
        }
        let path = ["api", settings.flavour.api(), "issue", id, "transitions"];
        let query = [("expand", "transitions.fields")];
        let ask = Ask::get("transition", &path).with(&query).of_request();
        let found: Transitions = self.ask(ask).await?;
        let Some(transition) = choose(settings, &found.transitions, wanted) else {
            return match wanted {
                // Where nobody began to work, theirs and ours need not be called alike.
                Status::New | Status::Open => Ok(()),
                _ => Err(Fault::never(format!(
                    "their workflow has no step from “{name}” to what is {} here: jira.transitions",
                    wanted.as_str()
                ))),
            };
        };
        let body = transition.body();
        self.memory.paces.take(id).await;
        let path = ["api", settings.flavour.api(), "issue", id, "transitions"];
        let ask = Ask::post("transition", &path, &body).of_request();
        self.send(ask).await.map(drop)
    }

    async fn clocks(&self, id: &str) -> Result<Vec<super::SlaClock>, Fault> {
        let path = ["servicedeskapi", "request", id, "sla"];
        let slas = self.all::<Sla>(Ask::get("sla", &path).of_request()).await;
        match slas {
            Ok(slas) => Ok(slas.iter().filter_map(Sla::clock).collect()),
            // Only agents may see them; nothing else depends on them.
            Err(fault) if matches!(fault.seen.status, Some(400 | 403 | 404)) => Ok(Vec::new()),
            Err(fault) => Err(fault),
        }
    }
}

/// May it be that only the person is refused? Then nothing was made.
fn may_be_the_person(fault: &Fault) -> bool {
    let is_certain = matches!(fault.verdict, Verdict::Never | Verdict::Disabled);
    is_certain && matches!(fault.seen.status, Some(400 | 403))
}

/// Was it refused for what it says, for certain?
fn is_refused(fault: &Fault) -> bool {
    fault.verdict == Verdict::Never && matches!(fault.seen.status, Some(400 | 403 | 404))
}

/// The step that leads to what is wanted: the one that somebody wrote down, or else the first that ends there. Pure.
fn choose<'a>(
    settings: &Settings,
    transitions: &'a [Transition],
    wanted: Status,
) -> Option<&'a Transition> {
    if let Some(name) = settings.transitions.get(wanted.as_str()) {
        let is_named = |one: &&Transition| one.name.eq_ignore_ascii_case(name) || one.id == *name;
        return transitions.iter().find(is_named);
    }
    transitions.iter().find(|one| {
        let name = one.to["name"].as_str().unwrap_or_default();
        let category = one.to["statusCategory"]["key"].as_str();
        read::status_here(settings, name, category) == Some(wanted)
    })
}

impl Transition {
    /// What performs it. Where it asks for a resolution, it gets the first that there is.
    fn body(&self) -> Value {
        let mut body = json!({ "transition": { "id": self.id } });
        let resolution = &self.fields["resolution"];
        let first = &resolution["allowedValues"][0]["name"];
        if resolution["required"] == true && first.is_string() {
            body["fields"] = json!({ "resolution": { "name": first } });
        }
        body
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

impl Elsewhere for Jira {
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
            self.memory.found(marker);
            return Ok(Some(self.remote(&request)));
        }
        let look_for = Duration::from_millis(self.settings.look_for_ms);
        match self.memory.look_on(marker, look_for) {
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
        });
        Ok(Some(Mirror {
            status: read::status_here(&self.settings, &name, category.as_deref()),
            status_name: name,
            category: kind_of(category.as_deref()),
            url: Some(request.url(self.base())),
            comments: comments.collect(),
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
            updated.is_none_or(|updated| self.memory.is_news(&issue.id, updated))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!(
            "base_url = \"https://acme.example\"\naccount = \"a\"\ndesk = \"HELP\"\nrequest_type = \"25\"\n{more}"
        );
        toml::from_str(&text).expect("settings")
    }

    fn transitions() -> Vec<Transition> {
        let found: Transitions = serde_json::from_value(json!({ "transitions": [
            { "id": "11", "name": "Ask the customer", "to": { "name": "Waiting for customer", "statusCategory": { "key": "indeterminate" } } },
            { "id": "21", "name": "Resolve", "to": { "name": "Resolved", "statusCategory": { "key": "done" } },
              "fields": { "resolution": { "required": true, "allowedValues": [{ "name": "Done" }, { "name": "Won't do" }] } } },
            { "id": "31", "name": "Cancel", "to": { "name": "Cancelled", "statusCategory": { "key": "done" } } },
        ] }))
        .unwrap();
        found.transitions
    }

    #[test]
    fn a_step_is_the_one_that_ends_where_it_should_or_that_was_written_down() {
        let transitions = transitions();
        let chosen = |more: &str, wanted| {
            let chosen = choose(&settings(more), &transitions, wanted);
            chosen.map(|one| one.id.as_str())
        };
        assert_eq!(chosen("", Status::Waiting), Some("11"));
        assert_eq!(chosen("", Status::Solved), Some("21"));
        assert_eq!(chosen("", Status::Closed), None);
        assert_eq!(
            chosen("statuses = { Cancelled = \"closed\" }", Status::Closed),
            Some("31")
        );
        assert_eq!(
            chosen("transitions = { solved = \"cancel\" }", Status::Solved),
            Some("31")
        );
        assert_eq!(
            chosen("transitions = { solved = \"No such\" }", Status::Solved),
            None
        );
    }

    #[test]
    fn a_step_that_asks_for_a_resolution_gets_one() {
        let bodies: Vec<_> = transitions().iter().map(Transition::body).collect();
        assert_eq!(bodies[0], json!({ "transition": { "id": "11" } }));
        assert_eq!(bodies[1]["fields"]["resolution"]["name"], "Done");
    }
}
