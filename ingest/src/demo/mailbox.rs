//! The demonstration's mailbox: the mails that would have been sent, read from their folder.

use std::path::PathBuf;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use jiff::Timestamp;
use mail_parser::{Address, Message, MessageParser};
use minijinja::{Value, context};
use tokio::fs::{DirEntry, ReadDir};

use crate::{app::App, http::problem::HttpError, show::Moment};

const MOST_MAILS: usize = 100;
const PREVIEW_CHARS: usize = 120;
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// `GET /demo/mail`.
///
/// # Errors
/// When the folder cannot be read.
pub async fn list(State(app): State<App>) -> Result<Response, HttpError> {
    let mut mails = Vec::new();
    let mut entries = match tokio::fs::read_dir(app.config.mail_folder()).await {
        // With a real mail server there is no folder.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        entries => Some(entries?),
    };
    while let Some(entry) = next_entry(&mut entries).await? {
        if let Some(id) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.strip_suffix(".eml"))
            .filter(|id| is_id(id))
        {
            mails.push((entry.metadata().await?.modified()?, id.to_owned()));
        }
    }
    mails.sort_unstable_by(|a, b| b.cmp(a));
    mails.truncate(MOST_MAILS);
    let now = app.clock.now();
    let mut messages = Vec::with_capacity(mails.len());
    for (_, id) in mails {
        let bytes = read(&app, &id).await?;
        if let Some(mail) = MessageParser::default().parse(&bytes) {
            messages.push(row(&id, &mail, now));
        }
    }
    let html = app
        .pages
        .render("demo/mailbox.html", context! { messages })?;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}

async fn next_entry(entries: &mut Option<ReadDir>) -> std::io::Result<Option<DirEntry>> {
    match entries {
        Some(entries) => entries.next_entry().await,
        None => Ok(None),
    }
}

/// `GET /demo/mail/{id}`.
///
/// # Errors
/// When there is no such mail.
pub async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Response, HttpError> {
    let bytes = read(&app, &id).await?;
    let mail = MessageParser::default().parse(&bytes).ok_or_else(none)?;
    let headers: Vec<Value> = mail
        .headers_raw()
        .map(|(name, value)| context! { name, value => value.trim() })
        .collect();
    let message = context! {
        text => mail.body_text(0).unwrap_or_default(),
        html_url => format!("/demo/mail/{id}/html"),
        headers,
        ..row(&id, &mail, app.clock.now())
    };
    let html = app
        .pages
        .render("demo/message.html", context! { message })?;
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response())
}

/// `GET /demo/mail/{id}/html`: the HTML part alone, for a sandboxed frame.
///
/// # Errors
/// When there is no such mail.
pub async fn html(State(app): State<App>, Path(id): Path<String>) -> Result<Response, HttpError> {
    const PART_POLICY: HeaderValue = HeaderValue::from_static(
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    );
    let bytes = read(&app, &id).await?;
    let mail = MessageParser::default().parse(&bytes).ok_or_else(none)?;
    Ok((
        [(header::CONTENT_SECURITY_POLICY, PART_POLICY)],
        Html(mail.body_html(0).unwrap_or_default().into_owned()),
    )
        .into_response())
}

async fn read(app: &App, id: &str) -> Result<Vec<u8>, HttpError> {
    if !is_id(id) {
        return Err(none());
    }
    let path: PathBuf = app.config.mail_folder().join(format!("{id}.eml"));
    match tokio::fs::read(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(none()),
        read => Ok(read?),
    }
}

/// The names that the folder transport gives: no path and no hidden file.
fn is_id(id: &str) -> bool {
    !id.starts_with('.')
        && !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.@_".contains(&b))
}

fn none() -> HttpError {
    HttpError::new(ProblemKind::NotFound, "There is no such mail.")
}

fn row(id: &str, mail: &Message<'_>, now: Timestamp) -> Value {
    let address = |address: Option<&Address<'_>>| {
        let first = address.and_then(Address::first);
        let (name, email) = first.map_or((None, ""), |first| {
            (first.name(), first.address().unwrap_or_default())
        });
        name.map_or_else(|| email.to_owned(), |name| format!("{name} <{email}>"))
    };
    let date = mail
        .date()
        .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let preview: String = mail
        .body_text(0)
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(PREVIEW_CHARS)
        .collect();
    context! { id, to => address(mail.to()), from => address(mail.from()), subject => mail.subject().unwrap_or_default(), date => Moment::new(date, now), preview }
}
