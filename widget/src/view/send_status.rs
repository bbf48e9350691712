//! What happens to the request, above the button that sends it.

use leptos::prelude::*;

use crate::{
    focus::focus,
    phase::{
        Event, Files, Notice, Phase, Refusal, Trouble,
        proving::{SHOWN_AFTER_S, SLOW_AFTER_S},
    },
    session::Session,
    words,
};

/// What the person should know in this phase; also said to those who do not see it. The countdown is not part of it: nobody wants to hear seconds.
#[must_use]
pub fn notice_text(phase: &Phase, files: Files, site_name: &str) -> Option<String> {
    match phase {
        Phase::Sent(_) => None,
        Phase::Sending { again: false, .. } => Some(words::text("sending")),
        Phase::Sending { again: true, .. } => Some(words::text("retrying")),
        Phase::Proving { seconds, .. } => proving_key(*seconds).map(words::text),
        Phase::WaitingForFiles { .. } if files.cut > 0 => Some(words::text("waiting_cut")),
        Phase::WaitingForFiles { .. } => {
            Some(words::counted("waiting_for_files", files.on_their_way))
        }
        Phase::Retrying { trouble, .. } => Some(trouble_text(*trouble)),
        Phase::Editing(None) => files_text(files),
        Phase::Editing(Some(notice)) => {
            let mut texts = vec![editing_text(notice, site_name)];
            texts.extend(files_text(files));
            Some(words::sentences(&texts))
        }
    }
}

fn proving_key(seconds: u32) -> Option<&'static str> {
    match seconds {
        0..SHOWN_AFTER_S => None,
        SHOWN_AFTER_S..SLOW_AFTER_S => Some("proving"),
        _ => Some("proving_slow"),
    }
}

/// What the person should know of the files before they press Send.
fn files_text(files: Files) -> Option<String> {
    let texts = [
        (files.cut > 0).then(|| words::text("files_cut")),
        (files.stopped > 0).then(|| words::text("files_failed")),
        (files.left_out > 0).then(|| words::counted("files_left_out", files.left_out)),
    ];
    let texts: Vec<_> = texts.into_iter().flatten().collect();
    (!texts.is_empty()).then(|| words::sentences(&texts))
}

fn editing_text(notice: &Notice, site_name: &str) -> String {
    match notice {
        Notice::Cancelled => words::text("cancelled"),
        Notice::Paused(why) => trouble_text(*why),
        Notice::GaveUp(why) => words::sentences(&[trouble_text(*why), words::text("gave_up")]),
        Notice::CannotProve => words::text("cannot_prove"),
        Notice::Told(text) | Notice::Refused(Refusal::Elsewhere(text)) => text.clone(),
        Notice::Refused(Refusal::Site) => words::filled("refused_site", &[("site", site_name)]),
        Notice::Refused(Refusal::Identity) => words::text("identity.refused"),
        Notice::Refused(Refusal::NotSignedIn) => {
            words::filled("identity.required", &[("site", site_name)])
        }
        Notice::Refused(Refusal::Other) => words::filled("refused", &[("site", site_name)]),
    }
}

fn trouble_text(trouble: Trouble) -> String {
    words::text(match trouble {
        Trouble::Unreachable => "unreachable",
        Trouble::Offline => "offline",
        Trouble::Blocked => "blocked",
        Trouble::TooBusy => "too_busy",
        Trouble::TooMany => "too_many",
        Trouble::ServerFailed => "server_failed",
    })
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

/// The notice, with what can be done about it.
pub fn view(session: Session) -> Option<AnyView> {
    let (phase, files) = session.read(|state| (state.phase.clone(), state.files()));
    if matches!(phase, Phase::Sending { again: false, .. }) {
        // The button says it.
        return None;
    }
    let text = notice_text(&phase, files, &session.options().site_name)?;
    let class = class(&phase, files);
    let (next, bar) = match phase {
        Phase::Retrying {
            trouble: Trouble::Offline,
            ..
        } => (String::new(), None),
        Phase::Retrying { seconds_left, .. } => (next_try_text(seconds_left), None),
        Phase::Proving { percent, .. } => (String::new(), Some(progress(percent))),
        _ => (String::new(), None),
    };
    let view = view! {
        <div class=class>
            <p>{text} " " <span class="notice__next">{next}</span></p>
            {bar}
            {buttons(session, &phase)}
        </div>
    };
    Some(view.into_any())
}

/// Calm where nothing is wrong, amber where it goes on by itself, red where somebody has to do something.
fn class(phase: &Phase, files: Files) -> &'static str {
    match phase {
        Phase::WaitingForFiles { .. }
        | Phase::Sending { .. }
        | Phase::Proving { .. }
        | Phase::Editing(Some(Notice::Cancelled)) => "notice",
        Phase::Retrying {
            trouble: Trouble::Offline,
            ..
        } => "notice",
        Phase::Editing(None) if files.stopped == 0 && files.left_out == 0 => "notice",
        Phase::Retrying { .. } | Phase::Editing(Some(Notice::CannotProve)) => {
            "notice notice--waits"
        }
        _ => "notice notice--problem",
    }
}

fn progress(percent: u32) -> AnyView {
    let view = view! { <progress class="notice__bar" max="100" value=words::digits(percent.into()) aria-label=words::text("proving_progress")></progress> };
    view.into_any()
}

/// What can be done in a phase: the key of the words, and what happens. The focus goes to Send, since the button goes away.
fn buttons(session: Session, phase: &Phase) -> Option<AnyView> {
    type Pressed = fn(Session);
    let now: (_, Pressed) = ("try_now", |session| session.dispatch(Event::TryNow));
    let skip: (_, Pressed) = ("send_unchecked", Session::press_skip);
    let cancel: (_, Pressed) = ("cancel", |session| session.dispatch(Event::CancelPressed));
    let list: &[(&str, Pressed)] = match phase {
        Phase::Retrying { attempt: 0, .. } => &[now, cancel],
        Phase::Retrying { .. } => &[now],
        Phase::Editing(Some(Notice::CannotProve)) => &[skip],
        Phase::Proving { seconds, .. } if *seconds >= SLOW_AFTER_S => &[skip, cancel],
        Phase::Proving { .. } | Phase::WaitingForFiles { .. } => &[cancel],
        _ => return None,
    };
    let buttons: Vec<_> = list
        .iter()
        .map(|(key, pressed)| {
            let pressed = *pressed;
            let press = move |_| {
                focus("send");
                pressed(session);
            };
            view! {
                <button type="button" class="button button--quiet button--small" on:click=press>
                    {words::text(key)}
                </button>
            }
        })
        .collect();
    let view = view! { <div class="notice__actions">{buttons}</div> };
    Some(view.into_any())
}
