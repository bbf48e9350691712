//! `POST /t/{token}/answer`: the requester writes, with files. Whoever holds the link may: writing shows them nothing.

use std::time::Duration;

use axum::{
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use cornerdesk_shared::validation::{Code, Field, Violation};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Seen, Shown, WRITES_MOST, back, look, page, sign_in};
use crate::{
    app::App,
    conversation::{self, Done, Refused, Written},
    files::NoUpload,
    http::{
        checked::Checked,
        client_address::Client,
        form::{self, Form},
        mail_link,
        patience::Act,
        problem::HttpError,
    },
    message::{BodyFault, Via},
    site::Site,
    source::Source,
    status::State as Standing,
    store::{self, StoreError, uploads::Upload},
    telemetry::chain,
    words,
};

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// The key of the words.
    pub(super) fault: Option<&'static str>,
    pub(super) text: String,
    /// Files that are with us already: the next round names them.
    pub(super) uploads: Vec<Upload>,
    pub(super) key: Option<String>,
}

/// Writes the message, or shows the page with what was typed and what is wrong.
///
/// # Errors
/// When the form cannot be read.
pub(super) async fn post(
    State(app): State<App>,
    Checked(Path(token)): Checked<Path<String>>,
    Client(source): Client,
    request: Request,
) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let Some(seen) = look(&app, &token).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    let Some(site) = site_of(&app, &seen).await? else {
        return mail_link::gone(&app, &headers).await;
    };
    // There is no form then: nobody reads what is not confirmed.
    if seen.state() == Standing::Unconfirmed {
        return Ok(back(&token, "").into_response());
    }
    let mut form = form::read(&app, &site, source, request).await?;
    match write(&app, &seen, &form, source).await {
        Ok(is_new) => {
            form.conclude(&app, &site, is_new).await;
            app.new_jobs.announce();
            Ok(back(&token, "").into_response())
        }
        Err(fault) => {
            let stage = sign_in::stage(&app, &seen, &headers).await?;
            let typed = Typed {
                fault: Some(fault.words()),
                uploads: form.keep_uploads(&app, &site).await,
                text: form.message.remove("text").unwrap_or_default(),
                key: form.key.take(),
            };
            let shown = Shown {
                status: fault.status(),
                stage,
                answer: typed,
                ..Shown::default()
            };
            let mut response = page(&app, &seen, &shown).await?;
            if let Fault::TooOften(wait) = fault {
                let seconds = wait.as_secs() + 1;
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
    }
}

/// The site of the request, also one that takes no new requests any more: those that are there go on.
async fn site_of(app: &App, seen: &Seen) -> Result<Option<Site>, StoreError> {
    let mut tx = app.store.read_for(&seen.ticket.site).await?;
    let found = store::sites::find(&mut tx, &seen.ticket.site).await?;
    tx.rollback().await?;
    Ok(found.and_then(|(config, _)| Site::parse(&config).ok()))
}

/// Why it was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    TooLong,
    FilesGone,
    TooManyFiles,
    FilesTooLarge,
    NoRoom,
    TooOften(Duration),
    Trouble,
}

impl Fault {
    /// The key of the words.
    const fn words(self) -> &'static str {
        match self {
            Self::Empty => "error_empty",
            Self::TooLong => "error_long",
            Self::FilesGone => "error_files_gone",
            Self::TooManyFiles => "error_files_many",
            Self::FilesTooLarge => "error_files_large",
            Self::NoRoom => "error_files_no_room",
            Self::TooOften(_) => "error_too_often",
            Self::Trouble => "error_trouble",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Empty
            | Self::TooLong
            | Self::FilesGone
            | Self::TooManyFiles
            | Self::FilesTooLarge => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoRoom | Self::Trouble => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Body(BodyFault::Empty) => Self::Empty,
            Refused::Body(BodyFault::TooLong) => Self::TooLong,
            Refused::Upload(NoUpload::Unknown | NoUpload::Incomplete) => Self::FilesGone,
            Refused::Upload(NoUpload::TooMany) => Self::TooManyFiles,
            Refused::Upload(NoUpload::Store(error)) | Refused::Store(error) => {
                tracing::error!(error = chain(&error), "an answer could not be saved");
                Self::Trouble
            }
            // Staff's alone.
            Refused::Held | Refused::NoRequester => Self::Trouble,
        }
    }
}

/// Writes it; `false` when it was there already.
async fn write(app: &App, seen: &Seen, form: &Form, source: Option<Source>) -> Result<bool, Fault> {
    let wait = app
        .patience
        .wait(Act::Write, WRITES_MOST, source, Instant::now());
    if let Some(wait) = form.limited.or(wait) {
        return Err(Fault::TooOften(wait));
    }
    if let Some(fault) = fault_of(form) {
        return Err(fault);
    }
    let ticket = &seen.ticket;
    let named = form.submission.upload_ids.iter();
    let mut uploads = Vec::new();
    for id in named {
        uploads.push(Uuid::try_parse(id).map_err(|_| Fault::FilesGone)?);
    }
    uploads.extend(form.files.files().iter().map(|upload| upload.id));
    let text = text_of(app, seen, form, !uploads.is_empty());
    let written = Written {
        id: id_of(ticket.id, form),
        text: &text,
        uploads: &uploads,
    };
    let now = app.clock.now();
    let trouble = |error| Fault::from(Refused::Store(error));
    let mut tx = (app.store.write_for(&ticket.site).await).map_err(trouble)?;
    let policies = &app.policies;
    let done =
        conversation::answer(&mut tx, policies, ticket, Via::Page, None, &written, now).await?;
    tx.commit().await.map_err(trouble)?;
    Ok(matches!(done, Done::Written(_)))
}

/// What was wrong when the form was read.
fn fault_of(form: &Form) -> Option<Fault> {
    let too_many = Violation::new(Field::Attachments, Code::TooMany);
    if form.no_room {
        Some(Fault::NoRoom)
    } else if form.too_large {
        Some(Fault::FilesTooLarge)
    } else if form.violations.contains(&too_many) {
        Some(Fault::TooManyFiles)
    } else {
        None
    }
}

/// Who only adds a picture need not write a word.
fn text_of(app: &App, seen: &Seen, form: &Form, has_files: bool) -> String {
    let text = typed(form);
    if has_files && text.trim().is_empty() {
        let none = words::OwnWords::new();
        let words = app.words.of_site(&none, "status", &seen.ticket.locale);
        return words::text(&words, "answer.only_files").to_owned();
    }
    text.to_owned()
}

/// What was typed.
fn typed(form: &Form) -> &str {
    form.message.get("text").map_or("", String::as_str)
}

/// The id of the message: what the page was given, and what was typed. So a double click is one message, and whoever goes back in the browser and writes
/// something else has written another.
fn id_of(ticket: Uuid, form: &Form) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(ticket.as_bytes());
    for part in [form.key.as_deref().unwrap_or_default(), typed(form)] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    for id in &form.submission.upload_ids {
        hash.update(id);
    }
    for upload in form.files.files() {
        hash.update(upload.sha256.unwrap_or_default());
    }
    let digest = hash.finalize();
    let octets = std::array::from_fn(|at| digest[at]);
    uuid::Builder::from_custom_bytes(octets).into_uuid()
}
