//! The attached files: name, size, how far each is, and what can be done about it.

use leptos::{prelude::*, svg};

use crate::{
    session::{Session, attaching::too_large_text},
    uploads::{Failure, Upload, UploadState},
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
    let name = upload.name.as_str();
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
        UploadState::Done { .. } => ("done", words::text("file.done")),
        UploadState::Failed(Failure::TooLarge) => (
            "failed",
            too_large_text(&upload.size_text, session.options().limits.attachment_bytes),
        ),
        UploadState::Failed(Failure::Refused) => ("failed", words::text("file.refused")),
        UploadState::Failed(Failure::NoRoom) => ("failed", words::text("file.no_room")),
        UploadState::Failed(Failure::TooMany) => ("failed", words::text("file.too_many_requests")),
        UploadState::Failed(Failure::Unreachable) => ("failed", words::text("file.unreachable")),
    };
    let bar = matches!(upload.state, UploadState::Running { .. })
        .then(|| view! { <progress class="file__bar" max="100" value=words::digits(upload.percent()) aria-label=with_name("file.progress")></progress> });
    let retry = matches!(upload.state, UploadState::Failed(failure) if failure.may_pass()).then(|| {
        view! {
            <button type="button" class="text-button" aria-label=with_name("file.retry") on:click=move |_| session.retry_upload(number)>
                {words::text("file.retry_short")}
            </button>
        }
    });
    // So that a plain POST of the form, should it come to that, carries the file too.
    let upload_id = match &upload.state {
        UploadState::Done { upload_id } => {
            Some(view! { <input type="hidden" name="upload_ids" value=upload_id.clone() /> })
        }
        _ => None,
    };
    view! {
        <li class="file" data-state=state>
            <span class="file__name" title=name.to_owned()>
                {name.to_owned()}
            </span>
            <span class="file__size">{upload.size_text.clone()}</span>
            <span class="file__state">{bar} <span class="file__text">{text}</span> {retry}</span>
            <button type="button" class="icon-button file__remove" aria-label=with_name("file.remove") on:click=move |_| session.remove_upload(number)>
                {cross()}
            </button>
            {upload_id}
        </li>
    }
}

fn cross() -> impl IntoView {
    svg::svg()
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .child(svg::path().attr("d", "M6 6l12 12M18 6L6 18"))
}
