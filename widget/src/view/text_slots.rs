//! Slots that show a line of text: what is wrong with a field, how many characters are left, what the receipt says.

use cornerdesk_shared::{
    receipt::{MAIL_CONFIRM, MAIL_NONE},
    validation::{Field, clean_line, clean_text},
};
use leptos::prelude::*;

use crate::{
    form::{MARKED, control_id},
    session::{Session, State},
    words,
};

/// A line of text and the class of its element.
type Line = (String, &'static str);

fn mount(
    session: Session,
    slot: &str,
    line: fn(Session, &State, Field) -> Option<Line>,
    field: Field,
) {
    let view = move || {
        let (text, class) = session.read(|state| line(session, state, field))?;
        Some(view! { <span class=class>{text}</span> }.into_any())
    };
    super::mount(slot, Box::new(view));
}

/// Fills the slots.
pub fn mount_all(session: Session) {
    for field in MARKED {
        mount(
            session,
            &[control_id(field), "-error"].concat(),
            error,
            field,
        );
    }
    for field in [Field::Summary, Field::Description] {
        mount(
            session,
            &[control_id(field), "-count"].concat(),
            count,
            field,
        );
    }
    mount(session, "receipt-title", title, Field::Email);
    mount(session, "receipt-lead", lead, Field::Email);
    mount(session, "receipt-promise", promise, Field::Email);
    mount(session, "receipt-details", received, Field::Email);
}

/// What is wrong with a field.
fn error(_: Session, state: &State, field: Field) -> Option<Line> {
    let mut texts: Vec<String> = state
        .errors
        .iter()
        .filter(|error| control_id(error.field) == control_id(field))
        .map(|error| error.text.clone())
        .collect();
    if field == Field::Attachments {
        texts.extend(state.turned_away.iter().cloned());
    }
    (!texts.is_empty()).then(|| (words::sentences(&texts), ""))
}

/// How many characters are left, from four fifths of the limit on.
fn count(session: Session, _: &State, field: Field) -> Option<Line> {
    let limits = session.options().limits;
    let text = session.form().value(field);
    let (kept, limit) = if field == Field::Summary {
        (clean_line(&text), limits.summary_chars)
    } else {
        (clean_text(&text), limits.description_chars)
    };
    let (used, limit) = (kept.chars().count(), limit as usize);
    if used > limit {
        Some((
            words::counted("characters_over", used - limit),
            "field__count--over",
        ))
    } else {
        (used >= limit / 5 * 4).then(|| (words::counted("characters_left", limit - used), ""))
    }
}

fn title(_: Session, state: &State, _: Field) -> Option<Line> {
    let title = match state.receipt()?.mail.as_deref() {
        Some(MAIL_CONFIRM) => "receipt.title_confirm",
        _ => "receipt.title",
    };
    Some((words::text(title), ""))
}

fn lead(session: Session, state: &State, field: Field) -> Option<Line> {
    let lead = match state.receipt()?.mail.as_deref() {
        Some(MAIL_CONFIRM) => "receipt.lead_confirm",
        Some(MAIL_NONE) => "receipt.lead_none",
        _ => "receipt.lead",
    };
    Some((
        words::filled(lead, &[("email", session.form().value(field).trim())]),
        "",
    ))
}

/// What the vendor's policy promises, where it promises something.
fn promise(_: Session, state: &State, _: Field) -> Option<Line> {
    let time = words::time(state.receipt()?.answer_by.as_deref()?);
    Some((
        words::filled("receipt.answer_by", &[("time", &time)]),
        "receipt__promise",
    ))
}

fn received(_: Session, state: &State, _: Field) -> Option<Line> {
    let time = words::time(&state.receipt()?.received_at);
    let received = words::filled("receipt.received", &[("time", &time)]);
    // A file that was refused did not go along, and the person must see that.
    let files = match state.uploads.upload_ids().len() {
        0 => words::text("receipt.no_files"),
        count => words::counted("receipt.files", count),
    };
    Some((words::sentences(&[received, files]), ""))
}
