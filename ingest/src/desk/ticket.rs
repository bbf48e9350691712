//! `GET /desk/tickets/{reference}`: one ticket with what was written about it, its facts and its files.

mod forwarded;
mod named;
mod parts;
pub(super) mod story;
pub(super) mod writing;

use std::collections::BTreeMap;

use axum::{
    extract::{Path, Query, State},
    response::Html,
};
use cornerdesk_shared::{problem::ProblemKind, reference::Reference};
use jiff::{Timestamp, tz::TimeZone};
use minijinja::{Value, context};
use serde::Deserialize;
use uuid::Uuid;

use self::{named::Mentions, writing::Writing};
use super::{
    attachment::seen,
    held,
    session::{self, SignedIn},
    sorting, suggestion, terms, work,
};
use crate::{
    accounts,
    app::App,
    audit::{Act, By},
    care::Opening,
    explained,
    http::{checked::Checked, problem::HttpError},
    message::Kind,
    outbox::lane::Lane,
    show::{self, Moment},
    split::numbered,
    store::{self, Tx, drafts::Draft, staff::Staff},
    ticket::{Attachment, Fact, Status, Ticket},
};

/// The page.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Checked(Query(asked)): Checked<Query<Asked>>,
) -> Result<Html<String>, HttpError> {
    let kind = match asked.write.as_deref() {
        Some("note") => Kind::Note,
        _ => Kind::Reply,
    };
    Ok(Html(page(&app, &staff, &reference, None, kind).await?))
}

/// How the page is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `note`: an empty box is for colleagues.
    write: Option<String>,
}

/// The page with this in the box in which staff write; else with what they have begun to write, or an `empty` box of this kind.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub(super) async fn page(
    app: &App,
    staff: &Staff,
    reference: &str,
    writing: Option<Writing>,
    empty: Kind,
) -> Result<String, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = find(&mut tx, staff, reference).await?;
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    // Before the messages: whatever counts as seen stands on the page.
    let named = Mentions::of(&mut tx, staff, &ticket, &timeline).await?;
    let messages = store::messages::list(&mut tx, &ticket.site, ticket.id).await?;
    let quoted = store::messages::quoted(&mut tx, &ticket.site, ticket.id).await?;
    let mails = store::jobs::of_ticket(&mut tx, &ticket.site, ticket.id).await?;
    let suggestion = suggestion::of(&mut tx, app, &ticket, &timeline).await?;
    let now = app.clock.now();
    let explained = explained::of(&mut tx, &app.policies, &ticket, now).await?;
    let sorting = sorting::shown(&mut tx, staff, &ticket, &timeline, now).await?;
    let due = due(&mut tx, &ticket, now).await?;
    let draft = store::drafts::find(&mut tx, &ticket.site, ticket.id, staff.id).await?;
    let canned = store::canned_answers::list(&mut tx, &ticket.site).await?;
    let links = store::destination_links::of_ticket(&mut tx, &ticket.site, ticket.id).await?;
    let destinations = if links.is_empty() {
        Vec::new()
    } else {
        store::destinations::list(&mut tx).await?
    };
    let rating = store::ratings::find(&mut tx, &ticket.site, ticket.id).await?;
    let first_mail = store::first_mails::find(&mut tx, &ticket.site, ticket.id).await?;
    tx.rollback().await?;
    // It may have been kept at the very moment at which it was sent.
    let is_sent = |draft: &Draft| messages.iter().any(|message| message.id == draft.message);
    let draft = draft.filter(|draft| !is_sent(draft));
    let writing = writing
        .or_else(|| draft.map(Writing::of_draft))
        .unwrap_or_else(|| Writing::new(empty));
    let mut facts = timeline.iter().rev().map(|entry| &entry.fact);
    let why_held = facts.find(|fact| matches!(fact, Fact::Held { .. }));
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let zone = site.map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let last_seq = timeline.last().map_or(0, |entry| entry.seq);
    named.see(app, &ticket, now).await?;
    let seen = previews_seen(app, staff, &ticket, &attachments, now).await?;
    let (files, mut of_messages) = by_message(&ticket, &attachments, seen.as_deref());
    let html = app.pages.render(
        "desk/ticket.html",
        context! {
            staff => session::shown(staff),
            ticket => context! {
                reference => ticket.reference.to_string(),
                summary => &ticket.summary,
                description => &ticket.description,
                email => &ticket.email,
                site => &ticket.site,
                site_name => sites.get(&ticket.site).map_or(&ticket.site, |site| &site.name),
                status => ticket.status.as_str(),
                held => held::reason(&ticket, why_held),
                locale => &ticket.locale,
                received => Moment::new(ticket.received_at, now),
                category => &ticket.category,
                plan => &ticket.plan,
                account => &ticket.account,
                note => site.and_then(|site| accounts::note(&site.accounts, ticket.account.as_deref())),
                erased => site.and_then(|site| site.retention.ends_at(&ticket, &timeline)).map(|at| Moment::new(at, now)),
                requester => ticket.requester.as_ref().map(|requester| context! { sub => &requester.sub, name => &requester.name }),
            },
            by_mail => first_mail.as_ref().map(parts::first_mail),
            context => parts::page_context(&ticket.context),
            host_context => parts::host_context(&ticket.context),
            console_errors => &ticket.context.console_errors,
            attachments => files,
            disowned => timeline.iter().any(|entry| entry.fact == Fact::Disowned),
            confirmed => timeline.iter().any(|entry| entry.fact == Fact::Confirmed),
            alarm => super::alarm::view(&timeline, now),
            access => super::access::view(&timeline, now),
            rating => super::rating::view(rating.as_ref(), now),
            terms => terms::shown(&ticket, &explained, &zone),
            work => work::shown(&ticket, &timeline, explained.terms.as_ref().map(|(_, policy)| &**policy)),
            impact => &ticket.impact,
            story => story::shown(&ticket, &timeline, &messages, quoted, &named, &mut of_messages, now),
            mentioned_in => named.elsewhere(),
            writing => writing.shown(&ticket, last_seq),
            canned => canned.iter().map(|canned| context! { id => canned.id.to_string(), title => &canned.title }).collect::<Vec<_>>(),
            sorting,
            due,
            suggestion,
            forwarded => forwarded::shown(&links, &mails, &destinations, staff),
            split => parts::split_of(&timeline),
            has_list => !numbered::parts(&ticket.description).is_empty(),
            split_from => parts::split_from(&timeline),
            mail => mails.iter().filter(|job| Lane::of(&job.kind, &job.payload) == Lane::Mail).map(parts::mail).collect::<Vec<_>>(),
        },
    )?;
    Ok(html)
}

/// By when somebody is to answer, as the queue says it; nothing where no clock runs, or the ticket is in nobody's queue.
async fn due(tx: &mut Tx, ticket: &Ticket, now: Timestamp) -> Result<Option<Value>, HttpError> {
    let is_over = matches!(ticket.status, Status::Solved | Status::Closed);
    if is_over || ticket.held.is_some() {
        return Ok(None);
    }
    let due = store::snoozes::due_of(tx, &ticket.site, ticket.id).await?;
    Ok(due.map(|due| {
        context! { is_late => due <= now, said => show::due(due, now), ..Value::from(Moment::new(due, now)) }
    }))
}

/// Writes down that somebody sees previews, when the page has any; the mark by which its pictures know.
async fn previews_seen(
    app: &App,
    staff: &Staff,
    ticket: &Ticket,
    attachments: &[Attachment],
    now: Timestamp,
) -> Result<Option<String>, HttpError> {
    let is_shown = |attachment: &&Attachment| {
        let care = &attachment.care;
        care.preview_blob.is_some() && care.opening() == Opening::Open
    };
    let attachments: Vec<Uuid> = attachments
        .iter()
        .filter(is_shown)
        .map(|attachment| attachment.id)
        .collect();
    if attachments.is_empty() {
        return Ok(None);
    }
    let act = Act::PreviewsSeen {
        site: ticket.site.clone(),
        ticket: ticket.id,
        attachments,
    };
    let mut tx = app.store.write().await?;
    store::audit::append(&mut tx, By::Staff(staff.id), &act, now).await?;
    tx.commit().await?;
    Ok(Some(seen::mark(&app.sealing, staff.id, ticket.id, now)))
}

/// The files that came with the submission, and those of each message.
fn by_message(
    ticket: &Ticket,
    attachments: &[Attachment],
    seen: Option<&str>,
) -> (Vec<Value>, BTreeMap<Uuid, Vec<Value>>) {
    let (mut of_submission, mut of_messages) = (Vec::new(), BTreeMap::<_, Vec<Value>>::new());
    for attachment in attachments {
        let file = parts::file(ticket, attachment, seen);
        match attachment.message {
            Some(message) => of_messages.entry(message).or_default().push(file),
            None => of_submission.push(file),
        }
    }
    (of_submission, of_messages)
}

/// A ticket as staff name it. Every page and every form of the desk comes to its ticket here, so one of a site that somebody may not see
/// is not there for them, in the same words.
///
/// # Errors
/// When there is none, or the text is no reference.
pub async fn find(tx: &mut Tx, staff: &Staff, reference: &str) -> Result<Ticket, HttpError> {
    let none = || {
        HttpError::new(
            ProblemKind::NotFound,
            format!("There is no ticket {reference}. Check the reference for a typing mistake."),
        )
    };
    let reference = Reference::parse(reference).map_err(|_| none())?;
    store::tickets::find_by_reference(tx, reference)
        .await?
        .filter(|ticket| staff.visible.contains(&ticket.site))
        .ok_or_else(none)
}

/// The same in a transaction of its own.
///
/// # Errors
/// When there is none, or the database fails.
pub(super) async fn read(app: &App, staff: &Staff, reference: &str) -> Result<Ticket, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = find(&mut tx, staff, reference).await?;
    tx.rollback().await?;
    Ok(ticket)
}
