//! Jira Service Management, in the cloud and in the data center, as a desk elsewhere.
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | what an operator writes down |
//! | [`build`], [`read`], [`wiki`] | what is asked, what is answered, and its markup: pure |
//! | [`refusal`] | what an answer that is not "done" means |
//! | [`client`], [`again`], [`memory`], [`pace`] | one call; when it is repeated at once; what is remembered between calls; how fast |
//! | [`reporter`] | for whom a request is made |
//! | [`elsewhere`], [`transition`] | what is done there for a ticket; which step of their workflow leads where |
//! | [`check`] | what is wrong with the settings |
//! | [`hook`] | what Jira posts |

mod again;
pub mod build;
pub mod check;
pub mod client;
mod elsewhere;
pub mod hook;
pub mod memory;
pub mod pace;
pub mod read;
pub mod refusal;
mod reporter;
pub mod settings;
mod transition;
pub mod wiki;

use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    build::Place,
    client::{Ask, Verb},
    read::{Comment as Theirs, Desk, Form, Request, RequestType, Sla, User},
    settings::Flavour,
    transition::{Transitions, choose},
};
pub use self::{client::Jira, memory::Memory, settings::Settings};
use super::{Fault, NewRequest, Remote, Verdict};
use crate::ticket::Status;

/// Most pages of a search.
const MOST_PAGES: usize = 50;

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
            let found: Found = self.ask(Ask::post(client::SEARCH, &parts, &body)).await?;
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

    /// What its priority there means for us.
    async fn priority(&self, id: &str) -> Result<Option<String>, Fault> {
        if self.settings.priorities.is_empty() {
            return Ok(None);
        }
        let path = ["api", self.settings.flavour.api(), "issue", id];
        let query = [("fields", "priority")];
        let ask = Ask::get("issue", &path).with(&query).of_request();
        let issue: Value = match self.ask(ask).await {
            Ok(issue) => issue,
            // Nothing else depends on it.
            Err(fault) if matches!(fault.seen.status, Some(400 | 403 | 404)) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let theirs = issue["fields"]["priority"]["name"].as_str();
        let ours = theirs.and_then(|theirs| self.settings.priority_here(theirs));
        Ok(ours.map(str::to_owned))
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
