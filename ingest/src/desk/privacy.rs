//! `/desk/privacy`: what is kept of a person, by the address that they wrote from; handing it over, erasing it. For leads, of the sites that they see.
//!
//! The address travels in the body of a form and never in an address of ours: those stand in logs and in the history of a browser.

use std::io::{self, Write};

use axum::{
    Form,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use futures_util::stream;
use minijinja::{Value, context};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::{
    session::{self, Lead},
    site,
};
use crate::{
    app::App,
    audit::By,
    http::{checked::CheckedBody, problem::HttpError},
    privacy::{Held, Whose, erasing::Eraser, packing::Packer},
    store::{self, staff::Staff},
    telemetry::chain,
};

/// So many tickets are erased by one press; whoever has more presses again.
const MOST_AT_ONCE: u32 = 500;
/// Pieces of an archive that wait for a slow browser, of 64 KiB each.
const WAITING: usize = 4;

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Fields {
    #[serde(default)]
    address: String,
    #[serde(default)]
    site: String,
    /// Not empty: they know that it cannot be undone.
    #[serde(default)]
    sure: String,
    /// Empty: without what staff wrote for each other.
    #[serde(default)]
    notes: String,
}

/// What the page says beside the form.
#[derive(Default)]
struct Shown {
    fault: Option<&'static str>,
    done: Option<String>,
    found: Option<Value>,
}

/// The page with an empty form.
///
/// # Errors
/// When the database fails.
pub async fn get(State(app): State<App>, Lead(staff): Lead) -> Result<Html<String>, HttpError> {
    page(&app, &staff, &Fields::default(), Shown::default()).await
}

/// Says how much there is.
///
/// # Errors
/// When there is no such site, or the database fails.
pub async fn post(
    State(app): State<App>,
    Lead(staff): Lead,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    match whose(&app, &staff, &fields).await? {
        Ok(whose) => {
            let found = found(&app, &whose).await?;
            let shown = Shown {
                found: Some(found),
                ..Shown::default()
            };
            Ok(page(&app, &staff, &fields, shown).await?.into_response())
        }
        Err(fault) => refused(&app, &staff, &fields, fault).await,
    }
}

/// `POST /desk/privacy/erase`.
///
/// # Errors
/// When there is no such site, or the database fails.
pub async fn erase(
    State(app): State<App>,
    Lead(staff): Lead,
    CheckedBody(Form(mut fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    let whose = match whose(&app, &staff, &fields).await? {
        Ok(whose) => whose,
        Err(fault) => return refused(&app, &staff, &fields, fault).await,
    };
    if fields.sure.is_empty() {
        let shown = Shown {
            fault: Some("Nothing was erased: tick the box first."),
            found: Some(found(&app, &whose).await?),
            ..Shown::default()
        };
        let html = page(&app, &staff, &fields, shown).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html).into_response());
    }
    let eraser = Eraser {
        store: app.store.clone(),
        blobs: app.uploads.blobs().clone(),
        clock: app.clock.clone(),
    };
    let by = By::Staff(staff.id);
    let of = whose.clone();
    // A task of its own: a browser that goes away does not leave half of the tickets.
    let erasing = tokio::spawn(async move { eraser.erase(&of, by, MOST_AT_ONCE).await });
    let erased = erasing.await.map_err(|_| stopped())??;
    let mut shown = Shown {
        done: Some(format!("Erased: {}.", erased.gone)),
        ..Shown::default()
    };
    if erased.is_more {
        shown.found = Some(found(&app, &whose).await?);
    } else {
        fields.address.clear();
    }
    Ok(page(&app, &staff, &fields, shown).await?.into_response())
}

/// `POST /desk/privacy/export`: all that there is in one file, written while it is sent.
///
/// # Errors
/// When there is no such site, or the database fails. When something fails later, the file breaks off.
pub async fn export(
    State(app): State<App>,
    Lead(staff): Lead,
    CheckedBody(Form(fields)): CheckedBody<Form<Fields>>,
) -> Result<Response, HttpError> {
    let whose = match whose(&app, &staff, &fields).await? {
        Ok(whose) => whose,
        Err(fault) => return refused(&app, &staff, &fields, fault).await,
    };
    let packer = Packer {
        store: app.store.clone(),
        blobs: app.uploads.blobs().clone(),
        clock: app.clock.clone(),
        whose,
        has_notes: !fields.notes.is_empty(),
    };
    packer.write_down(By::Staff(staff.id)).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = packer.pack(Pieces(&sender)) {
            tracing::warn!(
                error = chain(&error),
                "a person's data could not be packed to the end"
            );
            // The browser is told that it is not whole.
            let _ = sender.blocking_send(Err(io::ErrorKind::UnexpectedEof.into()));
        }
    });
    let pieces = stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    const HEADERS: [(HeaderName, HeaderValue); 3] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        // No address in the name: it would stay in a list of downloads.
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"personal-data.zip\""),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    Ok((HEADERS, Body::from_stream(pieces)).into_response())
}

/// Sends what is written, piece by piece; waits while the browser is slower.
struct Pieces<'a>(&'a mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        let sent = self.0.blocking_send(Ok(piece));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn stopped() -> HttpError {
    let detail = "The service is stopping. Look again in a moment how much there is.";
    HttpError::new(ProblemKind::TooBusy, detail)
}

async fn refused(
    app: &App,
    staff: &Staff,
    fields: &Fields,
    fault: &'static str,
) -> Result<Response, HttpError> {
    let shown = Shown {
        fault: Some(fault),
        ..Shown::default()
    };
    let html = page(app, staff, fields, shown).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html).into_response())
}

/// Whose data the form is about, as far as this person sees it.
async fn whose(
    app: &App,
    staff: &Staff,
    fields: &Fields,
) -> Result<Result<Whose, &'static str>, HttpError> {
    let site = match fields.site.as_str() {
        "" => None,
        key => Some(site::seen(app, staff, key).await?),
    };
    let whose = Whose::new(&fields.address, site.as_deref(), staff.visible.clone());
    Ok(whose.map_err(|_| "That is no e-mail address. Check it and try again."))
}

async fn found(app: &App, whose: &Whose) -> Result<Value, HttpError> {
    let sites = app.sites.all().await?;
    let mut tx = app.store.read().await?;
    let by_site = store::privacy::held(&mut tx, whose).await?;
    tx.rollback().await?;
    let mut all = Held::default();
    let mut rows = Vec::new();
    for (key, held) in by_site {
        all += held;
        // One that was taken out of the configuration has its key only.
        let name = sites
            .get(&key)
            .map_or_else(|| key.clone(), |site| site.name.clone());
        rows.push(context! { name, tickets => held.tickets, messages => held.messages, files => held.files });
    }
    Ok(context! {
        sites => rows,
        tickets => all.tickets,
        all => all.to_string(),
        is_too_much => all.tickets > u64::from(MOST_AT_ONCE),
        most => MOST_AT_ONCE,
    })
}

async fn page(
    app: &App,
    staff: &Staff,
    fields: &Fields,
    shown: Shown,
) -> Result<Html<String>, HttpError> {
    let sites = app.sites.all().await?;
    let seen = sites
        .values()
        .filter(|site| staff.visible.contains(&site.key));
    let names = seen.map(|site| {
        context! { key => &site.key, name => &site.name, is_chosen => site.key == fields.site }
    });
    let html = app.pages.render(
        "desk/privacy.html",
        context! {
            staff => session::shown(staff),
            address => fields.address.trim(),
            site => &fields.site,
            sites => names.collect::<Vec<_>>(),
            fault => shown.fault,
            done => shown.done,
            found => shown.found,
        },
    )?;
    Ok(Html(html))
}
