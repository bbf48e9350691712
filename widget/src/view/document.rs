//! Keeps what the service has rendered in step with the state: marks, labels, and which of form and receipt is seen.

use cornerdesk_shared::receipt::MAIL_CONFIRM;
use leptos::prelude::RenderEffect;

use crate::{
    form::{MARKED, by_id, control_id},
    phase::Phase,
    session::Session,
    words,
};

/// Whenever the state changes. The button stays focusable while it can do nothing.
pub fn keep_in_step(session: Session) {
    let form = session.form();
    let effect = RenderEffect::new(move |_| {
        session.read(|state| {
            for field in MARKED {
                form.mark(
                    field,
                    state
                        .errors
                        .iter()
                        .any(|error| control_id(error.field) == control_id(field)),
                );
            }
            let sending = matches!(state.phase, Phase::Sending { .. } | Phase::Proving { .. });
            let working = sending || matches!(state.phase, Phase::WaitingForFiles { .. });
            form.set_read_only(sending);
            form.send_label
                .set_text_content(Some(&words::text(if working { "sending" } else { "send" })));
            // Setting an attribute with a constant name cannot fail.
            form.send
                .set_attribute("aria-disabled", if working { "true" } else { "false" })
                .ok();
            let sent = matches!(state.phase, Phase::Sent(_));
            form.element.set_hidden(sent);
            if let Some(receipt) = by_id("receipt") {
                receipt.set_hidden(!sent);
                let waits = matches!(&state.phase, Phase::Sent(receipt) if receipt.mail.as_deref() == Some(MAIL_CONFIRM));
                // Fails only for names that are none.
                let is_coming = !sent && state.receipt().is_some();
                for (name, is_so) in [("data-waits", waits), ("data-coming", is_coming)] {
                    receipt.toggle_attribute_with_force(name, is_so).ok();
                }
            }
        });
    });
    // For as long as the document lives; dropped, it would stop.
    std::mem::forget(effect);
}
