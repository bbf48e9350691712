//! The attached files: name, size, how far each is, and what can be done about it.

use leptos::{prelude::*, svg};

use crate::{
    session::{
        Session,
        attaching::{size_choice, too_large_text},
    },
    uploads::{Failure, Upload, UploadNumber, UploadState},
    words,
};

/// The list, when there are files.
pub fn view(session: Session) -> Option<AnyView> {
    let rows: Vec<_> = session.read(|state| {
        state
            .uploads
            .list()
            .iter()
            .map(|upload| row(session, upload))
            .collect()
    });
    if rows.is_empty() {
        return None;
    }
    let view = view! {
        <ul class="file-list" aria-label=words::text("file.list_label")>
            {rows}
        </ul>
    };
    Some(view.into_any())
}

fn row(session: Session, upload: &Upload) -> impl IntoView + use<> {
    let number = upload.number;
    let name = upload.file.name.as_str();
    let with_name = |key| words::filled(key, &[("name", name)]);
    let (state, text) = match &upload.state {
        UploadState::Queued => ("queued", words::text("file.waiting")),
        UploadState::Running { .. } => (
            "running",
            words::filled(
                "file.uploading",
                &[("percent", &words::digits(upload.percent()))],
            ),
        ),
        UploadState::Interrupted { .. } => ("interrupted", words::text("file.retrying")),
        UploadState::Done { .. } => ("done", words::text(done_key(upload))),
        UploadState::Failed(Failure::TooLarge) => (
            "failed",
            too_large_text(
                &upload.file.size_text,
                session.options().limits.attachment_bytes,
            ),
        ),
        UploadState::Failed(Failure::Refused) => ("failed", words::text("file.refused")),
        UploadState::Failed(Failure::NoRoom) => ("failed", words::text("file.no_room")),
        UploadState::Failed(Failure::TooMany) => ("failed", words::text("file.too_many_requests")),
        UploadState::Failed(Failure::Unreachable) => ("failed", words::text("file.unreachable")),
        UploadState::Failed(Failure::Lost) => ("failed", words::text("file.lost")),
        UploadState::Paused { .. } => ("paused", words::text("file.paused")),
    };
    let bar = matches!(
        upload.state,
        UploadState::Running { .. } | UploadState::Paused { .. }
    )
        .then(|| view! { <progress class="file__bar" max="100" value=words::digits(upload.percent()) aria-label=with_name("file.progress")></progress> });
    let button = |class, label, short, pressed| {
        let act: Act = pressed;
        view! {
            <button type="button" class=class aria-label=label on:click=move |_| act(session, number)>
                {short}
            </button>
        }
    };
    // One button for what can be done about the transfer: it keeps the focus while its meaning changes.
    let act = action(upload).map(|(key, short, pressed)| {
        button(
            "text-button file__act",
            with_name(key),
            words::text(short),
            pressed,
        )
    });
    let edit = session.picture(number).map(|_| {
        button(
            "text-button file__edit",
            with_name("file.edit"),
            words::text("file.edit_short"),
            Session::mark_picture,
        )
    });
    let choice = size_choice(upload)
        .map(|(label, short)| button("text-button file__choice", label, short, Session::swap_size));
    // So that a plain POST of the form, should it come to that, carries the file too.
    let upload_id = match &upload.state {
        UploadState::Done { upload_id } if !upload.is_marked => {
            Some(view! { <input type="hidden" name="upload_ids" value=upload_id.clone() /> })
        }
        _ => None,
    };
    view! {
        <li class="file" data-state=state>
            <span class="file__name" dir="auto" title=name.to_owned()>
                {name.to_owned()}
            </span>
            <span class="file__size">{upload.file.size_text.clone()}</span>
            <span class="file__state">{bar} <span class="file__text">{text}</span> {act} {edit} {choice}</span>
            <button type="button" class="icon-button file__remove" aria-label=with_name("file.remove") on:click=move |_| session.remove_upload(number)>
                {cross()}
            </button>
            {upload_id}
        </li>
    }
}

/// An empty file goes along, but it is seldom what was meant. What a plain POST has kept has no size here.
fn done_key(upload: &Upload) -> &'static str {
    if upload.file.size_bytes == 0 && upload.file.modified_ms > 0 {
        "file.done_empty"
    } else {
        "file.done"
    }
}

type Act = fn(Session, UploadNumber);
type Action = (&'static str, &'static str, Act);

/// What the person can do about the transfer of a file: its words with the name of the file, those on the button, and what happens.
fn action(upload: &Upload) -> Option<Action> {
    let paused = matches!(upload.state, UploadState::Paused { .. });
    if upload.can_pause() {
        Some(("file.pause", "file.pause_short", Session::pause_upload))
    } else if paused {
        Some(("file.resume", "file.resume_short", Session::retry_upload))
    } else if upload.can_go_on() {
        Some(("file.retry", "file.retry_short", Session::retry_upload))
    } else {
        None
    }
}

fn cross() -> impl IntoView {
    svg::svg()
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .child(svg::path().attr("d", "M6 6l12 12M18 6L6 18"))
}
