//! `POST /desk/tickets/{reference}/messages`: staff write to the requester or to each other, and say what happens then.
//!
//! What cannot be sent comes back with everything that was typed and every file.

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect, Response},
};
use cornerdesk_shared::problem::ProblemKind;
use uuid::Uuid;

use super::{
    canned,
    session::SignedIn,
    ticket::{
        self, story,
        writing::{Then, Writing},
    },
};
use crate::{
    app::App,
    conversation::{self, Done, Refused, Written},
    handling::{self, Act, NotDone},
    http::{form, problem::HttpError},
    ids,
    mentions::{self, Doubt, Meant},
    message::Kind,
    progress::{self, Change},
    site::Site,
    store::{self, StoreError, Tx, staff::Staff},
    suggestions::Published,
    ticket::{Status, Ticket, terms::PauseReason},
};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// What somebody can mend.
    #[error("{0}")]
    Fault(String),
    /// Others wrote meanwhile.
    #[error("{0}")]
    News(String),
    /// What looks like the name of a colleague tells nobody.
    #[error("{says}")]
    Untold {
        /// For the writer.
        says: String,
        /// What a second press says again; empty where that does not help.
        warned: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The form, as far as it is no file.
struct Wish {
    message: Uuid,
    kind: Kind,
    text: String,
    then: String,
    /// Number of the last fact that was on the page.
    seen: i32,
    /// Of which names the writer knows that they tell nobody.
    warned: String,
    /// To put a prepared answer into the box, instead of sending.
    inserts: Option<Uuid>,
}

impl Wish {
    fn of(form: &mut form::Form) -> Self {
        let mut field = |name: &str| form.message.remove(name).unwrap_or_default();
        let inserts = (field("act") == "insert").then(|| field("canned"));
        Self {
            message: Uuid::try_parse(&field("message")).unwrap_or_else(|_| ids::new_secret_id()),
            kind: if field("kind") == "note" {
                Kind::Note
            } else {
                Kind::Reply
            },
            text: field("text"),
            then: field("then"),
            seen: field("seen").parse().unwrap_or(i32::MAX),
            warned: field("warned"),
            inserts: inserts.map(|id| Uuid::try_parse(&id).unwrap_or_default()),
        }
    }
}

/// Writes it down and shows it.
///
/// # Errors
/// When there is no such ticket, the body is no form, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    request: Request,
) -> Result<Response, HttpError> {
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let site = site_of(&app, &ticket).await?;
    let mut form = form::read(&app, &site, None, request).await?;
    let wish = Wish::of(&mut form);
    let kept = form.submission.upload_ids.iter();
    let mut uploads: Vec<Uuid> = kept.filter_map(|id| Uuid::try_parse(id).ok()).collect();
    uploads.extend(form.files.files().iter().map(|upload| upload.id));
    let sent = if wish.inserts.is_some() {
        Ok(None)
    } else if form.violations.is_empty() && form.limited.is_none() {
        send(&app, &staff, &ticket, &wish, &uploads).await.map(Some)
    } else {
        Err(Trouble::Fault(files_fault(&form)))
    };
    let mut warned = String::new();
    let (status, fault, news) = match sent {
        Ok(Some(is_new)) => {
            form.conclude(&app, &site, is_new).await;
            app.new_jobs.announce();
            let (reference, message) = (ticket.reference, wish.message);
            // Whoever wrote a note and goes on writes another one: what was meant for colleagues must not go to the requester by habit.
            let write = match wish.kind {
                Kind::Note => "?write=note",
                Kind::Reply | Kind::Answer => "",
            };
            let address = format!("/desk/tickets/{reference}{write}#message-{message}");
            return Ok(Redirect::to(&address).into_response());
        }
        Ok(None) => (StatusCode::OK, None, None),
        Err(Trouble::Fault(fault)) => (StatusCode::UNPROCESSABLE_ENTITY, Some(fault), None),
        Err(Trouble::News(news)) => (StatusCode::CONFLICT, None, Some(news)),
        Err(Trouble::Untold { says, warned: of }) => {
            warned = of;
            (StatusCode::UNPROCESSABLE_ENTITY, Some(says), None)
        }
        Err(Trouble::Store(error)) => return Err(error.into()),
    };
    let mut text = wish.text;
    if let Some(id) = wish.inserts {
        text = canned::inserted(&app, &staff, &ticket, id, &text).await?;
    }
    let writing = Writing {
        message: wish.message,
        kind: wish.kind,
        text,
        then: wish.then,
        uploads: form.keep_uploads(&app, &site).await,
        fault,
        news,
        warned,
        is_draft: false,
    };
    let html = ticket::page(&app, &staff, &reference, Some(writing), Kind::Reply).await?;
    Ok((status, Html(html)).into_response())
}

/// The site of a ticket, also one that is retired: its tickets stay.
async fn site_of(app: &App, ticket: &Ticket) -> Result<Site, HttpError> {
    let mut tx = app.store.read_for(&ticket.site).await?;
    let found = store::sites::find(&mut tx, &ticket.site).await?;
    tx.rollback().await?;
    let site = found.and_then(|(config, _)| Site::parse(&config).ok());
    site.ok_or_else(|| {
        let detail = "The site of this ticket is not configured. Nothing was sent.";
        HttpError::new(ProblemKind::UnknownSite, detail)
    })
}

/// What is wrong with the files.
fn files_fault(form: &form::Form) -> String {
    let fault = if form.too_large {
        "A file is too large, or all of them together are."
    } else if form.no_room {
        "The site has no room for further files."
    } else if form.limited.is_some() {
        "Too much was uploaded to this site of late: wait a minute."
    } else {
        "There are too many files."
    };
    format!("{fault} Nothing was sent, and the text is still here.")
}

/// Sends it, and does what is to happen then; `false` when that was done before.
async fn send(
    app: &App,
    staff: &Staff,
    ticket: &Ticket,
    wish: &Wish,
    uploads: &[Uuid],
) -> Result<bool, Trouble> {
    let then = Then::parse(&wish.then)
        .ok_or_else(|| Trouble::Fault("Choose what happens with the ticket then.".to_owned()))?;
    let now = app.clock.now();
    let mut tx = app.store.write_for(&ticket.site).await?;
    let ticket = handling::locked(&mut tx, ticket).await?;
    let before = store::messages::find(&mut tx, &ticket.site, wish.message).await?;
    if before.is_some_and(|message| message.ticket == ticket.id) {
        tx.rollback().await?;
        return Ok(false);
    }
    if wish.kind == Kind::Reply {
        let timeline = store::timeline::list(&mut tx, &ticket.site, ticket.id).await?;
        if let Some(news) = story::news_since(&ticket, &timeline, wish.seen, &staff.name) {
            tx.rollback().await?;
            return Err(Trouble::News(news));
        }
    }
    let meant = match wish.kind {
        Kind::Note => meant(&mut tx, &ticket, staff, wish).await?,
        // To the requester it is text.
        Kind::Reply | Kind::Answer => Vec::new(),
    };
    let written = Written {
        id: wish.message,
        text: &wish.text,
        uploads,
    };
    let (policies, by) = (&app.policies, &staff.name);
    let done = match wish.kind {
        Kind::Note => conversation::note(&mut tx, policies, &ticket, by, &written, now).await,
        Kind::Reply | Kind::Answer => {
            conversation::reply(&mut tx, policies, &ticket, by, &written, now).await
        }
    };
    let ticket = match done {
        Ok(Done::Written(ticket)) => *ticket,
        // Another ticket has a message of this id: nobody's form says that.
        Ok(Done::Repeated) => {
            return Err(Trouble::Fault(
                "Reload the page and send it again.".to_owned(),
            ));
        }
        Err(Refused::Store(error)) => return Err(error.into()),
        Err(refused) => return Err(Trouble::Fault(sentence(&refused.to_string()))),
    };
    mentions::tell(&mut tx, &ticket, wish.message, &meant, now).await?;
    and_then(app, &mut tx, &ticket, then, by).await?;
    store::drafts::delete(&mut tx, &ticket.site, ticket.id, staff.id).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whom a note tells. The writer learns first of each name that tells nobody; pressed again, it is text.
async fn meant(
    tx: &mut Tx,
    ticket: &Ticket,
    staff: &Staff,
    wish: &Wish,
) -> Result<Vec<Meant>, Trouble> {
    if !wish.text.contains('@') {
        return Ok(Vec::new());
    }
    let colleagues = mentions::colleagues(tx, &ticket.site).await?;
    let read = mentions::read(&wish.text, &colleagues, staff.id);
    let is_known = |doubt: &Doubt| {
        let handle = doubt.handle();
        handle.is_some_and(|handle| wish.warned.split(' ').any(|known| known == handle))
    };
    if read.doubts.iter().all(is_known) {
        return Ok(read.meant);
    }
    let says = (read.doubts.iter()).map(|doubt| sentence(&doubt.to_string()));
    let says: Vec<String> = says.collect();
    let handles: Option<Vec<&str>> = read.doubts.iter().map(Doubt::handle).collect();
    let way_on = match handles {
        Some(_) => "Change it, or press the button again to save it with nobody told by that name.",
        None => "Take some of them out.",
    };
    Err(Trouble::Untold {
        says: format!(
            "{} Nothing was saved, and your text is still here. {way_on}",
            says.join(" ")
        ),
        warned: handles.unwrap_or_default().join(" "),
    })
}

/// `write something first` as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// What happens with the ticket once the message is written. If it cannot, the message is not written either.
async fn and_then(
    app: &App,
    tx: &mut Tx,
    ticket: &Ticket,
    then: Then,
    by: &str,
) -> Result<(), Trouble> {
    let (policies, now) = (&app.policies, app.clock.now());
    match then {
        Then::Stay => Ok(()),
        Then::Wait => {
            let none = Published::default();
            // What waits for somebody else waits for the requester from now on.
            for act in [Act::Resume, Act::Pause(PauseReason::Requester)] {
                match handling::act(tx, policies, &none, ticket, act, by, now).await {
                    Ok(_) | Err(NotDone::Already(_)) => {}
                    Err(NotDone::Store(error)) => return Err(error.into()),
                    Err(refused) => return Err(Trouble::Fault(sentence(&refused.to_string()))),
                }
            }
            Ok(())
        }
        Then::Solve(reason) => {
            let change = Change {
                to: Status::Solved,
                by,
                root_cause: None,
                reason: Some(reason),
                skip_message: None,
            };
            match progress::change_status(tx, policies, ticket, &change, now).await {
                Ok(()) | Err(progress::Refused::Already(_)) => Ok(()),
                Err(progress::Refused::Store(error)) => Err(error.into()),
                Err(refused) => Err(Trouble::Fault(format!(
                    "The ticket cannot be solved yet: {refused}. Nothing was sent."
                ))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_fault_is_a_sentence() {
        assert_eq!(sentence("write something first"), "Write something first.");
        assert_eq!(sentence(""), ".");
    }
}
