//! What happens to the request, above the button that sends it.

use leptos::prelude::*;

use crate::{
    phase::{Event, Files, Notice, Phase, Refusal, Trouble},
    session::Session,
    words,
};

/// What the person should know in this phase; also said to those who do not see it. The countdown is not part of it: nobody wants to hear seconds.
#[must_use]
pub fn notice_text(phase: &Phase, files: Files, site_name: &str) -> Option<String> {
    let trouble = |trouble: &Trouble| {
        words::text(match trouble {
            Trouble::Unreachable => "unreachable",
            Trouble::TooBusy => "too_busy",
            Trouble::TooMany => "too_many",
            Trouble::ServerFailed => "server_failed",
        })
    };
    match phase {
        Phase::Editing(None) | Phase::Sent(_) => None,
        Phase::Sending { attempt: 1 } => Some(words::text("sending")),
        Phase::Sending { .. } => Some(words::text("retrying")),
        Phase::Proving { .. } => Some(words::text("proving")),
        Phase::WaitingForFiles => Some(words::counted("waiting_for_files", files.on_their_way)),
        Phase::Retrying { trouble: why, .. } | Phase::Editing(Some(Notice::Paused(why))) => {
            Some(trouble(why))
        }
        Phase::Editing(Some(Notice::GaveUp(why))) => {
            Some([trouble(why), words::text("gave_up")].join(" "))
        }
        Phase::Editing(Some(Notice::Told(text))) => Some(text.clone()),
        Phase::Editing(Some(Notice::FilesFailed)) => Some(words::text("files_failed")),
        Phase::Editing(Some(Notice::Refused(Refusal::Site))) => {
            Some(words::filled("refused_site", &[("site", site_name)]))
        }
        Phase::Editing(Some(Notice::Refused(Refusal::Other(detail)))) => {
            Some(words::filled("refused", &[("detail", detail)]))
        }
    }
}

/// When it is tried again: seconds are counted down only at the end.
#[must_use]
pub fn next_try_text(seconds_left: u32) -> String {
    const MINUTE_S: u32 = 60;
    let (key, name, number) = if seconds_left > 2 * MINUTE_S {
        (
            "retry_in_minutes",
            "minutes",
            seconds_left.div_ceil(MINUTE_S),
        )
    } else {
        ("retry_in", "seconds", seconds_left)
    };
    words::filled(key, &[(name, &words::digits(number.into()))])
}

/// The notice, with the countdown and its shortcut while a retry is waiting.
pub fn view(session: Session) -> Option<AnyView> {
    let (phase, files) = session.read(|state| (state.phase.clone(), state.uploads.files()));
    if phase == (Phase::Sending { attempt: 1 }) {
        // The button says it.
        return None;
    }
    let text = notice_text(&phase, files, &session.options().site_name)?;
    let class = if matches!(
        phase,
        Phase::WaitingForFiles | Phase::Sending { .. } | Phase::Proving { .. }
    ) {
        "notice"
    } else {
        "notice notice--problem"
    };
    let (next, now) = match phase {
        Phase::Retrying { seconds_left, .. } => {
            let next = next_try_text(seconds_left);
            let now = view! {
                <button type="button" class="button button--quiet button--small" on:click=move |_| session.dispatch(Event::TryNow)>
                    {words::text("try_now")}
                </button>
            };
            (next, Some(now))
        }
        _ => (String::new(), None),
    };
    let view = view! {
        <div class=class>
            <p>{text} " " <span class="notice__next">{next}</span></p>
            {now}
        </div>
    };
    Some(view.into_any())
}
