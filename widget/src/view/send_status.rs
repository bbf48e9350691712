//! What happens to the request, above the button that sends it.

use leptos::prelude::*;

use crate::{
    phase::{Event, Files, Notice, Phase, Refusal, Trouble},
    session::Session,
    uploads::Uploads,
    words,
};

/// What the person should know in this phase; also said to those who do not see it. The countdown is not part of it: nobody wants to hear seconds.
#[must_use]
pub fn notice_text(phase: &Phase, files: Files, site_name: &str) -> Option<String> {
    let trouble = |trouble: &Trouble| {
        words::text(match trouble {
            Trouble::Unreachable => "unreachable",
            Trouble::TooBusy => "too_busy",
            Trouble::ServerFailed => "server_failed",
        })
    };
    match phase {
        Phase::Editing(None) | Phase::Sent(_) => None,
        Phase::Sending { attempt: 1 } => Some(words::text("sending")),
        Phase::Sending { .. } => Some(words::text("retrying")),
        Phase::WaitingForFiles => Some(words::counted("waiting_for_files", files.on_their_way)),
        Phase::Retrying { trouble: why, .. } | Phase::Editing(Some(Notice::Paused(why))) => {
            Some(trouble(why))
        }
        Phase::Editing(Some(Notice::GaveUp(why))) => {
            Some([trouble(why), words::text("gave_up")].join(" "))
        }
        Phase::Editing(Some(Notice::FilesFailed)) => Some(words::text("files_failed")),
        Phase::Editing(Some(Notice::Refused(Refusal::Site))) => {
            Some(words::filled("refused_site", &[("{site}", site_name)]))
        }
        Phase::Editing(Some(Notice::Refused(Refusal::Other(detail)))) => {
            Some(words::filled("refused", &[("{detail}", detail)]))
        }
    }
}

/// The notice, with the countdown and its shortcut while a retry is waiting.
pub fn view(session: Session) -> AnyView {
    (move || {
        let phase = session.phase.get();
        let text = match phase {
            // The button says it.
            Phase::Sending { attempt: 1 } => None,
            _ => notice_text(&phase, session.uploads.with(Uploads::files), &session.options().site_name),
        }?;
        let problem = !matches!(phase, Phase::WaitingForFiles | Phase::Sending { .. });
        let next = match phase {
            Phase::Retrying { seconds_left, .. } => Some(view! {
                <span class="notice__next">{words::filled("retry_in", &[("{seconds}", &seconds_left.to_string())])}</span>
            }),
            _ => None,
        };
        let now = next.is_some().then(|| {
            view! {
                <button type="button" class="button button--quiet button--small" on:click=move |_| session.dispatch(Event::TryNow)>
                    {words::text("try_now")}
                </button>
            }
        });
        Some(view! {
            <div class="notice" class:notice--problem=problem>
                <p>{text} " " {next}</p>
                {now}
            </div>
        })
    })
    .into_any()
}

/// Keeps the button and the fields in step with the phase. The button stays focusable while it can do nothing.
pub fn keep_button(session: Session) {
    Effect::new(move |_| {
        let (working, sending) = session.phase.with(|phase| {
            let sending = matches!(phase, Phase::Sending { .. });
            (sending || *phase == Phase::WaitingForFiles, sending)
        });
        let form = session.form();
        let label = words::text(if working { "sending" } else { "send" });
        form.send_label.set_text_content(Some(&label));
        // Setting an attribute with a constant name cannot fail.
        form.send
            .set_attribute("aria-disabled", if working { "true" } else { "false" })
            .ok();
        form.set_read_only(sending);
    });
}
