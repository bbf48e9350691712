//! `GET /desk/tickets/{reference}`: one ticket with its timeline and files.

use axum::{
    extract::{Path, State},
    response::Html,
};
use cornerdesk_shared::{
    file_name::stem_and_extension, page_context::PageContext, problem::ProblemKind,
    reference::Reference,
};
use jiff::tz::TimeZone;
use minijinja::{Value, context};

use super::{held, session::SignedIn, suggestion, terms, work};
use crate::{
    accounts,
    app::App,
    care::{Examination, Metadata, Opening, Scan},
    explained, file_type,
    http::problem::HttpError,
    show::{self, Moment},
    split::numbered,
    store::{self, Tx, jobs::Job, staff::Staff},
    ticket::{Attachment, Entry, Fact, Ticket},
};

/// The page.
///
/// # Errors
/// When there is no such ticket or the database fails.
pub async fn get(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
) -> Result<Html<String>, HttpError> {
    let mut tx = app.store.read().await?;
    let ticket = find(&mut tx, &staff, &reference).await?;
    let attachments = store::attachments::list(&mut tx, &ticket.site, ticket.id).await?;
    let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
    let mails = store::jobs::of_ticket(&mut tx, &ticket.site, ticket.id).await?;
    let suggestion = suggestion::of(&mut tx, &app, &ticket, &timeline).await?;
    let now = app.clock.now();
    let explained = explained::of(&mut tx, &app.policies, &ticket, now).await?;
    tx.rollback().await?;
    let mut facts = timeline.iter().rev().map(|entry| &entry.fact);
    let why_held = facts.find(|fact| matches!(fact, Fact::Held { .. }));
    let sites = app.sites.all().await?;
    let site = sites.get(&ticket.site);
    let zone = site.map_or(TimeZone::UTC, |site| site.time_zone.clone());
    let html = app.pages.render(
        "desk/ticket.html",
        context! {
            staff => context! { name => staff.name, email => staff.email },
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
                requester => ticket.requester.as_ref().map(|requester| context! { sub => &requester.sub, name => &requester.name }),
            },
            context => page_context(&ticket.context),
            host_context => host_context(&ticket.context),
            console_errors => &ticket.context.console_errors,
            attachments => attachments.iter().map(|attachment| file(&ticket, attachment)).collect::<Vec<_>>(),
            disowned => timeline.iter().any(|entry| entry.fact == Fact::Disowned),
            confirmed => timeline.iter().any(|entry| entry.fact == Fact::Confirmed),
            alarm => super::alarm::view(&timeline, now),
            access => super::access::view(&timeline, now),
            terms => terms::shown(&ticket, &explained, &zone),
            work => work::shown(&ticket, &timeline, explained.terms.as_ref().map(|(_, policy)| &**policy)),
            impact => &ticket.impact,
            timeline => timeline.iter().map(|entry| fact(entry, now)).collect::<Vec<_>>(),
            suggestion,
            split => split_of(&timeline),
            has_list => !numbered::parts(&ticket.description).is_empty(),
            split_from => split_from(&timeline),
            mail => mails.iter().map(mail).collect::<Vec<_>>(),
        },
    )?;
    Ok(Html(html))
}

/// References of the tickets that were split off.
fn split_of(timeline: &[Entry]) -> Vec<String> {
    let into = timeline.iter().filter_map(|entry| match &entry.fact {
        Fact::Split { into, .. } => Some(into),
        _ => None,
    });
    into.flatten().cloned().collect()
}

/// The reference of the ticket that it was split off.
fn split_from(timeline: &[Entry]) -> Option<String> {
    timeline.iter().find_map(|entry| match &entry.fact {
        Fact::SplitFrom { whole, .. } => Some(whole.clone()),
        _ => None,
    })
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

fn page_context(context: &PageContext) -> Vec<Value> {
    let label = |name: &str| match name {
        "page_url" => "Page",
        "page_title" => "Page title",
        "browser" => "Browser",
        "viewport" => "Window",
        "language" => "Language",
        "time_zone" => "Time zone",
        _ => "Version",
    };
    context
        .entries()
        .iter()
        .filter_map(|(name, value)| value.map(|value| context! { label => label(name), value }))
        .collect()
}

/// What the host page added by itself. Its names are the host's, so they are shown as they are.
fn host_context(context: &PageContext) -> Vec<Value> {
    let entries = context.host.0.iter();
    entries
        .map(|(name, value)| context! { label => name, value })
        .collect()
}

fn file(ticket: &Ticket, attachment: &Attachment) -> Value {
    let care = &attachment.care;
    let url = format!(
        "/desk/tickets/{}/attachments/{}",
        ticket.reference, attachment.id
    );
    let (stem, extension) = stem_and_extension(&attachment.name);
    context! {
        stem,
        extension,
        size_text => show::size(attachment.size_bytes),
        kind => care.kind.as_str(),
        content_type => &attachment.content_type,
        declared_type => &care.declared_type,
        opening => match care.opening() {
            Opening::Open => "open",
            Opening::Waits => "waits",
            Opening::Blocked => "blocked",
        },
        warning => file_type::warning(&attachment.name, &attachment.content_type, care.kind),
        may_tell_where => care.examination == Examination::Done && care.metadata == Metadata::Kept,
        is_cleaned => care.metadata == Metadata::Removed,
        scan => care.scan.as_str(),
        is_never_scanned => care.examination != Examination::Pending
            && care.scan == Scan::Unscanned
            && care.scan_detail.is_none(),
        scan_detail => &care.scan_detail,
        has_preview => care.preview_blob.is_some(),
        preview_fault => &care.preview_fault,
        url,
    }
}

fn fact(entry: &Entry, now: jiff::Timestamp) -> Value {
    let (title, detail) = entry.fact.describe();
    context! { at => Moment::new(entry.at, now), kind => entry.fact.kind(), title, detail }
}

fn mail(job: &Job) -> Value {
    let state = match (job.state.as_str(), job.attempts) {
        ("done", _) if job.last_error.is_some() => "withheld",
        ("done", _) => "sent",
        ("dead", _) => "failed",
        (_, 0) => "waiting",
        _ => "retrying",
    };
    context! { kind => &job.kind, state, attempts => job.attempts, detail => &job.last_error }
}
