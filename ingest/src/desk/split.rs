//! `/desk/tickets/{reference}/split`: requests in a ticket get references of their own. Without JavaScript.

use std::collections::BTreeSet;

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    session::{self, SignedIn},
    ticket,
};
use crate::{
    app::App,
    http::problem::HttpError,
    policy::Policy,
    split::{
        PARTS_MOST, Part,
        making::{self, SplitError},
        numbered,
    },
    store::{self, staff::Staff},
    suggestions,
    ticket::{Attachment, Ticket},
};

/// Largest form: every part with the longest description, in octets of UTF-8 and written as `%xx`.
pub const FORM_MOST_BYTES: usize = 512 * 1024;
/// So many are empty below what is filled in.
const EMPTY: usize = 2;

/// How many parts the page offers.
#[derive(Debug, Deserialize)]
pub struct Asked {
    parts: Option<usize>,
}

/// The page: what a numbered list in the text suggests, and empty parts below.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    let policy = suggestions::policy_of(&mut tx, &app.policies, &ticket).await?;
    tx.rollback().await?;
    // What stays with the ticket is the first of them.
    let mut parts = numbered::parts(&ticket.description);
    let is_suggested = !parts.is_empty();
    parts.drain(..parts.len().min(1));
    let count = asked.parts.unwrap_or(parts.len() + EMPTY);
    let page = Page {
        ticket: &ticket,
        attachments: &attachments,
        policy: policy.as_deref(),
        is_suggested,
    };
    Ok(Html(page.render(&app, &staff, parts, count, None)?))
}

/// Splits the ticket and shows it; on a fault, shows the form again with everything that was written.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    let parts = read(&fields);
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let ticket = ticket::find(&mut tx, &staff, &reference).await?;
    let policy = suggestions::policy_of(&mut tx, &app.policies, &ticket).await?;
    let made = making::split(&mut tx, &ticket, &app.policies, &parts, &staff.name, now).await;
    let fault = match made {
        Ok(_) => {
            tx.commit().await?;
            app.new_jobs.announce();
            let address = format!("/desk/tickets/{}#parts", ticket.reference);
            return Ok(Redirect::to(&address).into_response());
        }
        Err(SplitError::Store(error)) => return Err(error.into()),
        Err(SplitError::Parts(faults)) if parts.is_empty() => {
            drop(faults);
            vec!["Fill in at least one part: a line that says what it is about.".to_owned()]
        }
        Err(SplitError::Parts(faults)) => faults.iter().map(ToString::to_string).collect(),
        Err(SplitError::Held) => vec![SplitError::Held.to_string()],
    };
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    tx.rollback().await?;
    let page = Page {
        ticket: &ticket,
        attachments: &attachments,
        policy: policy.as_deref(),
        is_suggested: false,
    };
    let count = parts.len() + EMPTY;
    let html = page.render(&app, &staff, parts, count, Some(&fault))?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(html)).into_response())
}

/// The parts of a form, `summary_1` and so on; those with nothing in them are none.
fn read(fields: &[(String, String)]) -> Vec<Part> {
    let text = |name: &str, number: usize| {
        let name = format!("{name}_{number}");
        let found = fields.iter().find(|(field, _)| *field == name);
        found
            .map(|(_, text)| text.trim().to_owned())
            .unwrap_or_default()
    };
    let part = |number: usize| {
        let file = format!("file_{number}");
        let files = fields.iter().filter(|(field, _)| *field == file);
        Part {
            summary: text("summary", number),
            description: text("description", number),
            category: Some(text("category", number)).filter(|category| !category.is_empty()),
            attachments: files
                .filter_map(|(_, id)| Uuid::try_parse(id).ok())
                .collect(),
        }
    };
    let is_filled = |part: &Part| !part.summary.is_empty() || !part.description.is_empty();
    (1..=PARTS_MOST).map(part).filter(is_filled).collect()
}

/// What the page is about.
struct Page<'a> {
    ticket: &'a Ticket,
    attachments: &'a [Attachment],
    policy: Option<&'a Policy>,
    is_suggested: bool,
}

impl Page<'_> {
    fn render(
        &self,
        app: &App,
        staff: &Staff,
        mut parts: Vec<Part>,
        count: usize,
        faults: Option<&[String]>,
    ) -> Result<String, HttpError> {
        let count = count.clamp(parts.len().max(1), PARTS_MOST);
        parts.resize_with(count, Part::default);
        let ticket = self.ticket;
        let html = app.pages.render(
            "desk/split.html",
            context! {
                staff => session::shown(staff),
                reference => ticket.reference.to_string(),
                summary => &ticket.summary,
                description => &ticket.description,
                parts => parts.iter().map(|part| self.part(part)).collect::<Vec<_>>(),
                suggested => self.is_suggested,
                faults => faults.map(<[String]>::to_vec),
                more => (count < PARTS_MOST).then_some((count + EMPTY).min(PARTS_MOST)),
            },
        )?;
        Ok(html)
    }

    fn part(&self, part: &Part) -> Value {
        let chosen: BTreeSet<Uuid> = part.attachments.iter().copied().collect();
        let file = |file: &Attachment| context! { id => file.id.to_string(), name => &file.name, chosen => chosen.contains(&file.id) };
        let current = part.category.as_ref().or(self.ticket.category.as_ref());
        let categories = self.policy.map(Policy::categories).unwrap_or_default();
        let categories = categories.iter().filter(|one| one.redirect.is_none());
        let category = |one: &crate::policy::Category| context! { id => &one.id, title => &one.title, chosen => current == Some(&one.id) };
        context! {
            summary => &part.summary,
            description => &part.description,
            files => self.attachments.iter().map(file).collect::<Vec<_>>(),
            categories => categories.map(category).collect::<Vec<_>>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_with_nothing_in_them_are_none() {
        let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let id = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a";
        let parts = read(&[
            field("summary_1", " "),
            field("file_1", id),
            field("summary_3", " Totals "),
            field("category_3", ""),
            field("file_3", id),
            field("file_3", "no id"),
            field("description_5", "only a text"),
            field("summary_99", "too many"),
        ]);
        assert_eq!(parts.len(), 2);
        assert_eq!(
            (parts[0].summary.as_str(), parts[0].attachments.len()),
            ("Totals", 1)
        );
        assert_eq!(
            (&parts[0].category, parts[1].description.as_str()),
            (&None, "only a text")
        );
    }
}
