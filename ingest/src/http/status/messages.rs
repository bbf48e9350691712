//! What requester and staff wrote to each other, as far as whoever looks may read it, and the form for an answer.

use cornerdesk_shared::file_name::stem_and_extension;
use minijinja::{Value, context};

use super::{
    Seen, Shown,
    access::sign_in_of,
    page::{Say, iso},
    sign_in::{Part, Stage},
};
use crate::{
    app::App,
    care::{Opening, Scan},
    files::MOST_OF_A_MESSAGE,
    ids,
    message::{Kind, Message, Via},
    status::{State, reader::Reader},
    store::uploads::Upload,
    ticket::Attachment,
};

/// For the template; nothing where nothing was written and nothing may be.
pub(super) fn view(app: &App, say: &Say, seen: &Seen, shown: &Shown, email: &str) -> Option<Value> {
    let reader = seen.reader(&shown.stage);
    let public = || seen.messages.iter().filter(|one| one.kind.is_public());
    let messages: Vec<Value> = public()
        .map(|message| written(app, say, seen, reader, message))
        .collect();
    let form = form(app, say, seen, shown);
    if messages.is_empty() && form.is_none() {
        return None;
    }
    let is_hidden = public().any(|message| {
        !reader.may_read(message)
            || (!reader.may_open_files() && files_of(seen, message).next().is_some())
    });
    let fault = (shown.sign_in_fault).filter(|(part, _)| *part == Part::Messages);
    let code_why = if reader == Reader::Holder {
        "messages.code_why"
    } else {
        "messages.code_why_rest"
    };
    Some(context! {
        is_first => !messages.is_empty() || asks(seen, shown),
        messages,
        form,
        is_hidden,
        is_signed_in => matches!(shown.stage, Stage::SignedIn(_)),
        sign_in => sign_in_of(shown, Part::Messages),
        code_why => say.with(code_why, "email", email),
        fault => fault.map(|(_, key)| say.text(&format!("access.{key}"))),
    })
}

fn written(app: &App, say: &Say, seen: &Seen, reader: Reader, message: &Message) -> Value {
    let may_read = reader.may_read(message);
    let author = message.author.as_deref().filter(|_| may_read);
    let who = match (message.kind, message.via, author) {
        (Kind::Reply, _, Some(name)) => say.with("messages.from_staff", "name", &say.apart(name)),
        (Kind::Reply | Kind::Note, ..) => say.text("messages.from_team"),
        (Kind::Answer, Via::Mail, _) => say.text("messages.from_you_by_mail"),
        (Kind::Answer, Via::Page | Via::Desk, _) => say.text("messages.from_you"),
    };
    let files = files_of(seen, message).filter(|_| may_read);
    context! {
        who,
        is_own => message.kind == Kind::Answer,
        time => say.moment(message.at),
        iso => iso(message.at),
        text => may_read.then_some(&message.body),
        files => files.map(|file| file_of(app, say, seen, reader, file)).collect::<Vec<_>>(),
    }
}

fn files_of<'a>(seen: &'a Seen, message: &'a Message) -> impl Iterator<Item = &'a Attachment> {
    let files = seen.attachments.iter();
    files.filter(|file| file.message == Some(message.id))
}

fn file_of(app: &App, say: &Say, seen: &Seen, reader: Reader, file: &Attachment) -> Value {
    let (stem, extension) = stem_and_extension(&file.name);
    let opening = opening_for_requester(file);
    let note = match opening {
        Opening::Open => None,
        Opening::Waits => Some("messages.file_waits"),
        Opening::Blocked => Some("messages.file_blocked"),
    };
    let is_open = opening == Opening::Open && reader.may_open_files();
    let url = is_open.then(|| {
        let token = (app.status_links).token(seen.ticket.reference, seen.holder);
        format!("/t/{token}/files/{}", file.id)
    });
    context! {
        stem,
        extension,
        size => say.size(file.size_bytes),
        note => note.map(|key| say.text(key)),
        url,
    }
}

/// May a requester have a file? One in which something was found they may not, whatever staff decided for themselves.
pub(super) const fn opening_for_requester(file: &Attachment) -> Opening {
    match (file.care.opening(), file.care.scan) {
        (Opening::Waits, _) => Opening::Waits,
        (Opening::Blocked, _) | (_, Scan::Infected) => Opening::Blocked,
        (Opening::Open, _) => Opening::Open,
    }
}

/// Is it for the requester to say something? Then the form stands open, above the rest.
fn asks(seen: &Seen, shown: &Shown) -> bool {
    let is_asked = matches!(
        seen.state(),
        State::Waiting | State::Answered | State::Unsolved
    );
    is_asked || shown.answer.fault.is_some()
}

/// The form; none as long as the request is not confirmed: nobody would read what is written.
fn form(app: &App, say: &Say, seen: &Seen, shown: &Shown) -> Option<Value> {
    let state = seen.state();
    if state == State::Unconfirmed {
        return None;
    }
    let typed = &shown.answer;
    let heading = match state {
        State::Unsolved => "answer.heading_unsolved",
        _ => "answer.heading",
    };
    let limits = app.intake.limits();
    let most = MOST_OF_A_MESSAGE.min(limits.attachments as usize);
    let hint = say.with("answer.files_hint", "count", &most.to_string());
    let size = say.size(limits.request_bytes);
    Some(context! {
        heading => say.text(heading),
        over => seen.is_over().then(|| say.text("answer.over")),
        key => typed.key.clone().unwrap_or_else(|| ids::new_secret_id().simple().to_string()),
        text => &typed.text,
        uploads => typed.uploads.iter().map(upload).collect::<Vec<_>>(),
        fault => typed.fault.map(|key| say.with(&format!("answer.{key}"), "size", &size)),
        is_about_files => typed.fault.is_some_and(|key| key.starts_with("error_file")),
        files_hint => crate::words::fill(&hint, &[("size", &size)]),
    })
}

fn upload(upload: &Upload) -> Value {
    let (stem, extension) = stem_and_extension(&upload.name);
    context! { id => upload.id.to_string(), stem, extension }
}
