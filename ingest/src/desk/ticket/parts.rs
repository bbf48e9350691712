//! What the page of a ticket shows of its parts: files, mails, the page it was sent from. Pure.

use cornerdesk_shared::{file_name::stem_and_extension, page_context::PageContext};
use minijinja::{Value, context};

use crate::{
    care::{Examination, Metadata, Opening, Scan},
    file_type,
    mail::incoming::first::FirstMail,
    show,
    store::jobs::Job,
    ticket::{Attachment, Entry, Fact, Ticket},
};

/// References of the tickets that were split off.
pub(super) fn split_of(timeline: &[Entry]) -> Vec<String> {
    let into = timeline.iter().filter_map(|entry| match &entry.fact {
        Fact::Split { into, .. } => Some(into),
        _ => None,
    });
    into.flatten().cloned().collect()
}

/// The reference of the ticket that it was split off.
pub(super) fn split_from(timeline: &[Entry]) -> Option<String> {
    timeline.iter().find_map(|entry| match &entry.fact {
        Fact::SplitFrom { whole, .. } => Some(whole.clone()),
        _ => None,
    })
}

/// What the browser said of the page.
pub(super) fn page_context(context: &PageContext) -> Vec<Value> {
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
pub(super) fn host_context(context: &PageContext) -> Vec<Value> {
    let entries = context.host.0.iter();
    entries
        .map(|(name, value)| context! { label => name, value })
        .collect()
}

/// A file with what staff must know before they open it. Its preview knows by the mark that somebody has `seen` it.
pub(super) fn file(ticket: &Ticket, attachment: &Attachment, seen: Option<&str>) -> Value {
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
        preview => care.preview_blob.is_some().then(|| format!("{url}/preview?seen={}", seen.unwrap_or_default())),
        preview_fault => &care.preview_fault,
        url,
    }
}

/// The mail by which it came.
pub(super) fn first_mail(mail: &FirstMail) -> Value {
    let lines = mail.left_out.iter().flat_map(|all| all.lines());
    let left_out: Vec<String> = lines.map(str::to_owned).collect();
    context! { name => &mail.sender_name, reply_to => &mail.reply_to, left_out }
}

/// A mail on its way, or not.
pub(super) fn mail(job: &Job) -> Value {
    let state = match (job.state.as_str(), job.attempts) {
        ("done", _) if job.last_error.is_some() => "withheld",
        ("done", _) => "sent",
        ("dead", _) => "failed",
        (_, 0) => "waiting",
        _ => "retrying",
    };
    context! { kind => &job.kind, state, attempts => job.attempts, detail => &job.last_error }
}
