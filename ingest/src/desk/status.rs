//! `POST /desk/tickets/{reference}/status`: staff take a ticket up, solve it or close it, and say why.

use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use cornerdesk_shared::problem::ProblemKind;
use serde::Deserialize;

use super::{session::SignedIn, ticket, work};
use crate::{
    agenda::Unmet,
    app::App,
    http::problem::HttpError,
    progress::{self, Change, Refused},
    ticket::{ClosingReason, Status},
};

/// The form.
#[derive(Debug, Deserialize)]
pub struct Wish {
    /// `open`, or a state and its reason: `closed:out_of_scope`.
    #[serde(default)]
    outcome: String,
    /// The cause, where the policy asks for it.
    #[serde(default)]
    root_cause: String,
    /// Why the requester is not told that work has begun.
    #[serde(default)]
    skip_message: String,
}

impl Wish {
    /// To which state, and why. At the desk a reason is always given: it costs one choice, and a report without it is worth nothing.
    fn outcome(&self) -> Option<(Status, Option<ClosingReason>)> {
        match self.outcome.split_once(':') {
            None if self.outcome == "open" => Some((Status::Open, None)),
            None => None,
            Some((to, reason)) => {
                let reason = ClosingReason::from_name(reason)?;
                Some((Status::from_name(to)?, Some(reason)))
            }
        }
    }
}

/// Does it and shows the ticket.
///
/// # Errors
/// When there is no such ticket, nothing was chosen, the policy asks for something first, or the database fails.
pub async fn post(
    State(app): State<App>,
    SignedIn(staff): SignedIn,
    Path(reference): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Redirect, HttpError> {
    let (to, reason) = wish.outcome().ok_or_else(|| {
        let detail = "Say why the ticket is solved or closed: it is counted, and the requester reads it. Go back and choose.";
        HttpError::new(ProblemKind::MalformedRequest, detail)
    })?;
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (root_cause, skip_message) = (said(&wish.root_cause), said(&wish.skip_message));
    let ticket = ticket::read(&app, &staff, &reference).await?;
    let mut tx = app.store.write_for(&ticket.site).await?;
    let change = Change {
        to,
        by: &staff.name,
        reason,
        root_cause: root_cause.as_deref(),
        skip_message: skip_message.as_deref(),
    };
    let now = app.clock.now();
    match progress::change_status(&mut tx, &app.policies, &ticket, &change, now).await {
        Ok(()) => {
            tx.commit().await?;
            app.new_jobs.announce();
        }
        // A colleague was faster.
        Err(Refused::Already(_)) => tx.rollback().await?,
        Err(refused) => return Err(refused.into()),
    }
    Ok(work::back(&ticket))
}

impl From<Refused> for HttpError {
    fn from(refused: Refused) -> Self {
        let why = match refused {
            Refused::Store(error) => return error.into(),
            Refused::Unmet(unmet) => unmet.iter().map(in_the_form).collect::<Vec<_>>().join(" "),
            refused => format!("{refused}."),
        };
        Self::new(
            ProblemKind::MalformedRequest,
            format!("Nothing was changed: {why} Go back and reload the page."),
        )
    }
}

/// What is missing, for whoever has a form before them.
fn in_the_form(unmet: &Unmet) -> String {
    match unmet {
        Unmet::WorkStarted { must } => format!(
            "the requester has not been told that work has begun ({must}): answer them and record it, or say in the form why not."
        ),
        Unmet::RootCause => "a ticket of this priority is not closed without its cause: write it into the form, or “unknown”.".to_owned(),
    }
}
